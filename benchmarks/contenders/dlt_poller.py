"""dlt's REST source, run again and again: incremental where the vendor can tell what is new, as dlt documents it.

Issues are asked for with ``since``; the other addresses know no such parameter, and dlt makes no conditional requests.
What it reads is extracted and normalised as always and then dropped by its ``dummy`` destination.

Source: https://dlthub.com/docs/dlt-ecosystem/verified-sources/rest_api/basic
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import dlt
import requests
from dlt.destinations import dummy
from dlt.sources.rest_api import rest_api_source
from requests.adapters import HTTPAdapter

from benchmarks.contenders.plain_poller import PAGE_ROWS
from benchmarks.cost_world import ADDRESS, GITHUB, Watched, Wire, headers_of

_QUIET = {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "CRITICAL", "NORMALIZE__WORKERS": "1"}


async def watch(
    what: Watched, wire: Wire, seconds: float, vendor: str, interval: float, directory: Path
) -> None:
    """Run the pipeline of one vendor for some seconds; see ``plain_poller.watch``.

    Args:
        what: is watched.
        wire: to the vendors.
        seconds: how long.
        vendor: which.
        interval: between the beginnings of two runs, seconds.
        directory: for dlt's own state.
    """
    os.environ.update(_QUIET)
    loop = asyncio.get_running_loop()
    begin, rounds = loop.time(), 0
    session = requests.Session()
    session.mount(ADDRESS, Adapter(wire))
    pipeline = dlt.pipeline(
        f"cost_{vendor}_{interval:.0f}",
        destination=dummy(completed_prob=1.0),
        pipelines_dir=str(directory),
        dataset_name="cost",
    )
    while rounds * interval < seconds:
        config = _github(what) if vendor == GITHUB else _spotify(what, session)
        config["client"] |= {"session": session}
        pipeline.run(rest_api_source(config))
        rounds += 1
        await asyncio.sleep(begin + rounds * interval - loop.time())


class Adapter(HTTPAdapter):
    """The same way for requests, by which dlt asks.

    Args:
        wire: answers.
    """

    def __init__(self, wire: Wire) -> None:
        super().__init__()
        self._wire = wire

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Answer a request."""
        del args, kwargs
        body = request.body.encode() if isinstance(request.body, str) else b""
        headers = {name: str(value) for name, value in request.headers.items()}
        answer = self._wire.answer(request.method or "GET", request.url or "", headers, body)
        response = requests.Response()
        response.status_code, response.raw, response.url = (
            answer.status,
            BytesIO(answer.body),
            request.url or "",
        )
        response.headers.update(headers_of(answer))
        response.request = request
        return response


def _github(what: Watched) -> Any:
    @dlt.resource(name="watched")
    def repositories() -> Iterator[list[dict[str, str]]]:
        yield [{"full_name": name} for name in what.repositories]

    path = "repos/{resources.watched.full_name}"
    issues = {
        "path": f"{path}/issues",
        "params": {
            "state": "all",
            "sort": "updated",
            "direction": "asc",
            "per_page": 100,
            "since": "{incremental.start_value}",
        },
        "incremental": {"cursor_path": "updated_at", "initial_value": "2020-01-01T00:00:00Z"},
        "paginator": "header_link",
    }
    return {
        "client": {
            "base_url": f"{ADDRESS}/github/",
            "headers": {"user-agent": "dlt"},
            "auth": {"type": "bearer", "token": "token-of-the-benchmark"},
        },
        "resources": [
            repositories(),
            {"name": "repository", "endpoint": {"path": path, "paginator": "single_page"}},
            {"name": "events", "endpoint": {"path": f"{path}/events", "paginator": "header_link"}},
            {"name": "issues", "endpoint": issues},
            {"name": "releases", "endpoint": {"path": f"{path}/releases", "paginator": "header_link"}},
        ],
    }


def _spotify(what: Watched, session: requests.Session) -> Any:
    @dlt.resource(name="watched")
    def playlists() -> Iterator[list[dict[str, str]]]:
        yield [{"key": key} for key in what.playlists]

    path = "v1/playlists/{resources.watched.key}"
    rows = {
        "path": f"{path}/items",
        "params": {"limit": PAGE_ROWS},
        "data_selector": "items",
        "paginator": {"type": "json_link", "next_url_path": "next"},
    }
    return {
        "client": {
            "base_url": f"{ADDRESS}/spotify/",
            "auth": {"type": "bearer", "token": _token(session)},
        },
        "resources": [
            playlists(),
            {"name": "playlist", "endpoint": {"path": path, "paginator": "single_page"}},
            {"name": "rows", "endpoint": rows},
        ],
    }


def _token(session: requests.Session) -> str:
    # dlt would send the app's secret in the form; the played vendor wants it in the header
    form = {"grant_type": "client_credentials"}
    answer = session.post(f"{ADDRESS}/spotify/api/token", data=form, auth=("app-of-the-benchmark", "secret"))
    return str(answer.json()["access_token"])
