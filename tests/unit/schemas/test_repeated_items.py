"""Observation batches whose series are encoded once: any Avro reader takes them, and nothing else is taken."""

from __future__ import annotations

import io
import struct
from typing import Any

import fastavro
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosscurrent.errors import Poison
from schemas.codec import Codec
from schemas.generate import load_schema
from schemas.records import ObservationBatch, Series
from schemas.repeated import RepeatedItems, read_long, write_long
from schemas.topics import OBSERVATIONS
from tests.integration.sink.fixed_registry import FixedRegistry

LONG = st.integers(-(2**63), 2**63 - 1)
SERIES = st.builds(
    Series,
    series_id=st.text("0123456789abcdef", min_size=16, max_size=16),
    measure=st.text(max_size=5),
    entity_id=st.text(max_size=200),
    unit=st.text(max_size=3),
    kind=st.sampled_from(["gauge", "counter", "count"]),
)
BATCHES = st.builds(
    ObservationBatch,
    tenant=st.text(max_size=9),
    record_id=st.uuids().map(str),
    source=st.text(max_size=9),
    raw_record_id=st.uuids().map(str),
    series=st.lists(SERIES, max_size=4),
    series_index=st.lists(st.integers(0, 3), max_size=5),
    observed_at=st.lists(LONG, max_size=5),
    value=st.lists(st.floats(allow_nan=False), max_size=5),
)


def plain_avro(batch: ObservationBatch) -> bytes:
    out = io.BytesIO()
    fastavro.schemaless_writer(out, load_schema("observation_batch"), batch.to_avro())
    return out.getvalue()


def sample(series: int = 3) -> ObservationBatch:
    return ObservationBatch(
        tenant="default",
        record_id="00000000-0000-5000-8000-000000000001",
        source="bench",
        raw_record_id="00000000-0000-5000-8000-000000000002",
        series=[
            Series(series_id=f"{n:016x}", measure="stars", entity_id=f"org/{n}", unit="1", kind="gauge")
            for n in range(series)
        ],
        series_index=list(range(series)),
        observed_at=[1_700_000_000_000] * series,
        value=[float(n) for n in range(series)],
    )


@given(number=LONG, before=st.binary(max_size=3), behind=st.binary(max_size=3))
def test_long_comes_back_whatever_stands_around_it(number: int, before: bytes, behind: bytes) -> None:
    data = before + write_long(number) + behind

    assert read_long(data, len(before)) == (number, len(data) - len(behind))


@given(number=LONG)
def test_long_is_written_as_by_fastavro(number: int) -> None:
    out = io.BytesIO()
    fastavro.schemaless_writer(out, {"type": "long"}, number)

    assert write_long(number) == out.getvalue()


@given(batch=BATCHES)
def test_batch_is_read_by_any_avro_reader(batch: ObservationBatch) -> None:
    value = Codec(FixedRegistry()).encode(OBSERVATIONS, batch)

    plain: Any = fastavro.schemaless_reader(io.BytesIO(value[5:]), load_schema("observation_batch"), None)
    ids = {name: str(plain[name]) for name in ("record_id", "raw_record_id")}
    assert ObservationBatch.from_avro({**plain, **ids}) == batch


@given(batch=BATCHES)
def test_batch_comes_back_whoever_wrote_it(batch: ObservationBatch) -> None:
    codec = Codec(FixedRegistry())
    ours = codec.encode(OBSERVATIONS, batch)

    theirs = ours[:5] + plain_avro(batch)

    assert codec.decode(ObservationBatch, ours) == codec.decode(ObservationBatch, theirs) == batch


def test_batch_is_poison_when_it_is_cut_anywhere() -> None:
    value = Codec(FixedRegistry()).encode(OBSERVATIONS, sample())

    for length in range(5, len(value)):
        with pytest.raises(Poison):
            Codec(FixedRegistry()).decode(ObservationBatch, value[:length])


def test_batch_is_poison_when_a_series_is_longer_than_its_block_says() -> None:
    codec = Codec(FixedRegistry())
    value = codec.encode(OBSERVATIONS, sample(1))
    size = value.index(write_long(16) + b"0000000000000000") - 1

    with pytest.raises(Poison):
        codec.decode(ObservationBatch, value[:size] + bytes((value[size] + 2,)) + value[size + 1 :] + b"\0")


def test_batch_is_poison_when_a_series_is_not_text() -> None:
    series = Series(series_id="0" * 16, measure="stars", entity_id=7, unit="1", kind="gauge")  # type: ignore[arg-type]
    batch = ObservationBatch(
        **{**sample().to_avro(), "series": [series], "series_index": [0], "observed_at": [0], "value": [0.0]}
    )

    with pytest.raises(Poison):
        Codec(FixedRegistry()).encode(OBSERVATIONS, batch)


def test_items_beyond_the_bound_come_back_all_the_same() -> None:
    calls: list[int] = []

    def write(number: int) -> bytes:
        calls.append(number)
        return struct.pack(">q", number)

    def read(content: bytes) -> int:
        (number,) = struct.unpack(">q", content)
        return int(number)

    repeated = RepeatedItems(write, read, items_max=3)
    numbers = [*range(10), *range(10), 9, 9, 9]

    data = repeated.encode(numbers)

    assert repeated.decode(b"head" + data + b"tail", 4) == (numbers, 4 + len(data))
    assert calls == [*range(10), *range(10)]
