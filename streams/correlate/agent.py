"""The rolling correlation as a stream processor: observations in, one batch of pairs a window out.

Its long memory is small (watermarks and the last window closed); the windows themselves are refilled from the
``observations`` topic.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias

import orjson

from crosscurrent.errors import Poison
from crosscurrent.settings import CorrelateSettings
from schemas.codec import Codec
from schemas.identity import record_id, series_name
from schemas.records import Correlation, CorrelationBatch, RefusedSeries
from schemas.topics import CORRELATIONS, OBSERVATIONS, message_key, topic_name
from streams.correlate.couplings import Coupling, Couplings, untested
from streams.correlate.rolling import RollingCorrelation
from streams.correlate.series import FloatArray
from streams.correlate.window import METHOD, PairResult, WindowResult
from streams.observations import MILLISECONDS, by_series, decode_observations
from streams.processor.message import InputMessage, Output, SetAside

_POSITIONS = "positions"
_HOPS_PER_WINDOW = 8
_LATE_SHARE = 4  # a quarter of the window
# Messages that share one entry in the note of what open windows need, which keeps that note small.
_MESSAGES_PER_NOTE = 64

_Take: TypeAlias = Callable[[str, str | None, str, FloatArray, FloatArray], None]


@dataclass(slots=True)
class _Stretch:
    """Neighbouring messages of a partition: the first one's offset, and the newest event time in any."""

    first_offset: int
    newest_seconds: float


class CorrelateProcessor:
    """Correlates all series of a tenant over rolling windows.

    Args:
        codec: decodes observations.
        settings: grid, window, lags, rate and bounds.
        tenant: whose series; those of others are left alone.
    """

    name = "correlate"
    keeps_state = True

    def __init__(self, codec: Codec, settings: CorrelateSettings, *, tenant: str) -> None:
        self._codec = codec
        self._settings = settings
        self._tenant = tenant
        self.inputs: tuple[str, ...] = (topic_name(OBSERVATIONS),)
        self._rolling = RollingCorrelation(
            window_steps=settings.window_steps,
            hop_steps=settings.hop_steps or max(1, settings.window_steps // _HOPS_PER_WINDOW),
            step_seconds=settings.step_seconds,
            max_lag_steps=settings.lag_steps_max,
            fdr=settings.false_discovery_rate,
            series_count_max=settings.series_count_max,
            lateness_steps=settings.lateness_steps,
            late_steps=_late_steps(settings),
        )
        self._couplings = Couplings(settings.false_discovery_rate)
        self._names: dict[str, str] = {}
        # for each partition the stretches of messages that open windows may still need
        self._needed: dict[str, deque[_Stretch]] = {}

    def process(self, message: InputMessage) -> list[Output | SetAside]:
        """Return a batch for each window that this message closes, or that late data corrected.

        Raises:
            Poison: the message is not a batch of observations.
            Transient: the schema registry is away.
        """
        kept, dropped = self._rolling.late_kept_count, self._rolling.late_dropped_count
        if not self._take(message, self._rolling.observe):
            return []
        late = self._late(self._rolling.late_kept_count - kept, self._rolling.late_dropped_count - dropped)
        outputs = [self._output(window) for window in self._rolling.advance()]
        self._forget_names()
        return [*outputs, *late]

    def refill(self, message: InputMessage) -> None:
        """Take a message into the windows.

        Raises:
            Poison: the message is not a batch of observations.
            Transient: the schema registry is away.
        """
        self._take(message, self._rolling.refill)

    def refill_offset(self, topic: str, partition: int, position: int) -> int:
        """Return the offset of the oldest message that an open window needs."""
        needed = self._needed.get(f"{topic}-{partition}")
        oldest_seconds = self._rolling.oldest_time_needed_seconds()
        while needed and oldest_seconds is not None and needed[0].newest_seconds < oldest_seconds:
            needed.popleft()
        return needed[0].first_offset if needed else position

    def take_dirty(self) -> Iterable[tuple[str, bytes]]:
        """Return nothing: what lasts is in the checkpoint's own payload."""
        return ()

    def positions_payload(self) -> bytes:
        """Return the watermarks, the last window closed and the couplings that are announced."""
        return orjson.dumps({**self._rolling.snapshot(), "couplings": self._couplings.snapshot()})

    def restore(self, key: str, payload: bytes) -> None:
        """Take back what ``positions_payload`` gave; one from before couplings were announced holds none."""
        if key == _POSITIONS and payload:
            state = orjson.loads(payload)
            self._rolling.restore(state)
            if "couplings" in state:
                self._couplings.restore(state["couplings"])

    def _take(self, message: InputMessage, take: _Take) -> bool:
        batch = decode_observations(self._codec, message.value)
        if batch.tenant != self._tenant or not batch.value:
            return False
        for position, times_ms, values in by_series(batch):
            series = batch.series[position]
            self._names[series.series_id] = series_name(batch.source, series.measure, series.entity_id)
            take(series.series_id, series.kind, batch.source, times_ms / MILLISECONDS, values)
        self._note(message, max(batch.observed_at) / MILLISECONDS)
        return True

    def _late(self, kept: int, dropped: int) -> list[SetAside]:
        """Count the late observations of a message; return the message for its dead letter where the policy says so."""
        if not kept + dropped:
            return []
        from streams.instruments import LATE

        accepts = self._settings.late_policy == "accept"
        for outcome, count in (("corrected" if accepts else "set_aside", kept), ("dropped", dropped)):
            if count:
                LATE.labels(outcome).inc(count)
        if accepts:
            return []
        return [SetAside(_too_late(kept + dropped))]

    def _note(self, message: InputMessage, newest_seconds: float) -> None:
        needed = self._needed.setdefault(f"{message.topic}-{message.partition}", deque())
        if needed and message.offset < needed[-1].first_offset + _MESSAGES_PER_NOTE:
            needed[-1].newest_seconds = max(needed[-1].newest_seconds, newest_seconds)
        else:
            needed.append(_Stretch(message.offset, newest_seconds))

    def _forget_names(self) -> None:
        """Keep the names of series that are kept, once those of others outnumber them."""
        if len(self._names) > 2 * self._settings.series_count_max:
            self._names = {one: name for one, name in self._names.items() if one in self._rolling}

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
            *([window.revision] if window.revision else ()),
        )
        # a window that is told anew announces and withdraws nothing: that was done when it was first told
        told = () if window.revision else self._couplings.advance(window)
        couplings = {(one.left, one.right): one for one in told}
        ranked = sorted(window.pairs, key=lambda pair: (pair.p_value, pair.left, pair.right))
        published = [
            pair
            for rank, pair in enumerate(ranked)
            if pair.significant or rank < settings.pairs_published_max or (pair.left, pair.right) in couplings
        ]
        tested = {(pair.left, pair.right) for pair in published}
        published += [untested(one, window) for key, one in couplings.items() if key not in tested]
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
            pairs=[self._pair(pair, couplings.get((pair.left, pair.right)), identity) for pair in published],
            revision=window.revision,
            refused=[RefusedSeries(series_id=one, reason=why) for one, why in sorted(window.refused.items())],
        )

    def _pair(self, pair: PairResult, coupling: Coupling | None, identity: tuple[object, ...]) -> Correlation:
        return Correlation(
            record_id=record_id(*identity, pair.left, pair.right),
            left_series_id=pair.left,
            left=self._names.get(pair.left, pair.left),
            right_series_id=pair.right,
            right=self._names.get(pair.right, pair.right),
            lag_steps=pair.lag_steps,
            lag_seconds=pair.lag_seconds,
            coefficient=pair.coefficient,
            n_effective=pair.n_effective,
            p_value=pair.p_value,
            q_value=pair.q_value,
            significant=pair.significant,
            left_prepared=pair.left_prepared,
            right_prepared=pair.right_prepared,
            coupling=None if coupling is None else str(coupling.state),
            coupled_since=None if coupling is None else _utc(coupling.since_seconds),
        )


def _late_steps(settings: CorrelateSettings) -> int:
    """Return how far back windows are told anew."""
    if settings.late_policy != "accept":
        return 0
    if settings.late_steps_max is not None:
        return settings.late_steps_max
    return settings.window_steps // _LATE_SHARE


def _too_late(count: int) -> Poison:
    return Poison(
        f"{count} late observations, whose windows were closed before they came",
        expected="observations that the watermark has not passed",
        todo="nothing if that is rare: their rows stand in observations, and windows still open have them; "
        "CROSSCURRENT_CORRELATE__LATE_POLICY=accept corrects the closed ones, "
        "CROSSCURRENT_CORRELATE__LATENESS_STEPS waits longer",
    )


def _utc(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
