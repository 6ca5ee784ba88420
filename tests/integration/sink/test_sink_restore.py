"""A broker that forgets loses nothing: whatever life ended when, the tables end as those of an undisturbed run."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator

import pytest

from crosscurrent.errors import Transient
from crosscurrent.kafka import high_watermarks, read_to_end
from crosscurrent.settings import Settings
from schemas.records import ConnectorState
from sinks.clickhouse import ClickHouse, migrate
from sinks.clickhouse.audit import audit
from sinks.clickhouse.client import Rows
from sinks.clickhouse.restore.states import States
from tests.integration.sink.conftest import Broker, make_settings
from tests.integration.sink.small_world import EVENTS, PROCESSORS, SINK_TOPICS, SmallWorld

pytestmark = pytest.mark.integration

LIVES = 3
# more of them find rarer moments: each seed is another history
SEEDS = int(os.environ.get("CROSSCURRENT_TEST_RESTORES", "1"))


@pytest.fixture(scope="module")
def database(clickhouse_url: str) -> Iterator[Settings]:
    """One database for all tests of this module, for making its tables takes longer than most of them."""
    settings = make_settings(clickhouse_url)
    client = ClickHouse(settings)
    migrate(client)
    yield settings
    client.command(f"DROP DATABASE {client.database}")
    client.close()


@pytest.fixture
def world(database: Settings, broker: Broker, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallWorld]:
    kafka = database.kafka.model_copy(update={"bootstrap_servers": broker.servers})
    world = SmallWorld(database.model_copy(update={"kafka": kafka}), broker, monkeypatch)
    yield world
    world.empty_tables()
    world.close()


@pytest.fixture(scope="module")
def undisturbed(database: Settings) -> dict[str, Rows]:
    broker = Broker()
    broker.start()
    kafka = database.kafka.model_copy(update={"bootstrap_servers": broker.servers})
    with pytest.MonkeyPatch.context() as patch:
        world = SmallWorld(database.model_copy(update={"kafka": kafka}), broker, patch)
        world.poll(EVENTS)
        world.finish()
        contents = world.contents()
        world.empty_tables()
    world.close()
    broker.stop()
    assert len(contents["dead_letters"]) == 2
    assert len(contents["anomalies"]) >= 1
    assert [(row["kind"], row["path"]) for row in contents["schema_drift"]] == [("type_changed", "$[][]")]
    assert len(contents["correlation_windows"]) >= 1
    return contents


def take_in_half(world: SmallWorld) -> None:
    """Let every processor and the sink come to the end of the first half of the events."""
    world.poll(EVENTS // 2)
    world.sink()
    for processor in PROCESSORS:
        world.process(processor)
    while world.sink():
        pass


def different(world: SmallWorld, undisturbed: dict[str, Rows]) -> list[str]:
    contents = world.contents()
    return [table for table in undisturbed if contents[table] != undisturbed[table]]


@pytest.mark.parametrize("seed", range(SEEDS))
def test_restore_ends_in_the_undisturbed_tables_when_lives_end_at_random_moments(
    undisturbed: dict[str, Rows], world: SmallWorld, seed: int
) -> None:
    choose = random.Random(seed)
    for life in range(1, LIVES + 1):
        world.begin_life()
        world.poll(choose.randint(0, EVENTS * life // LIVES))
        for _ in range(choose.randint(0, 7)):
            step(world, choose)
    world.begin_life()
    world.poll(EVENTS)
    world.finish()
    assert different(world, undisturbed) == []
    assert audit(world.settings, wait_seconds=0).findings == ()


def step(world: SmallWorld, choose: random.Random) -> None:
    if choose.random() < 0.4:
        dies_before = choose.choice([None, None, "write_ledger", "recompute_rollups"])
        world.sink(limit=choose.choice([1, 3, 10, 1000]), dies_before=dies_before)
    else:
        world.process(
            choose.choice(list(PROCESSORS)),
            limit=choose.choice([1, 4, 15, 1000]),
            checkpoint=choose.random() < 0.7,
        )


def positions(world: SmallWorld, column: str) -> dict[str, dict[str, int]]:
    sql = f"SELECT processor, {column} AS offsets FROM processor_states_current WHERE state_key = 'positions'"
    return {str(row["processor"]): dict(row["offsets"]) for row in world.client.query(sql)}


def test_restore_gives_only_what_is_needed_when_everything_was_taken_in(
    undisturbed: dict[str, Rows], world: SmallWorld
) -> None:
    world.poll(EVENTS)
    world.finish()
    refill_offset = positions(world, "refill_offsets")["correlate"]["observations-0"]
    batches = EVENTS - 2
    world.begin_life()
    ends = high_watermarks(world.settings.bootstrap_servers, SINK_TOPICS)
    assert (ends["raw.github", 0], ends["observations", 0]) == (0, batches - refill_offset)
    while world.sink():
        pass
    assert positions(world, "input_offsets") == {
        "normalise": {"raw.github-0": 0},
        "correlate": {"observations-0": batches - refill_offset},
        "detect": {"observations-0": batches - refill_offset},
        "drift": {"raw.github-0": 0},
    }
    assert positions(world, "refill_offsets")["correlate"] == {"observations-0": 0}
    world.finish()
    assert different(world, undisturbed) == []


def test_restore_goes_on_in_the_middle_of_what_was_given_again(
    undisturbed: dict[str, Rows], world: SmallWorld
) -> None:
    world.poll(EVENTS)
    world.sink()
    for limits in (
        {"normalise": 15},
        {"normalise": EVENTS, "detect": 9, "correlate": 12},
        {"detect": 5, "correlate": 3},
        {"correlate": 4},
    ):
        world.begin_life()
        for processor, limit in limits.items():
            world.process(processor, limit=limit)
        while world.sink():
            pass
    world.begin_life()
    world.finish()
    assert different(world, undisturbed) == []
    assert audit(world.settings, wait_seconds=0).findings == ()


@pytest.mark.parametrize("dies_before", ["write_ledger", "recompute_rollups"])
def test_restore_brings_to_an_end_what_the_last_batch_left(
    undisturbed: dict[str, Rows], world: SmallWorld, dies_before: str
) -> None:
    world.poll(EVENTS)
    world.sink()
    world.process("normalise")
    world.sink(dies_before=dies_before)
    world.begin_life()
    # what was given again has not been taken in yet, and nothing else is to be said
    assert {finding.check for finding in audit(world.settings, wait_seconds=0).findings} == {"coverage"}
    world.finish()
    assert different(world, undisturbed) == []


def test_restore_gives_what_was_unfinished_also_to_those_who_did_not_read_it_in_the_next_life(
    undisturbed: dict[str, Rows], world: SmallWorld
) -> None:
    take_in_half(world)
    world.poll(EVENTS)
    world.sink()
    world.process("normalise")
    world.sink(dies_before="write_ledger")
    world.begin_life()
    # the normaliser makes the observations again, whose rows are there; nobody else comes to read them
    world.process("normalise")
    while world.sink():
        pass
    world.begin_life()
    world.finish()
    assert different(world, undisturbed) == []


def test_restore_refills_windows_with_what_was_unfinished_two_lives_before(
    undisturbed: dict[str, Rows], world: SmallWorld
) -> None:
    take_in_half(world)
    world.begin_life()
    world.poll(EVENTS // 2 + 2)
    while world.sink():
        pass
    # of what is new in this life nothing but unfinished observations is left
    world.process("normalise")
    world.sink(dies_before="write_ledger")
    world.begin_life()
    for processor in PROCESSORS:
        world.process(processor)
    while world.sink():
        pass
    world.begin_life()
    world.poll(EVENTS)
    world.finish()
    assert different(world, undisturbed) == []


def test_restore_does_nothing_when_the_broker_kept_its_log(world: SmallWorld) -> None:
    world.poll(5)
    world.sink()
    before = high_watermarks(world.settings.bootstrap_servers, SINK_TOPICS)
    world.restore()
    assert high_watermarks(world.settings.bootstrap_servers, SINK_TOPICS) == before
    world.begin_life()
    before = high_watermarks(world.settings.bootstrap_servers, SINK_TOPICS)
    assert before["raw.github", 0] == 5
    world.restore()
    assert high_watermarks(world.settings.bootstrap_servers, SINK_TOPICS) == before


def test_restore_is_done_again_when_it_was_cut_short(
    undisturbed: dict[str, Rows], world: SmallWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut_short(*_: object) -> int:
        raise Transient("the broker went away")

    world.poll(30)
    for name in PROCESSORS:
        world.process(name, limit=20)
        world.sink()
    with monkeypatch.context() as patch:
        patch.setattr(States, "publish_connectors", cut_short)
        with pytest.raises(Transient):
            world.begin_life()
        # once more in the same life, then in the next
        with pytest.raises(Transient):
            world.restore()
        with pytest.raises(Transient):
            world.begin_life()
    world.restore()
    world.poll(EVENTS)
    world.finish()
    assert different(world, undisturbed) == []
    assert audit(world.settings, wait_seconds=0).findings == ()


def test_restore_gives_connectors_the_state_whose_events_are_rows(world: SmallWorld) -> None:
    world.poll(10)
    world.sink()
    world.poll(20)
    world.sink(limit=5)
    world.begin_life()
    messages = read_to_end(world.settings.bootstrap_servers, {("connector-state", 0): 0})
    states = [world.codec.decode(ConnectorState, _bytes(message.value())) for message in messages]
    assert [(state.state, state.cluster, state.vouch_offsets) for state in states] == [
        ('{"cursor":10}', "", {})
    ]
    assert states[0].requests == 1
    world.sink()
    runs = world.client.query("SELECT count() AS n, uniqExact(record_id) AS ids FROM connector_runs")
    assert runs == [{"n": 1, "ids": 1}]


def _bytes(value: str | bytes | None) -> bytes | None:
    return value.encode() if isinstance(value, str) else value
