"""Play recorded exchanges: ``python -m crosscurrent.embedded.recordings``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from crosscurrent.embedded.loopback_server import serve
from crosscurrent.embedded.recordings.app import create_app
from crosscurrent.embedded.recordings.directory import read_exchanges
from crosscurrent.embedded.recordings.playing import Recordings
from crosscurrent.errors import WrongUse
from crosscurrent.exit_codes import EXIT_DONE, EXIT_WRONG_USE
from crosscurrent.telemetry import configure_logging


def main(arguments: list[str] | None = None) -> int:
    """Run the server until it is asked to stop and return the exit code."""
    given = _parser().parse_args(arguments)
    configure_logging(given.log_level, process="embedded.recordings")
    try:
        recordings = Recordings(read_exchanges(given.dir))
        serve(create_app(recordings), host=given.host, port=given.port, name="recordings")
    except WrongUse as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_WRONG_USE
    return EXIT_DONE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m crosscurrent.embedded.recordings",
        description="Plays the recorded exchanges of a directory, each source below its name.",
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on")
    add("--port", type=int, required=True, help="port to listen on; 0 takes a free one")
    add("--dir", type=Path, required=True, help="the directory of recordings")
    add("--log-level", choices=("debug", "info", "warning", "error"), default="info", help="what is logged")
    return parser


if __name__ == "__main__":
    sys.exit(main())
