"""Single items that a vendor shows late, hides for a while, or deletes: at a set hour, or while a list is being paged.

What happens between two pages moves the rows behind it: who counts pages or rows then skips one, or reads one twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from crosscurrent.embedded.world.exchange import iso_time

ItemChangeKind = Literal["late", "hide", "delete"]
WAIT_HOURS_MAX: Final = 1
"""What is to happen between two pages happens so long after its hour, if nobody pages by then."""
LATE_SEARCH_HOURS_MAX: Final = 24 * 14
"""How long after its hour the items that come late may come at most."""

CHANGEABLE: Final = (
    ("github", "issues"),
    ("github", "releases"),
    ("github", "repositories"),
    ("notion", "rows"),
    ("spotify", "playlist_items"),
)
"""Lists whose items may be changed; they belong to a repository, an organisation, a data source, a playlist."""

_HOUR_SECONDS = 3600

Key = str | int
KeysAt = Callable[[float], Sequence[Key]]
"""Keys of a list at a moment (epoch seconds), as the vendor sorts it by itself, before anything is done to it."""
Entity = tuple[str, str]
"""Type and id of a thing, as ClickHouse names them."""


@dataclass(frozen=True, slots=True, order=True)
class ListName:
    """A list of a vendor's items.

    Attributes:
        source: vendor.
        items: what they are, such as ``issues``.
        entity: whose list it is.
    """

    source: str
    items: str
    entity: str

    def __str__(self) -> str:
        """Return ``source.items:entity``."""
        return f"{self.source}.{self.items}:{self.entity}"


@dataclass(frozen=True, slots=True)
class ItemChange:
    """What happens to items of a list.

    Attributes:
        list: which.
        kind: ``late``: the first that come from its hour on are shown only from ``until_hour`` on, with the times
            that they bear; ``hide``: shown no more, and again from ``until_hour`` on; ``delete``: gone for good.
        at_hour: virtual hours after the start.
        until_hour: see ``kind``; None for ``delete``.
        first: of ``hide`` and ``delete``, place of the first item that is hit, from 0, as the vendor lists them then.
        count: how many items.
        between_pages: whether it waits until somebody has read the first page of the list and not the next.
    """

    list: ListName
    kind: ItemChangeKind
    at_hour: float
    until_hour: float | None = None
    first: int = 0
    count: int = 1
    between_pages: bool = False


class ItemChanges:
    """Tells a vendor which items it does not show.

    It keeps when what waits for a paging run has happened; all else follows from the scenario and the time.

    Args:
        changes: of the scenario.
        start_seconds: epoch seconds at which the world starts.
    """

    def __init__(self, changes: Sequence[ItemChange], start_seconds: int) -> None:
        self._start_seconds = start_seconds
        self._of_list: dict[ListName, list[ItemChange]] = {}
        for change in changes:
            self._of_list.setdefault(change.list, []).append(change)
        self._keys: dict[ItemChange, tuple[Key, ...]] = {}
        self._happened: dict[ItemChange, float] = {}

    def lacking(
        self, source: str, items: str, entity: str, now_seconds: float, keys_at: KeysAt
    ) -> frozenset[Key]:
        """Return the keys of the items that a list does not show.

        Args:
            source: vendor.
            items: what is listed.
            entity: whose list.
            now_seconds: virtual time, epoch seconds.
            keys_at: gives the list's keys at other times.
        """
        changes = self._of_list.get(ListName(source, items, entity), ())
        lacking: set[Key] = set()
        for change in changes:
            if self._holds(change, now_seconds):
                lacking.update(self.keys(change, keys_at))
        return frozenset(lacking)

    def deleted(
        self, source: str, items: str, entity: str, now_seconds: float, keys_at: KeysAt
    ) -> frozenset[Key]:
        """Return the keys of the items of a list that are gone for good; see ``lacking``."""
        gone: set[Key] = set()
        for change in self._of_list.get(ListName(source, items, entity), ()):
            if change.kind == "delete" and self._holds(change, now_seconds):
                gone.update(self.keys(change, keys_at))
        return frozenset(gone)

    def paged(
        self, source: str, items: str, entity: str, now_seconds: float, *, first: bool, more: bool
    ) -> None:
        """Take note that a page of a list was read.

        Args:
            source: vendor.
            items: what is listed.
            entity: whose list.
            now_seconds: virtual time, epoch seconds.
            first: whether it was the first page.
            more: whether there is one after it.
        """
        if not (first and more):
            return
        for change in self._of_list.get(ListName(source, items, entity), ()):
            if change.between_pages and now_seconds >= self._at(change.at_hour):
                self._happened.setdefault(change, min(now_seconds, self._at(change.at_hour + WAIT_HOURS_MAX)))

    def keys(self, change: ItemChange, keys_at: KeysAt) -> tuple[Key, ...]:
        """Return the keys of the items that a change hits."""
        known = self._keys.get(change)
        if known is None:
            known = self._keys[change] = self._chosen(change, keys_at)
        return known

    def told(self, change: ItemChange, entities: Sequence[Entity]) -> dict[str, object]:
        """Return a change as the truth tells it, as plain JSON data.

        Args:
            change: which.
            entities: the items, as ClickHouse names them.
        """
        until = None if change.until_hour is None else iso_time(self._at(change.until_hour))
        return {
            "list": str(change.list),
            "source": change.list.source,
            "change": change.kind,
            "entities": [{"type": kind, "id": identity} for kind, identity in entities],
            "at": iso_time(self._happened.get(change, self._at(change.at_hour))),
            "until": until,
            "between_pages": change.between_pages,
        }

    def all(self) -> list[ItemChange]:
        """Return every change, in the scenario's order within each list."""
        return [change for changes in self._of_list.values() for change in changes]

    def _holds(self, change: ItemChange, now_seconds: float) -> bool:
        until = change.until_hour
        if until is not None and now_seconds >= self._at(until):
            return False
        if change.kind == "late":
            # whatever it hits was not there before
            return True
        if not change.between_pages:
            return now_seconds >= self._at(change.at_hour)
        happened = self._happened.get(change, self._at(change.at_hour + WAIT_HOURS_MAX))
        return now_seconds >= happened

    def _chosen(self, change: ItemChange, keys_at: KeysAt) -> tuple[Key, ...]:
        if change.kind != "late":
            listed = keys_at(self._at(change.at_hour))
            return tuple(listed[change.first : change.first + change.count])
        before = set(keys_at(self._at(change.at_hour) - 1))
        found: dict[Key, None] = {}
        for hour in range(LATE_SEARCH_HOURS_MAX):
            found |= dict.fromkeys(
                key for key in keys_at(self._at(change.at_hour + hour)) if key not in before
            )
            if len(found) >= change.count:
                break
        return tuple(found)[: change.count]

    def _at(self, hours: float) -> float:
        return self._start_seconds + hours * _HOUR_SECONDS


NO_CHANGES: Final = ItemChanges((), 0)


@dataclass(frozen=True, slots=True)
class ItemList:
    """A list whose items may be changed.

    Attributes:
        keys_at: see ``KeysAt``.
        entity_of: gives the thing with a key; None if it is none that has an id.
        tells_deleted: whether who polls the list is to tell that an item is gone.
    """

    keys_at: KeysAt
    entity_of: Callable[[Key], Entity | None]
    tells_deleted: bool = False
