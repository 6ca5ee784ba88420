"""What the project's commands and processes end with."""

from __future__ import annotations

from crosscurrent.errors import CrosscurrentError, ServerAway, Transient, WrongUse

EXIT_DONE = 0
EXIT_CHECK_FAILED = 1
EXIT_WRONG_USE = 2
EXIT_SERVER_AWAY = 3
EXIT_INTERRUPTED = 130  # as shells say for Ctrl-C


def exit_code_of(error: CrosscurrentError) -> int:
    """Return what a process ends with after an error."""
    if isinstance(error, WrongUse):
        return EXIT_WRONG_USE
    return EXIT_SERVER_AWAY if isinstance(error, ServerAway | Transient) else EXIT_CHECK_FAILED
