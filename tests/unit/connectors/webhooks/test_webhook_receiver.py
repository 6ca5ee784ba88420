"""What deliveries become, what they are answered, and what a replay finds."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import orjson
import pytest

from connectors.kit.webhooks import receiver as receiver_module
from connectors.kit.webhooks.receiver import UNDER_WAY_MAX
from connectors.kit.webhooks.seen import ENTRIES_PER_SLOT, SLOTS, Seen
from crosscurrent.errors import Transient
from crosscurrent.kafka import Acknowledged
from tests.contract.connector_bench import MemoryBroker
from tests.unit.connectors.webhooks.webhook_bench import (
    PAGE,
    SECRET,
    ReceiverBench,
    github_headers,
    notion_event,
    notion_headers,
    star,
)


@pytest.fixture
def github(tmp_path: Path) -> ReceiverBench:
    return ReceiverBench("github", tmp_path)


@pytest.fixture
def notion(tmp_path: Path) -> ReceiverBench:
    return ReceiverBench("notion", tmp_path)


def test_delivery_is_published_as_received_with_where_it_came_from(github: ReceiverBench) -> None:
    body = star()
    reply = github.receive(github_headers(body), body)

    assert (reply.status, reply.outcome) == (202, "taken")
    (event,) = github.broker.events()
    assert (event.endpoint, event.request_key) == ("webhook_star", "webhook_star:heron/reed")
    assert (event.payload, event.request_method, event.request_url) == (body, "POST", "/webhooks/github")
    assert event.headers["x-github-delivery"] == "d1"
    assert "x-hub-signature-256" not in event.headers
    assert event.observed_at.isoformat() == "2026-03-10T12:00:01+00:00"
    assert github.broker.topics == ["raw.github", "connector-state"]
    assert github.broker.states()[0].vouch_offsets == {"raw.github-0": 1}


def test_delivery_is_known_again_after_a_restart_by_its_id_and_by_its_body(github: ReceiverBench) -> None:
    first, other = star(1), star(2)
    github.receive(github_headers(first), first)

    again = github.receive(github_headers(first), first)
    other_id = github.receive(github_headers(first, delivery="d-forged"), first)
    other_body = github.receive(github_headers(other), other)

    assert {(reply.status, reply.outcome) for reply in (again, other_id, other_body)} == {(200, "replayed")}
    assert len(github.broker.events()) == 1


def test_redelivery_of_what_was_never_acknowledged_is_taken(github: ReceiverBench) -> None:
    body = star()
    away = Transient("no broker", expected="one", todo="wait")
    github.broker.failures["raw.github"] = [away]
    refused = github.receive(github_headers(body), body)

    assert (refused.status, refused.headers["retry-after"]) == (503, "30")
    assert github.receive(github_headers(body), body).status == 202
    assert len(github.broker.events()) == 1


def test_replay_that_nobody_remembers_makes_the_same_record(github: ReceiverBench) -> None:
    body = star()
    github.receive(github_headers(body), body)
    forgetful = ReceiverBench("github", github.home)
    forgetful.receive(github_headers(body, delivery="d2"), body)

    assert forgetful.broker.events()[0].record_id == github.broker.events()[0].record_id


@pytest.mark.parametrize(
    ("change", "status", "outcome"),
    [
        ({"x-hub-signature-256": "sha256=" + "0" * 64}, 401, "bad_signature"),
        ({"x-hub-signature-256": ""}, 401, "bad_signature"),
        ({"content-type": "application/x-www-form-urlencoded"}, 415, "not_json"),
        ({"x-github-event": "ping"}, 200, "ping"),
        ({"x-github-event": "label"}, 200, "other_kind"),
        ({"x-github-event": ""}, 422, "misfit"),
        ({"x-github-delivery": ""}, 422, "misfit"),
    ],
)
def test_delivery_that_is_not_taken_says_why(
    github: ReceiverBench, change: dict[str, str], status: int, outcome: str
) -> None:
    body = star()
    reply = github.receive(github_headers(body) | change, body)

    assert (reply.status, reply.outcome) == (status, outcome)
    assert github.broker.messages == []
    assert SECRET not in reply.detail


def test_delivery_about_what_is_not_watched_is_left(github: ReceiverBench) -> None:
    body = star(repository={"full_name": "somebody/else"})
    assert github.receive(github_headers(body), body).outcome == "other_target"
    github.targets = ("org:Somebody",)
    assert github.receive(github_headers(body), body).outcome == "taken"


def test_body_that_is_signed_and_no_json_is_refused(github: ReceiverBench) -> None:
    assert github.receive(github_headers(b"{"), b"{").status == 400
    body = orjson.dumps([1])
    assert github.receive(github_headers(body), body).status == 422


class StuckBroker(MemoryBroker):
    """Acknowledges nothing."""

    async def publish(self, topic: str, **_: object) -> Acknowledged:
        await asyncio.Event().wait()
        raise AssertionError(topic)


async def test_deliveries_are_bounded_while_the_broker_says_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiver_module, "ANSWER_SECONDS_MAX", 0.01)
    monkeypatch.setattr(receiver_module, "_CLOSE_SECONDS_MAX", 0.01)
    receiver = ReceiverBench("github", tmp_path, broker=StuckBroker()).receiver()
    bodies = [star(1, nonce=number) for number in range(UNDER_WAY_MAX + 1)]
    replies = [
        await receiver.receive(github_headers(body, delivery=f"d{number}"), body)
        for number, body in enumerate(bodies)
    ]
    again = await receiver.receive(github_headers(bodies[0], delivery="d0"), bodies[0])
    await receiver.close()

    assert {reply.status for reply in replies} == {503}
    assert "not acknowledged" in replies[0].detail
    assert f"{UNDER_WAY_MAX} deliveries wait" in replies[-1].detail
    assert "not acknowledged" in again.detail


@pytest.mark.parametrize(
    ("kind", "changes", "asked"),
    [
        ("page.properties_updated", {}, [f"page:{PAGE}"]),
        ("page.content_updated", {}, [f"page:{PAGE}", f"block_children:{PAGE}"]),
        (
            "page.created",
            {"data": {"parent": {"id": PAGE, "type": "database", "data_source_id": PAGE.replace("-", "")}}},
            [f"page:{PAGE}", f"data_source_query:{PAGE}"],
        ),
        ("data_source.schema_updated", {}, [f"data_source:{PAGE}", f"data_source_query:{PAGE}"]),
        ("database.moved", {}, [f"database:{PAGE}"]),
        (
            "comment.created",
            {"data": {"page_id": PAGE, "parent": {"id": PAGE, "type": "page"}}},
            [f"comments:{PAGE}"],
        ),
    ],
)
def test_notion_event_makes_the_poll_of_what_it_names(
    notion: ReceiverBench, kind: str, changes: dict[str, Any], asked: list[str]
) -> None:
    body = notion_event(kind, **changes)
    assert notion.receive(notion_headers(body), body).outcome == "taken"
    assert [f"{poll.endpoint}:{poll.target}" for poll in notion.asked] == asked
    (event,) = notion.broker.events()
    assert notion.connector.map_payload(event).things == []


def test_notion_event_sent_again_is_known_though_its_attempt_differs(notion: ReceiverBench) -> None:
    first, second = notion_event("page.moved"), notion_event("page.moved", attempt=2)
    assert notion.receive(notion_headers(first), first).outcome == "taken"
    assert notion.receive(notion_headers(second), second).outcome == "replayed"


def test_notion_event_is_not_acknowledged_while_there_is_no_room_for_its_poll(notion: ReceiverBench) -> None:
    body = notion_event("page.moved")
    notion.room = False
    assert notion.receive(notion_headers(body), body).status == 503
    notion.room = True
    assert notion.receive(notion_headers(body), body).status == 202


def test_notion_event_of_a_lock_or_of_another_page_is_left(notion: ReceiverBench) -> None:
    locked, moved = notion_event("page.locked"), notion_event("page.moved")
    assert notion.receive(notion_headers(locked), locked).outcome == "other_kind"
    notion.targets = ("page:263104cd477e804b8c32000b2fcd241a",)
    assert notion.receive(notion_headers(moved), moved).outcome == "other_target"


def test_token_that_notion_tells_is_kept_once_where_only_its_owner_reads(notion: ReceiverBench) -> None:
    notion.secret = None
    body = orjson.dumps({"verification_token": "secret_tMrlL1qK5vuQAh1b6cZGhFChZTSYJlce98V0pYn7yBl"})
    headers = {"content-type": "application/json"}
    told = notion.receive(headers, body)
    other = notion.receive(headers, orjson.dumps({"verification_token": "secret_of_somebody_else"}))
    event = notion_event("page.moved")

    path = notion.home / "token"
    assert (told.status, other.status) == (200, 403)
    assert path.read_text() == "secret_tMrlL1qK5vuQAh1b6cZGhFChZTSYJlce98V0pYn7yBl\n"
    assert path.stat().st_mode & 0o777 == 0o600
    assert notion.receive(notion_headers(event), event).outcome == "no_secret"
    assert "secret_" not in told.detail + other.detail


def test_token_is_no_way_around_a_secret_that_is_set(notion: ReceiverBench) -> None:
    headers = {"content-type": "application/json"}
    assert notion.receive(headers, orjson.dumps({"verification_token": SECRET})).status == 200
    assert notion.receive(headers, orjson.dumps({"verification_token": "another"})).status == 403
    assert not (notion.home / "token").exists()


def test_memory_of_deliveries_is_bounded_and_forgets_the_oldest() -> None:
    seen = Seen()
    for number in range(SLOTS * ENTRIES_PER_SLOT * 2):
        seen.add((f"d{number}",))
    stored = {f"webhook_deliveries:{slot}": seen.stored(slot) for slot in range(SLOTS)}
    again = Seen(
        {**stored, "repository:heron/reed": "{}", "webhook_deliveries:0x": "{}", "webhook_deliveries:9": "no"}
    )

    assert max(len(text) for text in stored.values()) < 2048
    assert not seen.knows(("d0",))
    assert again.knows((f"d{SLOTS * ENTRIES_PER_SLOT * 2 - 1}",))
