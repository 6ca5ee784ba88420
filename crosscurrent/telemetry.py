"""Structured logs, quiet by default and readable on a terminal."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable
from typing import TextIO, cast

import structlog

from crosscurrent.redaction import REDACTED, secret_values

# a shorter one is also found in words that are none, such as the credential of the played vendors
_SECRET_CHARACTERS_MIN = 8
_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}


def configure_logging(level: str, *, process: str, secrets: Iterable[str] = ()) -> None:
    """Set up structlog and the standard library's loggers for this process.

    Lines go to standard error: coloured key-value pairs on a terminal, JSON elsewhere.

    Args:
        level: ``debug``, ``info``, ``warning`` or ``error``.
        process: the name every line carries, such as ``sink.clickhouse``.
        secrets: what must stand in no line, whoever writes it.
    """
    values = secret_values(secret for secret in secrets if len(secret) >= _SECRET_CHARACTERS_MIN)
    terminal = sys.stderr.isatty()
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer() if terminal else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
            _Without(values),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, _StandardError())),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(process=process)
    # libraries stay quiet unless something is wrong
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Formatter(values))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])


class _Without:
    """Takes secrets out of a line that is ready to be written."""

    def __init__(self, values: tuple[bytes, ...]) -> None:
        self._values = [value.decode("utf-8", "replace") for value in values]

    def __call__(self, logger: object, method: str, line: structlog.typing.EventDict) -> str:
        del logger, method
        return self.cleaned(str(line))

    def cleaned(self, line: str) -> str:
        for value in self._values:
            line = line.replace(value, REDACTED)
        return line


class _Formatter(logging.Formatter):
    """Formats the lines of libraries, without secrets."""

    def __init__(self, values: tuple[bytes, ...]) -> None:
        super().__init__("%(levelname)s %(name)s %(message)s")
        self._without = _Without(values)

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, with the traceback if there is one."""
        return self._without.cleaned(super().format(record))


class _StandardError:
    """Standard error as it is when a line is written.

    Loggers are kept for ever by the modules that use them. One that held the stream of the moment at which logging
    was set up would write to a closed file once somebody had replaced standard error and put it back.
    """

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()
