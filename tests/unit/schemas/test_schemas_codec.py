"""Records to bytes and back, what is no record, and records of other versions of a schema."""

from __future__ import annotations

import copy
import io
import json
from typing import Any

import fastavro
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crosscurrent.errors import Poison
from schemas.codec import Codec
from schemas.generate import load_schema
from schemas.records import ObservationBatch
from schemas.topics import OBSERVATIONS, all_topics, schema_of
from tests.unit.schemas.record_samples import avro_data, records

RECORD_TYPES = list(Codec.RECORDS)
TOPICS = {
    schema_of(topic): topic
    for topic in [one.name for one in all_topics(("github",))] + ["incidents", "alerts"]
}


class MemoryRegistry:
    """A registry whose ids are places in a list."""

    def __init__(self, *texts: str) -> None:
        self.texts = list(texts)

    def register(self, subject: str, schema: str) -> int:
        if schema not in self.texts:
            self.texts.append(schema)
        return self.texts.index(schema) + 1

    def schema_by_id(self, schema_id: int) -> str:
        if not 1 <= schema_id <= len(self.texts):
            raise Poison(f"schema id {schema_id}", expected="an id that was given", todo="register it")
        return self.texts[schema_id - 1]


@pytest.mark.parametrize("record_type", RECORD_TYPES)
def test_record_comes_back_as_it_was(record_type: type[Any]) -> None:
    codec, topic = Codec(MemoryRegistry()), TOPICS[Codec.RECORDS[record_type]]

    @given(records(record_type))
    @settings(max_examples=25, deadline=None)
    def comes_back(record: Any) -> None:
        value = codec.encode(topic, record)
        assert value[:1] == b"\x00"
        assert codec.decode(record_type, value) == record
        assert codec.decode_topic(topic, value) == record

    comes_back()


@given(records(ObservationBatch), st.data())
@settings(max_examples=40, deadline=None)
def test_value_cut_short_is_poison(record: ObservationBatch, data: st.DataObject) -> None:
    codec = Codec(MemoryRegistry())
    value = codec.encode(OBSERVATIONS, record)
    end = data.draw(st.integers(0, len(value) - 1))

    with pytest.raises(Poison, match="Expected"):
        codec.decode(ObservationBatch, value[:end])


@pytest.mark.parametrize(
    "value", [None, b"", b"\x00", b"\x00\x00\x00\x00", b'{"a": 1}', b"\x01\x00\x00\x00\x01x"]
)
def test_value_without_the_wire_format_is_poison(value: bytes | None) -> None:
    with pytest.raises(Poison, match="wire format"):
        Codec(MemoryRegistry()).decode(ObservationBatch, value)


@pytest.mark.parametrize("record_type", RECORD_TYPES)
def test_bytes_that_are_not_avro_are_poison_or_a_record_and_nothing_else(record_type: type[Any]) -> None:
    codec = Codec(MemoryRegistry(json.dumps(load_schema(Codec.RECORDS[record_type]))))

    @given(st.binary(max_size=200))
    @settings(max_examples=40, deadline=None)
    def poison_or_record(noise: bytes) -> None:
        try:
            decoded = codec.decode(record_type, b"\x00\x00\x00\x00\x01" + noise)
        except Poison:
            return
        assert isinstance(decoded, record_type)

    poison_or_record()


def test_unknown_schema_id_is_poison() -> None:
    with pytest.raises(Poison, match="schema id 77"):
        Codec(MemoryRegistry()).decode(ObservationBatch, b"\x00\x00\x00\x00\x4dxyz")


def test_schema_of_another_record_is_poison() -> None:
    codec = Codec(MemoryRegistry(json.dumps({"type": "record", "name": "Other", "fields": []})))

    with pytest.raises(Poison) as raised:
        codec.decode(ObservationBatch, b"\x00\x00\x00\x00\x01")
    assert len(str(raised.value)) < 1000, "a dead letter's reason is to be read"


def test_schema_that_cannot_be_read_is_poison() -> None:
    codec = Codec(MemoryRegistry('{"type": "array", "items": "of.another.Subject"}'))

    with pytest.raises(Poison, match="reference"):
        codec.decode(ObservationBatch, b"\x00\x00\x00\x00\x01\x00")


def written_with(schema: dict[str, Any], data: dict[str, Any]) -> tuple[Codec, bytes]:
    """A codec whose registry knows a schema, and a value written with it."""
    out = io.BytesIO()
    fastavro.schemaless_writer(out, fastavro.parse_schema(copy.deepcopy(schema)), data)
    return Codec(MemoryRegistry(json.dumps(schema))), b"\x00\x00\x00\x00\x01" + out.getvalue()


@pytest.mark.parametrize("record_type", RECORD_TYPES)
def test_value_of_a_newer_schema_is_read_without_what_is_new(record_type: type[Any]) -> None:
    newer = load_schema(Codec.RECORDS[record_type])
    newer["fields"].insert(
        1, {"name": "later", "type": "string", "default": "", "doc": "New in a later version."}
    )

    @given(avro_data(newer))
    @settings(max_examples=10, deadline=None)
    def is_read(data: dict[str, Any]) -> None:
        codec, value = written_with(newer, data)
        expected = {key: item for key, item in data.items() if key != "later"}
        assert codec.decode(record_type, value) == record_type.from_avro(expected)

    is_read()


@pytest.mark.parametrize("record_type", RECORD_TYPES)
def test_value_of_an_older_schema_is_read_with_the_defaults_of_today(record_type: type[Any]) -> None:
    today = load_schema(Codec.RECORDS[record_type])
    since = {field["name"]: field["default"] for field in today["fields"] if "default" in field}
    older = {**today, "fields": [field for field in today["fields"] if field["name"] not in since]}

    @given(avro_data(older))
    @settings(max_examples=10, deadline=None)
    def is_read(data: dict[str, Any]) -> None:
        codec, value = written_with(older, data)
        assert codec.decode(record_type, value) == record_type.from_avro(data | since)

    is_read()


def test_record_that_does_not_fit_its_schema_is_poison() -> None:
    batch = ObservationBatch.from_avro(
        {
            "tenant": "default",
            "record_id": "x",
            "source": "github",
            "raw_record_id": "y",
            "series": [],
            "series_index": ["not a number"],
            "observed_at": [],
            "value": [],
        }
    )

    with pytest.raises(Poison, match="observation_batch"):
        Codec(MemoryRegistry()).encode(OBSERVATIONS, batch)
