"""The stage with Quix Streams: at least once, its own commits, as its documentation sets it up."""

from __future__ import annotations

from typing import Any

from quixstreams import Application

from benchmarks.contenders.mark import take_place
from benchmarks.contenders.normalise_step import INPUT, OUTPUT, NormaliseStep
from crosscurrent.settings import load_settings
from streams.processor import Output


def main() -> None:
    mark = take_place(__doc__)
    settings = load_settings()
    step = NormaliseStep(settings, mark)
    # as long as the others', because the embedded broker lets a join wait half of it
    session_ms = int(settings.kafka.session_timeout_seconds * 1000)
    app = Application(
        broker_address=settings.bootstrap_servers,
        consumer_group="benchmark-quix",
        auto_offset_reset="earliest",
        auto_create_topics=False,
        consumer_extra_config={"broker.address.family": "v4", "session.timeout.ms": session_ms},
        producer_extra_config={"broker.address.family": "v4"},
    )
    raw = app.topic(INPUT, value_deserializer="bytes", key_deserializer="bytes")
    observations = app.topic(OUTPUT, value_serializer="bytes", key_serializer="bytes")

    def headers(output: Output, _key: Any, _at: int, given: Any) -> list[tuple[str, bytes]]:
        return step.headers(output, dict(given or ()))

    batches = app.dataframe(raw).apply(step.output).set_headers(headers).apply(step.encode)
    batches.to_topic(observations)
    app.run()


if __name__ == "__main__":
    main()
