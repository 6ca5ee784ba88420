"""Batches of observations whose columns do not fit together are poison before they change any state."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crosscurrent.errors import Poison
from schemas.codec import Codec
from schemas.records import ObservationBatch
from streams.observations import by_series, decode_observations
from tests.integration.sink.fixed_registry import FixedRegistry
from tests.integration.sink.sample import START_MS, observation_batch, observations

CODEC = Codec(FixedRegistry())


def encoded(batch: ObservationBatch) -> bytes:
    return CODEC.encode("observations", batch)


def test_decode_observations_gives_a_batch_back() -> None:
    batch = observations(3)
    assert decode_observations(CODEC, encoded(batch)) == batch


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"value": [1.0]}, "columns of"),
        ({"observed_at": []}, "columns of"),
        ({"series_index": [99] * 12}, "series_index from 99 to 99.*Expected: 0 to 3"),
        ({"series_index": [-1] * 12}, "series_index from -1"),
        ({"observed_at": [2**62] * 12}, "observed_at from"),
        ({"observed_at": [-(2**62)] * 12}, "observed_at from"),
    ],
)
def test_decode_observations_refuses_columns_that_do_not_fit(change: dict[str, object], message: str) -> None:
    batch = replace(observations(0), **change)  # type: ignore[arg-type]
    with pytest.raises(Poison, match=message):
        decode_observations(CODEC, encoded(batch))


def test_decode_observations_refuses_bytes_that_are_no_batch() -> None:
    with pytest.raises(Poison):
        decode_observations(CODEC, b"\x00\x00\x00\x00\x01")


def test_by_series_parts_the_columns_and_keeps_their_order() -> None:
    batch = observation_batch([(1, START_MS, 1.0), (0, START_MS, 2.0), (1, START_MS + 5, 3.0)], number=0)
    parts = {position: (times.tolist(), values.tolist()) for position, times, values in by_series(batch)}
    assert parts == {0: ([START_MS], [2.0]), 1: ([START_MS, START_MS + 5], [1.0, 3.0])}
    assert by_series(observation_batch([], number=1)) == []
