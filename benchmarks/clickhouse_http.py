"""The embedded ClickHouse over HTTP beside chDB in process: the same rows, the same queries, in one run.

Usage: ``python -m benchmarks.clickhouse_http [--rows N] [--rounds N]``; prints a Markdown table.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import clickhouse_connect
import numpy as np
import psutil
import pyarrow as pa

BATCH_ROWS = 50_000
SMALL_QUERIES = 1000
STREAM_ROWS = 60_000_000  # a gigabyte of text
READY_SECONDS = 60.0
MEBIBYTE = 1024 * 1024
DDL = (
    "CREATE TABLE {name} (tenant LowCardinality(String), series_id UInt64, observed_at DateTime64(3, 'UTC'), "
    "value Float64, record_id FixedString(16)) ENGINE = MergeTree ORDER BY (tenant, series_id, observed_at)"
)
READ = "SELECT * FROM {name}"


def batches(rows: int) -> list[pa.Table]:
    """Return rows shaped like observations, in batches."""
    random = np.random.default_rng(1)
    tables = []
    for start in range(0, rows, BATCH_ROWS):
        count = min(BATCH_ROWS, rows - start)
        ids = random.integers(0, 256, (count, 16), dtype=np.uint8).tobytes()
        columns = {
            "tenant": pa.array(["default"] * count),
            "series_id": pa.array(random.integers(0, 5000, count, dtype=np.uint64)),
            "observed_at": pa.array(
                np.arange(start, start + count) * 1000 + 1_767_225_600_000, pa.timestamp("ms")
            ),
            "value": pa.array(random.normal(size=count)),
            "record_id": pa.FixedSizeBinaryArray.from_buffers(
                pa.binary(16), count, [None, pa.py_buffer(ids)]
            ),
        }
        tables.append(pa.table(columns))
    return tables


def start_server(data: Path) -> tuple[subprocess.Popen[bytes], str]:
    """Return the server's process and its address."""
    log_path = data.parent / "server.log"
    module = [sys.executable, "-m", "crosscurrent.embedded.clickhouse", "--port", "0", "--data", str(data)]
    with log_path.open("wb") as log:
        process = subprocess.Popen(module, stderr=log)
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        for line in log_path.read_text().splitlines():
            if '"clickhouse_started"' in line:
                return process, json.loads(line)["address"]
        time.sleep(0.05)
    raise TimeoutError(log_path.read_text())


def seconds(work: Callable[[], object]) -> float:
    """Return how long the work takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def small_query_times(address: str) -> list[float]:
    """Return the seconds of ``SELECT 1`` over one open connection, one after the other."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port)

    def ask() -> None:
        connection.request("POST", "/", body=b"SELECT 1")
        assert connection.getresponse().read() == b"1\n"

    for _ in range(50):
        ask()
    return [seconds(ask) for _ in range(SMALL_QUERIES)]


@contextlib.contextmanager
def highest_memory(process_id: int) -> Iterator[list[int]]:
    """Yield a list whose one number is the highest resident size, in bytes, while the block runs."""
    process = psutil.Process(process_id)
    highest = [process.memory_info().rss]
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.02):
            highest[0] = max(highest[0], process.memory_info().rss)

    thread = threading.Thread(target=watch)
    thread.start()
    yield highest
    done.set()
    thread.join()


def stream_out(address: str) -> int:
    """Read a gigabyte of text and return its bytes."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port)
    connection.request(
        "POST", "/", body=f"SELECT number, toString(number) FROM numbers({STREAM_ROWS})".encode()
    )
    answer = connection.getresponse()
    total = 0
    while piece := answer.read(MEBIBYTE):
        total += len(piece)
    return total


def stream_in(address: str, total: int) -> None:
    """Insert about as many bytes of text."""
    parts = urlsplit(address)
    piece = b"".join(b"%d\t%d\n" % (number, number) for number in range(100_000))
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port)
    pieces = (piece for _ in range(total // len(piece)))
    connection.request(
        "POST", "/?query=INSERT+INTO+streamed+FORMAT+TSV", body=pieces, encode_chunked=True,
        headers={"Transfer-Encoding": "chunked"},
    )  # fmt: skip
    answer = connection.getresponse()
    assert answer.status == 200, answer.read()
    answer.read()


class InProcess:
    """chDB in this process."""

    def __init__(self, data: Path) -> None:
        import chdb

        self._connection = chdb.connect(f"{data}?max_threads=2&async_insert=0")

    def make(self, name: str) -> None:
        """Create the table."""
        self._connection.query(DDL.format(name=name))

    def insert(self, name: str, tables: list[pa.Table]) -> None:
        """Insert each batch by chDB's own Arrow reader."""
        for table in tables:  # noqa: B007 - the statement names it
            self._connection.query(f"INSERT INTO {name} SELECT * FROM Python(table)")

    def small_query_times(self) -> list[float]:
        """Return the seconds of ``SELECT 1``, one after the other."""
        return [seconds(lambda: self._connection.query("SELECT 1", "TSV")) for _ in range(SMALL_QUERIES)]

    def read(self, name: str) -> int:
        """Return the number of rows of the whole table, read as Arrow."""
        result = self._connection.query(READ.format(name=name), "ArrowStream")
        return int(pa.ipc.open_stream(result.bytes()).read_all().num_rows)


class OverHttp:
    """The server, by clickhouse-connect."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self._client: Any = clickhouse_connect.get_client(
            host=parts.hostname, port=parts.port, compress=False, autogenerate_session_id=False
        )

    def make(self, name: str) -> None:
        """Create the table."""
        self._client.command(DDL.format(name=name))

    def insert(self, name: str, tables: list[pa.Table]) -> None:
        """Insert each batch as Arrow."""
        for table in tables:
            self._client.insert_arrow(name, table)

    def read(self, name: str) -> int:
        """Return the number of rows of the whole table, read as Arrow."""
        return int(self._client.query_arrow(READ.format(name=name)).num_rows)


def compare(address: str, data: Path, rows: int, rounds: int) -> dict[str, tuple[float, float]]:
    """Return the best seconds of both for inserting and reading, the rounds taken in turn."""
    tables = batches(rows)
    pair: tuple[InProcess | OverHttp, ...] = (InProcess(data), OverHttp(address))
    best = {"insert": [float("inf")] * 2, "read": [float("inf")] * 2}
    for number in range(rounds):
        name = f"bench_{number}"
        for index, side in enumerate(pair):
            side.make(name)
            best["insert"][index] = min(best["insert"][index], seconds(partial(side.insert, name, tables)))
            best["read"][index] = min(best["read"][index], seconds(partial(side.read, name)))
    return {what: (times[0], times[1]) for what, times in best.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=500_000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        process, address = start_server(Path(place) / "server")
        try:
            report(process.pid, address, Path(place) / "in-process", given.rows, given.rounds)
        finally:
            process.terminate()
            process.wait()


def report(process_id: int, address: str, data: Path, rows: int, rounds: int) -> None:
    """Measure and print."""
    idle = psutil.Process(process_id).memory_info().rss
    times = sorted(small_query_times(address))
    near_times = sorted(InProcess(data).small_query_times())
    both = compare(address, data, rows, rounds)
    with highest_memory(process_id) as while_reading:
        out_seconds = seconds(lambda: stream_out(address))
        total = 60_000_000 * 17
    OverHttp(address)._client.command(
        "CREATE TABLE streamed (a UInt64, b String) ENGINE = MergeTree ORDER BY a"
    )
    with highest_memory(process_id) as while_inserting:
        in_seconds = seconds(lambda: stream_in(address, total))
    print(
        f"Load at the end {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; {rows:,} rows, best of {rounds}.\n"
    )
    print("| what | in-process chDB | over HTTP | ratio |")
    print("|---|---|---|---|")
    for what, (inside, over) in both.items():
        print(f"| {what}, Arrow, rows/s | {rows / inside:,.0f} | {rows / over:,.0f} | {inside / over:.2f} |")
    for name, share in (("p50", 0.5), ("p99", 0.99)):
        near, far = (values[int(len(values) * share)] * 1000 for values in (near_times, times))
        print(f"| `SELECT 1`, {name} | {near:.2f} ms | {far:.2f} ms | {near / far:.2f} |")
    print("\n| over HTTP | measured |")
    print("|---|---|")
    print(f"| resident memory, idle | {idle / MEBIBYTE:,.0f} MiB |")
    print(f"| resident memory, highest while 1 GB is read | {while_reading[0] / MEBIBYTE:,.0f} MiB |")
    print(f"| resident memory, highest while 1 GB is inserted | {while_inserting[0] / MEBIBYTE:,.0f} MiB |")
    print(f"| text read | {total / MEBIBYTE / out_seconds:,.0f} MiB/s |")
    print(f"| text inserted | {total / MEBIBYTE / in_seconds:,.0f} MiB/s |")


if __name__ == "__main__":
    main()
