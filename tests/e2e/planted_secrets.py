"""Looks for secrets in everything that a run wrote, in every form in which one may stand there."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote, quote_plus

from crosscurrent.embedded.home.layout import Layout
from crosscurrent.embedded.home.state import read_state
from crosscurrent.kafka import high_watermarks, read_to_end
from tests.e2e.running_home import RunningHome

FILE_BYTES_MAX = 256 * 1024 * 1024


def forms(secret: str) -> tuple[bytes, ...]:
    """Return the ways in which a secret may be written: plain, escaped, URL-encoded, hexadecimal, base64 within anything."""
    raw = secret.encode()
    found = {raw, raw.hex().encode(), quote(secret, safe="").encode(), quote_plus(secret).encode()}
    found |= {quote(secret).encode(), json.dumps(secret)[1:-1].encode(), secret.replace("/", "\\/").encode()}
    for encode in (b64encode, urlsafe_b64encode):
        for before in range(3):
            # what stands before it moves it within groups of three bytes; the ends of such a group mix with their neighbours
            whole = encode(b"\0" * before + raw)
            found.add(
                whole[4 * (before > 0) : len(whole) - len(whole) % 4 - 4 * ((before + len(raw)) % 3 > 0)]
            )
    return tuple(found)


def places_with(home: RunningHome, topics: Sequence[str], *groups: Sequence[bytes]) -> list[set[str]]:
    """Return for each group of needles the places of a running home in which one of them stands."""
    found: list[set[str]] = [set() for _ in groups]
    for place, content in written(home, topics):
        for places, needles in zip(found, groups, strict=True):
            if any(needle in content for needle in needles):
                places.add(place)
    for places, needles in zip(found, groups, strict=True):
        places |= {"tables" for count in tables_with(home, needles) if count}
    return found


def files_below(directory: Path) -> Iterator[tuple[Path, bytes]]:
    """Yield the files; ClickHouse merges meanwhile, so what is gone is left out."""
    for folder, _, names in os.walk(directory):
        for path in (Path(folder, name) for name in names):
            with suppress(FileNotFoundError):
                if path.is_file() and path.stat().st_size <= FILE_BYTES_MAX:
                    yield path, path.read_bytes()


def written(home: RunningHome, topics: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """Yield each place and what stands there: files, logs, topics, metrics, and what commands say."""
    for file, content in files_below(home.settings.home):
        yield ("logs" if file.suffix == ".log" else "files"), file.name.encode() + content
    servers = home.settings.bootstrap_servers
    starts = {place: 0 for place, end in high_watermarks(servers, topics).items() if end}
    for message in read_to_end(servers, starts):
        yield "topics", repr(message.headers()).encode() + (message.key() or b"") + (message.value() or b"")
    state = read_state(Layout.of(home.settings.home))
    for process in state.processes if state else ():
        if process.metrics_port:
            for path in ("metrics", "readyz"):
                yield "metrics", read(f"http://127.0.0.1:{process.metrics_port}/{path}")
    for words in (("status", "--json"), ("doctor", "--json")):
        ended = home.command(*words)
        yield words[0], (ended.stdout + ended.stderr).encode()


def tables_with(home: RunningHome, needles: Sequence[bytes]) -> list[int]:
    """Return for each table with texts the number of rows in which a needle stands."""
    columns = home.rows(
        "SELECT table, groupArray(name) FROM system.columns WHERE database = currentDatabase() AND default_kind != 'ALIAS' "
        "AND type LIKE '%String%' AND type NOT LIKE '%AggregateFunction%' GROUP BY table"
    )
    assert len(columns) > 5
    wanted = ", ".join("unhex('" + needle.hex() + "')" for needle in needles)
    counts = []
    for table, names in columns:
        assert isinstance(names, list)
        where = " OR ".join(f"multiSearchAny(toString({name}), [{wanted}])" for name in names)
        ((count,),) = home.rows(f"SELECT count() FROM {table} WHERE {where}")
        counts.append(int(str(count)))
    return counts


def read(url: str) -> bytes:
    """Return what is answered, whatever its status."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            body: bytes = answer.read()
    except urllib.error.HTTPError as error:
        body = error.read()
    return body
