"""The played GitHub at a virtual time: what the models say, as counts, issues, releases and events.

GitHub's numbers of lattice hour ``h`` are shown from 29 minutes before it until 31 minutes after it, so that
a poll's ``Date`` and the ``updated_at`` of what it saw both lie nearest to that hour; of a repository that is late, by
so much later.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha1

import numpy as np
import orjson

from crosscurrent.embedded.world.block_chain import BLOCK_HOURS, PAST_BLOCKS, place_of
from crosscurrent.embedded.world.exchange import iso_time
from crosscurrent.embedded.world.github_accounts import API, actor, organisation_id
from crosscurrent.embedded.world.github_payload import Issue, Place, RepositoryCounts, issue_payload
from crosscurrent.embedded.world.issue_list import IssueChoice, IssueList, of_repository
from crosscurrent.embedded.world.repository_model import USERS_COUNT, RepositoryModel
from crosscurrent.embedded.world.scenario import Scenario

SHOWN_BEFORE_SECONDS = 29 * 60
ISSUE_BLOCKS_MAX = 8
EVENTS_MAX = 300
EVENT_HOURS_MAX = 300
EVENT_HOURS_CACHED_MAX = 4096
WATCH_EVENTS_PER_HOUR_MAX = 3
RELEASES_MAX = 100
RELEASE_PERIOD_HOURS_MIN = 160
RELEASES_BEFORE_START = 6

# the recorded events carry issues without what GitHub added to them later
_ISSUE_FIELDS_NOT_IN_EVENTS = ("active_lock_reason", "reactions", "timeline_url", "performed_via_github_app")


class GithubHistory:
    """What GitHub would show at a virtual time.

    Args:
        scenario: the world.
        model: the counters of its repositories.
    """

    def __init__(self, scenario: Scenario, model: RepositoryModel) -> None:
        self._scenario = scenario
        self._model = model
        self._hours_of_events: OrderedDict[tuple[int, int], tuple[bytes, ...]] = OrderedDict()
        self._busy_hours_of_blocks: OrderedDict[tuple[int, int], list[int]] = OrderedDict()
        owners = {login: index for index, login in enumerate(scenario.organisations)}
        self.places = {
            repository.full_name.lower(): Place(repository, index, owners[repository.owner])
            for index, repository in enumerate(scenario.repositories)
        }

    @property
    def first_hour(self) -> int:
        """The lattice hour at which the models begin."""
        return -PAST_BLOCKS * BLOCK_HOURS

    def hour_at(self, place: Place, now_seconds: float) -> int:
        """Return the lattice hour whose numbers are shown of a repository."""
        return int(self.exact_hour(place, now_seconds) // 1)

    def exact_hour(self, place: Place, seconds: float) -> float:
        """Return a moment in lattice hours: whole where an hour of a repository begins to be shown."""
        return (seconds - self.shown_from(place, 0)) / 3600

    def hour_of_all(self, now_seconds: float) -> int:
        """Return the latest lattice hour that is shown of every repository."""
        return min(self.hour_at(place, now_seconds) for place in self.places.values())

    def shown_from(self, place: Place, hour: int) -> int:
        """Return from when on a lattice hour of a repository is shown, epoch seconds."""
        late_seconds = place.repository.late_seconds - SHOWN_BEFORE_SECONDS
        return self._scenario.start_seconds + hour * 3600 + late_seconds

    def counts(self, place: Place, hour: int) -> RepositoryCounts:
        """Return the counts of a repository in a lattice hour."""
        number, row = place_of(hour)
        block, column = self._model.block(number), place.index
        return RepositoryCounts(
            stars=int(block.stars[row, column]),
            forks=int(block.forks[row, column]),
            open_issues=int(block.open_issues[row, column]),
            pushes=int(block.pushes_total[row, column]),
            updated_seconds=self.shown_from(place, int(block.updated_hour[row, column])),
            pushed_seconds=self.shown_from(place, int(block.pushed_hour[row, column])),
        )

    def issues(self, place: Place, hour: int, choice: IssueChoice) -> IssueList:
        """Return the issues of the last ``ISSUE_BLOCKS_MAX`` blocks that are asked for."""
        last, _ = place_of(hour)
        first = max(-PAST_BLOCKS, last - ISSUE_BLOCKS_MAX + 1)
        tables = [
            of_repository(self._model.block(number).issues, place.index) for number in range(first, last + 1)
        ]
        return IssueList(tables, hour, choice, (3600, self.shown_from(place, 0)))

    def releases(self, place: Place, hour: int) -> list[tuple[int, int, int]]:
        """Return ordinal, publication time and downloads of the releases, newest first."""
        period = RELEASE_PERIOD_HOURS_MIN + 24 * place.index
        latest = (hour + 11 * place.index) // period + RELEASES_BEFORE_START
        return [
            self._release(place, ordinal, period, hour)
            for ordinal in range(latest, max(-1, latest - RELEASES_MAX), -1)
        ]

    def events(self, place: Place, hour: int) -> list[bytes]:
        """Return the JSON of at most ``EVENTS_MAX`` events of the last hours, newest first."""
        found: list[bytes] = []
        for back in self._busy_hours(place, hour):
            found += self._events_of_hour(place, back)
            if len(found) >= EVENTS_MAX:
                break
        return found[:EVENTS_MAX]

    def _busy_hours(self, place: Place, hour: int) -> Iterator[int]:
        """Yield the hours before and with this one in which something may have happened, the latest first."""
        first = max(self.first_hour, hour - EVENT_HOURS_MAX)
        for number in range(place_of(hour)[0], place_of(first)[0] - 1, -1):
            yield from (one for one in self._busy_hours_of_block(place, number) if first <= one <= hour)

    def _busy_hours_of_block(self, place: Place, number: int) -> list[int]:
        key = (place.index, number)
        known = self._busy_hours_of_blocks.get(key)
        if known is None:
            block, column = self._model.block(number), place.index
            # what stood before the block is not at hand, so that its first hour is always looked at
            busy = (np.diff(block.stars[:, column], prepend=-1) > 0) | (block.pushes[:, column] > 0)
            opened = of_repository(block.issues, column).hour - number * BLOCK_HOURS
            busy[opened] = True
            known = (np.flatnonzero(busy)[::-1] + number * BLOCK_HOURS).tolist()
            self._busy_hours_of_blocks[key] = known
            if len(self._busy_hours_of_blocks) > EVENT_HOURS_CACHED_MAX:
                self._busy_hours_of_blocks.popitem(last=False)
        return known

    def _events_of_hour(self, place: Place, hour: int) -> tuple[bytes, ...]:
        # what has happened does not change any more
        key = (place.index, hour)
        known = self._hours_of_events.get(key)
        if known is None:
            known = tuple(orjson.dumps(event) for event in self._new_events(place, hour))[::-1]
            self._hours_of_events[key] = known
            if len(self._hours_of_events) > EVENT_HOURS_CACHED_MAX:
                self._hours_of_events.popitem(last=False)
        return known

    def _opened_in(self, place: Place, hour: int) -> list[Issue]:
        number, _ = place_of(hour)
        table = of_repository(self._model.block(number).issues, place.index)
        opened = IssueList(
            [table], hour, IssueChoice("all", ascending=True), (3600, self.shown_from(place, 0))
        )
        first = int(np.searchsorted(table.hour, hour, side="left"))
        return [issue for issue in opened[first:] if issue.created_seconds == self.shown_from(place, hour)]

    def _release(self, place: Place, ordinal: int, period: int, hour: int) -> tuple[int, int, int]:
        published_hour = (ordinal - RELEASES_BEFORE_START) * period - 11 * place.index
        age_hours = hour - published_hour
        # interest fades: half of all downloads come in the first week
        downloads = place.repository.stars_per_hour * 240 * (1 - 0.5 ** (age_hours / 168))
        return ordinal, self.shown_from(place, published_hour), int(downloads)

    def _new_events(self, place: Place, hour: int) -> Iterator[dict[str, object]]:
        number, row = place_of(hour)
        block = self._model.block(number)
        before = self.counts(place, hour - 1).stars if hour > self.first_hour else None
        stars = 0 if before is None else int(block.stars[row, place.index]) - before
        ordinal = 0
        for issue in self._opened_in(place, hour):
            if not issue.is_pull_request:
                yield self._event(place, hour, ordinal, "IssuesEvent", issue.user, _opening(place, issue))
                ordinal += 1
        for push in range(int(block.pushes[row, place.index])):
            total = int(block.pushes_total[row, place.index]) - push
            yield self._event(
                place, hour, ordinal, "PushEvent", total % USERS_COUNT, push_content(place, total)
            )
            ordinal += 1
        for star in range(min(stars, WATCH_EVENTS_PER_HOUR_MAX)):
            yield self._event(place, hour, ordinal, "WatchEvent", hour * 7 + star, {"action": "started"})
            ordinal += 1

    def _event(
        self, place: Place, hour: int, ordinal: int, kind: str, user: int, payload: dict[str, object]
    ) -> dict[str, object]:
        epoch_hour = self._scenario.start_seconds // 3600 + hour
        owner = place.repository.owner
        organisation = organisation_id(place.owner_index)
        return {
            "id": str(epoch_hour * 1_000_000 + place.index * 10_000 + ordinal),
            "type": kind,
            "actor": actor(user % USERS_COUNT),
            "repo": {"id": place.id, "name": place.repository.full_name, "url": place.url},
            "payload": payload,
            "public": True,
            "created_at": iso_time(self.shown_from(place, hour)),
            "org": {
                "id": organisation,
                "login": owner,
                "gravatar_id": "",
                "url": f"{API}/orgs/{owner}",
                "avatar_url": f"https://avatars.githubusercontent.com/u/{organisation}?",
            },
        }


def _opening(place: Place, issue: Issue) -> dict[str, object]:
    # as it was when opened: events do not change afterwards
    payload = issue_payload(place, replace(issue, comments=0, closed_seconds=None))
    content = {name: value for name, value in payload.items() if name not in _ISSUE_FIELDS_NOT_IN_EVENTS}
    return {"action": "opened", "issue": content}


def push_content(place: Place, total: int) -> dict[str, object]:
    """Return what a push says, the ``total``-th of its repository."""
    head, before = _sha(place, total), _sha(place, total - 1)
    author = actor(total % USERS_COUNT)
    return {
        "push_id": 4_300_000_000 + place.index * 10_000_000 + total,
        "size": 1,
        "distinct_size": 1,
        "ref": "refs/heads/main",
        "head": head,
        "before": before,
        "commits": [
            {
                "sha": head,
                "author": {"email": f"{author['login']}@users.example", "name": author["login"]},
                "message": f"Change {total}",
                "distinct": True,
                "url": f"{place.url}/commits/{head}",
            }
        ],
    }


def _sha(place: Place, total: int) -> str:
    return sha1(f"{place.repository.full_name}@{total}".encode(), usedforsecurity=False).hexdigest()
