"""What the played GitHub tells by webhook: stars, issues, pushes and releases of an hour (pure).

Source: https://docs.github.com/en/webhooks/webhook-events-and-payloads
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from crosscurrent.embedded.world.exchange import iso_time
from crosscurrent.embedded.world.github_accounts import user
from crosscurrent.embedded.world.github_history import GithubHistory, push_content
from crosscurrent.embedded.world.github_lists import GithubLists
from crosscurrent.embedded.world.github_payload import (
    Place,
    issue_payload,
    release_payload,
    repository_payload,
)
from crosscurrent.embedded.world.issue_list import IssueChoice
from crosscurrent.embedded.world.item_changes import NO_CHANGES
from crosscurrent.embedded.world.notion_id import id_of
from crosscurrent.embedded.world.repository_model import USERS_COUNT
from crosscurrent.embedded.world.webhooks import Happening

STARS_TOLD_PER_HOUR_MAX = 3
_HOUR_SECONDS = 3600

_Told = Iterator[tuple[str, dict[str, object]]]


class GithubDeliveries:
    """What happened, as GitHub sends it.

    Args:
        history: what there is at a virtual time.
        lists: what of it is not shown.
    """

    def __init__(self, history: GithubHistory, lists: GithubLists | None = None) -> None:
        self._history = history
        self._lists = lists or GithubLists(history, NO_CHANGES)

    def hour_at(self, now_seconds: float) -> int:
        """Return the hour that is shown of all repositories at a virtual time."""
        return self._history.hour_of_all(now_seconds)

    def happenings(self, hour: int) -> list[Happening]:
        """Return what happened to all repositories in an hour, with the repository as it was then."""
        found = []
        for place in self._history.places.values():
            counts = self._history.counts(place, hour)
            repository = repository_payload(place, counts, detail=False)
            for number, (kind, content) in enumerate(self._told(place, hour)):
                common: dict[str, object] = {"repository": repository, "sender": user(hour % USERS_COUNT)}
                if kind == "push":
                    common["repository"] = {**repository, "pushed_at": counts.pushed_seconds}
                identity = id_of("delivery", place.repository.full_name, hour, number)
                found.append(Happening(identity, kind, {**content, **common}))
        return found

    def _told(self, place: Place, hour: int) -> _Told:
        yield from self._issues(place, hour)
        yield from self._pushes(place, hour)
        yield from self._stars(place, hour)
        yield from self._releases(place, hour)

    def _issues(self, place: Place, hour: int) -> _Told:
        at = self._history.shown_from(place, hour)
        lacking = self._lists.issues_lacking(place, at)
        choice = IssueChoice("all", since_hour=hour, by_update=True, ascending=True, without=lacking)
        for issue in self._history.issues(place, hour, choice):
            if issue.is_pull_request:
                continue
            if issue.created_seconds == at:
                opened = replace(issue, closed_seconds=None)
                yield "issues", {"action": "opened", "issue": issue_payload(place, opened)}
            if issue.closed_seconds == at:
                yield "issues", {"action": "closed", "issue": issue_payload(place, issue)}
        gone = self._lists.issues_deleted(place, at) - self._lists.issues_deleted(place, at - _HOUR_SECONDS)
        for issue in self._history.issues(place, hour, IssueChoice("all")) if gone else ():
            if issue.number in gone and not issue.is_pull_request:
                yield "issues", {"action": "deleted", "issue": issue_payload(place, issue)}

    def _pushes(self, place: Place, hour: int) -> _Told:
        now, before = self._history.counts(place, hour).pushes, self._history.counts(place, hour - 1).pushes
        for total in range(before + 1, now + 1):
            content = push_content(place, total)
            told = {name: content[name] for name in ("ref", "before", "commits")}
            yield (
                "push",
                {**told, "after": content["head"], "created": False, "deleted": False, "forced": False},
            )

    def _stars(self, place: Place, hour: int) -> _Told:
        now, before = self._history.counts(place, hour).stars, self._history.counts(place, hour - 1).stars
        for _ in range(min(now - before, STARS_TOLD_PER_HOUR_MAX)):
            yield "star", {"action": "created", "starred_at": iso_time(self._history.shown_from(place, hour))}

    def _releases(self, place: Place, hour: int) -> _Told:
        at = self._history.shown_from(place, hour)
        for ordinal, published_seconds, downloads in self._history.releases(place, hour)[:1]:
            if published_seconds == at:
                release = release_payload(place, ordinal, published_seconds, downloads)
                yield "release", {"action": "published", "release": release}
