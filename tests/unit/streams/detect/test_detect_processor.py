"""The detector as a processor: state of other versions."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from crosscurrent.settings import DetectSettings
from schemas.codec import Codec
from streams.detect.agent import DetectProcessor
from streams.detect.detector import SeriesDetector
from streams.detect.settings import DetectorSettings
from tests.integration.sink.fixed_registry import FixedRegistry


def processor() -> DetectProcessor:
    return DetectProcessor(Codec(FixedRegistry()), DetectSettings())


@pytest.mark.parametrize("payload", [b"CCD1\x02\x00\x00\x00{}", b"", b"CCD2\xff\xff\xff\xff"])
def test_detect_processor_learns_a_series_anew_when_its_stored_state_cannot_be_read(payload: bytes) -> None:
    ours = processor()
    with capture_logs() as logs:
        ours.restore("series-1", payload)
    assert [(log["event"], log["state_key"]) for log in logs] == [("detector_forgotten", "series-1")]
    assert "warms up again" in logs[0]["reason"]


def test_detect_processor_takes_back_a_state_of_this_version() -> None:
    detector = SeriesDetector("gauge", DetectorSettings())
    for index in range(70):
        detector.observe(index * 60.0, float(index % 7))
    ours = processor()
    with capture_logs() as logs:
        ours.restore("series-1", detector.snapshot())
    assert logs == []
    assert list(ours.take_dirty()) == []
