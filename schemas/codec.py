"""Records to bytes and back: Avro in the Confluent wire format. The one door to fastavro.

Source: the wire format of Confluent's serialisers (a zero byte, the schema's id as four bytes big-endian, the
Avro binary encoding) and the Avro 1.11 specification.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any, ClassVar, Protocol, TypeVar

import fastavro
from fastavro.read import SchemaResolutionError
from fastavro.schema import SchemaParseException, UnknownType

from crosscurrent.errors import Poison
from schemas.generate import load_schema
from schemas.records import (
    Alert,
    Anomaly,
    ConnectorState,
    CorrelationBatch,
    DeadLetter,
    EntityBatch,
    Incident,
    ObservationBatch,
    ProcessorState,
    RawEvent,
    SchemaDrift,
    Series,
)
from schemas.repeated import RepeatedItems
from schemas.topics import schema_of

_MAGIC = b"\x00"
_PREFIX_BYTES = 5
_REASON_MAX = 300  # characters: fastavro repeats whole schemas
_NOT_READABLE = (
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    EOFError,
    OverflowError,
    MemoryError,
    SchemaResolutionError,
)
_SCHEMAS_MAX = 1024  # writer schemas kept; a topic has a handful of versions


class Record(Protocol):
    """What every generated record can do."""

    def to_avro(self) -> dict[str, Any]:
        """Return the record as fastavro takes it."""
        ...


R = TypeVar("R", bound=Record)


class SchemaRegistry(Protocol):
    """The part of a schema registry that the codec needs."""

    def register(self, subject: str, schema: str) -> int:
        """Return the id of the schema under the subject; the same schema gives the same id."""
        ...

    def schema_by_id(self, schema_id: int) -> str:
        """Return the schema text of an id."""
        ...


class Codec:
    """Encodes and decodes the records of all topics.

    Args:
        registry: where schemas are registered under ``<topic>-value`` and looked up by id.
    """

    RECORDS: ClassVar[dict[type[Any], str]] = {
        RawEvent: "raw_event",
        ObservationBatch: "observation_batch",
        EntityBatch: "entity_batch",
        CorrelationBatch: "correlation_batch",
        Anomaly: "anomaly",
        Incident: "incident",
        Alert: "alert",
        ConnectorState: "connector_state",
        ProcessorState: "processor_state",
        DeadLetter: "dead_letter",
        SchemaDrift: "schema_drift",
    }

    def __init__(self, registry: SchemaRegistry) -> None:
        self._registry = registry
        self._ids: dict[str, int] = {}
        self._own = {
            name: fastavro.parse_schema(_without_uuid(load_schema(name))) for name in self.RECORDS.values()
        }
        self._own_text = {name: _canonical(load_schema(name)) for name in self.RECORDS.values()}
        self._readers: dict[tuple[int, str], Callable[[bytes], Any]] = {}
        self._batches = _ObservationBatches(_without_uuid(load_schema("observation_batch")))

    def encode(self, topic: str, record: Record) -> bytes:
        """Return the message value for a record on a topic.

        Raises:
            Poison: the record does not fit its schema.
            Transient: the registry cannot be asked now.
        """
        name = self.RECORDS[type(record)]
        schema_id = self._ids.get(topic)
        if schema_id is None:
            schema_id = self._registry.register(f"{topic}-value", json.dumps(load_schema(name)))
            self._ids[topic] = schema_id
        out = io.BytesIO()
        out.write(_MAGIC + schema_id.to_bytes(4, "big"))
        try:
            if isinstance(record, ObservationBatch):
                self._batches.write(out, record)
            else:
                fastavro.schemaless_writer(out, self._own[name], record.to_avro())
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
            raise Poison(
                f"a {name} record that Avro refuses: {error}",
                expected=f"values as in schemas/avro/{name}.avsc",
                todo="correct the code that made the record",
                topic=topic,
            ) from error
        return out.getvalue()

    def decode(self, record_type: type[R], value: bytes | None) -> R:
        """Return the record in a message value, read with today's schema.

        Raises:
            Poison: the bytes are not such a record; says what is there instead.
            Transient: the registry cannot be asked now.
        """
        name = self.RECORDS[record_type]
        if value is None or len(value) < _PREFIX_BYTES or value[:1] != _MAGIC:
            raise Poison(
                f"a message value that begins with {(value or b'')[:8]!r}",
                expected="Avro in the Confluent wire format: byte 0, schema id in 4 bytes, data",
                todo="have the producer use an Avro serialiser with the schema registry",
            )
        read = self._reader(int.from_bytes(value[1:_PREFIX_BYTES], "big"), record_type)
        try:
            record: R = read(value)
        except _NOT_READABLE as error:
            raise Poison(
                f"{len(value)} bytes that are not a {name}: {type(error).__name__} {str(error)[:_REASON_MAX]}",
                expected=f"a value as in schemas/avro/{name}.avsc",
                todo="look at the dead letter's bytes; replay it after the fix",
            ) from error
        return record

    def decode_topic(self, topic: str, value: bytes | None) -> Record:
        """Return the record in a value of that topic.

        Raises:
            WrongUse: the topic is not one of the system's.
            Poison: the bytes are not such a record.
            Transient: the registry cannot be asked now.
        """
        names = {name: record_type for record_type, name in self.RECORDS.items()}
        record: Record = self.decode(names[schema_of(topic)], value)
        return record

    def _reader(self, schema_id: int, record_type: type[Any]) -> Callable[[bytes], Any]:
        name = self.RECORDS[record_type]
        reader = self._readers.get((schema_id, name))
        if reader is None:
            if len(self._readers) >= _SCHEMAS_MAX:
                self._readers.clear()
            reader = self._make_reader(self._registry.schema_by_id(schema_id), record_type)
            self._readers[(schema_id, name)] = reader
        return reader

    def _make_reader(self, writer_text: str, record_type: type[Any]) -> Callable[[bytes], Any]:
        name = self.RECORDS[record_type]
        writer_json = json.loads(writer_text)
        # no schema resolution where writer and reader agree: it costs half of the decoding
        same = _canonical(writer_json) == self._own_text[name]
        try:
            writer = fastavro.parse_schema(_without_uuid(writer_json))
        except (SchemaParseException, UnknownType) as error:
            raise Poison(
                f"a schema in the registry that cannot be read: {str(error)[:_REASON_MAX]}",
                expected=f"a schema of {name} that needs no reference",
                todo="have the producer write with the schema in schemas/avro",
            ) from error
        own = None if same else self._own[name]

        def read(value: bytes) -> Any:
            data = io.BytesIO(memoryview(value)[_PREFIX_BYTES:])
            return record_type.from_avro(fastavro.schemaless_reader(data, writer, own))

        if same and record_type is ObservationBatch:
            return lambda value: self._batches.read(value, _PREFIX_BYTES) or read(value)
        return read


class _ObservationBatches:
    """Observation batches piece by piece, because their series come again with every poll.

    An Avro record is the concatenation of its fields, so that what stands before the series, the series, and what
    stands behind them can be written and read one after the other.

    Args:
        schema: of an observation batch.
    """

    def __init__(self, schema: dict[str, Any]) -> None:
        names = [field["name"] for field in schema["fields"]]
        place = names.index("series")
        self._head_names, self._tail_names = names[:place], names[place + 1 :]
        self._head = fastavro.parse_schema({**schema, "name": "Head", "fields": schema["fields"][:place]})
        self._tail = fastavro.parse_schema(
            {**schema, "name": "Tail", "fields": schema["fields"][place + 1 :]}
        )
        self._item = fastavro.parse_schema(schema["fields"][place]["type"]["items"])
        self._series = RepeatedItems(self._write_series, self._read_series)

    def write(self, out: io.BytesIO, batch: ObservationBatch) -> None:
        """Write a batch's Avro encoding."""
        fastavro.schemaless_writer(out, self._head, {name: getattr(batch, name) for name in self._head_names})
        out.write(self._series.encode(batch.series))
        fastavro.schemaless_writer(out, self._tail, {name: getattr(batch, name) for name in self._tail_names})

    def read(self, value: bytes, position: int) -> ObservationBatch | None:
        """Return the batch that begins at a position, or ``None`` if its series are written in another way."""
        data = io.BytesIO(value)
        data.seek(position)
        head: Any = fastavro.schemaless_reader(data, self._head, None)
        found = self._series.decode(value, data.tell())
        if found is None:
            return None
        series, end = found
        data.seek(end)
        tail: Any = fastavro.schemaless_reader(data, self._tail, None)
        return ObservationBatch(series=series, **head, **tail)

    def _write_series(self, series: Series) -> bytes:
        out = io.BytesIO()
        fastavro.schemaless_writer(out, self._item, series.to_avro())
        return out.getvalue()

    def _read_series(self, content: bytes) -> Series:
        data = io.BytesIO(content)
        series: Any = fastavro.schemaless_reader(data, self._item, None)
        if data.tell() != len(content):
            raise ValueError(f"a series of {data.tell()} bytes in {len(content)}")
        return Series.from_avro(series)


def _canonical(schema: Any) -> str:
    return json.dumps(schema, sort_keys=True, separators=(",", ":"))


def _without_uuid(schema: Any) -> Any:
    # ids stay text in Python: a UUID object costs more to make than the rest of the record
    if isinstance(schema, list):
        return [_without_uuid(branch) for branch in schema]
    if isinstance(schema, dict):
        if schema.get("logicalType") == "uuid":
            return "string"
        return {key: _without_uuid(value) for key, value in schema.items()}
    return schema
