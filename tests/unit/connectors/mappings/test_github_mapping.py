"""What GitHub's payloads say, and what of them is left out on purpose."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.github.mapping import map_payload
from crosscurrent.errors import Poison
from schemas.mapping import MappedPayload, Measurement
from tests.unit.connectors.mappings.sample_payloads import (
    BY_ENDPOINT,
    MONDAY,
    NOW,
    NOW_MS,
    OBSERVED_AT,
    event_for,
)

DAY = 86_400
API = "https://api.github.com/repos/Heron/Reed"


def payload_of(endpoint: str) -> Any:
    return copy.deepcopy(BY_ENDPOINT["github", endpoint].payload)


def mapped(endpoint: str, payload: object, **more: Any) -> MappedPayload:
    return map_payload(event_for("github", endpoint, payload, **more))


def values(found: MappedPayload) -> dict[str, float]:
    return {one.measure: one.value for one in found.measurements}


def test_repository_is_measured_at_the_vendors_clock_under_its_name_in_lower_case() -> None:
    found = mapped("repository", payload_of("repository"))

    assert found.measurements[0] == Measurement("stargazers", "heron/reed", "1", "counter", NOW_MS, 12.0)
    assert {(one.measure, one.unit, one.kind) for one in found.measurements} == {
        ("stargazers", "1", "counter"),
        ("forks", "1", "counter"),
        ("open_issues", "1", "gauge"),
        ("size", "kB", "gauge"),
        ("subscribers", "1", "counter"),
    }


def test_repository_keeps_its_name_and_its_properties_as_a_thing() -> None:
    (thing,) = mapped("repository", payload_of("repository")).things

    assert (thing.entity_type, thing.entity_id, thing.name) == ("repository", "heron/reed", "Heron/Reed")
    assert thing.observed_at == OBSERVED_AT
    assert thing.url == "https://github.com/Heron/Reed"
    assert thing.attributes == {
        "id": 7,
        "language": "Zig",
        "topics": ["water"],
        "owner": "Heron",
        "license": "MIT",
    }


def test_counts_that_repeat_others_are_left_out() -> None:
    repeated = {"watchers_count": 12, "watchers": 12, "forks": 3, "network_count": 3, "open_issues": 2}
    parent = {"parent": payload_of("repository") | {"full_name": "Grebe/Reed"}}

    found = mapped("repository", payload_of("repository") | repeated | parent)

    assert found == mapped("repository", payload_of("repository"))


def test_row_of_a_list_has_no_subscribers() -> None:
    row = {name: value for name, value in payload_of("repository").items() if name != "subscribers_count"}

    assert "subscribers" not in values(mapped("organisation_repositories", [row]))


@pytest.mark.parametrize("name", ["reed", "a/b/c", "a b/c", "/", "a/"])
def test_repository_without_owner_and_name_is_refused(name: str) -> None:
    with pytest.raises(Poison, match="owner/name"):
        mapped("repository", payload_of("repository") | {"full_name": name})


def test_pull_request_in_a_list_of_issues_is_told_from_an_issue() -> None:
    found = mapped("issues", payload_of("issues"))

    assert [(thing.entity_type, thing.entity_id) for thing in found.things] == [
        ("issue", "heron/reed#3"),
        ("pull_request", "heron/reed#4"),
    ]
    assert found.things[0].attributes["labels"] == ["bug"]


def test_pull_request_has_one_key_whichever_endpoint_shows_it() -> None:
    as_issue = mapped("issue", payload_of("issue") | {"number": 4, "pull_request": {"url": f"{API}/pulls/4"}})
    as_pull = mapped("pull", payload_of("pull"))

    assert as_issue.things[0].entity_id == as_pull.things[0].entity_id == "heron/reed#4"
    assert as_issue.things[0].entity_type == as_pull.things[0].entity_type == "pull_request"


def test_download_is_counted_for_the_same_key_whichever_endpoint_shows_it() -> None:
    keys = {
        mapped(endpoint, payload_of(endpoint)).measurements[0].entity_id
        for endpoint in ("releases", "release", "release_assets", "release_asset")
    }

    assert keys == {"heron/reed@v1/2/reed.zip"}


def test_release_without_files_is_a_thing_only() -> None:
    release = payload_of("release") | {"assets": []}

    assert [thing.entity_type for thing in mapped("release", release).things] == ["release"]


@pytest.mark.parametrize(("per", "measure", "days"), [("day", "daily_views", 1), ("week", "weekly_views", 7)])
def test_traffic_is_taken_when_its_period_is_over(per: str, measure: str, days: int) -> None:
    over, running = NOW - NOW % DAY - days * DAY, NOW - NOW % DAY
    rows = [
        {"timestamp": datetime.fromtimestamp(at, UTC).isoformat(), "count": 5, "uniques": 2}
        for at in (over, running)
    ]

    found = mapped("traffic_views", {"views": rows}, url=f"{API}/traffic/views?per={per}")

    assert [(one.measure, one.observed_at_ms, one.kind) for one in found.measurements] == [
        (measure, over * 1000, "count"),
        (measure.replace("views", "unique_visitors"), over * 1000, "count"),
    ]


def test_week_of_commits_is_taken_when_it_is_over() -> None:
    rows = [{"total": 4, "week": MONDAY}, {"total": 1, "week": MONDAY + 7 * DAY}]

    found = mapped("commit_activity", rows)

    assert [(one.value, one.observed_at_ms) for one in found.measurements] == [(4.0, MONDAY * 1000)]


def test_deleted_lines_are_a_positive_count() -> None:
    assert values(mapped("code_frequency", [[MONDAY, 12, -5]])) == {
        "weekly_lines_added": 12.0,
        "weekly_lines_deleted": 5.0,
    }
    with pytest.raises(Poison, match=r"\$\[0\]\[2\]"):
        mapped("code_frequency", [[MONDAY, 12, 5]])


def test_statistics_are_refused_when_neither_payload_nor_address_names_the_repository() -> None:
    with pytest.raises(Poison, match="/repositories/7/"):
        mapped("commit_activity", [], url="https://api.github.com/repositories/7/stats/commit_activity")


def test_job_is_measured_at_its_end() -> None:
    (one,) = mapped("workflow_jobs", payload_of("workflow_jobs")).measurements

    assert (one.measure, one.value, one.unit) == ("job_duration", 90.0, "s")
    assert one.observed_at_ms == int(datetime(2026, 3, 10, 10, 1, 30, tzinfo=UTC).timestamp() * 1000)
    assert one.entity_id == "heron/reed/jobs/test (3.11)"


@pytest.mark.parametrize(
    "change",
    [
        {"status": "in_progress", "completed_at": None},
        {"status": "queued", "started_at": None, "completed_at": None},
        {"completed_at": "2026-03-10T09:59:59Z"},
    ],
)
def test_job_without_a_true_duration_is_a_thing_only(change: dict[str, object]) -> None:
    found = mapped("workflow_jobs", {"jobs": [payload_of("workflow_jobs")["jobs"][0] | change]})

    assert not found.measurements
    assert len(found.things) == 1


def test_address_of_an_anonymous_contributor_goes_nowhere() -> None:
    found = mapped("contributors", payload_of("contributors"))

    assert [thing.entity_id for thing in found.things] == ["stilt"]


def test_commit_is_named_by_its_first_line_without_addresses_of_mail() -> None:
    commit = payload_of("commit")
    commit["commit"]["author"]["email"] = "stilt@example.org"

    (thing,) = mapped("commit", commit).things

    assert (thing.entity_id, thing.name) == ("heron/reed@abc", "Caulk")
    assert "example.org" not in str(thing)


def test_event_says_who_did_what_where() -> None:
    (thing,) = mapped("events", payload_of("events")).things

    assert (thing.entity_id, thing.name) == ("9", "PushEvent by S in Heron/Reed")
    assert thing.attributes["repository"] == "heron/reed"


def test_organisation_and_user_are_told_apart_by_what_they_say_they_are() -> None:
    found = mapped("user", payload_of("organisation"))

    assert found.things[0].entity_type == "organisation"
    assert values(found) == {"followers": 9.0, "public_repos": 2.0}


def test_delivery_of_a_deleted_issue_says_since_when_it_is_gone() -> None:
    payload = payload_of("webhook_issues") | {"action": "deleted"}
    event = event_for("github", "webhook_issues", payload)
    (issue,) = [thing for thing in map_payload(event).things if thing.entity_type == "issue"]
    there = mapped("webhook_issues", payload_of("webhook_issues"))

    assert [thing.entity_id for thing in there.things if thing.entity_type == "issue"] == [issue.entity_id]
    assert list(issue.attributes) == ["deleted_at"]
    # an issue that a poll saw after its last change must not stand above that
    assert issue.observed_at == event.fetched_at
