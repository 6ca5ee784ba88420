"""Whether the sink's tables are there, for commands that read them."""

from __future__ import annotations

from crosscurrent.errors import Fatal
from sinks.clickhouse.client import ClickHouse


def require_tables(client: ClickHouse) -> None:
    """Return if the database has the sink's tables.

    Raises:
        Fatal: it has none.
        Transient: ClickHouse does not answer or is in trouble.
    """
    if not client.has_table("broker_lives"):
        raise Fatal(
            f"no tables in database {client.database}",
            expected="the tables that the sink makes when it first starts",
            todo="start `crosscurrent up` or `crosscurrent run sink clickhouse`, or correct "
            "CROSSCURRENT_CLICKHOUSE__DATABASE",
        )
