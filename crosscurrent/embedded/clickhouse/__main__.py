"""Serve ClickHouse's HTTP interface over chDB: ``python -m crosscurrent.embedded.clickhouse``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from crosscurrent.embedded.clickhouse.data_directory import DataDirectory
from crosscurrent.embedded.loopback_server import bound_socket
from crosscurrent.errors import CrosscurrentError
from crosscurrent.exit_codes import EXIT_DONE, EXIT_WRONG_USE
from crosscurrent.settings import load_settings
from crosscurrent.telemetry import configure_logging

_PORT_TAKEN_TODO = "stop the other process, or set CROSSCURRENT_CLICKHOUSE__EMBEDDED_PORT to a free port"


def main(arguments: list[str] | None = None) -> int:
    """Serve until asked to stop and return the exit code."""
    given = _parser().parse_args(arguments)
    configure_logging(given.log_level, process="embedded.clickhouse")
    try:
        section = load_settings().clickhouse
        listening = bound_socket(given.host, given.port, todo=_PORT_TAKEN_TODO)
        directory = DataDirectory(Path(given.data))
        # chDB takes a second to load, which wrong use need not wait for
        from crosscurrent.embedded.clickhouse.server import serve

        serve(listening, directory, user=section.user, password=section.password.get_secret_value())
    except CrosscurrentError as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_WRONG_USE
    return EXIT_DONE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m crosscurrent.embedded.clickhouse",
        description="ClickHouse's HTTP interface over chDB, the engine in this process.",
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on")
    add("--port", type=int, required=True, help="port to listen on; 0 takes a free one, which the log tells")
    add("--data", required=True, help="directory of the data; made if it is not there")
    add("--log-level", choices=("debug", "info", "warning", "error"), default="info", help="what is logged")
    return parser


if __name__ == "__main__":
    sys.exit(main())
