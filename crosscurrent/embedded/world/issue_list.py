"""The issues of one repository at a virtual time, chosen and ordered without making each of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
from numpy.typing import NDArray

from crosscurrent.embedded.world.github_payload import Issue
from crosscurrent.embedded.world.repository_model import IntArray, IssueTable


@dataclass(frozen=True, slots=True)
class IssueChoice:
    """Which issues are asked for, in GitHub's terms; ``since_hour`` is a lattice hour or None.

    Attributes:
        state: ``open``, ``closed`` or ``all``.
        since_hour: updated in it or after it.
        by_update: sorted by the last update; by opening if not.
        ascending: the oldest first.
        without: numbers of those that are not shown.
    """

    state: str = "open"
    since_hour: float | None = None
    by_update: bool = False
    ascending: bool = False
    without: frozenset[int] = frozenset()


class IssueList(Sequence[Issue]):
    """Issues in the order asked for; one is made when it is looked at.

    Args:
        tables: of one repository, the oldest first.
        hour: the lattice hour shown.
        choice: which issues, and in which order.
        shown_from: gives the epoch seconds from which a lattice hour is shown, as factor and constant.
    """

    def __init__(
        self, tables: Sequence[IssueTable], hour: int, choice: IssueChoice, shown_from: tuple[int, int]
    ) -> None:
        self._hour = hour
        self._shown_from = shown_from
        self._opened = _joined([table.hour for table in tables])
        self._closed = self._opened + _joined([table.lifetime_hours for table in tables])
        self._number = _joined([table.number for table in tables])
        self._user = _joined([table.user for table in tables])
        self._comments = _joined([table.comments for table in tables])
        self._is_pull_request = _joined([table.is_pull_request.astype(np.int64) for table in tables])
        self._rows = self._chosen(choice)

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, index: int) -> Issue: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Issue]: ...
    def __getitem__(self, index: int | slice) -> Issue | Sequence[Issue]:
        if isinstance(index, int):
            return self._issue(int(self._rows[index]))
        return [self._issue(row) for row in self._rows[index].tolist()]

    def _chosen(self, choice: IssueChoice) -> NDArray[np.intp]:
        closed = self._closed <= self._hour
        updated = np.where(closed, self._closed, self._opened)
        wanted = self._opened <= self._hour
        if choice.state != "all":
            wanted &= closed == (choice.state == "closed")
        if choice.since_hour is not None:
            wanted &= updated >= choice.since_hour
        if choice.without:
            wanted &= ~np.isin(self._number, list(choice.without))
        rows = np.nonzero(wanted)[0]
        if choice.by_update:
            rows = rows[np.lexsort((self._number[rows], updated[rows]))]
        return rows if choice.ascending else rows[::-1]

    def _issue(self, row: int) -> Issue:
        factor, constant = self._shown_from
        closed = int(self._closed[row])
        return Issue(
            number=int(self._number[row]),
            is_pull_request=bool(self._is_pull_request[row]),
            user=int(self._user[row]),
            comments=int(self._comments[row]),
            created_seconds=int(self._opened[row]) * factor + constant,
            closed_seconds=closed * factor + constant if closed <= self._hour else None,
        )


def of_repository(table: IssueTable, repository: int) -> IssueTable:
    """Return the issues of one repository."""
    rows = table.repository == repository
    return IssueTable(
        table.repository[rows],
        table.hour[rows],
        table.number[rows],
        table.lifetime_hours[rows],
        table.is_pull_request[rows],
        table.user[rows],
        table.comments[rows],
    )


def _joined(columns: list[IntArray]) -> IntArray:
    return np.concatenate(columns) if columns else np.zeros(0, dtype=np.int64)
