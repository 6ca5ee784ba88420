"""The rolling correlation as a processor: what it publishes, and how it goes on after a restart."""

from __future__ import annotations

import numpy as np
import orjson

from crosscurrent.settings import CorrelateSettings
from schemas.codec import Codec
from schemas.records import CorrelationBatch, ObservationBatch
from streams.correlate.agent import CorrelateProcessor
from streams.processor import InputMessage, outputs_of
from tests.integration.sink.fixed_registry import FixedRegistry
from tests.integration.sink.sample import MINUTE_MS, START_MS, observation_batch

CODEC = Codec(FixedRegistry())
SETTINGS = CorrelateSettings(step_seconds=60, window_steps=64, hop_steps=8, lag_steps_max=4)


def processor(settings: CorrelateSettings = SETTINGS, tenant: str = "default") -> CorrelateProcessor:
    return CorrelateProcessor(CODEC, settings, tenant=tenant)


def batch(number: int) -> ObservationBatch:
    values = np.random.default_rng([61, number]).standard_normal(3)
    at = START_MS + number * MINUTE_MS
    return observation_batch(
        [(0, at, values[0]), (1, at, values[0] + 0.1 * values[1]), (2, at, values[2])], number=number
    )


def message(number: int, offset: int | None = None) -> InputMessage:
    value = CODEC.encode("observations", batch(number))
    return InputMessage("observations", 0, number if offset is None else offset, None, value)


def windows(rules: CorrelateProcessor, numbers: range) -> list[CorrelationBatch]:
    found = []
    for number in numbers:
        for output in outputs_of(rules.process(message(number))):
            assert isinstance(output.record, CorrelationBatch)
            found.append(output.record)
    return found


def test_agent_publishes_a_batch_a_window_with_names_and_the_smallest_p_first() -> None:
    found = windows(processor(), range(100))
    assert len(found) == len({one.record_id for one in found}) > 3
    last = found[-1]
    assert (last.family_size, last.window_steps, last.step_seconds) == (3, 64, 60)
    assert {last.pairs[0].left, last.pairs[0].right} == {"github.stars:org/0", "github.stars:org/1"}
    assert last.pairs[0].significant
    assert [pair.p_value for pair in last.pairs] == sorted(pair.p_value for pair in last.pairs)
    assert last.window_end.timestamp() % (8 * 60) == 0


def test_agent_publishes_no_more_pairs_than_asked_but_all_significant_ones() -> None:
    few = SETTINGS.model_copy(update={"pairs_published_max": 1})
    for every, published in zip(
        windows(processor(), range(100)), windows(processor(few), range(100)), strict=True
    ):
        significant = sum(pair.significant for pair in every.pairs)
        assert published.pairs == every.pairs[: max(1, significant)]


def test_agent_announces_a_coupling_once_and_upholds_it() -> None:
    pairs = [
        pair
        for one in windows(processor(), range(160))
        for pair in one.pairs
        if {pair.left, pair.right} == {"github.stars:org/0", "github.stars:org/1"}
    ]
    assert [pair.coupling for pair in pairs] == ["onset", *["holds"] * (len(pairs) - 1)]
    assert len({pair.coupled_since for pair in pairs}) == 1


def test_agent_restores_a_state_from_before_couplings_were_announced() -> None:
    first, second = processor(), processor()
    windows(first, range(20))
    state = orjson.loads(first.positions_payload())
    del state["couplings"]
    second.restore("positions", orjson.dumps(state))
    assert second.positions_payload() == first.positions_payload()


def test_agent_leaves_the_series_of_other_tenants_alone() -> None:
    rules = processor(tenant="other")
    assert windows(rules, range(100)) == []
    assert rules.refill_offset("observations", 0, 100) == 100


def test_agent_goes_on_after_a_restart_as_if_there_had_been_none() -> None:
    undisturbed = windows(processor(), range(200))
    first = processor()
    found = windows(first, range(131))
    begin = first.refill_offset("observations", 0, 131)
    assert 131 - 64 - 8 - 64 <= begin <= 131 - 56  # whole stretches of messages are read back
    second = processor()
    second.restore("positions", first.positions_payload())
    for number in range(begin, 131):
        second.refill(message(number))
    assert second.refill_offset("observations", 0, 131) <= 131 - 56
    assert found + windows(second, range(131, 200)) == undisturbed


def test_agent_gives_the_same_when_messages_come_again() -> None:
    rules = processor()
    again = [*range(90), *range(60, 100)]
    found = [output.record for number in again for output in outputs_of(rules.process(message(number)))]
    assert found == windows(processor(), range(100))
