"""A program that does as it is told, to take the place of a server: ``python -m …fake_program --port N``."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


def main() -> None:
    given = _parser().parse_args()
    if given.note:
        with given.note.open("a") as note:
            note.write(f"{given.name} start {time.time()}\n")
    signal.signal(signal.SIGTERM, lambda *_: _terminate(given))
    if given.grandchild:
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", given.grandchild])
    if given.say:
        print(given.say, file=sys.stderr, flush=True)
    if given.exit_code is not None:
        time.sleep(given.ready_after)
        raise SystemExit(given.exit_code)
    port = given.port or int(os.environ["CROSSCURRENT_METRICS__PORT"])
    began = time.monotonic()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            ready = time.monotonic() - began >= given.ready_after
            self.send_response(200 if ready else 503)
            self.end_headers()
            self.wfile.write(b"ready\n" if ready else b"not yet\n")

        def log_message(self, *_: object) -> None:
            """Stay quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    if given.die_after is not None:
        threading.Timer(given.die_after, lambda: os._exit(7)).start()
    server.serve_forever()


def _terminate(given: argparse.Namespace) -> None:
    if given.ignore_term:
        return
    if given.note:
        with given.note.open("a") as note:
            note.write(f"{given.name} stop {time.time()}\n")
    os._exit(0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser()
    parser.add_argument("--name", default="fake")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--ready-after", type=float, default=0.0)
    parser.add_argument("--die-after", type=float)
    parser.add_argument("--exit-code", type=int)
    parser.add_argument("--say")
    parser.add_argument("--grandchild")
    parser.add_argument("--ignore-term", action="store_true")
    parser.add_argument("--note", type=Path)
    return parser


if __name__ == "__main__":
    main()
