"""The registry as a process: wrong use, restart, kill -9 in mid-write, a full disk."""

from __future__ import annotations

import random
import resource
import signal
import socket
import subprocess
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.integration.registry.registry_process import (
    REPOSITORY,
    START_SECONDS_MAX,
    Api,
    command,
    record,
    running_registry,
)

pytestmark = pytest.mark.integration

CRASHES = 4
IDLE_BYTES_MAX = 80 * 1024 * 1024


def ended(data: Path, port: int = 0) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(data, port), capture_output=True, text=True, cwd=REPOSITORY, timeout=START_SECONDS_MAX
    )


def is_clear(message: str) -> bool:
    return "Expected:" in message and "To do:" in message and "Traceback" not in message


def test_registry_says_that_its_port_is_taken(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        process = ended(tmp_path, taken.getsockname()[1])

    assert process.returncode == 2
    assert "taken by another process" in process.stderr
    assert is_clear(process.stderr)


def test_registry_refuses_a_directory_that_another_one_uses(tmp_path: Path) -> None:
    with running_registry(tmp_path) as (api, _):
        process = ended(tmp_path)
        assert api.get("/subjects") == (200, [])

    assert process.returncode == 2
    assert "in use by another registry" in process.stderr
    assert is_clear(process.stderr)


def test_registry_refuses_a_directory_of_a_newer_version(tmp_path: Path) -> None:
    header = b'{"format":99}'
    (tmp_path / "registry.log").write_bytes(b"%08x %b\n" % (zlib.crc32(header), header))
    process = ended(tmp_path)

    assert process.returncode == 2
    assert "format 99, written by a newer version" in process.stderr
    assert is_clear(process.stderr)


def test_registry_refuses_a_damaged_log(tmp_path: Path) -> None:
    (tmp_path / "registry.log").write_bytes(b"not a log\n")
    process = ended(tmp_path)

    assert process.returncode == 1
    assert is_clear(process.stderr)


def test_registry_keeps_everything_over_a_restart(tmp_path: Path) -> None:
    with running_registry(tmp_path) as (api, process):
        make_something_of_everything(api)
        before = everything(api)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    with running_registry(tmp_path) as (api, _):
        assert everything(api) == before
        assert api.registered("later", record("z")) == 5, "ids that were given are not given again"


def make_something_of_everything(api: Api) -> None:
    api.registered("point", record("x", name="Point"))
    reference = {"name": "Point", "subject": "point", "version": 1}
    api.registered("line", {"type": "array", "items": "Point"}, references=[reference])
    api.registered("deleted", record("b"))
    api.delete("/subjects/deleted")
    api.registered("purged", record("c"))
    api.delete("/subjects/purged")
    api.delete("/subjects/purged", permanent=True)
    api.put("/config", {"compatibility": "FULL"})
    api.put("/config/point", {"compatibility": "NONE", "normalize": True})
    api.put("/mode/line", {"mode": "READONLY"})


def everything(api: Api) -> list[object]:
    schemas = api.get("/schemas", deleted=True)
    settings = [api.get(path) for path in ("/config", "/config/point", "/config/line", "/mode", "/mode/line")]
    return [schemas, api.get("/schemas"), *settings, api.get("/schemas/ids/4")]


def test_registry_loses_nothing_acknowledged_when_it_is_killed_at_any_moment(tmp_path: Path) -> None:
    chance = random.Random(7)
    acknowledged: dict[str, int] = {}
    for crash in range(CRASHES):
        with running_registry(tmp_path) as (api, process):
            kill = threading.Timer(chance.uniform(0.05, 0.5), process.kill)
            kill.start()
            with ThreadPoolExecutor(4) as pool:
                for worker in range(4):
                    pool.submit(register_until_it_dies, api, f"{crash}-{worker}", acknowledged)
            kill.join()

    with running_registry(tmp_path) as (api, _):
        kept = {one["subject"]: one["id"] for one in api.get("/schemas")[1]}
        registered_again = api.registered("later", record("later"))
    assert len(acknowledged) > CRASHES
    assert acknowledged.items() <= kept.items()
    assert len(set(kept.values())) == len(kept), "no id has two schemas"
    assert registered_again > max(kept.values())


def register_until_it_dies(api: Api, prefix: str, acknowledged: dict[str, int]) -> None:
    for number in range(100_000):
        subject = f"{prefix}-{number}"
        try:
            acknowledged[subject] = api.registered(
                subject, record("a", name=f"R_{subject.replace('-', '_')}")
            )
        except httpx.TransportError:
            return


def test_registry_survives_a_full_disk_and_changes_nothing(tmp_path: Path) -> None:
    # a limit on the size of files fails a write as a full disk does, half-way through the line
    limit = ("sh", "-c", 'ulimit -S -f 16; exec "$@"', "sh")
    with running_registry(tmp_path, *limit) as (api, process):
        api.registered("small", record("a"))
        large = record("a", name="Large", doc="x" * 50_000)
        refused = api.register("large", large)

        assert (refused[0], refused[1]["error_code"]) == (500, 50001)
        assert "Nothing was changed" in refused[1]["message"]
        assert api.get("/subjects") == (200, ["small"])
        assert api.registered("small", record("a")) == 1
        assert api.registered("other", record("a", name="Other")) == 2, "what still fits is taken"

        _, hard = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (hard, hard))
        assert api.registered("large", large) == 3
    with running_registry(tmp_path) as (api, _):
        assert api.get("/subjects") == (200, ["large", "other", "small"])


def test_registry_is_small_when_idle(tmp_path: Path) -> None:
    with running_registry(tmp_path) as (api, process):
        assert api.get("/subjects") == (200, [])
        status = Path(f"/proc/{process.pid}/status").read_text()

    resident = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    assert int(resident.split()[1]) * 1024 < IDLE_BYTES_MAX
