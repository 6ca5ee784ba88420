"""Who starred a played repository when, the newest first: what the counter gained hour by hour, and before that evenly."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import overload

from crosscurrent.embedded.world.github_history import GithubHistory
from crosscurrent.embedded.world.github_payload import CREATED_FIRST_SECONDS, Place

STAR_HOURS_MAX = 40 * 24


class StarTimes(Sequence[int]):
    """The moments of the stars of a repository as epoch seconds, the newest first; made when they are asked for.

    Args:
        history: what there is at a virtual time.
        place: the repository.
        hour: lattice hour that is shown.
    """

    def __init__(self, history: GithubHistory, place: Place, hour: int) -> None:
        self._history, self._place, self._hour = history, place, hour
        first = max(history.first_hour, hour - STAR_HOURS_MAX)
        stars = [history.counts(place, one).stars for one in range(hour, first - 1, -1)]
        self._gained = [max(0, later - before) for later, before in pairwise(stars)]
        self._reached = list(accumulate(self._gained))
        self._total = max(stars[0], self._reached[-1] if self._reached else 0)
        self._first_seconds = history.shown_from(place, first)

    def __len__(self) -> int:
        """Return how many stars there are."""
        return self._total

    @overload
    def __getitem__(self, index: int) -> int: ...

    @overload
    def __getitem__(self, index: slice) -> list[int]: ...

    def __getitem__(self, index: int | slice) -> int | list[int]:
        """Return the moment of a star, the newest being the first."""
        if isinstance(index, slice):
            return [self._at(one) for one in range(*index.indices(self._total))]
        return self._at(index)

    def _at(self, index: int) -> int:
        recent = self._reached[-1] if self._reached else 0
        if index >= recent:
            return self._early(index - recent, self._total - recent)
        back = bisect_right(self._reached, index)
        within = index - (self._reached[back] - self._gained[back])
        # it was given in the hour before that in which the counter shows it
        step = 3600 / (self._gained[back] + 1)
        return int(self._history.shown_from(self._place, self._hour - back) - (within + 1) * step)

    def _early(self, index: int, count: int) -> int:
        span = max(count, self._first_seconds - CREATED_FIRST_SECONDS)
        return self._first_seconds - 3600 - int(span * (index + 1) / (count + 1))
