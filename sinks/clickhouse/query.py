"""Reading the tables from other parts of the system, without a way to change them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

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
