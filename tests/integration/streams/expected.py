"""What the processors give for a stream of messages, without a broker: the undisturbed run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from crosscurrent.errors import Poison
from crosscurrent.settings import CorrelateSettings, DetectSettings
from schemas.codec import Codec, Record
from streams.correlate.agent import CorrelateProcessor
from streams.detect.agent import DetectProcessor
from streams.normalise import NormaliseProcessor
from streams.processor import InputMessage, Processor, outputs_of
from tests.integration.streams.conftest import identified
from tests.integration.streams.worker_process import SOURCE, map_payload

CORRELATE = CorrelateSettings(step_seconds=60, window_steps=64, hop_steps=8, lag_steps_max=4)


def undisturbed(
    codec: Codec, messages: Iterable[tuple[str, Record | bytes]]
) -> dict[str, set[tuple[str, str]]]:
    """Return id and content of all records on each output topic."""
    later: list[Processor] = [
        CorrelateProcessor(codec, CORRELATE, tenant="default"),
        DetectProcessor(codec, DetectSettings()),
    ]
    normalise = NormaliseProcessor(codec, {SOURCE: map_payload})
    found: dict[str, set[tuple[str, str]]] = defaultdict(set)
    offset = 0
    for number, (topic, record) in enumerate(messages):
        value = record if isinstance(record, bytes) else codec.encode(topic, record)
        try:
            outputs = outputs_of(normalise.process(InputMessage(topic, 0, number, None, value)))
        except Poison:
            continue
        for output in outputs:
            encoded = codec.encode(output.topic, output.record)
            found[output.topic].add(identified(codec.decode_topic(output.topic, encoded)))
            if output.topic == "observations":
                for processor in later:
                    results = processor.process(InputMessage("observations", 0, offset, None, encoded))
                    for result in outputs_of(results):
                        again = codec.decode_topic(result.topic, codec.encode(result.topic, result.record))
                        found[result.topic].add(identified(again))
                offset += 1
    return found
