"""The detectors of many series: a batch of observations in, their scores out."""

from __future__ import annotations

from collections.abc import Sequence

from streams.detect.detector import SeriesDetector
from streams.detect.score import Score
from streams.detect.settings import DetectorSettings

SERIES_COUNT_MAX = 20_000


class DetectorBank:
    """One detector for each series, up to a bound.

    A series beyond the bound is refused and counted, never exchanged for another: which series are scored must
    not depend on a restart.

    Args:
        settings: one set for every series.
        series_count_max: most series kept.
    """

    def __init__(self, settings: DetectorSettings, series_count_max: int = SERIES_COUNT_MAX) -> None:
        self._settings = settings
        self._series_count_max = series_count_max
        self._detectors: dict[str, SeriesDetector] = {}
        self._dirty: dict[str, None] = {}
        self.refused_count = 0

    def __len__(self) -> int:
        return len(self._detectors)

    def observe_batch(
        self,
        series_ids: Sequence[str],
        kinds: Sequence[str],
        times_seconds: Sequence[float],
        values: Sequence[float],
    ) -> list[tuple[int, Score]]:
        """Score a batch in its order.

        Args:
            series_ids: the series of each observation.
            kinds: how its values are to be read: ``gauge``, ``counter`` or ``count``.
            times_seconds: event times, seconds since 1970 UTC.
            values: what was measured.

        Returns:
            (index, score) of each observation that was applied; those left out are not newer than their
            series' last one, not finite, or of a series beyond the bound (``refused_count`` counts these).

        Raises:
            WrongUse: a kind is none of the three; nothing of the batch was applied.
        """
        detectors = [self._detector_of(series, kind) for series, kind in zip(series_ids, kinds, strict=True)]
        scored: list[tuple[int, Score]] = []
        rows = zip(series_ids, detectors, times_seconds, values, strict=True)
        for index, (series, detector, time_seconds, value) in enumerate(rows):
            if detector is None:
                self.refused_count += 1
                continue
            score = detector.observe(time_seconds, value)
            if score is not None:
                self._dirty[series] = None
                scored.append((index, score))
        return scored

    def dirty(self) -> list[str]:
        """Return the series whose state changed since the last call, in the order of their first change."""
        changed = list(self._dirty)
        self._dirty.clear()
        return changed

    def snapshot(self, series_id: str) -> bytes:
        """Return the state of a series.

        Raises:
            KeyError: no observation of this series was ever taken in.
        """
        return self._detectors[series_id].snapshot()

    def restore(self, series_id: str, payload: bytes) -> None:
        """Put a series into a stored state.

        Raises:
            Fatal: the payload is damaged, or of a version that this one does not know.
        """
        self._detectors[series_id] = SeriesDetector.restore(payload, self._settings)
        self._dirty.pop(series_id, None)

    def _detector_of(self, series_id: str, kind: str) -> SeriesDetector | None:
        """Return the detector of a series; a new one if its values are now of another kind."""
        detector = self._detectors.get(series_id)
        if detector is not None and detector.kind == kind:
            return detector
        if detector is None and len(self._detectors) >= self._series_count_max:
            return None
        detector = SeriesDetector(kind, self._settings)
        self._detectors[series_id] = detector
        return detector
