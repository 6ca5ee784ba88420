"""What all tests share: the settings of the process that must stand before NumPy is loaded, and quiet logs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import structlog

import crosscurrent

__all__ = ["crosscurrent"]


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """Forget after each test how it set up logging: it counts for the whole process."""
    yield
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
