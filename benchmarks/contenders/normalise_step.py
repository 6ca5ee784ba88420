"""The work of the stage for one message, as the peers call it: the same code that our worker runs."""

from __future__ import annotations

from collections.abc import Mapping

from benchmarks.contenders.crosscurrent_worker import marked
from benchmarks.contenders.mark import Mark
from benchmarks.workload import SOURCE
from crosscurrent.kafka import cloud_event_headers
from crosscurrent.kafka.headers import child_traceparent
from crosscurrent.settings import Settings
from schemas.codec import Codec
from schemas.registry import ConfluentRegistry
from schemas.topics import OBSERVATIONS, RAW, topic_name
from streams.normalise import NormaliseProcessor
from streams.processor import InputMessage, Output, outputs_of

INPUT = topic_name(RAW, SOURCE)
OUTPUT = topic_name(OBSERVATIONS)


class NormaliseStep:
    """Decodes a raw event, maps it, and encodes the batch with its headers.

    Args:
        settings: where the registry is.
        mark: told at the first message.
    """

    def __init__(self, settings: Settings, mark: Mark) -> None:
        self._codec = Codec(ConfluentRegistry(settings.registry_url))
        self._processor = NormaliseProcessor(self._codec, {SOURCE: marked(mark)})

    def output(self, value: bytes) -> Output:
        """Return the one batch that follows from a raw event."""
        (output,) = outputs_of(self._processor.process(InputMessage(INPUT, 0, 0, None, value)))
        return output

    def encode(self, output: Output) -> bytes:
        """Return the value to publish."""
        return self._codec.encode(output.topic, output.record)

    def headers(self, output: Output, cause: Mapping[str, bytes]) -> list[tuple[str, bytes]]:
        """Return the headers to publish."""
        headers = cloud_event_headers(
            record_id=output.record_id,
            source="/streams/normalise",
            event_type="crosscurrent.ObservationBatch",
            time_utc=output.time_utc,
            traceparent=child_traceparent(cause),
        )
        return list(headers.items())
