"""The latest event time that ClickHouse holds of each series, so that new observations need no look-up."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sinks.clickhouse.block import TIME_MS_MIN, ObservationBlock
from sinks.clickhouse.client import ClickHouse, External

SERIES_MAX = 200_000

_NEVER_MS = TIME_MS_MIN - 1
_SQL = """
SELECT toString(series_id) AS series_id, toUnixTimestamp64Milli(max(observed_at)) AS latest_ms
FROM observations
WHERE (tenant, series_id) IN (SELECT tenant, series_id FROM looked_up)
GROUP BY series_id
"""


class KnownSeries:
    """Remembers the latest event time of series, least recently used forgotten first.

    It holds only while nobody else writes these series: forget everything when partitions are given away,
    and after an insert whose end is not known.

    Args:
        series_max: series remembered at most.
    """

    def __init__(self, series_max: int = SERIES_MAX) -> None:
        self._series_max = series_max
        self._latest_ms: OrderedDict[str, int] = OrderedDict()

    def latest(
        self, client: ClickHouse, series_ids: Sequence[str], tenants: Sequence[str]
    ) -> NDArray[np.int64]:
        """Return for each series the latest event time in milliseconds; before 1900 if there is none.

        Raises:
            Transient: ClickHouse does not answer or is in trouble.
        """
        unknown = [
            (series_id, tenant)
            for series_id, tenant in zip(series_ids, tenants, strict=True)
            if series_id not in self._latest_ms
        ]
        found = self._ask(client, unknown) if unknown else {}
        latest = [self._latest_ms.get(series_id, found.get(series_id, _NEVER_MS)) for series_id in series_ids]
        for series_id, latest_ms in zip(series_ids, latest, strict=True):
            self._remember(series_id, latest_ms)
        return np.array(latest, np.int64)

    def advance(self, block: ObservationBlock, inserted: NDArray[np.bool_]) -> None:
        """Take note of rows that ClickHouse has acknowledged."""
        latest = np.full(len(block.series_ids), _NEVER_MS, np.int64)
        np.maximum.at(latest, block.series_index[inserted], block.observed_at_ms[inserted])
        for series_id, latest_ms in zip(block.series_ids, latest.tolist(), strict=True):
            # a series that was forgotten meanwhile may have more in ClickHouse than this block
            if series_id in self._latest_ms:
                self._remember(series_id, max(latest_ms, self._latest_ms[series_id]))

    def forget(self) -> None:
        """Forget everything."""
        self._latest_ms.clear()

    def _remember(self, series_id: str, latest_ms: int) -> None:
        self._latest_ms[series_id] = latest_ms
        self._latest_ms.move_to_end(series_id)
        if len(self._latest_ms) > self._series_max:
            self._latest_ms.popitem(last=False)

    def _ask(self, client: ClickHouse, unknown: Sequence[tuple[str, str]]) -> dict[str, int]:
        columns = {
            "tenant": pa.array([tenant for _, tenant in unknown], pa.string()),
            "series_id": pa.array([series_id for series_id, _ in unknown], pa.string()),
        }
        looked_up = External("looked_up", ("tenant String", "series_id String"), pa.table(columns))
        found = client.query_columns(_SQL, external=looked_up)
        return dict(
            zip(found.column("series_id").to_pylist(), found.column("latest_ms").to_pylist(), strict=True)
        )
