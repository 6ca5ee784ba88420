"""The rolling correlation as a stream processor: observations in, one batch of pairs a window out.

Its long memory is small (watermarks and the last window closed); the windows themselves are refilled from the
``observations`` topic.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from datetime import UTC, datetime

import numpy as np
import orjson
from streams.correlate.rolling import RollingCorrelation

from crosscurrent.settings import CorrelateSettings
from schemas.codec import Codec
from schemas.identity import record_id, series_name
from schemas.records import Correlation, CorrelationBatch, ObservationBatch, RefusedSeries
from schemas.topics import CORRELATIONS, OBSERVATIONS, message_key, topic_name
from streams.correlate.window import METHOD, PairResult, WindowResult
from streams.processor.message import InputMessage, Output

_POSITIONS = "positions"
_HOPS_PER_WINDOW = 8
_MILLISECONDS = 1000.0


class CorrelateProcessor:
    """Correlates all series of a tenant over rolling windows.

    Args:
        codec: decodes observations.
        settings: grid, window, lags, rate and bounds.
        tenant: whose series; those of others are left alone.
    """

    name = "correlate"

    def __init__(self, codec: Codec, settings: CorrelateSettings, *, tenant: str) -> None:
        self._codec = codec
        self._settings = settings
        self._tenant = tenant
        self.inputs = (topic_name(OBSERVATIONS),)
        self._rolling = RollingCorrelation(
            window_steps=settings.window_steps,
            hop_steps=settings.hop_steps or max(1, settings.window_steps // _HOPS_PER_WINDOW),
            step_seconds=settings.step_seconds,
            max_lag_steps=settings.lag_steps_max,
            fdr=settings.false_discovery_rate,
            series_count_max=settings.series_count_max,
        )
        self._names: dict[str, str] = {}
        # for each partition the messages that open windows may still need: (offset, newest event time in seconds)
        self._needed: dict[str, deque[tuple[int, float]]] = {}

    def process(self, message: InputMessage) -> list[Output]:
        """Return a batch for each window that this message closes.

        Raises:
            Poison: the message is not a batch of observations.
            Transient: the schema registry is away.
        """
        if not self._take(message):
            return []
        return [self._output(window) for window in self._rolling.advance()]

    def refill(self, message: InputMessage) -> None:
        """Take a message into the windows."""
        self._take(message)

    def refill_offset(self, topic: str, partition: int, position: int) -> int:
        """Return the offset of the oldest message that an open window needs."""
        needed = self._needed.get(f"{topic}-{partition}")
        oldest_seconds = self._rolling.oldest_time_needed_seconds()
        while needed and oldest_seconds is not None and needed[0][1] < oldest_seconds:
            needed.popleft()
        return needed[0][0] if needed else position

    def take_dirty(self) -> Iterable[tuple[str, bytes]]:
        """Return nothing: what lasts is in the checkpoint's own payload."""
        return ()

    def positions_payload(self) -> bytes:
        """Return the watermarks and the last window closed."""
        return orjson.dumps(self._rolling.snapshot())

    def restore(self, key: str, payload: bytes) -> None:
        """Take back the watermarks and the last window closed."""
        if key == _POSITIONS and payload:
            self._rolling.restore(orjson.loads(payload))

    def _take(self, message: InputMessage) -> bool:
        batch = self._codec.decode(ObservationBatch, message.value)
        if batch.tenant != self._tenant or not batch.value:
            return False
        times_ms = np.asarray(batch.observed_at, dtype=np.int64)
        values = np.asarray(batch.value, dtype=np.float64)
        index = np.asarray(batch.series_index, dtype=np.int64)
        order = np.argsort(index, kind="stable")
        bounds = np.searchsorted(index[order], np.arange(len(batch.series) + 1))
        for position, series in enumerate(batch.series):
            mine = order[bounds[position] : bounds[position + 1]]
            if mine.size:
                self._names[series.series_id] = series_name(batch.source, series.measure, series.entity_id)
                self._rolling.observe(
                    series.series_id, series.kind, batch.source, times_ms[mine] / _MILLISECONDS, values[mine]
                )
        newest_seconds = float(times_ms.max()) / _MILLISECONDS
        place = f"{message.topic}-{message.partition}"
        self._needed.setdefault(place, deque()).append((message.offset, newest_seconds))
        return True

    def _output(self, window: WindowResult) -> Output:
        batch = self._batch(window)
        return Output(
            topic=topic_name(CORRELATIONS),
            key=message_key(
                self._tenant, f"{self._settings.step_seconds:g}s", str(self._settings.window_steps)
            ),
            record=batch,
            record_id=batch.record_id,
            time_utc=batch.window_end,
        )

    def _batch(self, window: WindowResult) -> CorrelationBatch:
        settings = self._settings
        start, end = _utc(window.window_start), _utc(window.window_end)
        # a window's id names all that decides its content, so that a change of a setting makes other records
        identity = (
            self._tenant,
            "correlation",
            METHOD,
            settings.step_seconds,
            settings.window_steps,
            settings.lag_steps_max,
            settings.false_discovery_rate,
            end.isoformat(),
        )
        ranked = sorted(window.pairs, key=lambda pair: (pair.p_value, pair.left, pair.right))
        published = [
            pair
            for rank, pair in enumerate(ranked)
            if pair.significant or rank < settings.pairs_published_max
        ]
        return CorrelationBatch(
            tenant=self._tenant,
            record_id=record_id(*identity),
            window_start=start,
            window_end=end,
            step_seconds=settings.step_seconds,
            window_steps=settings.window_steps,
            lag_steps_max=settings.lag_steps_max,
            false_discovery_rate=settings.false_discovery_rate,
            family_size=window.family_size,
            method=METHOD,
            pairs=[self._pair(pair, identity) for pair in published],
            refused=[RefusedSeries(series_id=one, reason=why) for one, why in sorted(window.refused.items())],
        )

    def _pair(self, pair: PairResult, identity: tuple[object, ...]) -> Correlation:
        return Correlation(
            record_id=record_id(*identity, pair.left, pair.right),
            left_series_id=pair.left,
            left=self._names[pair.left],
            right_series_id=pair.right,
            right=self._names[pair.right],
            lag_steps=pair.lag_steps,
            lag_seconds=pair.lag_seconds,
            coefficient=pair.coefficient,
            n_effective=pair.n_effective,
            p_value=pair.p_value,
            q_value=pair.q_value,
            significant=pair.significant,
            left_prepared=pair.left_prepared,
            right_prepared=pair.right_prepared,
        )


def _utc(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
