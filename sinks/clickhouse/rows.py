"""Records of every topic but observations to rows. Pure: records in, rows out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa

from crosscurrent.errors import Poison
from schemas.records import (
    Anomaly,
    ConnectorState,
    CorrelationBatch,
    DeadLetter,
    EntityBatch,
    ProcessorState,
    RawEvent,
    SchemaDrift,
)
from sinks.clickhouse.block import RecordBlock
from sinks.clickhouse.identifiers import canonical_uuid
from sinks.clickhouse.message import SinkMessage, logic_of
from sinks.clickhouse.tables import SCHEMAS

Row = dict[str, Any]
TableRow = tuple[str, Row]

_YEAR_MIN = 1900
_YEAR_MAX = 2299
_UUIDS = ("record_id", "raw_record_id", "first_raw_record_id", "window_record_id", "observation_id")


def record_rows(record: object) -> list[TableRow]:
    """Return the rows of a record: (table, columns), without where it came from.

    Raises:
        Poison: an id is not a UUID, or a time is beyond what ClickHouse keeps.
    """
    make = _ROWS.get(type(record))
    if make is None:
        raise Poison(
            f"a {type(record).__name__}",
            expected="a record that has a table",
            todo="update the sink, then `crosscurrent dead-letters replay`",
        )
    return [(table, _checked(row)) for table, row in make(record)]


def state_row(record: ConnectorState | ProcessorState, life_sequence: int) -> TableRow:
    """Return the row of the state table for a record.

    Args:
        record: what a connector or a processor published.
        life_sequence: number of the topic's life.

    Raises:
        Poison: an id is not a UUID, or a time is beyond what ClickHouse keeps.
    """
    table = "connector_states" if isinstance(record, ConnectorState) else "processor_states"
    columns = record.to_avro()
    row = {name: columns[name] for name in SCHEMAS[table].names if name in columns}
    return table, _checked({**row, "life_sequence": life_sequence})


def record_blocks(rows: Iterable[tuple[int, SinkMessage, TableRow]]) -> list[RecordBlock]:
    """Return the rows gathered by table, in their order.

    Args:
        rows: (index of the message in the batch, message, row).

    Raises:
        Poison: a value does not fit its column.
    """
    by_table: dict[str, list[tuple[int, Row]]] = {}
    for index, message, (table, row) in rows:
        by_table.setdefault(table, []).append((index, {**row, **_origin(message)}))
    return [_block(table, indexed) for table, indexed in by_table.items()]


def _block(table: str, indexed: Sequence[tuple[int, Row]]) -> RecordBlock:
    schema = SCHEMAS[table]
    try:
        arrays = [pa.array([_value(row[field.name]) for _, row in indexed], field.type) for field in schema]
    except (pa.ArrowException, OverflowError, ValueError, TypeError) as error:
        raise Poison(
            f"a value that does not fit {table}: {error}",
            expected="values as in schemas/avro",
            todo="correct the producer, then `crosscurrent dead-letters replay`",
            table=table,
        ) from error
    return RecordBlock(
        table=table,
        rows=pa.Table.from_arrays(arrays, schema=schema),
        message_index=np.array([index for index, _ in indexed], np.int64),
        record_ids=[row["record_id"] for _, row in indexed],
    )


def _value(value: Any) -> Any:
    return list(value.items()) if isinstance(value, dict) else value


def _origin(message: SinkMessage) -> Row:
    return {
        "_cluster": message.cluster,
        "_topic": message.topic,
        "_partition": message.partition,
        "_offset": message.offset,
        "_logic": logic_of(message),
    }


def _checked(row: Row) -> Row:
    for name in _UUIDS:
        if name in row:
            row[name] = canonical_uuid(name, row[name])
    for name, value in row.items():
        if isinstance(value, datetime):
            row[name] = _checked_time(name, value)
    return row


def _checked_time(name: str, value: datetime) -> datetime:
    if not _YEAR_MIN <= value.year <= _YEAR_MAX:
        raise Poison(
            f"{name} {value.isoformat()}",
            expected=f"a time in the years {_YEAR_MIN} to {_YEAR_MAX}",
            todo="correct the producer, then `crosscurrent dead-letters replay`",
        )
    return value.astimezone(UTC)


def _raw_event(record: RawEvent) -> list[TableRow]:
    return [("raw_events", record.to_avro())]


def _entities(record: EntityBatch) -> list[TableRow]:
    shared = {"tenant": record.tenant, "source": record.source, "raw_record_id": record.raw_record_id}
    things = [("entities", {**entity.to_avro(), **shared}) for entity in record.entities]
    return things + [("entity_links", {**link.to_avro(), **shared}) for link in record.links]


def _correlations(record: CorrelationBatch) -> list[TableRow]:
    columns = record.to_avro()
    refused = columns.pop("refused")
    del columns["pairs"]
    window = {
        **columns,
        "pairs_published": len(record.pairs),
        "refused_series_ids": [series["series_id"] for series in refused],
        "refused_reasons": [series["reason"] for series in refused],
    }
    shared = {**columns, "window_record_id": record.record_id}
    pairs: list[TableRow] = [("correlations", {**shared, **pair.to_avro()}) for pair in record.pairs]
    return [("correlation_windows", window), *pairs]


def _anomaly(record: Anomaly) -> list[TableRow]:
    return [("anomalies", record.to_avro())]


def _schema_drift(record: SchemaDrift) -> list[TableRow]:
    return [("schema_drift", record.to_avro())]


def _dead_letter(record: DeadLetter) -> list[TableRow]:
    return [("dead_letters", record.to_avro())]


def _connector_run(record: ConnectorState) -> list[TableRow]:
    columns = record.to_avro()
    names = SCHEMAS["connector_runs"].names
    return [("connector_runs", {name: columns[name] for name in names if name in columns})]


def _processor_state(_: ProcessorState) -> list[TableRow]:
    # its only row is that of the state table
    return []


_ROWS: dict[type[Any], Callable[[Any], list[TableRow]]] = {
    RawEvent: _raw_event,
    EntityBatch: _entities,
    CorrelationBatch: _correlations,
    Anomaly: _anomaly,
    SchemaDrift: _schema_drift,
    DeadLetter: _dead_letter,
    ConnectorState: _connector_run,
    ProcessorState: _processor_state,
}
