"""A measurement from the future closes no windows and silences no series: it is left out, and told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from schemas.mapping import MappedPayload, Measurement
from schemas.records import ObservationBatch, RawEvent
from streams.normalise import NormaliseProcessor
from streams.processor import InputMessage, Output, SetAside
from tests.integration.sink import sample
from tests.integration.sink.small_world import event
from tests.unit.streams.correlate.test_correlate_agent import CODEC

AHEAD_SECONDS_MAX = 3600.0
HOUR_MS = 3_600_000


def outputs(ahead_ms: list[int], raw: RawEvent | None = None) -> list[Output | SetAside]:
    raw = raw or event(0)
    arrived_ms = round(raw.fetched_at.timestamp() * 1000)

    def mapping(_: RawEvent) -> MappedPayload:
        return MappedPayload(
            [],
            [
                Measurement("stars", f"org/{n}", "1", "gauge", arrived_ms + ms, 1.0)
                for n, ms in enumerate(ahead_ms)
            ],
        )

    rules = NormaliseProcessor(CODEC, {sample.SOURCE: mapping}, {sample.SOURCE: "abc"}, AHEAD_SECONDS_MAX)
    return rules.process(InputMessage("raw.github", 0, 0, None, CODEC.encode("raw.github", raw)))


def observed(found: list[Output | SetAside]) -> list[str]:
    batches = [
        one.record for one in found if isinstance(one, Output) and isinstance(one.record, ObservationBatch)
    ]
    return [batch.series[index].entity_id for batch in batches for index in batch.series_index]


def test_normaliser_keeps_what_is_within_the_bound_and_tells_of_the_rest() -> None:
    found = outputs([-1, HOUR_MS, HOUR_MS + 1, 270 * 365 * 24 * HOUR_MS])
    assert observed(found) == ["org/0", "org/1"]
    (letter,) = [one for one in found if isinstance(one, SetAside)]
    assert letter.reason.found.startswith("2 measurements from the future, github.stars of org/3 ")


def test_normaliser_says_nothing_where_nothing_is_from_the_future() -> None:
    assert not any(isinstance(one, SetAside) for one in outputs([0, -HOUR_MS]))


def test_normaliser_judges_by_our_clock_at_the_arrival_and_not_by_the_vendors() -> None:
    wrong = replace(event(0), observed_at=event(0).observed_at + timedelta(days=3650))
    assert observed(outputs([0, 2 * HOUR_MS], wrong)) == ["org/0"]


def test_rows_of_a_payload_name_the_version_of_the_mapping() -> None:
    assert {one.logic for one in outputs([0]) if isinstance(one, Output)} == {"abc"}


@pytest.mark.parametrize("ahead_ms", [[], [2 * HOUR_MS]])
def test_normaliser_publishes_no_empty_batch(ahead_ms: list[int]) -> None:
    assert observed(outputs(ahead_ms)) == []
    assert not [one for one in outputs(ahead_ms) if isinstance(one, Output)]
