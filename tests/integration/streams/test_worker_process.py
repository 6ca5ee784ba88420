"""The worker as a process on a real broker: what comes out, after kills, poison and servers that are away."""

from __future__ import annotations

import os
import random
import time
from functools import partial

import pytest
from confluent_kafka import Consumer, TopicPartition

from schemas.codec import Codec, Record
from schemas.records import Anomaly, CorrelationBatch, DeadLetter, ProcessorState
from streams.processor.committed import committed_offsets
from tests.integration.sink.conftest import Broker
from tests.integration.sink.fixed_registry import FixedRegistry
from tests.integration.streams.conftest import WorkerProcess, distinct, records, wait_for_records
from tests.integration.streams.expected import undisturbed
from tests.integration.streams.workload import BREAK_AT, LAG, event, minutes
from tests.waiting import wait_until

pytestmark = pytest.mark.integration

OUTPUTS = ("entities", "observations", "correlations", "anomalies")
KILLS = int(os.environ.get("CROSSCURRENT_TEST_KILLS", "2"))


@pytest.fixture
def codec() -> Codec:
    return Codec(FixedRegistry())


def with_poison(messages: list[tuple[str, Record | bytes]]) -> list[tuple[str, Record | bytes]]:
    """Put a payload that is not JSON and a value that is not Avro into the middle."""
    middle = len(messages) // 2
    poison: list[tuple[str, Record | bytes]] = [
        ("raw.github", event(middle, b'{"truncated')),
        ("raw.github", b"not Avro at all"),
    ]
    return [*messages[:middle], *poison, *messages[middle:]]


def wait_for_all(worker: WorkerProcess, expected: dict[str, set[tuple[str, str]]]) -> None:
    for topic in OUTPUTS:
        wait_for_records(worker, topic, len(expected[topic]))


def test_worker_turns_raw_events_into_series_pairs_and_anomalies_and_dead_letters_poison(
    worker: WorkerProcess, streams_broker: Broker, codec: Codec
) -> None:
    messages = with_poison(minutes(220))
    expected = undisturbed(codec, messages)
    streams_broker.publish(codec, messages)
    worker.start()
    wait_for_all(worker, expected)
    wait_for_records(worker, "dead-letter.normalise", 2)
    assert worker.stop() == 0
    for topic in OUTPUTS:
        assert distinct(streams_broker, topic) == expected[topic]

    windows = [one for one in records(streams_broker, "correlations") if isinstance(one, CorrelationBatch)]
    best = windows[-1].pairs[0]
    assert {best.left, best.right} == {"github.level:lead", "github.level:follow"}
    assert best.significant
    assert best.lag_steps == (LAG if best.left == "github.level:lead" else -LAG)
    anomalies = [one for one in records(streams_broker, "anomalies") if isinstance(one, Anomaly)]
    assert any(one.entity_id == "alone" and one.observed_at.minute == BREAK_AT % 60 for one in anomalies)
    letters = [one for one in records(streams_broker, "dead-letter.normalise") if isinstance(one, DeadLetter)]
    assert [(one.topic, one.offset) for one in letters] == [("raw.github", 110), ("raw.github", 111)]
    assert letters[1].value == b"not Avro at all"


def test_worker_vouches_for_its_inputs_and_outputs_in_each_state(
    worker: WorkerProcess, streams_broker: Broker, codec: Codec
) -> None:
    streams_broker.publish(codec, minutes(100))
    worker.processors = ("normalise",)
    worker.start()
    wait_for_records(worker, "observations", 100)
    assert worker.stop() == 0
    worker.start()
    streams_broker.publish(codec, [("raw.github", event(101, b"[]"))])
    states = "processor-state"
    wait_until(
        lambda: any(
            isinstance(one, ProcessorState) and one.input_offsets == {"raw.github-0": 101}
            for one in records(streams_broker, states)
        ),
        "the position after the event without outputs",
    )
    last = records(streams_broker, states)[-1]
    assert isinstance(last, ProcessorState)
    # the outputs of the process before are vouched for, too
    assert last.vouch_offsets == {"raw.github-0": 101, "entities-0": 100, "observations-0": 100}


@pytest.mark.parametrize("streams_broker", ["tansu", "kafka"], indirect=True)
def test_worker_gives_the_records_of_an_undisturbed_run_when_it_is_killed_again_and_again(
    worker: WorkerProcess, streams_broker: Broker, codec: Codec
) -> None:
    rng = random.Random(20_261_125)
    messages = with_poison(minutes(260))
    expected = undisturbed(codec, messages)
    parts = KILLS + 1
    for number in range(parts):
        begin, end = number * len(messages) // parts, (number + 1) * len(messages) // parts
        already = len(distinct(streams_broker, "observations"))
        worker.start()
        for first in range(begin, end, 20):
            streams_broker.publish(codec, messages[first : min(first + 20, end)])
            if first == begin and rng.random() < 0.8:  # sometimes it dies before it has joined
                wait_for_records(worker, "observations", already + 1)
        if number < KILLS:
            time.sleep(rng.uniform(0.0, 0.6))  # the moment of the kill is the point
            worker.kill()
    wait_for_all(worker, expected)
    wait_for_records(worker, "dead-letter.normalise", 2)
    assert worker.stop() == 0
    for topic in OUTPUTS:
        assert distinct(streams_broker, topic) == expected[topic], topic


def test_worker_waits_for_a_registry_that_answers_500_and_ends_in_time_when_told_to(
    worker: WorkerProcess, streams_broker: Broker, codec: Codec
) -> None:
    streams_broker.publish(codec, minutes(5))
    worker.processors = ("normalise",)
    worker.registry_away.touch()
    log = worker.home / "worker.log"
    worker.start()
    wait_until(lambda: "retry" in log.read_text(), "the worker tries again", 120)
    assert worker.stop() == 0
    worker.start()
    assert distinct(streams_broker, "observations") == set()
    worker.registry_away.unlink()
    wait_for_records(worker, "observations", 5)


def test_worker_begins_at_its_own_position_when_the_group_has_committed_a_later_one(
    worker: WorkerProcess, streams_broker: Broker, codec: Codec
) -> None:
    streams_broker.publish(codec, minutes(30))
    # Tansu takes the commit of a consumer that is no member only while the group is new
    group = Consumer({"bootstrap.servers": streams_broker.servers, "group.id": "crosscurrent-normalise"})
    group.commit(offsets=[TopicPartition("raw.github", 0, 20)], asynchronous=False)
    group.close()
    worker.processors = ("normalise",)
    worker.start()
    wait_for_records(worker, "observations", 30)
    assert len(records(streams_broker, "observations")) == 30
    assert worker.stop() == 0


def test_worker_ends_with_an_error_when_the_broker_comes_back_in_another_life(
    worker: WorkerProcess, streams_broker: Broker, codec: Codec
) -> None:
    streams_broker.publish(codec, minutes(30))
    process = worker.start()
    wait_for_records(worker, "observations", 30)
    streams_broker.stop()
    streams_broker.start("life-2")
    streams_broker.publish(codec, minutes(3))
    assert process.wait(timeout=60) != 0
    assert "when this process started" in (worker.home / "worker.log").read_text()
    assert records(streams_broker, "processor-state") == []
    worker.start()
    wait_for_records(worker, "observations", 3)


def test_worker_commits_nothing_past_what_its_checkpoints_hold(
    worker: WorkerProcess, streams_broker: Broker, codec: Codec
) -> None:
    """Faust commits past events that nobody acknowledged (issue 606); with concurrency 1 and our checkpoints it cannot."""
    worker.processors = ("normalise",)
    worker.settings = {
        "CROSSCURRENT_WORKER__CHECKPOINT_INTERVAL_SECONDS": "1000",
        "CROSSCURRENT_WORKER__EVENTS_UNACKNOWLEDGED_MAX": "10",
    }
    streams_broker.publish(codec, minutes(28))
    worker.start()
    # everything is processed; what is acknowledged is what the checkpoints after 10 and 20 events, or a few more, hold
    wait_for_records(worker, "observations", 28)
    committed = partial(committed_offsets, streams_broker.servers, "crosscurrent-normalise", ["raw.github"])
    wait_until(lambda: committed()["raw.github-0"] > 0, "something is committed")
    seen = {committed()["raw.github-0"] for _ in range(10)}
    states = [one for one in records(streams_broker, "processor-state") if isinstance(one, ProcessorState)]
    stored = max(state.input_offsets.get("raw.github-0", 0) for state in states)
    assert 20 <= stored < 28
    assert max(seen) <= stored
