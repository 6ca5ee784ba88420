"""The connector of the how-to runs as it stands there, against a small local server."""

from __future__ import annotations

import contextlib
import io
import json
import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

import tests.contract.test_connector_contract as contract
from tests.contract.connector_cases import Case

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "write-a-connector.md"
LINES_MAX = 60
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
LEVELS = [
    {"at": "2026-01-05T10:00:00Z", "metres": 1.42},
    {"at": "2026-01-05T10:10:00Z", "metres": 1.5},
]


class Tides(BaseHTTPRequestHandler):
    """The agency: answers whoever has a key."""

    def do_GET(self) -> None:
        good = self.headers.get("Authorization") == "Bearer a-key-of-mine"
        body = json.dumps({"station": "vlissingen", "levels": LEVELS, "next": None}).encode()
        self.send_response(200 if good and self.path.startswith("/v1/stations/vlissingen/levels") else 401)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Stay quiet."""


@pytest.fixture
def tides_url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Tides)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_how_to_shows_a_whole_connector_in_a_few_lines() -> None:
    assert len(BLOCKS) == 2
    assert len(BLOCKS[0].splitlines()) < LINES_MAX


def test_how_to_runs_as_it_stands(tides_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIDES_URL", tides_url)
    shown = io.StringIO()
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(shown):
        for block in BLOCKS:
            exec(compile(block, str(PAGE), "exec"), names)

    assert shown.getvalue().splitlines()[-1] == "200 1 2 None"
    assert f"`{shown.getvalue().splitlines()[-1]}`" in PAGE.read_text()


SUITE = [getattr(contract, name) for name in dir(contract) if name.startswith("test_connector_")]


@pytest.mark.parametrize("check", SUITE, ids=lambda check: check.__name__)
async def test_how_to_connector_passes_the_contract_suite_with_one_line(check: Callable[..., Any]) -> None:
    names: dict[str, Any] = {}
    exec(compile(BLOCKS[0], str(PAGE), "exec"), names)
    case = Case(names["TIDES"], tides, ("vlissingen",), page=PAGE)
    marks = [mark for mark in getattr(check, "pytestmark", ()) if mark.args[0] == "target"]

    for target in marks[0].args[1] if marks else [None]:
        checked = check(case) if target is None else check(case, target)
        if checked is not None:
            await checked


def tides() -> ASGIApp:
    def levels(request: Request) -> Response:
        body = {"station": request.path_params["station"], "levels": LEVELS, "next": None}
        return JSONResponse(body, headers={"date": "Mon, 05 Jan 2026 10:20:00 GMT"})

    return Starlette(routes=[Route("/v1/stations/{station}/levels", levels)])


def test_how_to_names_only_what_the_kit_has() -> None:
    table = PAGE.read_text().partition("## What else")[2]
    kit = "".join(file.read_text() for file in (PAGE.parents[2] / "connectors" / "kit").glob("*.py"))
    named = set(re.findall(r"(\w+)\(", table)) | set(re.findall(r"(\w+)=", table))

    assert {name for name in named if name not in kit} == set()
