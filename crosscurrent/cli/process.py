"""One process of a home: ``python -m crosscurrent.cli.process connector github``.

The same as ``crosscurrent run connector github``, without the libraries of the command line: a home starts a dozen
of these at once, and those libraries would be a fifth of its start and 15 MB in each.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable

# structlog takes rich for its tracebacks on a terminal, httpx pygments for its command line, each where it finds
# them; these processes log JSON to a file
for _name in ("rich", "pygments"):
    sys.modules.setdefault(_name, None)  # type: ignore[arg-type]
# what is imported stays: looking for garbage among it, again and again, would take a tenth of the start
gc.disable()

from crosscurrent.cli import processes  # noqa: E402
from crosscurrent.errors import CrosscurrentError  # noqa: E402
from crosscurrent.exit_codes import EXIT_DONE, exit_code_of  # noqa: E402

_PROCESSES: dict[str, Callable[..., None]] = {
    "connector": processes.connector,
    "worker": processes.worker,
    "sink": processes.sink,
    "restore": processes.restore,
    "drain": processes.drain,
    "live": processes.live,
}


def main(words: list[str]) -> int:
    """Run the process that the words name until it is asked to stop, and return the exit code."""
    gc.enable()
    try:
        _PROCESSES[words[0]](*words[1:])
    except CrosscurrentError as error:
        sys.stderr.write(f"error: {error}\n")
        return exit_code_of(error)
    return EXIT_DONE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
