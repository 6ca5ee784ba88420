"""Structured logs, quiet by default and readable on a terminal."""

from __future__ import annotations

import logging
import sys
from typing import TextIO, cast

import structlog

_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}


def configure_logging(level: str, *, process: str) -> None:
    """Set up structlog and the standard library's loggers for this process.

    Lines go to standard error: coloured key-value pairs on a terminal, JSON elsewhere.

    Args:
        level: ``debug``, ``info``, ``warning`` or ``error``.
        process: the name every line carries, such as ``sink.clickhouse``.
    """
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
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, _StandardError())),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(process=process)
    # libraries stay quiet unless something is wrong
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")


class _StandardError:
    """Standard error as it is when a line is written.

    Loggers are kept for ever by the modules that use them. One that held the stream of the moment at which logging
    was set up would write to a closed file once somebody had replaced standard error and put it back.
    """

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()
