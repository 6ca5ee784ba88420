"""The online detector as a stream processor: observations in, anomalies out, one small state a series."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import UTC, datetime

import structlog

from crosscurrent.errors import Fatal
from crosscurrent.settings import DetectSettings
from schemas.codec import Codec
from schemas.identity import observation_id, record_id
from schemas.records import Anomaly, ObservationBatch
from schemas.topics import ANOMALIES, OBSERVATIONS, message_key, topic_name
from streams.detect.detector import Score
from streams.detect.logic import DetectorBank
from streams.detect.settings import DetectorSettings
from streams.observations import MILLISECONDS, decode_observations
from streams.processor.message import InputMessage, Output

_POSITIONS = "positions"
_LOG = structlog.get_logger()


class DetectProcessor:
    """Scores every observation of every series.

    Args:
        codec: decodes observations.
        settings: the alarm rate asked for, and bounds.
    """

    name = "detect"
    keeps_state = True

    def __init__(self, codec: Codec, settings: DetectSettings) -> None:
        self._codec = codec
        self.inputs: tuple[str, ...] = (topic_name(OBSERVATIONS),)
        self._bank = DetectorBank(
            DetectorSettings(
                alarms_per_1000_points=settings.alarms_per_1000_points,
                alarms_per_year=settings.alarms_per_year,
            ),
            series_count_max=settings.series_count_max,
        )

    def process(self, message: InputMessage) -> list[Output]:
        """Return an anomaly for each observation that its series' past does not explain.

        Raises:
            Poison: the message is not a batch of observations.
            Transient: the schema registry is away.
        """
        batch = decode_observations(self._codec, message.value)
        scored = self._bank.observe_batch(
            [batch.series[position].series_id for position in batch.series_index],
            [batch.series[position].kind for position in batch.series_index],
            [time_ms / MILLISECONDS for time_ms in batch.observed_at],
            batch.value,
        )
        return [_output(batch, index, score) for index, score in scored if score.is_anomaly]

    def refill(self, message: InputMessage) -> None:
        """Do nothing: each series' state is stored whole."""

    def refill_offset(self, topic: str, partition: int, position: int) -> int:
        """Return the position: there are no windows to refill."""
        del topic, partition
        return position

    def take_dirty(self) -> Iterable[tuple[str, bytes]]:
        """Return the state of each series that changed since the last call."""
        return [(series, self._bank.snapshot(series)) for series in self._bank.dirty()]

    def positions_payload(self) -> bytes:
        """Return nothing: the offsets say it all."""
        return b""

    def restore(self, key: str, payload: bytes) -> None:
        """Take back the state of a series; one that cannot be read warms up anew, for nothing else rests on it."""
        if key == _POSITIONS:
            return
        try:
            self._bank.restore(key, payload)
        except Fatal as error:
            _LOG.warning("detector_forgotten", state_key=key, reason=str(error))


def _output(batch: ObservationBatch, index: int, score: Score) -> Output:
    series = batch.series[batch.series_index[index]]
    observed_at_ms = batch.observed_at[index]
    observation = observation_id(series.series_id, observed_at_ms)
    anomaly = Anomaly(
        tenant=batch.tenant,
        record_id=record_id(batch.tenant, "anomaly", observation, score.kind),
        observation_id=observation,
        series_id=series.series_id,
        source=batch.source,
        measure=series.measure,
        entity_id=series.entity_id,
        unit=series.unit,
        observed_at=datetime.fromtimestamp(observed_at_ms / MILLISECONDS, UTC),
        value=batch.value[index],
        expected=score.expected,
        lower=score.lower,
        upper=score.upper,
        anomaly_score=score.anomaly_score,
        alarms_per_1000_points=score.alarms_per_1000_points,
        alarms_per_year=score.alarms_per_year if math.isfinite(score.alarms_per_year) else None,
        since=datetime.fromtimestamp(score.since_seconds, UTC),
        detector=score.kind,
        reason=score.reason,
    )
    return Output(
        topic=topic_name(ANOMALIES),
        key=message_key(batch.tenant, series.series_id),
        record=anomaly,
        record_id=anomaly.record_id,
        time_utc=anomaly.observed_at,
    )
