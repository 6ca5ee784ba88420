"""The registry as a process, and its API in short words."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import orjson

REPOSITORY = Path(__file__).resolve().parents[3]
START_SECONDS_MAX = 30
CONTENT_TYPE = "application/vnd.schemaregistry.v1+json"


class Api:
    """A registry at an address; answers are (status, JSON)."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = httpx.Client(base_url=url, timeout=START_SECONDS_MAX)

    def ask(self, method: str, path: str, body: object = None, **query: object) -> tuple[int, Any]:
        answer = self.http.request(
            method,
            path,
            params={name: str(value).lower() for name, value in query.items()},
            content=None if body is None else orjson.dumps(body),
            headers={} if body is None else {"content-type": CONTENT_TYPE},
        )
        return answer.status_code, answer.json()

    def get(self, path: str, **query: object) -> tuple[int, Any]:
        return self.ask("GET", path, **query)

    def delete(self, path: str, **query: object) -> tuple[int, Any]:
        return self.ask("DELETE", path, **query)

    def put(self, path: str, body: object, **query: object) -> tuple[int, Any]:
        return self.ask("PUT", path, body, **query)

    def post(self, path: str, body: object, **query: object) -> tuple[int, Any]:
        return self.ask("POST", path, body, **query)

    def register(self, subject: str, schema: object, **more: Any) -> tuple[int, Any]:
        path = f"/subjects/{quote(subject, safe='')}/versions"
        return self.post(path, {"schema": orjson.dumps(schema).decode(), **more})

    def registered(self, subject: str, schema: object, **more: Any) -> int:
        """The id of a schema that the registry must take."""
        status, answer = self.register(subject, schema, **more)
        assert status == 200, answer
        return int(answer["id"])


def command(data: Path, port: int = 0) -> list[str]:
    module = "crosscurrent.embedded.registry"
    return [sys.executable, "-m", module, "--host", "127.0.0.1", "--port", str(port), "--data", str(data)]


@contextmanager
def running_registry(data: Path, *prefix: str) -> Iterator[tuple[Api, subprocess.Popen[bytes]]]:
    """A registry on a free port, until the block is left; a prefix is a command that starts it."""
    process = subprocess.Popen([*prefix, *command(data)], stderr=subprocess.PIPE, cwd=REPOSITORY)
    assert process.stderr
    try:
        started = orjson.loads(process.stderr.readline())
        assert started["event"] == "registry_started"
        api = Api(started["address"])
        with api.http:
            yield api, process
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def record(*fields: object, name: str = "Order", **more: object) -> dict[str, object]:
    """A record schema; a field given as text is an int without default."""
    given = [{"name": field, "type": "int"} if isinstance(field, str) else field for field in fields]
    return {"type": "record", "name": name, "fields": given, **more}
