"""The world and the recordings as processes: start, faults on the wire, gzip, restart, a clean end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx
import orjson
import pytest

pytestmark = pytest.mark.integration

REPOSITORY = Path(__file__).resolve().parents[3]
RECORDINGS = Path(os.environ.get("CROSSCURRENT_RECORDINGS") or REPOSITORY.parent / "shared" / "payloads")
START_SECONDS_MAX = 30
HEADERS = {"authorization": "Bearer good"}
SAILBENCH = "/github/repos/quillfen-works/sailbench"


@contextmanager
def server(module: str, *arguments: str) -> Iterator[tuple[httpx.Client, subprocess.Popen[bytes]]]:
    """A server on a free port, until the block is left."""
    process = subprocess.Popen(
        [sys.executable, "-m", f"crosscurrent.embedded.{module}", "--port", "0", *arguments],
        stderr=subprocess.PIPE,
        cwd=REPOSITORY,
    )
    assert process.stderr
    try:
        started = orjson.loads(process.stderr.readline())
        assert started["event"] == f"{module}_started"
        with httpx.Client(base_url=started["address"], timeout=START_SECONDS_MAX) as client:
            wait_until_ready(client)
            yield client, process
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def wait_until_ready(client: httpx.Client) -> None:
    deadline = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < deadline:
        try:
            client.get("/_world/state")
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the server did not answer")


@pytest.fixture(scope="module")
def world() -> Iterator[httpx.Client]:
    with server("world", "--manual", "--github-token", "good") as (client, _):
        yield client


def test_world_answers_for_all_vendors_in_virtual_time(world: httpx.Client) -> None:
    github = world.get(SAILBENCH, headers=HEADERS)
    weather = world.get("/openweathermap/data/2.5/weather", params={"id": 3143244, "appid": "k"})
    creature = world.get("/pokeapi/api/v2/pokemon/1/")
    state = world.get("/_world/state").json()

    assert [github.status_code, weather.status_code, creature.status_code] == [200, 200, 200]
    dates = {
        parsedate_to_datetime(answer.headers["date"]).timestamp() for answer in (github, weather, creature)
    }
    assert dates == {state["virtual_seconds"]}
    assert state["requests"]["github"]["200"] >= 1


def test_world_tells_the_truth_that_its_payloads_bear_out(world: httpx.Client) -> None:
    told = world.get("/_world/truth").json()
    coupled = told["couplings"][0]["right"]["entity"]

    assert world.get(f"/github/repos/{coupled}", headers=HEADERS).status_code == 200
    assert told["breaks"][0]["at"] == "2026-01-11T06:00:00Z"


def test_world_moves_by_hand_and_repeats_itself_until_then(world: httpx.Client) -> None:
    first = world.get(SAILBENCH, headers=HEADERS)
    again = world.get(SAILBENCH, headers=HEADERS)
    world.post("/_world/advance", json={"seconds": 3600})
    later = world.get(SAILBENCH, headers={**HEADERS, "if-none-match": first.headers["etag"]})

    assert first.content == again.content
    assert later.status_code == 200
    assert later.json()["stargazers_count"] > first.json()["stargazers_count"]


def test_world_sends_304_without_a_body(world: httpx.Client) -> None:
    first = world.get(SAILBENCH, headers=HEADERS)
    second = world.get(SAILBENCH, headers={**HEADERS, "if-none-match": first.headers["etag"]})

    assert (second.status_code, second.content) == (304, b"")
    assert second.headers["x-ratelimit-remaining"] == first.headers["x-ratelimit-remaining"]


def test_world_compresses_only_for_who_accepts_it(world: httpx.Client) -> None:
    zipped = world.get(SAILBENCH, headers={**HEADERS, "accept-encoding": "gzip"})
    plain = world.get(SAILBENCH, headers={**HEADERS, "accept-encoding": "identity"})

    assert zipped.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert zipped.content == plain.content


@pytest.mark.parametrize("kind", ["truncate", "disconnect"])
def test_world_cuts_a_response_when_asked_and_only_that_often(world: httpx.Client, kind: str) -> None:
    world.post("/_world/faults", json={"vendor": "github", "kind": kind, "count": 1})

    with pytest.raises(httpx.RemoteProtocolError):
        world.get(SAILBENCH, headers=HEADERS)
    assert world.get(SAILBENCH, headers=HEADERS).status_code == 200


def test_world_sends_a_huge_body_that_is_still_json(world: httpx.Client) -> None:
    plain = world.get(SAILBENCH, headers=HEADERS)
    world.post("/_world/faults", json={"vendor": "github", "kind": "huge", "bytes": 3_000_000})
    huge = world.get(SAILBENCH, headers=HEADERS)

    assert len(huge.content) == int(huge.headers["content-length"]) == 3_000_000
    assert huge.json() == plain.json()


def test_world_is_slow_when_asked(world: httpx.Client) -> None:
    world.post("/_world/faults", json={"vendor": "pokeapi", "kind": "slow", "seconds": 60})

    with pytest.raises(httpx.ReadTimeout):
        world.get("/pokeapi/api/v2/pokemon/1", timeout=0.5)
    assert world.get("/pokeapi/api/v2/pokemon/1").status_code == 200


def test_world_says_what_is_wrong_with_a_steering_request(world: httpx.Client) -> None:
    answers = [
        world.post("/_world/advance", content=b"{"),
        world.post("/_world/advance", json={"seconds": "ten"}),
        world.post("/_world/advance", json=[]),
        world.post("/_world/faults", json={"vendor": "github", "kind": "fire"}),
    ]

    assert {answer.status_code for answer in answers} == {400}
    assert all("Expected:" in answer.json()["error"] for answer in answers)


def test_world_refuses_other_methods(world: httpx.Client) -> None:
    assert world.put(SAILBENCH, headers=HEADERS).status_code == 405


def test_world_started_again_plays_the_same_bytes() -> None:
    bodies = []
    for _ in range(2):
        with server("world", "--manual", "--seed", "8") as (client, _process):
            client.post("/_world/advance", json={"seconds": 500_000})
            bodies.append(
                client.get(f"{SAILBENCH}/issues", headers={**HEADERS, "accept-encoding": "identity"}).content
            )

    assert bodies[0] == bodies[1]


def test_world_with_an_anchor_goes_on_where_time_has_got_to() -> None:
    anchor = time.time() - 100
    with server("world", "--speed", "36000", "--anchor", str(anchor)) as (client, _process):
        assert client.get("/_world/state").json()["elapsed_hours"] >= 1000


def test_world_ends_with_zero_when_asked_to_stop() -> None:
    with server("world") as (_client, process):
        process.send_signal(signal.SIGTERM)

        assert process.wait(10) == 0


@pytest.mark.parametrize("module", ["world", "recordings"])
def test_server_says_that_its_port_is_taken(module: str, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        (tmp_path / "a/b").mkdir(parents=True)
        (tmp_path / "a/b/c.json").write_bytes(b"{}")
        more = ["--dir", str(tmp_path)] if module == "recordings" else []
        ended = subprocess.run(
            [
                sys.executable,
                "-m",
                f"crosscurrent.embedded.{module}",
                "--port",
                str(taken.getsockname()[1]),
                *more,
            ],
            capture_output=True,
            cwd=REPOSITORY,
            timeout=START_SECONDS_MAX,
        )

    assert ended.returncode == 2
    assert b"taken by another process" in ended.stderr
    assert b"Traceback" not in ended.stderr


def test_world_says_which_argument_is_wrong() -> None:
    ended = subprocess.run(
        [
            sys.executable,
            "-m",
            "crosscurrent.embedded.world",
            "--port",
            "0",
            "--start",
            "2026-01-05T00:30:00Z",
        ],
        capture_output=True,
        cwd=REPOSITORY,
        timeout=START_SECONDS_MAX,
    )

    assert ended.returncode == 2
    assert b"a full hour" in ended.stderr


@pytest.mark.recordings
def test_recordings_plays_every_exchange_just_as_it_was_recorded(tmp_path: Path) -> None:
    directory = RECORDINGS if RECORDINGS.is_dir() else own_recordings(tmp_path)
    with server("recordings", "--dir", str(directory)) as (client, _process):
        index = client.get("/_recordings/index").json()
        wrong = [entry for entry in index if not played_as_recorded(client, directory, entry)]

        assert index
        assert wrong == []
        assert client.get("/_recordings/index", params={"source": "none"}).status_code == 404
        assert client.get(f"/{index[0]['source']}/never/recorded").status_code == 404


def played_as_recorded(client: httpx.Client, directory: Path, entry: dict[str, object]) -> bool:
    answer = client.get(str(entry["address"]))
    file = directory / str(entry["source"]) / str(entry["endpoint_kind"]) / f"{entry['name']}.json"
    same_bytes = not file.exists() or answer.content == file.read_bytes()
    return answer.status_code == entry["status"] and same_bytes and bool(answer.content) == entry["has_body"]


def own_recordings(directory: Path) -> Path:
    """A few exchanges for a clone that has no others."""
    folder = directory / "github" / "repos"
    folder.mkdir(parents=True)
    for number in (1, 2):
        request = {"method": "GET", "url": "https://api.github.com/repos/a/b"}
        described = {"status": 200, "request": request, "headers": {"etag": f'W/"{number}"'}}
        (folder / f"{number}.json").write_bytes(orjson.dumps({"id": number}))
        (folder / f"{number}.headers.json").write_bytes(orjson.dumps(described))
    return directory
