"""Reading the tables from other parts of the system, without a way to change them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from crosscurrent.settings import Settings
from sinks.clickhouse.client import ClickHouse, Rows

# 1 would forbid the client library its own output settings
_READ_ONLY = {"readonly": 2}


def query_rows(settings: Settings) -> Callable[[str, Mapping[str, object]], Rows]:
    """Return a function that runs a read-only query with parameters ``{name:Type}`` and returns its rows.

    The function raises what ``ClickHouse.query`` raises.

    Args:
        settings: where ClickHouse is.
    """
    client = ClickHouse(settings)
    return lambda sql, parameters: client.query(sql, parameters, settings=_READ_ONLY)


def stream_query(settings: Settings, sql: str, output_format: str | None) -> Iterator[bytes]:
    """Yield the answer to a read-only query as ClickHouse writes it.

    Args:
        settings: where ClickHouse is.
        sql: the query.
        output_format: name of the format; ``None`` if the query names it itself.

    Raises:
        WrongUse: ClickHouse refuses the query; says so in its own words.
        ServerAway: ClickHouse does not answer.
        Fatal: ClickHouse refuses the user.
    """
    client = ClickHouse(settings)
    try:
        yield from client.stream(sql, output_format, settings=_READ_ONLY)
    finally:
        client.close()
