"""Which embedded broker a home has: noted at its first start, and changed only by a move."""

from __future__ import annotations

import json
from dataclasses import dataclass

from crosscurrent.embedded.home.layout import Layout, unwritable
from crosscurrent.embedded.home.options import BROKER_OF_A_NEW_HOME, HomeOptions
from crosscurrent.embedded.home.state import read_state
from crosscurrent.errors import WrongUse


@dataclass(frozen=True, slots=True)
class BrokerChoice:
    """What a start uses.

    Attributes:
        name: the broker.
        moves_from: the one the home had until now, if it is to be left.
    """

    name: str
    moves_from: str | None = None


def choose_broker(layout: Layout, options: HomeOptions) -> BrokerChoice:
    """Return the broker of a start: the one asked for, else the home's, else the one of a new home.

    Raises:
        WrongUse: the home has another than the one asked for, and a move was not asked for.
    """
    has = noted_broker(layout)
    asked = options.broker or has or BROKER_OF_A_NEW_HOME
    if has is None or has == asked:
        return BrokerChoice(asked)
    if not options.move:
        raise WrongUse(
            f"the home {layout.root} has the embedded broker {has}, not {asked}",
            expected=f"`crosscurrent up` or `crosscurrent up --broker {has}` for this home",
            todo=f"to change its broker without loss: `crosscurrent up --broker {asked} --move`",
        )
    return BrokerChoice(asked, moves_from=has)


def noted_broker(layout: Layout) -> str | None:
    """Return the broker that a home has, or None if it never had an embedded one.

    Raises:
        WrongUse: the note is damaged.
    """
    try:
        return str(json.loads(layout.broker_file.read_text())["broker"])
    except FileNotFoundError:
        # a home older than the note could have but one
        state = read_state(layout)
        return BROKER_OF_A_NEW_HOME if state is not None and state.broker is not None else None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WrongUse(
            f"{layout.broker_file} cannot be read ({error})",
            expected='JSON such as {"broker": "tansu"}',
            todo="put the file back: it says `kafka` if the home's directory `broker` holds a log",
        ) from error


def note_broker(layout: Layout, name: str) -> None:
    """Note which broker the home has.

    Raises:
        WrongUse: the home cannot be written.
    """
    partial = layout.broker_file.with_suffix(".partial")
    try:
        partial.write_text(json.dumps({"broker": name}) + "\n")
        partial.replace(layout.broker_file)
    except OSError as error:
        raise unwritable(layout.root, error) from error
