"""kcat sees the bytes on the embedded broker.

Debian 12's kcat brings librdkafka 2.0.2, which misreads the optional part of the broker's list of versions: so the
library of the Python client is put in its place, as `docs/how-to/read-the-topics.md` says.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import confluent_kafka
import pytest

from tests.integration.broker.test_tansu_quirks import Broker

pytestmark = pytest.mark.integration

LIBRARIES = Path(confluent_kafka.__file__).parent.parent / "confluent_kafka.libs"


@pytest.fixture
def broker() -> Iterator[Broker]:
    broker = Broker()
    yield broker
    broker.stop()


def kcat(tmp_path: Path, *arguments: str) -> str:
    (library,) = LIBRARIES.glob("librdkafka*.so*")
    (tmp_path / "librdkafka.so.1").symlink_to(library)
    environment = {**os.environ, "LD_LIBRARY_PATH": f"{tmp_path}:{LIBRARIES}"}
    done = subprocess.run(
        ["kcat", *arguments], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_kcat_reads_messages_with_their_offsets(broker: Broker, tmp_path: Path) -> None:
    topic = broker.create("read-by-kcat")
    broker.publish(topic, 3, key=b"default|github")
    read = kcat(
        tmp_path, "-b", broker.servers, "-C", "-t", topic, "-o", "beginning", "-e", "-q", "-f", "%o %k %s\n"
    )
    assert read.splitlines() == [f"{index} default|github {index}" for index in range(3)]
