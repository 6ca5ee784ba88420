"""What is asked of GitHub for each target (pure)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from connectors.github.endpoints import EVENTS, ISSUES, ORGANISATION_REPOSITORIES, RELEASES, REPOSITORY
from connectors.kit.cursor import Since
from connectors.kit.declaration import Poll
from connectors.kit.history import ChangedSince, NewestFirst
from connectors.kit.pagination import LinkHeader
from connectors.kit.presence import Complete
from crosscurrent.errors import WrongUse

EVENT_PAGES_MAX = 3  # the vendor keeps 300 events
ISSUES_INTERVAL_MULTIPLE = 5
RELEASES_INTERVAL_MULTIPLE = 60

_GONE = frozenset({404, 410})  # also for one that has become private to this credential
_NAME = r"[A-Za-z0-9_.-]+"
_REPOSITORY = re.compile(rf"{_NAME}/{_NAME}")
_ORGANISATION = re.compile(rf"org:({_NAME})")
_ISSUES_CURSOR = Since(
    field="updated_at",
    ascending=(("direction", "asc"),),
    newest_first=(("direction", "desc"),),
)


def polls(targets: Sequence[str]) -> list[Poll]:
    """Return the requests for ``owner/repository`` and ``org:name`` targets.

    Raises:
        WrongUse: a target is neither.
    """
    return [poll for target in targets for poll in _polls_of(target)]


def _polls_of(target: str) -> list[Poll]:
    organisation = _ORGANISATION.fullmatch(target)
    if organisation:
        return [_organisation(organisation[1])]
    if not _REPOSITORY.fullmatch(target):
        raise WrongUse(
            f"the GitHub target {target[:80]!r}",
            expected="owner/repository or org:name",
            todo="correct CROSSCURRENT_SOURCES__GITHUB__TARGETS",
            source="github",
        )
    path = f"/repos/{target}"
    return [
        # both tell that issues have changed long before the turn of these
        Poll(REPOSITORY, target, path, complete=Complete(REPOSITORY, _GONE), wakes=(ISSUES,)),
        Poll(
            EVENTS, target, f"{path}/events", pagination=LinkHeader(pages_max=EVENT_PAGES_MAX), wakes=(ISSUES,)
        ),
        Poll(
            ISSUES,
            target,
            f"{path}/issues",
            {"state": "all", "sort": "updated"},
            ISSUES_INTERVAL_MULTIPLE,
            pagination=LinkHeader(),
            cursor=_ISSUES_CURSOR,
            history=ChangedSince(_ISSUES_CURSOR),
        ),
        Poll(
            RELEASES,
            target,
            f"{path}/releases",
            {},
            RELEASES_INTERVAL_MULTIPLE,
            pagination=LinkHeader(),
            history=NewestFirst("created_at"),
            complete=Complete("release"),
        ),
    ]


def _organisation(name: str) -> Poll:
    # an order that does not move while pages are read
    order = {"sort": "full_name"}
    path = f"/orgs/{name}/repos"
    pages = LinkHeader(pages_max=50)
    complete = Complete(REPOSITORY)
    return Poll(ORGANISATION_REPOSITORIES, name, path, order, pagination=pages, complete=complete)
