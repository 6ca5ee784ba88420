"""Which request is next."""

from __future__ import annotations

from connectors.kit.declaration import Poll
from connectors.kit.schedule import Schedule


def poll(target: str) -> Poll:
    return Poll("thing", target, "/thing")


def taken(schedule: Schedule, now: float) -> list[str]:
    found = []
    while (due := schedule.take(now)) is not None:
        found.append(due.target)
    return found


def test_schedule_takes_in_the_order_of_declaration_and_none_twice() -> None:
    schedule = Schedule()
    for target in "bca":
        schedule.add(poll(target), 0)

    assert taken(schedule, 0) == ["b", "c", "a"]
    assert taken(schedule, 100) == []
    assert schedule.wait_seconds(100) is None


def test_schedule_counts_from_when_a_poll_was_due_and_not_from_when_it_ended() -> None:
    schedule = Schedule()
    schedule.add(poll("a"), 0)
    schedule.add(poll("slow"), 0)
    for target, multiple in (("a", 1), ("slow", 3)):
        schedule.take(0)
        schedule.put_back(poll(target), 4, 10 * multiple)

    assert schedule.wait_seconds(4) == 6
    assert taken(schedule, 10) == ["a"]
    assert taken(schedule, 30) == ["slow"]


def test_schedule_does_not_make_up_for_what_a_slow_poll_missed() -> None:
    schedule = Schedule()
    schedule.add(poll("a"), 0)
    schedule.take(0)
    schedule.put_back(poll("a"), 50, 1)

    assert taken(schedule, 50) == ["a"]
    schedule.put_back(poll("a"), 50.1, 1)
    assert schedule.wait_seconds(50.1) == 51 - 50.1


def test_schedule_lets_a_poll_rest_as_long_as_asked() -> None:
    schedule = Schedule()
    schedule.add(poll("a"), 0)
    schedule.take(0)
    schedule.put_back(poll("a"), 1, 1, pause_seconds=60)

    assert schedule.wait_seconds(1) == 60


def test_schedule_knows_a_request_by_its_key() -> None:
    schedule = Schedule()

    assert schedule.add(poll("a"), 0)
    assert not schedule.add(Poll("thing", "a", "/another/way"), 0)
    assert len(schedule) == 1


def test_schedule_hastens_what_waits_and_what_is_away() -> None:
    schedule = Schedule()
    waiting, away = poll("waiting"), poll("away")
    schedule.add(waiting, 50.0)
    schedule.add(away, 0.0)
    assert schedule.take(1.0) == away

    assert schedule.hasten(waiting.request_key, 2.0)
    assert schedule.hasten(away.request_key, 2.0)
    assert not schedule.hasten("thing:unknown", 2.0)

    assert schedule.take(2.0) == waiting
    schedule.put_back(away, 3.0, 100.0)
    assert schedule.take(3.0) == away
    schedule.put_back(away, 4.0, 100.0)
    assert schedule.wait_seconds(4.0) == 99.0
