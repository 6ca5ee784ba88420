"""Numbers the lives of the state topics in the order in which they were seen, so that states have an order."""

from __future__ import annotations

from sinks.clickhouse.client import ClickHouse

_LIVES_MAX = 64
_SQL = "SELECT _cluster, max(life_sequence) AS life_sequence FROM {table} GROUP BY _cluster"


class LifeSequences:
    """Gives each life of a state topic its number, from 1; the same life keeps it.

    Args:
        client: ClickHouse.
    """

    def __init__(self, client: ClickHouse) -> None:
        self._client = client
        self._known: dict[tuple[str, str], int] = {}

    def number(self, table: str, cluster: str) -> int:
        """Return the number of a life: the one its rows have, else one more than any other's.

        Args:
            table: ``connector_states`` or ``processor_states``.
            cluster: the life.

        Raises:
            Transient: ClickHouse does not answer or is in trouble.
        """
        key = (table, cluster)
        if key not in self._known:
            if len(self._known) >= _LIVES_MAX:
                self._known.clear()
            rows = self._client.query(_SQL.format(table=table))
            numbers = {str(row["_cluster"]): int(row["life_sequence"]) for row in rows}
            self._known[key] = numbers.get(cluster, max(numbers.values(), default=0) + 1)
        return self._known[key]

    def forget(self) -> None:
        """Ask again when next needed: another process may have numbered a life meanwhile."""
        self._known.clear()
