"""What a webhook delivery says, by the mappings of what is polled (pure).

A thing that states its version gets the id that a poll of the same version gives it. The counts of the repository come
with every delivery, and are measured where the delivery says when they were so.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from connectors.github import webhooks
from connectors.github.actions import map_workflow_run
from connectors.github.endpoints import WEBHOOK
from connectors.github.issues import map_issue
from connectors.github.keys import repository_in, repository_key
from connectors.github.releases import map_release
from connectors.github.repositories import map_repository, measure_counts
from connectors.kit.json_path import JsonNode
from connectors.kit.mapping_table import MapEndpoint
from connectors.kit.readings import Readings
from schemas.records import RawEvent

_DELETED = "deleted"


def map_issue_delivery(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map an issue, and its repository; no list of issues tells that one is gone."""
    _map_repository(root, event, readings)
    if root.peek("action") != _DELETED:
        map_issue(root.child("issue"), event, readings)
        return
    issue = root.child("issue")
    key = f"{repository_in(issue)}#{issue.whole('number')}"
    # the issue's own time is that of its last change, which a poll may have seen later
    told_at = event.fetched_at
    readings.gone("issue", key, told_at.isoformat(timespec="milliseconds"), told_at=told_at)


def map_pull_delivery(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map a pull request, and its repository."""
    _map_repository(root, event, readings)
    map_issue(root.child("pull_request"), event, readings)


def map_release_delivery(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map a release and its files; a change to a release has no time, so nothing but the thing is taken."""
    map_release(root.child("release"), event, readings, measured=False)


def map_workflow_delivery(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map a workflow run, and its repository."""
    _map_repository(root, event, readings)
    map_workflow_run(root.child("workflow_run"), readings)


def map_repository_delivery(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map the repository; one that is gone gives nothing."""
    if root.peek("action") != _DELETED:
        _map_repository(root, event, readings)


def map_star_delivery(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map the repository and its stars; a star that was taken back has no time, and the next poll has its count."""
    if root.peek("action") != _DELETED:
        _map_repository(root, event, readings)


def map_push_delivery(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Measure the repository; its times are in another form here, so that it is no version of the thing."""
    del event
    repository = root.child("repository")
    measure_counts(repository, repository_key(repository), readings)


def _map_repository(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    map_repository(root.child("repository"), event, readings)


MAPPINGS: Final[Mapping[str, MapEndpoint]] = {
    WEBHOOK + kind: mapping
    for kind, mapping in {
        webhooks.PUSH: map_push_delivery,
        webhooks.ISSUES: map_issue_delivery,
        webhooks.PULL_REQUEST: map_pull_delivery,
        webhooks.RELEASE: map_release_delivery,
        webhooks.STAR: map_star_delivery,
        webhooks.FORK: map_repository_delivery,
        webhooks.WORKFLOW_RUN: map_workflow_delivery,
        webhooks.REPOSITORY: map_repository_delivery,
    }.items()
}
