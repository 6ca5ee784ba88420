"""The supervisor in the background: ``python -m crosscurrent.embedded.home``, started by ``crosscurrent up -d``."""

from __future__ import annotations

import argparse
import os
import sys

from pydantic import ValidationError

from crosscurrent.clock import SystemClock
from crosscurrent.embedded.home.events import HomeEvent
from crosscurrent.embedded.home.foreground import run_home
from crosscurrent.embedded.home.layout import Layout
from crosscurrent.embedded.home.logs import RotatingLog
from crosscurrent.embedded.home.options import HomeOptions
from crosscurrent.errors import CrosscurrentError
from crosscurrent.exit_codes import EXIT_DONE, EXIT_WRONG_USE, exit_code_of
from crosscurrent.settings import load_settings


class Reporter:
    """Writes events to whoever started the home, until all is ready or nobody reads, and to the log for ever.

    Args:
        descriptor: of the pipe to whoever started the home.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor: int | None = descriptor
        self._clock = SystemClock()
        self.log: RotatingLog | None = None

    def __call__(self, event: HomeEvent) -> None:
        """Report an event."""
        line = event.to_json()
        if self.log is not None:
            at = self._clock.now_utc().isoformat(timespec="milliseconds")
            self.log.write(f"{at} {line}\n".encode())
        self._tell(line)
        if event.kind in {"ready", "failed"}:
            self._close()

    def _tell(self, line: str) -> None:
        if self._descriptor is None:
            return
        try:
            os.write(self._descriptor, line.encode() + b"\n")
        except BrokenPipeError:
            self._close()

    def _close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def main(arguments: list[str] | None = None) -> int:
    """Run a home until it is asked to stop and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m crosscurrent.embedded.home")
    parser.add_argument("--report-descriptor", type=int, default=1, help="where events are written")
    parser.add_argument("--options", default="{}", help="the options of the home, in JSON")
    given = parser.parse_args(arguments)
    os.set_inheritable(given.report_descriptor, False)
    report = Reporter(given.report_descriptor)
    try:
        settings = load_settings()
        options = HomeOptions.model_validate_json(given.options)
        layout = Layout.of(settings.home)
        report.log = RotatingLog(layout.log("supervisor"))
        run_home(settings, options, report)
    except ValidationError as error:
        report(HomeEvent("failed", detail=f"options: {error}", exit_code=EXIT_WRONG_USE))
        return EXIT_WRONG_USE
    except CrosscurrentError as error:
        code = exit_code_of(error)
        report(
            HomeEvent("failed", detail=error.found, expected=error.expected, todo=error.todo, exit_code=code)
        )
        return code
    return EXIT_DONE


if __name__ == "__main__":
    sys.exit(main())
