"""Polls that are asked for, beside the schedule."""

from __future__ import annotations

from connectors.kit.declaration import Poll
from connectors.kit.webhooks.asked import ASKED_MAX, SPACING_SECONDS, Asked


def poll(target: str) -> Poll:
    return Poll("thing", target, f"/{target}")


def test_poll_asked_for_many_times_is_made_once_and_once_more_after_a_rest() -> None:
    asked = Asked()
    for _ in range(5):
        asked.add(poll("a"))
    first = asked.take(0.0, set())
    asked.add(poll("a"))

    assert first == poll("a")
    assert asked.take(1.0, set()) is None
    assert asked.wait_seconds(1.0, set()) == SPACING_SECONDS - 1.0
    assert asked.take(SPACING_SECONDS, set()) == poll("a")
    assert asked.take(SPACING_SECONDS, set()) is None


def test_poll_that_is_running_is_not_made_twice_at_once() -> None:
    asked = Asked()
    asked.add(poll("a"))
    asked.add(poll("b"))
    running = {poll("a").request_key}

    assert asked.take(0.0, running) == poll("b")
    assert asked.take(0.0, running) is None
    assert asked.wait_seconds(0.0, running) is None
    assert asked.take(0.0, set()) == poll("a")


def test_polls_that_wait_are_bounded() -> None:
    asked = Asked()
    for number in range(ASKED_MAX):
        asked.add(poll(str(number)))

    assert not asked.room_for([poll("new")])
    assert asked.room_for([poll("0")])
