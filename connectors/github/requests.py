"""What is asked of GitHub for each target (pure)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final
from urllib.parse import quote

from connectors.github import endpoints
from connectors.github.endpoints import EVENTS, ISSUES, ORGANISATION_REPOSITORIES, RELEASES, REPOSITORY
from connectors.github.queries import REPOSITORIES_A_QUERY, STARGAZERS, repositories_query
from connectors.github.star_pages import NOTES, StarHistory, StarPages
from connectors.kit.cursor import Since
from connectors.kit.declaration import Poll
from connectors.kit.history import ChangedSince, NewestFirst
from connectors.kit.json_request import JsonBody
from connectors.kit.pagination import LinkHeader
from connectors.kit.presence import Complete
from crosscurrent.errors import WrongUse

EVENT_PAGES_MAX = 3  # the vendor keeps 300 events
ISSUES_INTERVAL_MULTIPLE = 5
RELEASES_INTERVAL_MULTIPLE = 60
RUNS_INTERVAL_MULTIPLE = 5
FILE_INTERVAL_MULTIPLE = 15
DAILY_INTERVAL_MULTIPLE = 240  # what is counted by day needs no more than some looks a day

_GONE = frozenset({404, 410})  # also for one that has become private to this credential
_NAME = r"[A-Za-z0-9_.-]+"
_TARGET = re.compile(
    rf"org:(?P<org>{_NAME})|(?:(?P<kind>counts|stars|commits|traffic|runs):)?(?P<name>{_NAME}/{_NAME})"
    rf"|file:(?P<of>{_NAME}/{_NAME}):(?P<path>[^\s/?#:\\](?:[^\x00-\x1f?#\\]{{0,398}}[^\s/?#\\])?)"
)
_DOTS = re.compile(r"(?:^|/)\.{1,2}(?:/|$)")
_ISSUES_CURSOR = Since(
    field="updated_at",
    ascending=(("direction", "asc"),),
    newest_first=(("direction", "desc"),),
)


def polls(targets: Sequence[str]) -> list[Poll]:
    """Return the requests for the targets; those of ``counts:owner/repository`` share requests.

    Raises:
        WrongUse: a target is none that we know.
    """
    made: list[Poll] = []
    counted: list[str] = []
    for target in dict.fromkeys(targets):
        found = _found(target)
        if found["org"]:
            made.append(_organisation(found["org"]))
        elif found["of"]:
            made.append(_file(found["of"], found["path"]))
        elif found["kind"] == "counts":
            counted.append(found["name"])
        else:
            made += _OF_KIND[found["kind"]](found["name"])
    return made + _counts(counted)


def _found(target: str) -> re.Match[str]:
    found = _TARGET.fullmatch(target)
    named = [] if found is None else [name for name in (found["name"], found["of"]) if name]
    if found is None or any(_DOTS.search(path) for path in [*named, found["path"] or ""]):
        raise WrongUse(
            f"the GitHub target {target[:80]!r}",
            expected="owner/repository, org:name, counts:, stars:, commits:, traffic: or runs: before owner/repository, "
            "or file:owner/repository:path",
            todo="correct CROSSCURRENT_SOURCES__GITHUB__TARGETS",
            source="github",
        )
    return found


def _repository(target: str) -> list[Poll]:
    path = f"/repos/{target}"
    return [
        # both tell that issues have changed long before the turn of these
        Poll(REPOSITORY, target, path, complete=Complete(REPOSITORY, _GONE), wakes=(ISSUES,)),
        Poll(
            EVENTS,
            target,
            f"{path}/events",
            pagination=LinkHeader(pages_max=EVENT_PAGES_MAX),
            wakes=(ISSUES,),
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


def _counts(names: list[str]) -> list[Poll]:
    """Return the questions for many repositories at once; what one is called depends on whom it asks about."""
    return [
        Poll(
            endpoints.GRAPHQL_REPOSITORIES,
            "",
            endpoints.GRAPHQL_PATH,
            {endpoints.OPERATION_PARAMETER: endpoints.GRAPHQL_REPOSITORIES},
            body=JsonBody({"query": repositories_query(names[first : first + REPOSITORIES_A_QUERY])}),
        )
        for first in range(0, len(names), REPOSITORIES_A_QUERY)
    ]


def _stars(name: str) -> list[Poll]:
    owner, _, repository = name.partition("/")
    fields = {"query": STARGAZERS, "variables": {"owner": owner, "name": repository, "after": None}}
    return [
        Poll(
            endpoints.GRAPHQL_STARGAZERS,
            name,
            endpoints.GRAPHQL_PATH,
            {endpoints.OPERATION_PARAMETER: endpoints.GRAPHQL_STARGAZERS},
            DAILY_INTERVAL_MULTIPLE,
            pagination=StarPages(),
            noted=NOTES,
            body=JsonBody(
                fields, {"first": "variables.first", "after": "variables.after"}, frozenset({"first"})
            ),
            history=StarHistory(),
        )
    ]


def _commits(name: str) -> list[Poll]:
    path = f"/repos/{name}/stats/commit_activity"
    return [Poll(endpoints.COMMIT_ACTIVITY, name, path, {}, DAILY_INTERVAL_MULTIPLE)]


def _traffic(name: str) -> list[Poll]:
    below = (
        (endpoints.TRAFFIC_VIEWS, "views"),
        (endpoints.TRAFFIC_CLONES, "clones"),
        (endpoints.TRAFFIC_REFERRERS, "popular/referrers"),
        (endpoints.TRAFFIC_PATHS, "popular/paths"),
    )
    return [
        Poll(endpoint, name, f"/repos/{name}/traffic/{path}", {}, DAILY_INTERVAL_MULTIPLE)
        for endpoint, path in below
    ]


def _runs(name: str) -> list[Poll]:
    # the newest hundred: what ran before is history
    pages = LinkHeader(pages_max=1)
    path = f"/repos/{name}/actions/runs"
    return [Poll(endpoints.WORKFLOW_RUNS, name, path, {}, RUNS_INTERVAL_MULTIPLE, pagination=pages)]


def _file(name: str, path: str) -> Poll:
    address = f"/repos/{name}/contents/{quote(path)}"
    return Poll(endpoints.CONTENTS, f"{name}:{path}", address, {}, FILE_INTERVAL_MULTIPLE)


_OF_KIND: Final[Mapping[str | None, Callable[[str], list[Poll]]]] = {
    None: _repository,
    "stars": _stars,
    "commits": _commits,
    "traffic": _traffic,
    "runs": _runs,
}
