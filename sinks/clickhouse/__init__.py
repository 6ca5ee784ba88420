"""The ClickHouse sink: every topic to tables, each record once."""

from sinks.clickhouse.client import ClickHouse
from sinks.clickhouse.migrate import migrate
from sinks.clickhouse.query import query_rows
from sinks.clickhouse.sink import run

__all__ = ["ClickHouse", "migrate", "query_rows", "run"]
