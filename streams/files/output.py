"""Output files that appear only when they are complete."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from crosscurrent.errors import WrongUse


@contextmanager
def complete_or_nothing(output: Path, source: Path) -> Iterator[TextIO]:
    """Yield a file beside the output that takes its place once all is written, and goes away otherwise.

    Args:
        output: where the result goes; what is there is replaced.
        source: the file that is read meanwhile.

    Raises:
        WrongUse: the output cannot be written, or is the file that is read.
    """
    if output.exists() and source.exists() and source.samefile(output):
        raise WrongUse(
            f"input and output are the same file: {source}",
            expected="two different files",
            todo="give another --output",
        )
    part = output.with_name(f"{output.name}.part")
    try:
        file = part.open("w", encoding="utf-8", newline="")
    except OSError as error:
        raise _unwritable(output, error) from error
    try:
        with file:
            yield file
        _replace(part, output)
    finally:
        with suppress(FileNotFoundError):
            part.unlink()


def _replace(part: Path, output: Path) -> None:
    try:
        part.replace(output)
    except OSError as error:
        raise _unwritable(output, error) from error


def _unwritable(output: Path, error: OSError) -> WrongUse:
    return WrongUse(
        f"{output} cannot be written: {error.strerror}",
        expected="a file in a directory that exists and is yours",
        todo="give another --output",
    )
