"""The format of a home: an older program refuses what a newer one has written."""

from __future__ import annotations

import json

from crosscurrent.embedded.home.layout import Layout, unwritable
from crosscurrent.errors import WrongUse

FORMAT = 1


def check_format(layout: Layout) -> None:
    """Refuse a home that a newer version has written; a home without a format is fine, it is new.

    Raises:
        WrongUse: the format is newer than this program's, or the file is damaged.
    """
    try:
        found = json.loads(layout.format_file.read_text())["format"]
    except (FileNotFoundError, NotADirectoryError):
        return  # a file in the home's place is told by whoever makes its directories
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WrongUse(
            f"{layout.format_file} cannot be read ({error})",
            expected=f'JSON such as {{"format": {FORMAT}}}',
            todo="put the file back, or set CROSSCURRENT_HOME to another directory",
        ) from error
    if not isinstance(found, int) or found > FORMAT:
        raise WrongUse(
            f"the home {layout.root} has format {found}, written by a newer version",
            expected=f"format {FORMAT} or older",
            todo="update crosscurrent, or set CROSSCURRENT_HOME to another directory",
        )


def write_format(layout: Layout) -> None:
    """Note the format of this program in a home that has none yet.

    Raises:
        WrongUse: the home cannot be written.
    """
    if layout.format_file.exists():
        return
    partial = layout.format_file.with_suffix(".partial")
    try:
        partial.write_text(json.dumps({"format": FORMAT}) + "\n")
        partial.replace(layout.format_file)
    except OSError as error:
        raise unwritable(layout.root, error) from error
