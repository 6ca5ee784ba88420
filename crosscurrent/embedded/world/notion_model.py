"""The workspace of the played Notion: invented, moving over virtual time, and always the same for a seed.

Each row of a data source is edited in some hours, drawn once for each hour of four weeks and then repeated; an edit
sets its number anew: a level, a wave of a day and noise. Rows come at a steady rate, comments too.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from crosscurrent.embedded.world.movement_model import MovementModel
from crosscurrent.embedded.world.notion_id import id_of

PEOPLE = ("Ada Quill", "Bram Tarn", "Cleo Fenwick", "Dov Larkspur", "Esme Holt")
BOT = "crosscurrent"
EDIT_HOURS = 24 * 28
PAST_HOURS = EDIT_HOURS
"""How long before the start of the world the first rows were made."""
ROWS_MAX = 400
BLOCKS_OF_THE_TOP_PAGE = 110
COMMENT_HOURS = 12
NUMBER = "lVl:"
"""The id of the property that is a number."""

_STREAM = 41


@dataclass(frozen=True, slots=True)
class DataSource:
    """A database with one data source.

    Attributes:
        title: of both.
        rows_at_start: rows there are when the world starts.
        hours_a_row: virtual hours until one more row comes; 0 for never.
        edits_per_row_hour: probability that a row is edited in an hour.
        level: about which its numbers move.
    """

    title: str
    rows_at_start: int
    hours_a_row: int
    edits_per_row_hour: float
    level: float


DATA_SOURCES = (
    DataSource("Harbour log", 104, 24, 0.02, 40.0),
    DataSource("Plant beds", 9, 0, 0.05, 12.0),
    DataSource("Reading list", 5, 48, 0.01, 300.0),
)


@dataclass(frozen=True, slots=True)
class Row:
    """A page of a data source at some time.

    Attributes:
        source: index of its data source.
        number: from 1 on within its data source.
        created_hour: hours after the start of the world; negative before it.
        edited_hour: of the last edit, not before it was made.
        value: its number; None for some.
        author: index of a person.
    """

    source: int
    number: int
    created_hour: int
    edited_hour: int
    value: float | None
    author: int


class Workspace:
    """What there is in the workspace at any hour.

    Args:
        seed: decides the edits and numbers.
        movements: of the numbers that the scenario moves in a way of its own.
    """

    def __init__(self, seed: int, movements: MovementModel | None = None) -> None:
        self._movements = movements or MovementModel(seed, 0, ())
        random = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, _STREAM])))
        self._edits = [
            random.random((ROWS_MAX, EDIT_HOURS)) < source.edits_per_row_hour for source in DATA_SOURCES
        ]
        self._noise = [random.normal(0.0, 1.0, (ROWS_MAX, EDIT_HOURS)) for _ in DATA_SOURCES]

    def rows(self, source: int, hour: int) -> list[Row]:
        """Return the rows of a data source, the last edited first, as Notion sorts them when asked to.

        Args:
            source: index of the data source.
            hour: hours after the start of the world.
        """
        declared = DATA_SOURCES[source]
        come = hour // declared.hours_a_row if declared.hours_a_row else 0
        count = min(declared.rows_at_start + come, ROWS_MAX)
        rows = [self._row(source, number, hour) for number in range(1, count + 1)]
        return sorted(rows, key=lambda row: (-row.edited_hour, row.number))

    def comments(self, hour: int) -> int:
        """Return how many comments the top page has."""
        return 2 + hour // COMMENT_HOURS

    def _row(self, source: int, number: int, hour: int) -> Row:
        declared = DATA_SOURCES[source]
        late = number - declared.rows_at_start
        created = late * declared.hours_a_row if late > 0 else -PAST_HOURS + number
        edited = self._edited(source, number, created, hour)
        wave = 3.0 * math.sin(2.0 * math.pi * edited / 24.0)
        value = declared.level + wave + float(self._noise[source][number - 1, edited % EDIT_HOURS])
        kept = None if number % 10 == 0 else round(value, 2)
        moved = self._moved(source, number, hour)
        if moved is not None:
            edited, kept = moved
        return Row(source, number, created, edited, kept, number % len(PEOPLE))

    def _moved(self, source: int, number: int, hour: int) -> tuple[int, float] | None:
        """Return the hour of the last edit and the number it set, where the scenario moves that number."""
        key = f"{id_of('row', source, number)}/{NUMBER}"
        value = self._movements.value("notion", "number", key, hour)
        if value is None:
            return None
        edited = hour
        # a number that stays as it was has not been edited
        while edited > hour - EDIT_HOURS and value == self._movements.value(
            "notion", "number", key, edited - 1
        ):
            edited -= 1
        return edited, value

    def _edited(self, source: int, number: int, created: int, hour: int) -> int:
        edits = self._edits[source][number - 1]
        for at in range(hour, max(created, hour - EDIT_HOURS), -1):
            if edits[at % EDIT_HOURS]:
                return at
        return created
