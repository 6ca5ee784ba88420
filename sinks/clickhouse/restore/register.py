"""The lives of the broker in their order, and how far each has come."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from sinks.clickhouse.client import ClickHouse

BEGUN, RESTORED, OVER = 1, 2, 3

_LIVES_SQL = (
    "SELECT cluster_id, life_sequence, stage FROM broker_lives FINAL ORDER BY life_sequence, cluster_id"
)
# lives that were there before this register was kept, in the order of their first rows
_UNKNOWN_SQL = """
SELECT cluster_id FROM
(
    SELECT splitByChar('/', _cluster)[1] AS cluster_id, min(ingested_at) AS began FROM ingest_ledger GROUP BY _cluster
    UNION ALL
    SELECT splitByChar('/', _cluster)[1], min(ingested_at) FROM raw_events GROUP BY _cluster
    UNION ALL
    SELECT splitByChar('/', _cluster)[1], min(ingested_at) FROM observations GROUP BY _cluster
)
WHERE cluster_id NOT IN (SELECT cluster_id FROM broker_lives)
GROUP BY cluster_id ORDER BY min(began), cluster_id
"""


@dataclass(frozen=True, slots=True)
class Life:
    """A life of the broker.

    Attributes:
        cluster_id: its cluster id.
        sequence: its place in the order of lives, from 1.
        stage: ``BEGUN``, ``RESTORED`` or ``OVER``.
    """

    cluster_id: str
    sequence: int
    stage: int


class LifeRegister:
    """Reads and writes ``broker_lives``. Only the restore writes it, one process at a time.

    Args:
        client: ClickHouse.
    """

    def __init__(self, client: ClickHouse) -> None:
        self._client = client
        self._lives: dict[str, Life] = {}

    def begin(self, cluster_id: str) -> Life:
        """Return the life, entered as the latest if it is new, after all others that left rows are entered.

        A life that left rows before anyone entered it has a broker that keeps its log: it needs no restore.

        Raises:
            Transient: ClickHouse does not answer or is in trouble.
        """
        rows = self._client.query(_LIVES_SQL)
        self._lives = {
            str(row["cluster_id"]): Life(str(row["cluster_id"]), int(row["life_sequence"]), int(row["stage"]))
            for row in rows
        }
        for row in self._client.query(_UNKNOWN_SQL):
            self._enter(str(row["cluster_id"]), RESTORED)
        if cluster_id not in self._lives:
            self._enter(cluster_id, BEGUN)
        return self._lives[cluster_id]

    def sequences(self) -> dict[str, int]:
        """Return cluster id to place in the order, of all lives that were entered."""
        return {life.cluster_id: life.sequence for life in self._lives.values()}

    def open_lives(self, present: str) -> list[str]:
        """Return the lives before the present one whose last batches may have left rows without a ledger line."""
        return [
            life.cluster_id
            for life in self._lives.values()
            if life.stage < OVER and life.cluster_id != present
        ]

    def advance(self, cluster_id: str, stage: int) -> None:
        """Note that a life has come to a stage.

        Raises:
            Transient: ClickHouse does not answer or is in trouble.
        """
        self._write(Life(cluster_id, self._lives[cluster_id].sequence, stage))

    def _enter(self, cluster_id: str, stage: int) -> None:
        sequence = max((life.sequence for life in self._lives.values()), default=0) + 1
        self._write(Life(cluster_id, sequence, stage))

    def _write(self, life: Life) -> None:
        columns = {
            "cluster_id": [life.cluster_id],
            "life_sequence": pa.array([life.sequence], pa.uint32()),
            "stage": pa.array([life.stage], pa.uint8()),
        }
        self._client.insert("broker_lives", pa.table(columns))
        self._lives[life.cluster_id] = life
