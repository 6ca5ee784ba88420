"""Connectors as processes, on the played vendors and a real broker. Each test has a tenant of its own."""

from __future__ import annotations

import signal
import time

import pytest

from schemas.records import RawEvent
from tests.integration.connectors.conftest import (
    KEY,
    SAILBENCH,
    TOKEN,
    WAIT_SECONDS,
    Connectors,
    World,
    wait_for,
)

pytestmark = pytest.mark.integration

REPOSITORY = f"repository:{SAILBENCH}"
EVENTS = f"events:{SAILBENCH}"
ISSUES = f"issues:{SAILBENCH}"
ORGANISATION = "organisation_repositories:tarnholt"
OWN_TO_A_RUN = {"fetched_at", "tenant", "record_id", "poll_id"}
FIFTY_MEGABYTES = 50 * 1024 * 1024


def test_connector_polls_conditionally_and_follows_pages(world: World, start: Connectors) -> None:
    connector = start.github(world)
    wait_for(lambda: len(connector.read().outcomes(REPOSITORY)) >= 4, "four polls")
    world.advance()
    wait_for(lambda: connector.read().outcomes(REPOSITORY).count("ok") == 2, "a poll of what has changed")

    read = connector.read()
    assert read.outcomes(REPOSITORY)[:4] == ["ok", "unchanged", "unchanged", "unchanged"]
    assert len([e for e in read.events if e.request_key == REPOSITORY]) == 2
    unchanged = [state for state in read.states if state.outcome == "unchanged"]
    assert {state.requests_counted for state in unchanged} == {0}
    assert all(state.not_modified == state.requests for state in unchanged)
    pages = [e for e in read.events if e.request_key == EVENTS][:3]
    assert [page.page_index for page in pages] == [0, 1, 2]
    assert len({page.poll_id for page in pages}) == 1
    assert "/repositories/" in pages[1].request_url
    assert 'outcome="not_modified",source="github"' in connector.metrics()


def test_connector_stopped_and_started_goes_on_where_it_was(world: World, start: Connectors) -> None:
    first = start.github_process(world)
    wait_for(lambda: first.read().outcomes(ISSUES).count("unchanged"), "issues up to date")
    assert first.end(signal.SIGTERM) == 0
    before = first.read()

    second = start.github_process(world, tenant=first.tenant)
    wait_for(lambda: len(second.read().states) >= len(before.states) + 4, "polls after the start")
    assert second.end(signal.SIGINT) == 0

    after = second.read()
    assert len(after.events) == len(before.events)
    assert {state.outcome for state in after.states[len(before.states) :]} == {"unchanged"}
    assert len({state.record_id for state in after.states}) == len(after.states)


@pytest.mark.parametrize("dies_at", [1, 3])
def test_connector_killed_between_events_and_state_makes_the_poll_again(
    world: World, start: Connectors, dies_at: int
) -> None:
    dying = start.github_process(world, die_before_state=dies_at)
    assert dying.process.wait(WAIT_SECONDS) == -signal.SIGKILL
    assert sum(state.events > 0 for state in dying.read().states) < dies_at

    again = start.github(world, tenant=dying.tenant)
    wait_for(lambda: again.read().outcomes(ISSUES).count("unchanged"), "issues up to date")
    again.stop()
    undisturbed = start.github(world)
    wait_for(lambda: undisturbed.read().outcomes(ISSUES).count("unchanged"), "issues up to date")
    undisturbed.stop()

    made = again.read()
    made_again = len(made.events) - len({event.record_id for event in made.events})
    assert made_again >= 1
    assert len({content_of(event) for event in made.events}) == len(made.events) - made_again
    assert {content_of(event) for event in made.events} == {content_of(e) for e in undisturbed.read().events}
    polls = {(state.request_key, state.record_id) for state in made.states}
    assert len(polls) == len(made.states)


def test_connector_state_never_stands_ahead_of_its_events(world: World, start: Connectors) -> None:
    connector = start.github_process(world)
    wait_for(lambda: len(connector.read().states) >= 8, "polls")
    connector.stop()

    read = connector.read()
    end = max(read.offsets) + 1
    assert all(state.vouch_offsets["raw.github-0"] <= end for state in read.states)
    assert {state.cluster for state in read.states} == {"life-1"}


def test_connector_stays_within_a_quota_that_it_can_foresee(start: Connectors) -> None:
    world = World("--manual")
    try:
        # without a token 60 requests an hour, and a 304 counts
        connector = start.github(world, ["org:tarnholt", SAILBENCH], token=None, poll_interval_seconds=0.02)
        wait_for(lambda: "throttled" in {state.outcome for state in connector.read().states}, "the reserve")
        time.sleep(0.5)
        connector.stop()
        polls = len(connector.read().states)
        restarted = start.github(world, ["org:tarnholt"], token=None, tenant=connector.tenant)
        wait_for(lambda: len(restarted.read().states) > polls, "a poll after the start")

        answers = world.requests("github")
        assert set(answers) == {"200", "304"}
        assert sum(answers.values()) == 60 - 6
        throttled = [state for state in connector.read().states if state.outcome == "throttled"]
        assert all(state.quota_remaining == 6 and "quota" in (state.error or "") for state in throttled)
    finally:
        world.close()


def test_connector_obeys_retry_after(world: World, start: Connectors) -> None:
    connector = start.github(world, ["org:tarnholt"])
    connector.wait_ready()
    world.fault("github", "status-429", seconds=2)
    wait_for(lambda: world.state()["faults_pending"]["github"] == 0, "the refusal")
    asked = sum(world.requests("github").values())
    time.sleep(1.5)

    assert sum(world.requests("github").values()) == asked
    wait_for(lambda: sum(world.requests("github").values()) > asked + 2, "polls after the wait")
    retried = [state for state in connector.read().states if state.retries]
    assert [state.outcome for state in retried] == ["unchanged"]
    assert connector.read().letters == []


def test_connector_with_a_refused_credential_says_so_and_asks_no_more(
    world: World, start: Connectors
) -> None:
    refused = world.requests("github").get("401", 0)
    connector = start.github(world, token="an-0ther-token")
    wait_for(lambda: len(connector.read().states) == 4, "one failed poll of each request")
    time.sleep(1)

    read = connector.read()
    status, reason = connector.readiness()
    assert world.requests("github")["401"] - refused == 4
    assert {state.outcome for state in read.states} == {"failed"}
    assert all("CROSSCURRENT_SOURCES__GITHUB__TOKEN" in (state.error or "") for state in read.states)
    assert (status, "401" in reason) == (503, True)
    assert (read.events, read.letters) == ([], [])


def test_connector_leaves_a_target_that_is_gone_and_goes_on_with_others(
    world: World, start: Connectors
) -> None:
    connector = start.github(world, ["org:nobody-here", "org:tarnholt"])
    wait_for(lambda: len(connector.read().outcomes(ORGANISATION)) >= 5, "polls of the other target")

    assert connector.read().outcomes("organisation_repositories:nobody-here") == ["failed"]
    assert connector.readiness()[0] == 200


def test_connector_dead_letters_a_body_that_stays_truncated(world: World, start: Connectors) -> None:
    world.fault("github", "truncate", count=4, path="/orgs/tarnholt")
    connector = start.github(world, ["org:tarnholt"])
    wait_for(lambda: connector.read().outcomes(ORGANISATION)[-1:] == ["unchanged"], "whole bodies again")

    read = connector.read()
    (letter,) = read.letters
    assert read.outcomes(ORGANISATION)[:2] == ["failed", "ok"]
    assert read.states[0].retries == 3
    assert letter.value.startswith(b'[{"id":')
    assert (letter.topic, letter.partition, letter.offset) == ("", -1, -1)
    assert letter.headers["request_key"] == ORGANISATION.encode()
    assert letter.error == "Truncated"


def test_connector_asks_again_after_a_disconnect_and_a_server_error(world: World, start: Connectors) -> None:
    world.fault("github", "disconnect", path="/orgs/tarnholt")
    world.fault("github", "status-502", path="/orgs/tarnholt")
    connector = start.github(world, ["org:tarnholt"])
    wait_for(lambda: connector.read().states, "a poll")

    first = connector.read().states[0]
    assert (first.outcome, first.retries, first.events) == ("ok", 2, 1)
    assert connector.read().letters == []


def test_connector_passes_fifty_megabytes_through_or_dead_letters_them(
    world: World, start: Connectors
) -> None:
    world.fault("github", "huge", path="/orgs/tarnholt", bytes=FIFTY_MEGABYTES)
    connector = start.github(world, ["org:tarnholt"])
    wait_for(lambda: len(connector.read().states) >= 2, "the poll and the one after it")
    connector.stop()

    read = connector.read()
    passed = [event for event in read.events if len(event.payload) == FIFTY_MEGABYTES]
    refused = [letter for letter in read.letters if "bytes are kept here" in letter.found]
    assert len(passed) + len(refused) == 1
    assert read.states[0].bytes_received == FIFTY_MEGABYTES
    assert read.states[1].outcome in {"ok", "unchanged"}


def test_connector_publishes_what_is_not_json_as_received(world: World, start: Connectors) -> None:
    world.fault("pokeapi", "not-json")
    connector = start.thread("pokeapi", f"{world.url}/pokeapi", targets=["1"], poll_interval_seconds=0.2)
    wait_for(lambda: "ok" in connector.read().outcomes("evolution_chain:1"), "what the others name")

    read = connector.read()
    broken = [event for event in read.events if event.payload.startswith(b"<html>")]
    assert [event.status for event in broken] == [200]
    assert read.letters == []


def test_connector_shows_its_secrets_nowhere(world: World, start: Connectors) -> None:
    world.fault("openweathermap", "truncate", count=8, path="/forecast")
    world.fault("openweathermap", "status-404", path="/weather")
    connector = start.process(
        "openweathermap",
        f"{world.url}/openweathermap",
        token=KEY,
        targets=["2643743", "59.9127,10.7461"],
        poll_interval_seconds=0.2,
    )
    github = start.github_process(world)
    wait_for(
        lambda: len(connector.read().states) >= 8 and len(connector.read().letters), "polls and failures"
    )
    wait_for(lambda: github.read().states, "polls")
    metrics = connector.metrics() + github.metrics()
    assert connector.readiness()[0] in {200, 503}
    connector.end(signal.SIGTERM)
    github.end(signal.SIGTERM)

    shown = connector.read().bytes_of_all + github.read().bytes_of_all
    text = "".join([metrics, *connector.log, *github.log])
    assert b"appid=REDACTED" not in shown
    for secret in (KEY, TOKEN):
        assert secret.encode() not in shown
        assert secret not in text


def test_connector_waits_for_a_vendor_that_is_away_and_says_so(world: World, start: Connectors) -> None:
    del world
    connector = start.thread("pokeapi", "http://127.0.0.1:9", targets=["1"])
    wait_for(lambda: len(connector.read().outcomes("pokemon:1")) >= 1, "a failed poll")

    status, reason = connector.readiness()
    assert status == 503
    assert "ConnectError" in reason


def content_of(event: RawEvent) -> str:
    """A record but for our own clock, and for what follows from the tenant of the test."""
    fields = event.to_avro()
    return repr([fields[name] for name in sorted(fields) if name not in OWN_TO_A_RUN])
