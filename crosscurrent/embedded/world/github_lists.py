"""Which issues, releases and repositories the played GitHub shows, where a scenario changes single ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from crosscurrent.embedded.world.exchange import Call
from crosscurrent.embedded.world.github_history import GithubHistory
from crosscurrent.embedded.world.github_payload import Place, release_tag
from crosscurrent.embedded.world.issue_list import IssueChoice
from crosscurrent.embedded.world.item_changes import Entity, ItemChanges, ItemList, Key, KeysAt

SOURCE: Final = "github"


class GithubLists:
    """The lists of repositories and organisations, less what is not shown.

    Args:
        history: what there is at a virtual time.
        changes: of the scenario.
    """

    def __init__(self, history: GithubHistory, changes: ItemChanges) -> None:
        self._history = history
        self._changes = changes
        self._pulls: dict[int, set[Key]] = {}

    def of(self, items: str, entity: str) -> ItemList | None:
        """Return a list by what it holds and whose it is; None if there is none."""
        if items == "repositories":
            return self._repositories_of(entity)
        place = self._history.places.get(entity.lower())
        if place is None or place.repository.full_name != entity:
            return None
        if items == "issues":
            return ItemList(self._issue_numbers(place), self._issue_entity(place))
        if items == "releases":
            return ItemList(self._ordinals(place), _release_entity(place), tells_deleted=True)
        return None

    def issues_lacking(self, place: Place, now_seconds: float) -> frozenset[int]:
        """Return the numbers of the issues that a repository does not show."""
        lacking = self._lacking("issues", place, now_seconds, self._issue_numbers(place))
        return frozenset(int(number) for number in lacking)

    def issues_deleted(self, place: Place, now_seconds: float) -> frozenset[int]:
        """Return the numbers of the issues of a repository that are gone for good."""
        name, keys_at = place.repository.full_name, self._issue_numbers(place)
        gone = self._changes.deleted(SOURCE, "issues", name, now_seconds, keys_at)
        return frozenset(int(number) for number in gone)

    def releases(self, place: Place, now_seconds: float) -> list[tuple[int, int, int]]:
        """Return ordinal, publication time and downloads of the releases that are shown, newest first."""
        lacking = self._lacking("releases", place, now_seconds, self._ordinals(place))
        releases = self._history.releases(place, self._history.hour_at(place, now_seconds))
        return [row for row in releases if row[0] not in lacking]

    def repositories(self, places: Sequence[Place], now_seconds: float) -> list[Place]:
        """Return those of an owner's repositories that are shown."""
        owner = places[0].repository.owner
        keys_at = self._full_names(owner)
        lacking = self._changes.lacking(SOURCE, "repositories", owner, now_seconds, keys_at)
        return [place for place in places if place.repository.full_name not in lacking]

    def paged(self, items: str, entity: str, call: Call, page: int, last: int) -> None:
        """Take note that a page of a list was read; the first is 1."""
        self._changes.paged(SOURCE, items, entity, call.now_seconds, first=page == 1, more=page < last)

    def _lacking(self, items: str, place: Place, now_seconds: float, keys_at: KeysAt) -> frozenset[Key]:
        return self._changes.lacking(SOURCE, items, place.repository.full_name, now_seconds, keys_at)

    def _repositories_of(self, owner: str) -> ItemList | None:
        keys_at = self._full_names(owner)
        if not keys_at(0.0):
            return None
        return ItemList(keys_at, lambda key: ("repository", str(key).lower()), tells_deleted=True)

    def _full_names(self, owner: str) -> KeysAt:
        def keys_at(_: float) -> list[Key]:
            owned = (one.repository for one in self._history.places.values())
            return [one.full_name for one in owned if one.owner == owner]

        return keys_at

    def _ordinals(self, place: Place) -> KeysAt:
        def keys_at(seconds: float) -> list[Key]:
            return [row[0] for row in self._history.releases(place, self._history.hour_at(place, seconds))]

        return keys_at

    def _issue_numbers(self, place: Place) -> KeysAt:
        def keys_at(seconds: float) -> list[Key]:
            hour = self._history.hour_at(place, seconds)
            issues = list(self._history.issues(place, hour, IssueChoice("all")))
            pulls = self._pulls.setdefault(place.index, set())
            pulls.update(one.number for one in issues if one.is_pull_request)
            return [one.number for one in issues]

        return keys_at

    def _issue_entity(self, place: Place) -> Callable[[Key], Entity]:
        def entity_of(key: Key) -> Entity:
            # asked of keys that ``keys_at`` has given
            kind = "pull_request" if key in self._pulls[place.index] else "issue"
            return kind, f"{place.repository.full_name.lower()}#{key}"

        return entity_of


def _release_entity(place: Place) -> Callable[[Key], Entity]:
    return lambda key: ("release", f"{place.repository.full_name.lower()}@{release_tag(int(key))}")
