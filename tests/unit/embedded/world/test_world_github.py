"""The played GitHub: credentials, quota, conditional requests, pages, and values that agree with each other."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from crosscurrent.clock import ManualClock
from crosscurrent.embedded.world import default_scenario
from crosscurrent.embedded.world.exchange import Answer
from crosscurrent.embedded.world.github_api import GithubTerms
from crosscurrent.embedded.world.virtual_time import VirtualTime
from crosscurrent.embedded.world.world import World, WorldTerms

REPOSITORY = "/repos/quillfen-works/sailbench"
QUIET = "/repos/tarnholt/peatbog"


class Client:
    """Asks a world's GitHub."""

    def __init__(self, *, token: str | None = None, limit: int = 5000) -> None:
        scenario = default_scenario(1)
        self.clock = ManualClock()
        self.time = VirtualTime(scenario.start_seconds, self.clock, speed=0)
        self.world = World(scenario, self.time, WorldTerms(GithubTerms(token, limit)))

    def get(self, address: str, **headers: str) -> Answer:
        path, _, query = address.partition("?")
        asked = dict(part.split("=") for part in query.split("&") if part)
        sent = {"user_agent": "test", "authorization": "Bearer good", **headers}
        sent = {name.replace("_", "-"): value for name, value in sent.items() if value}
        return self.world.answer("github", path, asked, sent, "http://here/github", None)

    def json(self, address: str) -> Any:
        answer = self.get(address)
        assert answer.status == 200
        return orjson.loads(answer.body)


def test_request_gets_the_same_bytes_when_made_again_at_the_same_virtual_time() -> None:
    one, other = Client(), Client()
    for client in (one, other):
        client.time.advance(3600 * 77)

    for address in (
        REPOSITORY,
        f"{REPOSITORY}/issues?state=all",
        f"{REPOSITORY}/events",
        f"{REPOSITORY}/releases",
    ):
        assert one.get(address).body == other.get(address).body == one.get(address).body


def test_repository_changes_when_an_hour_has_passed() -> None:
    client = Client()
    before = client.json(REPOSITORY)
    client.time.advance(3600)

    assert client.json(REPOSITORY)["stargazers_count"] > before["stargazers_count"] + 100


def test_repository_shows_the_hour_nearest_to_the_date() -> None:
    client = Client()
    client.time.advance(30 * 60)
    half_past = client.json(REPOSITORY)
    client.time.advance(60)
    later = client.json(REPOSITORY)

    assert half_past["updated_at"] == "2026-01-04T23:31:00Z"
    assert later["updated_at"] == "2026-01-05T00:31:00Z"


def test_unchanged_repository_is_a_304_that_costs_nothing() -> None:
    client = Client()
    first = client.get(QUIET)
    again = client.get(QUIET, if_none_match=first.headers["etag"])

    assert first.headers["etag"].startswith('W/"')
    assert (again.status, again.body) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"].removeprefix("W/")
    assert again.headers["x-ratelimit-remaining"] == first.headers["x-ratelimit-remaining"]


def test_unchanged_repository_is_a_304_by_its_date_too() -> None:
    client = Client()
    first = client.get(QUIET)

    assert client.get(QUIET, if_modified_since=first.headers["last-modified"]).status == 304
    assert client.get(QUIET, if_modified_since="Mon, 01 Jan 2024 00:00:00 GMT").status == 200
    assert client.get(QUIET, if_modified_since="yesterday").status == 200


def test_304_counts_for_a_caller_without_a_token() -> None:
    client = Client()
    first = client.get(QUIET, authorization="")
    again = client.get(QUIET, authorization="", if_none_match=first.headers["etag"])

    assert again.status == 304
    assert int(again.headers["x-ratelimit-remaining"]) == int(first.headers["x-ratelimit-remaining"]) - 1


def test_bad_token_is_refused_in_githubs_words() -> None:
    answer = Client(token="good").get(REPOSITORY, authorization="Bearer bad")

    assert answer.status == 401
    assert orjson.loads(answer.body) == {
        "message": "Bad credentials",
        "documentation_url": "https://docs.github.com/rest",
        "status": "401",
    }


def test_caller_without_a_token_has_sixty_requests() -> None:
    answer = Client(token="good").get(REPOSITORY, authorization="")

    assert (answer.status, answer.headers["x-ratelimit-limit"]) == (200, "60")


def test_caller_without_a_user_agent_is_refused() -> None:
    assert Client().get(REPOSITORY, user_agent="").status == 403


def test_spent_quota_is_a_403_until_its_reset() -> None:
    client = Client(limit=3)
    client.get(REPOSITORY)
    client.clock.advance(600)
    client.time.advance(7200)
    for _ in range(2):
        client.get(REPOSITORY)

    refused = client.get(REPOSITORY)

    assert (refused.status, refused.headers["x-ratelimit-remaining"]) == (403, "0")
    assert b"API rate limit exceeded" in refused.body
    # in real seconds, whatever virtual time does
    assert int(refused.headers["x-ratelimit-reset"]) - int(client.time.now_seconds()) == 3000
    client.clock.advance(3000)
    assert client.get(REPOSITORY).status == 200


def test_rate_limit_is_told_without_being_counted() -> None:
    client = Client()
    client.get(REPOSITORY)
    client.json("/rate_limit")

    assert client.json("/rate_limit")["resources"]["core"]["used"] == 1


def test_unknown_repository_is_a_404() -> None:
    answer = Client().get("/repos/no/such")

    assert answer.status == 404
    assert orjson.loads(answer.body)["message"] == "Not Found"


def test_pages_lead_to_every_issue_once_and_stop() -> None:
    client = Client()
    address, numbers = f"{REPOSITORY}/issues?state=all&per_page=50", []
    for _ in range(100):
        answer = client.get(address)
        numbers += [issue["number"] for issue in orjson.loads(answer.body)]
        parts = [part.split("; rel=") for part in answer.headers.get("link", "").split(", ") if part]
        links = {relation: link for link, relation in parts}
        if '"next"' not in links:
            break
        address = links['"next"'].strip("<>").removeprefix("http://here/github")

    assert len(numbers) == len(set(numbers)) > 150
    assert address.startswith("/repositories/412000300/issues?")


def test_open_issues_in_the_list_are_as_many_as_the_repository_says() -> None:
    client = Client()
    client.time.advance(3600 * 300)

    stated = client.json(REPOSITORY)["open_issues_count"]
    listed = sum(len(client.json(f"{REPOSITORY}/issues?per_page=100&page={page}")) for page in (1, 2, 3))

    assert listed == stated > 0


def test_issues_since_a_moment_are_those_changed_from_it_on() -> None:
    client = Client()
    client.time.advance(3600 * 20)
    since = "2026-01-05T12:31:00Z"

    everything = [
        issue
        for page in range(1, 6)
        for issue in client.json(f"{REPOSITORY}/issues?state=all&per_page=100&page={page}")
    ]
    changed = client.json(f"{REPOSITORY}/issues?state=all&per_page=100&since={since}")

    assert {issue["number"] for issue in changed} == {
        i["number"] for i in everything if i["updated_at"] >= since
    }
    assert any(issue["state"] == "closed" for issue in changed)


def test_some_issues_are_pull_requests() -> None:
    issues = Client().json(f"{REPOSITORY}/issues?state=all&per_page=100")

    assert 10 < sum("pull_request" in issue for issue in issues) < 90


def test_events_are_newest_first_with_ids_that_grow_and_never_change() -> None:
    client = Client()
    before = {event["id"]: event for event in client.json(f"{REPOSITORY}/events?per_page=100")}
    client.time.advance(3600 * 3)
    answer = client.get(f"{REPOSITORY}/events?per_page=100")
    after = orjson.loads(answer.body)
    ids = [int(event["id"]) for event in after]

    assert ids == sorted(ids, reverse=True)
    assert len(ids) == len(set(ids))
    assert all(before[event["id"]] == event for event in after if event["id"] in before)
    assert answer.headers["x-poll-interval"] == "60"


def test_downloads_of_a_release_only_grow() -> None:
    client = Client()
    before = client.json(f"{REPOSITORY}/releases")
    client.time.advance(3600 * 24)
    after = {release["id"]: release for release in client.json(f"{REPOSITORY}/releases")}

    grown = [after[r["id"]]["assets"][0]["download_count"] - r["assets"][0]["download_count"] for r in before]

    assert min(grown) >= 0
    assert max(grown) > 0


def test_organisation_lists_its_repositories_by_name_and_by_id() -> None:
    client = Client()
    by_name = client.json("/orgs/tarnholt/repos?per_page=100")

    assert [one["name"] for one in by_name] == [
        "lantern-db",
        "millrace",
        "cairnmap",
        "slipway",
        "gorse",
        "peatbog",
    ]
    assert client.json(f"/organizations/{by_name[0]['owner']['id']}/repos") == by_name


@pytest.mark.parametrize("page", ["0", "-1", "x", "1e3"])
def test_page_that_is_no_number_counts_as_the_first(page: str) -> None:
    client = Client()

    assert client.json(f"/orgs/tarnholt/repos?page={page}") == client.json("/orgs/tarnholt/repos")
