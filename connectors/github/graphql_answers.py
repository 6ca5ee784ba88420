"""What GitHub's GraphQL says of repositories and their stars (pure)."""

from __future__ import annotations

from itertools import groupby
from typing import Final

from connectors.github.keys import repository_key
from connectors.github.star_pages import DAY_SECONDS, noted_before
from connectors.kit.external_ids import of_url
from connectors.kit.graphql import errors_of
from connectors.kit.json_path import JsonNode
from connectors.kit.readings import Readings
from schemas.records import RawEvent

QUIET_DAYS_MAX: Final = 31
"""Of the days without a star between two with stars, so many are told, the later ones."""

_NAME: Final = "nameWithOwner"
_RATE_LIMIT: Final = "rateLimit"
_DAY_MS: Final = DAY_SECONDS * 1000
# names in GraphQL to those that the REST API gives the same properties
_PROPERTIES: Final = {
    "databaseId": "id", "description": "description", "homepageUrl": "homepage", "createdAt": "created_at",
    "updatedAt": "updated_at", "pushedAt": "pushed_at", "isArchived": "archived", "isFork": "fork",
}  # fmt: skip
_BELOW: Final = {
    "owner": ("owner", "login"),
    "language": ("primaryLanguage", "name"),
    "license": ("licenseInfo", "spdxId"),
}


def map_graphql_repositories(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map the repositories of an answer; beside errors one may be null and is passed over."""
    del event
    errors = errors_of(root.value)
    for name, node in root.child("data").fields():
        if name != _RATE_LIMIT and not (node.value is None and errors):
            _map_repository(node, readings)


def map_star_days(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Count the stars of each day that ends on this page and is over by the vendor's clock.

    Stars that were taken back are not in the list, so a day's count falls a little with time.
    """
    repository = root.child("data").child("repository")
    key, stars = repository_key(repository, _NAME), repository.child("stargazers")
    days = [row.moment_ms("starredAt") // _DAY_MS for row in stars.rows("edges")]
    noted = noted_before(event.request_url)
    counts = _with_pages_before([(day, len(list(group))) for day, group in groupby(days)], noted)
    is_last = stars.child("pageInfo").peek("hasNextPage") is False
    today = readings.now_ms // _DAY_MS
    later = today if noted is None else noted[0]
    for position, (day, count) in enumerate(counts):
        for quiet in range(max(day + 1, today - QUIET_DAYS_MAX), later):
            _measure_day(quiet, 0, key, readings)
        if is_last or position < len(counts) - 1:
            _measure_day(day, count, key, readings)
        later = day


def _with_pages_before(counts: list[tuple[int, int]], noted: tuple[int, int] | None) -> list[tuple[int, int]]:
    """Return the counts with what the pages before showed of their last day, which may go on here or not."""
    if noted is None:
        return counts
    day, before = noted
    if counts and counts[0][0] == day:
        return [(day, before + counts[0][1]), *counts[1:]]
    return [(day, before), *counts]


def _measure_day(day: int, count: int, key: str, readings: Readings) -> None:
    begin = day * _DAY_MS
    if begin + _DAY_MS <= readings.now_ms:
        readings.measure("daily_stars", key, count, kind="count", at_ms=begin)


def _map_repository(row: JsonNode, readings: Readings) -> None:
    key = repository_key(row, _NAME)
    readings.measure("stargazers", key, row.count("stargazerCount"), kind="counter")
    readings.measure("forks", key, row.count("forkCount"), kind="counter")
    issues, pulls = (row.child(name).count("totalCount") for name in ("issues", "pullRequests"))
    # as the REST API counts: a pull request is an issue
    readings.measure("open_issues", key, issues + pulls)
    readings.measure("size", key, row.nullable_count("diskUsage"), unit="kB")
    readings.measure("subscribers", key, row.child("watchers").count("totalCount"), kind="counter")
    stated = {ours: row.peek(theirs) for theirs, ours in _PROPERTIES.items()}
    stated |= {ours: row.peek_text(*steps) for ours, steps in _BELOW.items()}
    attributes: dict[str, object] = {name: value for name, value in stated.items() if value is not None}
    readings.thing("repository", key, row.text(_NAME), url=row.peek_text("url"), attributes=attributes)
    homepage = of_url(row.peek_text("homepageUrl"))
    readings.link("repository", key, homepage, row, "homepageUrl", relation="refers")
