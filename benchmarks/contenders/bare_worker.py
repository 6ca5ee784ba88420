"""The stage as a bare confluent-kafka loop: consume, work, produce, flush, commit."""

from __future__ import annotations

import signal
from threading import Event

from confluent_kafka import Consumer, Message, Producer

from benchmarks.contenders.mark import take_place
from benchmarks.contenders.normalise_step import INPUT, NormaliseStep
from crosscurrent.settings import load_settings

MESSAGES_MAX = 500
WAIT_SECONDS = 0.1


def main() -> None:
    mark = take_place(__doc__)
    settings = load_settings()
    step = NormaliseStep(settings, mark)
    servers = {"bootstrap.servers": settings.bootstrap_servers, "broker.address.family": "v4"}
    consumer = Consumer(
        {
            **servers,
            "group.id": "benchmark-bare",
            "session.timeout.ms": int(settings.kafka.session_timeout_seconds * 1000),
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
        }
    )
    producer = Producer(
        {**servers, "enable.idempotence": True, "linger.ms": 5, "compression.type": "lz4"},
    )
    consumer.subscribe([INPUT])
    stop = Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    while not stop.is_set():
        messages = consumer.consume(MESSAGES_MAX, WAIT_SECONDS)
        for message in messages:
            publish(producer, step, message)
        if messages:
            producer.flush()
            consumer.commit(asynchronous=False)
    consumer.close()


def publish(producer: Producer, step: NormaliseStep, message: Message) -> None:
    if message.error() is not None:
        raise RuntimeError(f"Kafka answers {message.error()}")
    output = step.output(message.value())
    headers = step.headers(output, dict(message.headers() or ()))
    producer.produce(output.topic, step.encode(output), output.key, headers=headers)
    producer.poll(0)


if __name__ == "__main__":
    main()
