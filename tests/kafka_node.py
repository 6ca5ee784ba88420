"""A real Kafka node for tests, from the jars and the Java that ``up --broker kafka`` uses."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path

from crosscurrent.embedded.broker import Kafka, NodePlace, cluster_id
from tests.waiting import free_ports, wait_until

_HEAP_BYTES = 256 * 1024 * 1024


class KafkaNode:
    """One node on free ports, which can be killed and started again, and then has its log.

    Args:
        directory: where it lies.
    """

    def __init__(self, directory: Path) -> None:
        self.port, controller_port = free_ports(2)
        self.servers = f"127.0.0.1:{self.port}"
        self.place = NodePlace("127.0.0.1", self.port, controller_port, directory / "broker", _HEAP_BYTES)
        self._process: subprocess.Popen[bytes] | None = None
        Kafka().prepare(self.place, lambda _: None)

    def start(self) -> None:
        """Start it and wait until it answers."""
        place = self.place
        command = Kafka().command(host=place.host, port=self.port, cluster="", data=place.data)
        with (place.data / "out.log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        wait_until(lambda: self.cluster() == Kafka().cluster(place.data), "Kafka answers")

    def stop(self) -> None:
        """Stop it cleanly."""
        assert self._process is not None
        self._process.terminate()
        self._process.wait(30)

    def kill(self) -> None:
        """Kill it, if it runs."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def cluster(self) -> str:
        """Return the cluster id that it answers, empty if it does not answer."""
        try:
            return asyncio.run(cluster_id("127.0.0.1", self.port, timeout_seconds=1.0))
        except OSError:
            return ""
