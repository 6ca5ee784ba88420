"""Recorded exchanges, each fetched once and published as received."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson
import pytest

from tests.integration.connectors.conftest import REPOSITORY, Connectors, wait_for

pytestmark = pytest.mark.integration

DATE = "Mon, 05 Jan 2026 00:00:00 GMT"
EXCHANGES = {
    "repos/one": (200, "/repos/a/one", {"date": DATE, "etag": 'W/"1"'}, b'{"id": 1}'),
    "repos/one-later": (200, "/repos/a/one", {"date": DATE}, b'{"id": 1, "later": true}'),
    "conditional-304/one": (304, "/repos/a/one", {"date": DATE, "etag": '"1"'}, None),
    "errors/gone": (404, "/repos/a/gone", {"date": DATE}, b'{"message": "Not Found"}'),
    "errors/slow-down": (429, "/repos/a/b", {"date": DATE, "retry-after": "3600"}, b'{"message": "wait"}'),
    "redirects/moved": (301, "/repos/a/old", {"location": "https://api.github.com/repositories/1"}, b"{}"),
    "repos/of-unknown-request": (200, None, {}, b'{"id": 2}'),
}


def record(directory: Path) -> None:
    for place, (status, path, headers, body) in EXCHANGES.items():
        file = directory / "github" / place
        file.parent.mkdir(parents=True, exist_ok=True)
        request = {"request": {"method": "GET", "url": f"https://api.github.com{path}"}} if path else {}
        described = {"status": status, "headers": headers, **request}
        file.with_name(f"{file.name}.headers.json").write_bytes(orjson.dumps(described))
        if body is not None:
            file.with_name(f"{file.name}.json").write_bytes(body)


@contextmanager
def player(directory: Path) -> Iterator[str]:
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "crosscurrent.embedded.recordings"),
            *("--port", "0", "--dir", str(directory)),
        ],
        stderr=subprocess.PIPE,
        cwd=REPOSITORY,
    )
    assert process.stderr
    try:
        yield str(orjson.loads(process.stderr.readline())["address"])
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def test_connector_publishes_each_recorded_exchange_once_as_received(
    tmp_path: Path, start: Connectors
) -> None:
    record(tmp_path)
    with player(tmp_path) as url:
        first = start.thread("github", "https://api.github.com", recordings_url=url)
        first.wait_ready()
        first.stop()
        published = first.read()
        again = start.thread("github", "https://api.github.com", recordings_url=url, tenant=first.tenant)
        again.wait_ready()
        again.stop()

    events = {event.request_key: event for event in published.events}
    assert {key: (e.status, e.payload or None) for key, e in events.items()} == {
        key: (status, body) for key, (status, _, _, body) in EXCHANGES.items()
    }
    assert len(again.read().events) == len(EXCHANGES)
    assert events["repos/one"].request_url == "https://api.github.com/repos/a/one"
    assert events["repos/one"].observed_at.isoformat() == "2026-01-05T00:00:00+00:00"
    assert {events[key].endpoint for key in ("repos/one", "errors/gone", "repos/of-unknown-request")} == {
        "repository"
    }
    (last,) = {state.state for state in again.read().states[-1:]}
    assert orjson.loads(last)[1] == len(EXCHANGES)
    assert published.letters == []


def test_connector_without_recordings_of_its_source_is_idle_and_ready(
    tmp_path: Path, start: Connectors
) -> None:
    record(tmp_path)
    with player(tmp_path) as url:
        connector = start.thread("pokeapi", "https://pokeapi.co", recordings_url=url)
        connector.wait_ready()

        assert connector.read().events == []


def test_connector_waits_for_a_player_that_is_away(tmp_path: Path, start: Connectors) -> None:
    connector = start.thread("github", "https://api.github.com", recordings_url="http://127.0.0.1:9")
    wait_for(lambda: "no answer" in connector.readiness()[1], "the reason why it is not ready")

    assert connector.readiness()[0] == 503
    assert connector.read().events == []
