"""No row stands before the rows of what it was made from."""

from __future__ import annotations

import pytest

from crosscurrent.kafka import RestsOn
from schemas.codec import Record
from tests.integration.sink import sample
from tests.integration.sink.conftest import CLUSTER, Bench

pytestmark = pytest.mark.integration

MADE_FROM = [
    ("observations", sample.observations(0), "raw.github-0", "observations"),
    ("entities", sample.entities(0), "raw.github-0", "entities"),
    ("anomalies", sample.anomaly(0), "observations-0", "anomalies"),
    ("correlations", sample.correlation_window(0), "observations-0", "correlation_windows"),
]


@pytest.mark.parametrize(
    ("topic", "record", "cause", "table"), MADE_FROM, ids=[case[0] for case in MADE_FROM]
)
def test_message_waits_until_its_cause_is_in_the_ledger(
    bench: Bench, topic: str, record: Record, cause: str, table: str
) -> None:
    made = bench.stretch(topic, [record], rests_on=RestsOn(CLUSTER, {cause: 1}))
    outcome = bench.writer.write([made])
    assert [stretch.messages for stretch in outcome.awaiting] == [made.messages]
    assert bench.count(table) == bench.count("ingest_ledger") == 0

    causes: dict[str, Record] = {
        "raw.github-0": sample.raw_event(0),
        "observations-0": sample.observations(0),
    }
    bench.write(cause.removesuffix("-0"), [causes[cause]])
    assert bench.writer.write(outcome.awaiting).awaiting == []
    assert bench.count(table) > 0


def test_batch_is_written_at_once_when_it_holds_causes_and_what_follows(bench: Bench) -> None:
    chain = [
        bench.stretch("anomalies", [sample.anomaly(0)], rests_on=RestsOn(CLUSTER, {"observations-0": 1})),
        bench.stretch(
            "observations", [sample.observations(0)], rests_on=RestsOn(CLUSTER, {"raw.github-0": 1})
        ),
        bench.stretch("raw.github", [sample.raw_event(0)]),
    ]
    outcome = bench.writer.write(chain)
    assert outcome.awaiting == []
    assert len(outcome.written) == len(chain)
    assert bench.count("anomalies") == 1


def test_messages_before_the_one_that_waits_are_written(bench: Bench) -> None:
    bench.write("raw.github", [sample.raw_event(0)])
    first = bench.stretch(
        "observations", [sample.observations(0)], rests_on=RestsOn(CLUSTER, {"raw.github-0": 1})
    )
    second = bench.stretch(
        "observations", [sample.observations(1)], first=1, rests_on=RestsOn(CLUSTER, {"raw.github-0": 2})
    )
    first.messages += second.messages
    outcome = bench.writer.write([first])
    assert outcome.written == {("observations", 0): 1}
    assert [stretch.first_offset for stretch in outcome.awaiting] == [1]


def test_message_is_left_out_when_its_cause_is_lost_with_its_broker(bench: Bench) -> None:
    made = bench.stretch(
        "observations", [sample.observations(0)], rests_on=RestsOn("life-0", {"raw.github-0": 1})
    )
    outcome = bench.writer.write([made])
    assert outcome.awaiting == []
    assert bench.count("observations") == 0
    # its offset is accounted for all the same
    assert bench.rows("SELECT empty_offsets FROM ingest_ledger") == [{"empty_offsets": [0]}]


def test_message_goes_to_its_dead_letter_when_its_header_cannot_be_read(bench: Bench) -> None:
    made = bench.stretch("observations", [sample.observations(0)], rests_on=RestsOn(CLUSTER, {"raw": 1}))
    assert bench.writer.write([made]).awaiting == []
    assert bench.count("observations") == 0
    assert bench.count("dead_letters") == 1
