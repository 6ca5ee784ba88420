"""Metrics and health of a process: ``/metrics``, ``/livez`` and ``/readyz``."""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from crosscurrent.errors import WrongUse

_FIRST_PORT = 9464
_PORTS_TRIED_MAX = 100
_TAKEN = frozenset({errno.EADDRINUSE})


class ProcessServer:
    """Serves metrics and health from a thread until closed.

    Args:
        host: address to listen on.
        port: TCP port; the first free one from 9464 if ``None``.
        not_ready: returns the reasons why the process cannot work now; none means ready. Called for each
            request to ``/readyz``, so it must be quick.
    """

    def __init__(self, host: str, port: int | None, not_ready: Callable[[], list[str]]) -> None:
        self._host = host
        self._port = port
        self._not_ready = not_ready
        self._server: ThreadingHTTPServer | None = None

    def start(self) -> int:
        """Return the port on which the server now answers.

        Raises:
            WrongUse: the port, or every port tried, is taken.
        """
        ports = [self._port] if self._port is not None else range(_FIRST_PORT, _FIRST_PORT + _PORTS_TRIED_MAX)
        for port in ports:
            try:
                self._server = ThreadingHTTPServer((self._host, port), _handler(self._not_ready))
            except OSError as error:
                if error.errno in _TAKEN:
                    continue
                raise WrongUse(
                    f"{self._host} port {port} cannot be listened on ({error.strerror or error})",
                    expected="an address of this machine, and a port that this user may open",
                    todo="set CROSSCURRENT_METRICS__HOST to 127.0.0.1 or 0.0.0.0, CROSSCURRENT_METRICS__PORT above 1023",
                ) from error
            threading.Thread(target=self._server.serve_forever, name="metrics", daemon=True).start()
            return int(self._server.server_address[1])
        raise WrongUse(
            f"port {self._port or f'{_FIRST_PORT} and the {_PORTS_TRIED_MAX} after it'} on {self._host} in use",
            expected="a free port for metrics and health",
            todo="set CROSSCURRENT_METRICS__PORT to a free port, or stop the process that has it",
        )

    def close(self) -> None:
        """Stop serving."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()


def _handler(not_ready: Callable[[], list[str]]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/metrics":
                self._answer(200, generate_latest(), CONTENT_TYPE_LATEST)
            elif self.path == "/livez":
                self._answer(200, b"live\n", "text/plain")
            elif self.path == "/readyz":
                reasons = not_ready()
                text = "\n".join(reasons) if reasons else "ready"
                self._answer(503 if reasons else 200, f"{text}\n".encode(), "text/plain; charset=utf-8")
            else:
                self._answer(404, b"only /metrics, /livez and /readyz are here\n", "text/plain")

        def _answer(self, status: int, body: bytes, content_type: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
            """Stay quiet: a scrape every few seconds is no event."""

    return Handler
