"""Targets beside a repository itself: counts by GraphQL, stars by day, commits, traffic, files."""

from __future__ import annotations

from collections import Counter
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import orjson
import pytest

from connectors.github.connector import GITHUB
from connectors.github.graphql_failures import cost_in, failure_in
from connectors.github.mapping import map_payload
from connectors.github.requests import polls
from connectors.kit.check import check_source
from connectors.kit.errors import Refused
from connectors.kit.history import Span
from crosscurrent.clock import ManualClock
from crosscurrent.embedded.world.app import create_app
from crosscurrent.embedded.world.default_scenario import default_scenario
from crosscurrent.embedded.world.github_api import GithubTerms
from crosscurrent.embedded.world.virtual_time import VirtualTime
from crosscurrent.embedded.world.world import World, WorldTerms
from crosscurrent.errors import Backpressure, Transient, WrongUse
from crosscurrent.settings import Settings
from schemas.mapping import Measurement
from tests.contract.connector_bench import Bench, Vendor, bench
from tests.unit.connectors.mappings.sample_payloads import event_for

NAME = "quillfen-works/sailbench"
DAY_MS = 86_400_000


def watching(
    *targets: str, hours: float = 100, token: str | None = "s3cret-of-the-bench", **terms: object
) -> AbstractAsyncContextManager[Bench]:
    scenario, clock = default_scenario(1), ManualClock()
    time = VirtualTime(scenario.start_seconds, clock, speed=0)
    time.advance(hours * 3600)
    world = World(scenario, time, WorldTerms(GithubTerms(**terms)))  # type: ignore[arg-type]
    way = httpx.ASGITransport(create_app(world))
    return bench(GITHUB, way, base_url="http://vendor.test/github", targets=targets, token=token, clock=clock)


async def measured(parts: Bench) -> list[Measurement]:
    polled = await parts.round()
    assert [one.error for one in polled if one.error] == []
    return [one for event in parts.broker.events() for one in map_payload(event).measurements]


async def test_counts_of_many_repositories_are_the_same_series_as_by_rest_in_one_request() -> None:
    places = ("quillfen-works/sailbench", "tarnholt/peatbog", "tarnholt/lantern-db", "quillfen-works/thistle")
    async with watching(*(f"counts:{name}" for name in places)) as parts:
        by_graphql = {(one.measure, one.entity_id, one.kind): one.value for one in await measured(parts)}
        assert [(event.endpoint, event.request_method) for event in parts.broker.events()] == [
            ("graphql_repositories", "POST")
        ]
    async with watching(*places) as parts:
        await measured(parts)
        by_rest = {
            (one.measure, one.entity_id, one.kind): one.value
            for event in parts.broker.events()
            if event.endpoint == "repository"
            for one in map_payload(event).measurements
        }

    assert by_graphql == by_rest


def test_counts_share_requests_by_fifty_and_keep_their_names() -> None:
    made = polls([f"counts:owner/name-{number}" for number in range(120)])

    assert len(made) == 3
    assert len({poll.request_key for poll in made}) == 3
    assert all(poll.method == "POST" for poll in made)


async def test_counts_go_on_beside_a_repository_that_is_not_there() -> None:
    async with watching(f"counts:{NAME}", "counts:no/such") as parts:
        found = await measured(parts)

    assert {one.entity_id for one in found} == {NAME}


async def test_points_of_an_answer_are_what_it_counts() -> None:
    # three connections each: 150 make two points
    scenario = default_scenario(1)
    names = [f"counts:{one.full_name}" for one in scenario.repositories]
    names += [f"counts:no/such-{number}" for number in range(50 - len(names))]
    async with watching(*names) as parts:
        polled = (await parts.round())[0]

    assert (polled.cost.requests, polled.cost.requests_counted) == (1, 2)


async def test_answer_that_says_the_same_is_not_published_again_though_its_points_have_moved() -> None:
    async with watching(f"counts:{NAME}") as parts:
        outcomes = [(await parts.round())[0].outcome for _ in range(2)]

    assert outcomes == ["ok", "unchanged"]


async def test_graphql_that_is_asked_for_too_much_waits() -> None:
    async with watching(f"counts:{NAME}", limit=0) as parts:
        polled = (await parts.round())[0]

    assert polled.outcome == "throttled"


async def test_stars_are_counted_by_day_over_pages_as_they_were_given() -> None:
    async with watching("stars:tarnholt/lantern-db", hours=250) as parts:
        found = await measured(parts)
        pages = [orjson.loads(event.payload) for event in parts.broker.events()]

    given = Counter(
        edge["starredAt"][:10] for page in pages for edge in page["data"]["repository"]["stargazers"]["edges"]
    )
    counted = {one.observed_at_ms // DAY_MS: one.value for one in found}
    days = sorted(given)
    assert len(pages) > 1
    assert {one.measure for one in found} == {"daily_stars"}
    assert {one.kind for one in found} == {"count"}
    # the running day still grows, and the oldest one is cut
    assert [counted[day] for day in sorted(counted)][-2:] == [given[day] for day in days[-3:-1]]


def page_of(days: str, *, more: bool, notes: str = "") -> list[tuple[int, float]]:
    """Days of March 2026 with stars, the newest first, to the days counted; the clock stands at noon of the 10th."""
    edges = [{"starredAt": f"2026-03-{day}T08:00:00Z"} for day in days.split()]
    stars = {"edges": edges, "pageInfo": {"endCursor": "x", "hasNextPage": more}}
    payload = {"data": {"repository": {"nameWithOwner": "Heron/Reed", "stargazers": stars}}}
    url = f"https://api.github.com/graphql#operationName=graphql_stargazers{notes}"
    found = map_payload(event_for("github", "graphql_stargazers", payload, url=url)).measurements
    march = 1_772_323_200_000
    return sorted(((one.observed_at_ms - march) // DAY_MS + 1, one.value) for one in found)


@pytest.mark.parametrize(
    ("days", "more", "notes", "counted"),
    [
        ("10 09 09 08", True, "", [(9, 2)]),
        ("10 09 09 08", False, "", [(8, 1), (9, 2)]),
        ("10 07", False, "", [(7, 1), (8, 0), (9, 0)]),
        ("10 07", True, "", [(8, 0), (9, 0)]),
        ("08 08 07", True, "&day=20520&before=3", [(8, 5)]),
        ("06 05", True, "&day=20520&before=3", [(6, 1), (7, 0), (8, 3)]),
        ("", False, "&day=20520&before=3", [(8, 3)]),
        ("", False, "", []),
    ],
)
def test_day_of_stars_is_counted_when_it_ends_on_a_page(
    days: str, more: bool, notes: str, counted: list[tuple[int, float]]
) -> None:
    found = page_of(days, more=more, notes=notes)

    assert found == counted


def test_history_of_stars_is_read_to_its_end() -> None:
    (poll,) = polls([f"stars:{NAME}"])
    assert poll.history is not None
    there = poll.history.asked(poll, Span(datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)))

    assert there.pagination.days == 0  # type: ignore[attr-defined]
    assert there.noted == poll.noted


async def test_statistics_that_are_being_computed_are_asked_again() -> None:
    async with watching(f"commits:{NAME}", statistics_ready=False) as parts:
        polled = (await parts.round())[0]

    assert (polled.outcome, polled.cost.retries) == ("ok", 1)
    assert {event.status for event in parts.broker.events()} == {200}


async def test_traffic_that_is_forbidden_says_what_it_takes_and_the_rest_goes_on() -> None:
    async with watching(NAME, f"traffic:{NAME}", pushes=False) as parts:
        polled = await parts.round()

    refused = [one.error for one in polled if one.error is not None]
    assert len(refused) == 4
    assert all(isinstance(error, Refused) and "push access" in error.expected for error in refused)
    assert {event.endpoint for event in parts.broker.events()} == {
        "repository",
        "events",
        "issues",
        "releases",
    }


def test_check_names_the_permission_that_is_missing(tmp_path: Path) -> None:
    scenario = default_scenario(1)
    world = World(
        scenario,
        VirtualTime(scenario.start_seconds, ManualClock(), speed=0),
        WorldTerms(GithubTerms(pushes=False)),
    )
    given = {"base_url": "http://vendor.test/github", "token": "s3cret", "targets": (NAME, f"traffic:{NAME}")}

    result = check_source(
        GITHUB,
        Settings.model_validate({"home": tmp_path, "sources": {"github": given}}),
        transport=httpx.ASGITransport(create_app(world)),
    )

    assert result.error is None
    assert len(result.lacking) == 4
    assert "Administration (read)" in result.advice


async def test_model_in_git_lfs_has_the_size_of_the_file_itself() -> None:
    async with watching(f"file:{NAME}:model/weights.bin") as parts:
        (found,) = await measured(parts)
        (thing,) = map_payload(parts.broker.events()[0]).things

    assert (found.measure, found.value, found.unit) == ("file_size", 268_435_456.0, "B")
    assert found.entity_id == thing.entity_id == f"{NAME}/files/model/weights.bin"
    assert len(str(thing.attributes["lfs_oid"])) == 64


@pytest.mark.parametrize(
    "target",
    [
        "file:a/b:../c",
        "file:a/b:/etc",
        "file:a/b:c/../d",
        "counts:a",
        "stars:org:a",
        "other:a/b",
        "file:a/b:x?y",
        "../x",
    ],
)
def test_target_that_could_lead_elsewhere_is_refused(target: str) -> None:
    with pytest.raises(WrongUse):
        polls([target])


@pytest.mark.parametrize(
    ("errors", "kind"),
    [
        ([{"type": "RATE_LIMITED", "message": "API rate limit exceeded"}], Backpressure),
        ([{"type": "NOT_FOUND", "message": "Could not resolve"}], Refused),
        ([{"extensions": {"code": "undefinedField"}, "message": "no such field"}], Refused),
        ([{"message": "Something went wrong while executing your query."}], Transient),
    ],
)
def test_errors_inside_a_200_are_told_apart(errors: list[object], kind: type[Exception]) -> None:
    body = orjson.dumps({"data": {"rateLimit": {"cost": 1}, "r0": None}, "errors": errors})

    assert type(failure_in(body)) is kind
    assert failure_in(orjson.dumps({"data": {"r0": {"stars": 1}, "r1": None}, "errors": errors})) is None
    assert failure_in(b'[{"body": "it has \\"errors\\""}]') is None


@pytest.mark.parametrize(
    ("body", "cost"),
    [(b'{"data":{"rateLimit":{"cost":7,"limit":5000}}}', 7), (b'{"data":{}}', 1), (b"[]", 1)],
)
def test_cost_is_what_the_answer_says(body: bytes, cost: int) -> None:
    assert cost_in(body) == cost


async def test_graphql_without_a_credential_says_what_it_takes() -> None:
    refusing = Vendor(lambda _: (403, {}, b'{"message": "forbidden"}'))
    async with bench(GITHUB, refusing, targets=[f"counts:{NAME}"], token=None) as parts:
        polled = (await parts.round())[0]

    assert isinstance(polled.error, Refused)
    assert "GraphQL answers nobody without" in polled.error.expected
