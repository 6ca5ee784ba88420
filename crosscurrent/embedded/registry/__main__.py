"""Run the schema registry: ``python -m crosscurrent.embedded.registry``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from crosscurrent.embedded.loopback_server import serve
from crosscurrent.embedded.registry.app import create_app
from crosscurrent.embedded.registry.store import Store
from crosscurrent.errors import Fatal, WrongUse
from crosscurrent.exit_codes import EXIT_DONE, exit_code_of
from crosscurrent.telemetry import configure_logging


def main(arguments: list[str] | None = None) -> int:
    """Run the registry until it is asked to stop and return the exit code."""
    given = _parser().parse_args(arguments)
    configure_logging(given.log_level, process="embedded.registry")
    try:
        serve(create_app(Store(given.data)), host=given.host, port=given.port, name="registry")
    except (WrongUse, Fatal) as error:
        sys.stderr.write(f"{error}\n")
        return exit_code_of(error)
    return EXIT_DONE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m crosscurrent.embedded.registry",
        description="The Confluent Schema Registry API for Avro, kept in a directory.",
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on")
    add("--port", type=int, required=True, help="port to listen on; 0 takes a free one")
    add("--data", type=Path, required=True, help="directory of the registry's log; made if it is not there")
    add("--log-level", choices=("debug", "info", "warning", "error"), default="info", help="what is logged")
    return parser


if __name__ == "__main__":
    sys.exit(main())
