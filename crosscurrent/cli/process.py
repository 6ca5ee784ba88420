"""One process of a home: ``python -m crosscurrent.cli.process connector github``.

The same as ``crosscurrent run connector github``, without the libraries of the command line: a home starts a dozen
of these at once, and those libraries would be a fifth of its start and 15 MB in each. Where processes are forked
(see ``crosscurrent.cli.fork_server``) only ``run_process`` is used.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Sequence

from crosscurrent.cli.lean_imports import import_lean

import_lean()
# what is imported stays: looking for garbage among it, again and again, would take a tenth of the start
gc.disable()

from crosscurrent.cli import processes  # noqa: E402
from crosscurrent.errors import CrosscurrentError  # noqa: E402
from crosscurrent.exit_codes import EXIT_DONE, exit_code_of  # noqa: E402

_PROCESSES: dict[str, Callable[..., processes.Run]] = {
    "connector": processes.connector,
    "worker": processes.worker,
    "sink": processes.sink,
    "restore": processes.restore,
    "drain": processes.drain,
    "live": processes.live,
}


def run_process(words: Sequence[str]) -> int:
    """Run the process that the words name until it is asked to stop, and return the exit code."""
    name, *arguments = words
    try:
        run = _PROCESSES[name](*arguments)
        gc.enable()
        run()
    except CrosscurrentError as error:
        sys.stderr.write(f"error: {error}\n")
        return exit_code_of(error)
    return EXIT_DONE


if __name__ == "__main__":
    sys.exit(run_process(sys.argv[1:]))
