"""The real Kafka that tests share: one for each process of the test run, started when the first asks for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.kafka_node import KafkaNode


@pytest.fixture(scope="session")
def kafka_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaNode]:
    node = KafkaNode(tmp_path_factory.mktemp("kafka"))
    node.start()
    yield node
    node.kill()
