"""A thousand polls at once in one process: its resident memory, and whether each host's limits were kept.

32 connectors, each with a host and a credential of its own, run side by side in one process by the kit's own loop: client,
budget, planner, digest, Avro encoding. Their vendors are one local server with a port for each, which answers after
some seconds, so that many requests are under way, with a page that differs each time, so that each is published. The
server counts what is under way and what came in any window, and refuses what passes a limit with 429. Left out: the
broker, whose acknowledgement is immediate here.

Usage: ``python -m benchmarks.polls [--quick]``; prints a Markdown table.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import resource
import sys
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from benchmarks.figures import table
from connectors.kit.auth import BearerHeader
from connectors.kit.declaration import Connector, Poll
from connectors.kit.health import Health
from connectors.kit.polling import make_loop
from connectors.kit.publisher import Publisher
from connectors.kit.quota import DocumentedRate
from connectors.kit.wiring import make_asking
from crosscurrent.clock import SystemClock
from crosscurrent.kafka import Acknowledged
from crosscurrent.settings import SourceSettings
from schemas.codec import Codec
from schemas.generate import load_schema
from schemas.mapping import MappedPayload

HOSTS = 32
AT_ONCE_A_HOST = 32
POLLS_AT_ONCE_MIN = 1000
RESIDENT_BYTES_MAX = 300 * 1024 * 1024
TARGETS_A_HOST = 64
ANSWER_SECONDS = 12.0
WINDOW_SECONDS = 10.0
REQUESTS_A_WINDOW = 60
PAGE_BYTES = 20_000
RUN_SECONDS = 60.0
QUICK_SECONDS = 24.0
SAMPLE_SECONDS = 0.1
MEBIBYTE = 1024 * 1024


@dataclass(slots=True)
class Host:
    """What the server saw of one vendor.

    Attributes:
        under_way: requests not answered yet.
        under_way_max: the most at once.
        times: arrivals in the last window.
        window_max: the most that came in a window.
        requests: all that came.
        refused: answered 429.
    """

    under_way: int = 0
    under_way_max: int = 0
    times: deque[float] = field(default_factory=deque)
    window_max: int = 0
    requests: int = 0
    refused: int = 0

    def arrived(self, now: float) -> bool:
        """Take note of a request and return whether it is within the limit."""
        while self.times and self.times[0] <= now - WINDOW_SECONDS:
            self.times.popleft()
        self.times.append(now)
        self.requests += 1
        self.window_max = max(self.window_max, len(self.times))
        good = len(self.times) <= REQUESTS_A_WINDOW
        self.refused += not good
        return good


class Vendors:
    """All vendors: a port each, and what came there."""

    def __init__(self) -> None:
        self.hosts = [Host() for _ in range(HOSTS)]
        self.under_way_max = 0

    async def serve(self, pipe: Connection) -> None:
        """Serve until told to end; tell the ports first and what was seen last."""
        servers = [
            await asyncio.start_server(partial(self._answer, host), "127.0.0.1", 0) for host in self.hosts
        ]
        pipe.send([server.sockets[0].getsockname()[1] for server in servers])
        await asyncio.to_thread(pipe.recv)
        pipe.send((self.under_way_max, self.hosts))

    async def _answer(self, host: Host, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        try:
            while True:
                await reader.readuntil(b"\r\n\r\n")
                good = host.arrived(loop.time())
                host.under_way += 1
                host.under_way_max = max(host.under_way_max, host.under_way)
                self.under_way_max = max(self.under_way_max, sum(one.under_way for one in self.hosts))
                try:
                    await asyncio.sleep(ANSWER_SECONDS if good else 0)
                finally:
                    host.under_way -= 1
                writer.write(_response(host.requests) if good else _REFUSAL)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            # the client or the measurement has ended
            writer.close()


_REFUSAL = b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n"
_ROW = json.dumps({"text": "x" * (PAGE_BYTES - 40)}).encode()


def _response(number: int) -> bytes:
    body = b'{"number":%d,"row":%s}' % (number, _ROW)
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


class Acknowledging:
    """A broker that has acknowledged before it was asked."""

    def __init__(self) -> None:
        self.messages = 0

    async def publish(
        self, topic: str, *, key: bytes | None, value: bytes | None, headers: Mapping[str, bytes]
    ) -> Acknowledged:
        """Return a place for the message."""
        del key, value, headers
        self.messages += 1
        return Acknowledged(topic, 0, self.messages)


class Registry:
    """A schema registry in memory."""

    def __init__(self) -> None:
        self._texts = [json.dumps(load_schema(name)) for name in sorted(Codec.RECORDS.values())]

    def register(self, subject: str, schema: str) -> int:
        """Return the id of a schema."""
        del subject
        return self._texts.index(schema) + 1

    def schema_by_id(self, schema_id: int) -> str:
        """Return the schema with this id."""
        return self._texts[schema_id - 1]


def _connector(number: int) -> Connector:
    polls = [Poll("page", str(target), f"/page/{target}") for target in range(TARGETS_A_HOST)]
    return Connector(
        name=f"vendor_{number}",
        title=f"Vendor {number}",
        base_url="https://vendor.example",
        auth=BearerHeader(),
        quota=DocumentedRate(REQUESTS_A_WINDOW, WINDOW_SECONDS),
        interval_seconds=1.0,
        interval_stretch_max=60.0,
        endpoints=("page",),
        polls=lambda targets: polls,
        map_payload=lambda event: MappedPayload([], []),
        endpoint_of=lambda method, path, kind: "page",
        concurrency_max=AT_ONCE_A_HOST,
    )


async def _poll(ports: Sequence[int], seconds: float, home: Path) -> tuple[int, int]:
    """Poll all vendors for a while and return the most resident bytes and the messages published."""
    broker, codec, clock, stop = Acknowledging(), Codec(Registry()), SystemClock(), asyncio.Event()
    askings, loops = [], []
    for number, port in enumerate(ports):
        connector = _connector(number)
        settings = SourceSettings.model_validate(
            {"base_url": f"http://127.0.0.1:{port}", "token": f"key-{number}"}
        )
        asking = make_asking(connector, settings, clock, home=home)
        loop = make_loop(
            connector,
            asking,
            Publisher(connector.name, broker, codec),
            tenant="default",
            cluster="",
            health=Health(connector.name, clock),
            clock=clock,
            standings={},
        )
        askings.append(asking)
        loops.append(asyncio.create_task(loop.run(stop)))
    resident = await _watch(seconds)
    stop.set()
    await asyncio.gather(*loops)
    for asking in askings:
        await asking.close()
    return resident, broker.messages


async def _watch(seconds: float) -> int:
    process, most = psutil.Process(os.getpid()), 0
    until = asyncio.get_running_loop().time() + seconds
    while asyncio.get_running_loop().time() < until:
        most = max(most, process.memory_info().rss)
        await asyncio.sleep(SAMPLE_SECONDS)
    return max(most, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)


def _serve(pipe: Connection) -> None:
    asyncio.run(Vendors().serve(pipe))


def _raise_files_max() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_SECONDS:.0f} s")
    seconds = QUICK_SECONDS if parser.parse_args().quick else RUN_SECONDS
    _raise_files_max()
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    server = context.Process(target=_serve, args=(theirs,), daemon=True)
    server.start()
    ports = ours.recv()
    with TemporaryDirectory() as home:
        resident, messages = asyncio.run(_poll(ports, seconds, Path(home)))
    ours.send(None)
    at_once, hosts = ours.recv()
    server.join()
    print(report(seconds, resident, messages, at_once, hosts))
    return 0


def report(seconds: float, resident: int, messages: int, at_once: int, hosts: Sequence[Host]) -> str:
    """Return what was measured as Markdown; a target that is missed is called so."""
    requests, refused = sum(host.requests for host in hosts), sum(host.refused for host in hosts)
    most, window = max(host.under_way_max for host in hosts), max(host.window_max for host in hosts)
    limit = f"{REQUESTS_A_WINDOW} in {WINDOW_SECONDS:.0f} s"
    rows = [
        (
            "polls under way at once, most",
            f"{at_once:,}",
            f"at least {POLLS_AT_ONCE_MIN:,}",
            at_once >= POLLS_AT_ONCE_MIN,
        ),
        (
            "resident memory, most",
            f"{resident / MEBIBYTE:.0f} MiB",
            f"under {RESIDENT_BYTES_MAX // MEBIBYTE} MiB",
            resident < RESIDENT_BYTES_MAX,
        ),
        ("at once for one host, most", f"{most}", f"at most {AT_ONCE_A_HOST}", most <= AT_ONCE_A_HOST),
        ("for one host in a window, most", f"{window}", f"at most {limit}", window <= REQUESTS_A_WINDOW),
        ("answered 429", f"{refused}", "none", refused == 0),
    ]
    cells = [(what, found, wanted, "met" if met else "**missed**") for what, found, wanted, met in rows]
    head = ("", "measured", "wanted", "")
    summary = (
        f"{requests:,} requests to {len(hosts)} hosts in {seconds:.0f} s, {messages:,} messages published."
    )
    return f"{table(head, cells)}\n\n{summary}"


if __name__ == "__main__":
    sys.exit(main())
