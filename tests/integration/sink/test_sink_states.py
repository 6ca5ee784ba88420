"""States are never ahead of the rows they rest on."""

from __future__ import annotations

import time

import pytest

from sinks.clickhouse.vouchers import _ASK_AGAIN_SECONDS
from tests.integration.sink import sample
from tests.integration.sink.conftest import CLUSTER, Bench

pytestmark = pytest.mark.integration


def test_state_waits_when_its_records_are_not_rows_yet(bench: Bench) -> None:
    states = [
        sample.connector_state(1, cluster=CLUSTER, vouch_offsets={"raw.github-0": 1}),
        sample.connector_state(2, cluster=CLUSTER, vouch_offsets={"raw.github-0": 2}),
    ]
    bench.write("raw.github", [sample.raw_event(0)])
    outcome = bench.write("connector-state", states)
    assert [stretch.first_offset for stretch in outcome.awaiting] == [1]
    assert outcome.written == {("connector-state", 0): 1}
    assert bench.rows("SELECT state FROM connector_states_current") == [{"state": '{"cursor":1}'}]
    assert bench.count("connector_runs") == 1

    bench.write("raw.github", [sample.raw_event(1)], first=1)
    assert bench.writer.write(outcome.awaiting).awaiting == []
    assert bench.rows("SELECT state FROM connector_states_current") == [{"state": '{"cursor":2}'}]
    assert bench.count("connector_runs") == 2


def test_state_is_written_when_another_process_wrote_its_records(bench: Bench) -> None:
    state = sample.processor_state(
        "positions", 1, cluster=CLUSTER, vouch_offsets={"observations-0": 1, "entities-0": 1}
    )
    outcome = bench.write("processor-state", [state])
    assert outcome.written == {}
    other = bench.writer
    bench.restart()
    bench.write("observations", [sample.observations(0)])
    bench.write("entities", [sample.entities(0)])
    time.sleep(_ASK_AGAIN_SECONDS)
    assert other.write(outcome.awaiting).awaiting == []
    assert bench.count("processor_states_current") == 1


def test_state_is_left_out_when_its_records_are_lost_with_their_broker(bench: Bench) -> None:
    bench.write("connector-state", [sample.connector_state(1)])
    lost = sample.connector_state(2, cluster="life-0", vouch_offsets={"raw.github-0": 5})
    outcome = bench.write("connector-state", [lost], first=1)
    assert outcome.awaiting == []
    assert bench.count("connector_runs") == 2
    assert bench.rows("SELECT state FROM connector_states_current") == [{"state": '{"cursor":1}'}]


def test_state_of_an_earlier_life_is_written_when_its_records_are_rows(bench: Bench) -> None:
    bench.write("raw.github", [sample.raw_event(0)], life="life-0")
    state = sample.connector_state(2, cluster="life-0", vouch_offsets={"raw.github-0": 1})
    assert bench.write("connector-state", [state]).awaiting == []
    assert bench.count("connector_states_current") == 1


def test_state_stays_the_latest_when_older_ones_are_written_again(bench: Bench) -> None:
    first = [sample.processor_state("aa", 1), sample.processor_state("positions", 1)]
    second = [sample.processor_state("aa", 2), sample.processor_state("positions", 2)]
    bench.write("processor-state", [*first, *second])
    # a crash before the ledger makes the same messages come again, in other batches
    bench.restart()
    bench.write("processor-state", first[:1])
    assert bench.rows("SELECT state_key, checkpoint FROM processor_states_current ORDER BY state_key") == [
        {"state_key": "aa", "checkpoint": 2},
        {"state_key": "positions", "checkpoint": 2},
    ]


def test_state_of_a_later_life_wins_when_its_offsets_begin_again(bench: Bench) -> None:
    bench.write("connector-state", [sample.connector_state(number) for number in range(5)])
    bench.restart()
    bench.write("connector-state", [sample.connector_state(9)], life="life-2")
    current = bench.rows("SELECT state, life_sequence FROM connector_states_current")
    assert current == [{"state": '{"cursor":9}', "life_sequence": 2}]
