"""GitHub's own sums by day and week: traffic, commits, lines (pure).

A sum is taken once its day or week is over by the vendor's clock: before that it still grows, and two values of one
observation would disagree.
"""

from __future__ import annotations

from urllib.parse import parse_qs

from connectors.github import endpoints
from connectors.github.keys import repository_asked
from connectors.kit.json_path import JsonNode
from connectors.kit.readings import Readings
from schemas.records import RawEvent

DAY_MS = 86_400_000
WEEK_MS = 7 * DAY_MS


def map_traffic(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map visits or clones by day, or by week if the request asked so."""
    views = event.endpoint == endpoints.TRAFFIC_VIEWS
    rows, all_of_them, different = (
        ("views", "views", "unique_visitors") if views else ("clones", "clones", "unique_cloners")
    )
    weekly = parse_qs(event.request_url.partition("?")[2]).get("per") == ["week"]
    period, prefix = (WEEK_MS, "weekly") if weekly else (DAY_MS, "daily")
    repository = repository_asked(event)
    for row in root.rows(rows):
        begin = row.moment_ms("timestamp")
        if begin + period <= readings.now_ms:
            for measure, field in ((all_of_them, "count"), (different, "uniques")):
                readings.measure(
                    f"{prefix}_{measure}", repository, row.count(field), kind="count", at_ms=begin
                )


def map_popular(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map the ten strongest referrers, or the ten most visited pages, by their sums over the last fortnight."""
    repository = repository_asked(event)
    paths = event.endpoint == endpoints.TRAFFIC_PATHS
    group, field = ("paths", "path") if paths else ("referrers", "referrer")
    for row in root.rows():
        key = f"{repository}/{group}/{row.text(field).lstrip('/')}"
        readings.measure("fortnight_views", key, row.count("count"))
        readings.measure("fortnight_unique_visitors", key, row.count("uniques"))


def map_commit_activity(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map commits by week and by day.

    The vendor counts anew when somebody asks after a change, so that a day's count is sure a day after its end.
    """
    repository = repository_asked(event)
    for row in root.rows():
        begin = row.epoch_ms("week")
        if begin + WEEK_MS <= readings.now_ms:
            readings.measure("weekly_commits", repository, row.count("total"), kind="count", at_ms=begin)
        for index, day in enumerate(row.rows("days") if row.has("days") else []):
            at_ms = begin + index * DAY_MS
            if at_ms + 2 * DAY_MS <= readings.now_ms:
                readings.measure("daily_commits", repository, _count(day), kind="count", at_ms=at_ms)


def map_code_frequency(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map lines added and deleted by week; the vendor gives what was deleted as a number below 0."""
    repository = repository_asked(event)
    for row in root.rows():
        begin = row.entry(0).as_epoch_ms()
        added, deleted = row.entry(1), row.entry(2)
        if added.as_number() < 0:
            raise added.misfit("a number of lines of 0 or more")
        if deleted.as_number() > 0:
            raise deleted.misfit("a number of lines of 0 or less")
        if begin + WEEK_MS <= readings.now_ms:
            for measure, node in (("weekly_lines_added", added), ("weekly_lines_deleted", deleted)):
                readings.measure(measure, repository, abs(node.as_number()), kind="count", at_ms=begin)


def _count(node: JsonNode) -> float:
    number = node.as_number()
    if number < 0 or not number.is_integer():
        raise node.misfit("a whole number of 0 or more")
    return number
