"""The blocks of the how-to on declared sources run as they stand there, against a small local server with page numbers."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from typer.testing import CliRunner

from connectors.declared.directory import read_source
from crosscurrent.cli.sources import app
from tests.contract.connector_bench import bench

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "declare-a-source.md"
TEXT = PAGE.read_text()
YAML, EXAMPLE = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
ANSWER = json.loads(re.findall(r"```json\n(.*?)```", TEXT, re.DOTALL)[0])
CONSOLE = re.findall(r"```console\n\$ crosscurrent sources (.*?)\n(.*?)```", TEXT, re.DOTALL)
KEY = "a-key-of-mine"
LAST_PAGE = {
    "gauges": [
        {
            "id": "cologne",
            "river": {"name": "Rhine"},
            "level_cm": 321,
            "flow": "2100",
            "at": "2026-01-05T10:00:00Z",
        }
    ],
    "pages": 2,
}


class Rivers(BaseHTTPRequestHandler):
    """The agency: two pages, with a tag, for whoever has a key."""

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        page = parse_qs(address.query).get("page", ["1"])[0]
        known = address.path == "/v1/gauges" and self.headers.get("X-Api-Key") == KEY
        fresh = self.headers.get("If-None-Match") != f'"{page}"'
        body = json.dumps({"1": ANSWER, "2": LAST_PAGE}[page] if known else {}).encode() if fresh else b""
        self.send_response((200 if fresh else 304) if known else 401)
        self.send_header("ETag", f'"{page}"')
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Stay quiet."""


@pytest.fixture
def rivers_url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Rivers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    files = tmp_path / "sources.d"
    files.mkdir()
    (files / "rivers.yaml").write_text(YAML)
    return files


def test_how_to_declares_commands_that_answer_as_shown(
    directory: Path, rivers_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (directory / "rivers_wrong.yaml").write_text(YAML.replace("data_selector", "data_selektor"))
    monkeypatch.setenv("CROSSCURRENT_SOURCES__RIVERS__BASE_URL", rivers_url)
    monkeypatch.setenv("CROSSCURRENT_SOURCES__RIVERS__TOKEN", KEY)

    assert len(CONSOLE) == 3
    for command, shown in CONSOLE:
        answered = CliRunner().invoke(app, command.split())
        text = answered.output.replace(rivers_url, "https://api.rivers.example")
        assert " ".join(text.split()) == " ".join(shown.split()), command


async def test_how_to_source_goes_through_the_kit_to_mapped_observations(
    directory: Path, rivers_url: str
) -> None:
    rivers = read_source(directory / "rivers.yaml", ())
    async with bench(rivers, httpx.AsyncHTTPTransport(), base_url=rivers_url, token=KEY) as parts:
        first = await parts.round()
        again = await parts.round()

    mapped = [rivers.map_payload(event) for event in parts.broker.events()]
    levels = {(m.measure, m.entity_id): m.value for page in mapped for m in page.measurements}
    assert levels == {
        ("level", "lobith"): pytest.approx(9.12),
        ("flow", "lobith"): 1830.5,
        ("level", "eijsden"): pytest.approx(44.1),
        ("level", "cologne"): pytest.approx(3.21),
        ("flow", "cologne"): 2100.0,
    }
    assert {m.observed_at_ms for page in mapped for m in page.measurements} == {1_767_607_200_000}
    assert {(m.measure, m.unit, m.kind) for page in mapped for m in page.measurements} == {
        ("level", "m", "gauge"),
        ("flow", "m3/s", "gauge"),
    }
    things = [(t.entity_type, t.entity_id, t.attributes) for page in mapped for t in page.things]
    assert things[0] == ("gauge", "lobith", {"river.name": "Rhine"})
    assert [p.cost.not_modified for p in (*first, *again)] == [0, 2]


def test_how_to_shows_the_example_as_it_is_in_the_repository() -> None:
    assert (PAGE.parents[1] / "examples" / "sources.d" / "inaturalist.yaml").read_text() == EXAMPLE


def test_how_to_names_only_what_the_schema_has() -> None:
    schema = (PAGE.parents[1] / "reference" / "declared-source.schema.json").read_text()
    table = TEXT.partition("## What a file can say")[2].partition("A whole file")[0]
    named = set(re.findall(r"`([a-z_0-9]+)`", table)) | set(re.findall(r"`([a-z_]+):", table))

    assert {name for name in named if f'"{name}"' not in schema} == set()
