"""The tables are what the code makes of the raw events; where the code is another, it is told, and can be put right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from crosscurrent.cli.replay import normalise_with
from crosscurrent.kafka import Producer
from schemas.mapping import MapPayload, MappedPayload
from schemas.records import RawEvent
from sinks.clickhouse.audit import audit
from sinks.clickhouse.remake import Remake, RemakeReport
from sinks.clickhouse.remake.standing import BEGINNING
from streams.normalise import NormaliseProcessor
from tests.integration.sink import sample
from tests.integration.sink.conftest import Broker, make_settings
from tests.integration.sink.small_world import POINTS, POISON_EVENTS, PROCESSORS, SERIES, SmallWorld, mapping

pytestmark = pytest.mark.integration

EVENTS = 10
GOOD = EVENTS - len([number for number in POISON_EVENTS if number < EVENTS])
FAR = datetime(2200, 1, 1, tzinfo=UTC)


@pytest.fixture
def world(clickhouse_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallWorld]:
    broker = Broker()
    broker.start()
    world = SmallWorld(make_settings(clickhouse_url, broker.servers), broker, monkeypatch)
    world.poll(EVENTS)
    take_in(world)
    yield world
    world.client.command(f"DROP DATABASE {world.client.database}")
    world.close()
    broker.stop()


def take_in(world: SmallWorld) -> None:
    world.process("normalise")
    while world.sink():
        pass


def replay(
    world: SmallWorld, rules: MapPayload = mapping, *, write: bool = False, **bounds: datetime
) -> RemakeReport:
    normaliser = NormaliseProcessor(world.codec, {sample.SOURCE: rules})
    producer = Producer(world.settings.bootstrap_servers) if write else None
    remake = Remake(world.client, world.codec, normalise_with(normaliser), {sample.SOURCE: "today"}, producer)
    try:
        return remake.run([sample.SOURCE], **({"since": BEGINNING, "until": FAR} | bounds))
    finally:
        if producer is not None:
            producer.close()


def altered(raw: RawEvent) -> MappedPayload:
    """Say other values of one series, a further one, and nothing of another."""
    mapped = mapping(raw)
    told = []
    for one in mapped.measurements:
        if one.entity_id == "org/0":
            told += [replace(one, value=one.value + 1.0), replace(one, measure="forks")]
        elif one.entity_id == "org/1":
            told.append(one)
    return MappedPayload([replace(thing, name=thing.name.upper()) for thing in mapped.things], told)


def normalise_altered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the altered code run from now on."""
    versions = {sample.SOURCE: "v2"}
    monkeypatch.setitem(
        PROCESSORS, "normalise", lambda codec: NormaliseProcessor(codec, {sample.SOURCE: altered}, versions)
    )


def is_clean(world: SmallWorld) -> bool:
    report = audit(world.settings, wait_seconds=0)
    return all(not check.findings_total for check in report.checks)


def test_replay_finds_every_row_byte_for_byte_as_it_was_made(world: SmallWorld) -> None:
    report = replay(world)
    assert report.is_equal
    assert (report.raw_events, report.refused) == (EVENTS, EVENTS - GOOD)
    assert report.outcomes["observations", "equal"] == GOOD * POINTS * SERIES
    assert report.outcomes["entities", "equal"] == GOOD * SERIES
    nothing = replay(world, since=datetime.now(UTC) + timedelta(days=1))
    assert nothing.raw_events == 0


def test_replay_tells_which_rows_differ_and_by_which_versions_and_changes_nothing(world: SmallWorld) -> None:
    before = world.contents()
    report = replay(world, altered)
    each = GOOD * POINTS
    assert {key: count for key, count in report.outcomes.items() if key[0] == "observations" and count} == {
        ("observations", "equal"): each,
        ("observations", "different"): each,
        ("observations", "missing"): each,
        ("observations", "not made"): each,
    }
    assert report.outcomes["entities", "different"] == GOOD * SERIES
    assert set(report.versions) == {
        (outcome, "not recorded", "today") for outcome in ("different", "missing", "not made")
    }
    first = next(
        one for one in report.differences if one.table == "observations" and one.outcome == "different"
    )
    assert float(first.made["value"]) == float(first.stands["value"]) + 1.0
    assert world.contents() == before


def test_replay_puts_right_what_differs_and_publishes_again_what_is_missing(
    world: SmallWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = replay(world, altered, write=True)
    assert report.corrected == GOOD * (POINTS + SERIES)
    assert report.published == GOOD
    normalise_altered(monkeypatch)
    take_in(world)
    assert is_clean(world)
    after = replay(world, altered)
    assert {key[1] for key, count in after.outcomes.items() if count} == {"equal", "not made"}
    made_by = world.client.query(
        "SELECT _logic, count() AS count FROM observations GROUP BY _logic ORDER BY _logic"
    )
    each = GOOD * POINTS
    assert [(row["_logic"], row["count"]) for row in made_by] == [
        ("", 2 * each),
        ("today", each),
        ("v2", each),
    ]


def test_replay_ends_a_correction_that_was_cut_off_between_the_new_row_and_the_old(
    world: SmallWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut_off(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("sinks.clickhouse.remake.standing.Standing.delete", cut_off)
        with pytest.raises(KeyboardInterrupt):
            replay(world, altered, write=True)
    replay(world, altered, write=True)
    normalise_altered(monkeypatch)
    take_in(world)
    report = replay(world, altered)
    assert not report.outcomes["entities", "different"] + report.outcomes["observations", "different"]
    assert is_clean(world)
