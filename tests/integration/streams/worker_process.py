"""Runs stream processors with the tests' registry and a mapping of their own, so that they can be killed."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import orjson

from crosscurrent.errors import Poison, Transient
from crosscurrent.settings import Settings, load_settings
from crosscurrent.telemetry import configure_logging
from schemas.codec import Codec
from schemas.mapping import MappedPayload, Measurement, Thing
from schemas.records import RawEvent
from streams import worker
from streams.normalise import NormaliseProcessor
from streams.processor import Processor
from tests.integration.sink.fixed_registry import FixedRegistry

SOURCE = "github"
NAMES = ("normalise", "correlate", "detect")


class SwitchedRegistry(FixedRegistry):
    """Is away, or answers 500, while a file is there."""

    away = Path()

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url

    def register(self, subject: str, schema: str) -> int:
        self._check()
        return super().register(subject, schema)

    def schema_by_id(self, schema_id: int) -> str:
        self._check()
        return super().schema_by_id(schema_id)

    def _check(self) -> None:
        if self.away.exists():
            raise Transient(f"the registry at {self._url} answers 500", expected="200", todo="wait")


def map_payload(event: RawEvent) -> MappedPayload:
    """Return what a payload says: a list of (entity, kind, milliseconds, value)."""
    try:
        points = orjson.loads(event.payload)
    except orjson.JSONDecodeError as error:
        raise Poison("a payload that is not JSON", expected="JSON", todo="look at it") from error
    names = sorted({entity for entity, *_ in points})
    return MappedPayload(
        [Thing("thing", name, name, event.observed_at) for name in names],
        [Measurement("level", entity, "1", kind, at_ms, value) for entity, kind, at_ms, value in points],
    )


def make(name: str, settings: Settings, codec: Codec) -> Processor:
    # what is not asked for is not imported, which halves the start of the normaliser
    if name == "correlate":
        from streams.correlate.agent import CorrelateProcessor

        return CorrelateProcessor(codec, settings.correlate, tenant=settings.tenant)
    if name == "detect":
        from streams.detect.agent import DetectProcessor

        return DetectProcessor(codec, settings.detect)
    return NormaliseProcessor(codec, {SOURCE: map_payload})


if __name__ == "__main__":
    SwitchedRegistry.away = Path(sys.argv[1])
    settings = load_settings()
    configure_logging(settings.log_level, process="worker")
    setattr(worker, "ConfluentRegistry", SwitchedRegistry)  # noqa: B010 - the name is not exported
    worker.run([partial(make, name, settings) for name in sys.argv[2:] or NAMES], (SOURCE,), settings)
