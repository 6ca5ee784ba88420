"""ClickHouse's HTTP interface over chDB: the engine in this process, the protocol on a loopback port.

The way of a request: ``app`` (routes, ``access``) → ``request`` (URL and headers to a value) → ``handler`` (one thread
and one engine connection for each) → ``statement`` (what the text is), ``policy`` (what it may not do) → ``query`` (runs
it) → ``answer`` (headers, body, errors at any moment).

A result leaves the engine through a pipe: the statement gets ``INTO OUTFILE '/dev/fd/N'``, so the engine's own output
formats write it as they would to a file, and a slow client slows the engine. Rows enter by chDB's streaming insert.
"""
