"""Stands between the sink and ClickHouse, and can refuse, cut or swallow what goes through."""

from __future__ import annotations

import select
import socket
import threading
from contextlib import suppress

_CHUNK_BYTES = 65536
_POLL_SECONDS = 0.1


class Proxy:
    """Forwards TCP to a server.

    ``close_gate`` refuses and cuts everything; ``open_gate`` lets it through again. With ``swallow`` set, a
    request whose first bytes hold that text goes through, and its answer is lost: the connection is cut.
    """

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.swallow: bytes | None = None
        self.swallowed = 0
        self._open = threading.Event()
        self._open.set()
        self._stopped = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def close_gate(self) -> None:
        self._open.clear()

    def open_gate(self) -> None:
        self._open.set()

    def stop(self) -> None:
        self._stopped.set()
        self._listener.close()

    def _accept(self) -> None:
        while not self._stopped.is_set():
            with suppress(OSError):
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, suppress(OSError), socket.create_connection(self._target) as server:
            losing = False
            while self._open.is_set() and not self._stopped.is_set():
                readable, _, _ = select.select([client, server], [], [], _POLL_SECONDS)
                for side in readable:
                    data = side.recv(_CHUNK_BYTES)
                    if not data:
                        return
                    if side is client:
                        losing = losing or (self.swallow is not None and self.swallow in data)
                        server.sendall(data)
                    elif losing:
                        self.swallowed += 1
                        return
                    else:
                        client.sendall(data)
