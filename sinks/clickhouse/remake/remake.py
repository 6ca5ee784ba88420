"""Goes through ``raw_events`` page by page: makes again, compares, and puts right where that is asked for.

Rows that say something else are exchanged in place: the new row takes the origin of the old one, so that the ledger
stays true, and the old one is deleted after the new one stands. A crash between the two leaves both, which the next
run finds. Rows that are missing come the ordinary way: their raw events are published again, and what is there
already is recognised by its id. Rows that are no longer made are told and stay.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

import numpy as np
import pyarrow as pa

from crosscurrent.errors import Poison
from crosscurrent.kafka import Producer
from crosscurrent.kafka.headers import LOGIC
from schemas.codec import Codec, Record
from schemas.records import ObservationBatch, RawEvent
from schemas.topics import RAW, topic_name
from sinks.clickhouse.block import Block, ObservationBlock
from sinks.clickhouse.client import ClickHouse
from sinks.clickhouse.message import SinkMessage
from sinks.clickhouse.observations import ObservationColumns
from sinks.clickhouse.remake.compare import Comparison, Row, canonical, compare, differing, is_same, key_of
from sinks.clickhouse.remake.report import (
    DIFFERENT,
    ELSEWHERE,
    EQUAL,
    MISSING,
    NOT_MADE,
    Difference,
    RemakeReport,
)
from sinks.clickhouse.remake.standing import Standing
from sinks.clickhouse.restore.history import HistoricMessage, History
from sinks.clickhouse.restore.need import Segment
from sinks.clickhouse.rollups import recompute_rollups
from sinks.clickhouse.rows import record_blocks, record_rows

Normalise = Callable[[str, bytes], Sequence[Record]]
"""Given a topic and the bytes of a raw event, returns the records that follow; raises ``Poison`` if it is refused."""

_TABLES = ("entities", "entity_links", "observations")


class Remake:
    """Makes the rows of raw events again.

    Args:
        client: ClickHouse.
        codec: encodes and decodes raw events.
        normalise: the production code that makes records of a raw event.
        versions: source to today's version of its logic.
        producer: publishes raw events again and corrects rows; ``None`` to look only.
    """

    def __init__(
        self,
        client: ClickHouse,
        codec: Codec,
        normalise: Normalise,
        versions: Mapping[str, str],
        producer: Producer | None = None,
    ) -> None:
        self._client = client
        self._standing = Standing(client)
        self._codec = codec
        self._normalise = normalise
        self._versions = versions
        self._producer = producer

    def run(self, sources: Sequence[str], *, since: datetime, until: datetime) -> RemakeReport:
        """Return what was found.

        Args:
            sources: whose raw events.
            since: raw events that came into the table before are left out.
            until: those that came later are left out: what follows from them may be on its way.

        Raises:
            Transient: ClickHouse, the registry or the broker does not answer; simply do it again.
        """
        report = RemakeReport()
        for source in sources:
            topic = topic_name(RAW, source)
            history = History(self._client, self._codec, topic)
            for segment in sorted(history.segments(), key=lambda one: (one.cluster, one.partition)):
                for page in self._pages(history, topic, segment, since, until):
                    self._page(topic, source, page, report)
        return report

    def _pages(
        self, history: History, topic: str, segment: Segment, since: datetime, until: datetime
    ) -> Iterator[list[tuple[HistoricMessage, RawEvent]]]:
        bounds = self._standing.offsets(topic, segment, since, until)
        if bounds is None:
            return
        first, last = bounds
        for page in history.pages(segment, first):
            yield [
                (message, event)
                for message in page
                if message.offset <= last and (event := self._event(message))
            ]
            if page[-1].offset >= last:
                return

    def _event(self, message: HistoricMessage) -> RawEvent | None:
        try:
            return self._codec.decode(RawEvent, message.value)
        except Poison:
            return None  # a dead letter of the sink: nothing was ever made of it

    def _page(
        self, topic: str, source: str, page: Sequence[tuple[HistoricMessage, RawEvent]], report: RemakeReport
    ) -> None:
        blocks = self._made(topic, source, page, report)
        raw_ids = [event.record_id for _, event in page]
        wanting: set[str] = set()
        for table in _TABLES:
            block = blocks.get(table)
            made = [] if block is None else [canonical(row) for row in block.rows.to_pylist()]
            made = _first_of_each(table, made)
            found = compare(table, made, self._standing.of_raw_events(table, source, raw_ids))
            missing = self._without_elsewhere(table, found, report)
            self._tell(table, source, found, missing, report)
            wanting |= {row["raw_record_id"] for row in missing}
            if self._producer is not None and block is not None:
                self._put_right(table, block, found)
                report.corrected += len(found.different)
        if self._producer is not None and wanting:
            messages = [message for message, event in page if event.record_id in wanting]
            asyncio.run(self._publish(topic, messages))
            report.published += len(messages)

    def _made(
        self, topic: str, source: str, page: Sequence[tuple[HistoricMessage, RawEvent]], report: RemakeReport
    ) -> dict[str, Block]:
        columns = ObservationColumns()
        rows = []
        headers = {LOGIC: self._versions.get(source, "").encode()}
        for index, (message, _) in enumerate(page):
            report.raw_events += 1
            origin = SinkMessage("", topic, 0, message.offset, None, None, headers)
            try:
                for record in self._normalise(topic, message.value):
                    if isinstance(record, ObservationBatch):
                        columns.add(index, origin, record)
                    else:
                        rows += [(index, origin, row) for row in record_rows(record)]
            except Poison:
                report.refused += 1
        blocks: dict[str, Block] = {block.table: block for block in record_blocks(rows)}
        observations = columns.block()
        return blocks if observations is None else {**blocks, observations.table: observations}

    def _without_elsewhere(self, table: str, found: Comparison, report: RemakeReport) -> list[Row]:
        """Return the rows that stand nowhere; what another raw event brought first is judged with that one."""
        there = self._standing.keys(table, found.missing)
        missing = [row for row in found.missing if key_of(table, row) not in there]
        report.outcomes[table, ELSEWHERE] += len(found.missing) - len(missing)
        return missing

    def _tell(
        self, table: str, source: str, found: Comparison, missing: Sequence[Row], report: RemakeReport
    ) -> None:
        today = self._versions.get(source, "")
        report.outcomes[table, EQUAL] += found.equal
        for rows, made in found.different:
            stands = next((row for row in rows if not is_same(made, row)), rows[-1])
            report.note(_difference(table, DIFFERENT, stands, made), today)
        for made in missing:
            report.note(_difference(table, MISSING, None, made), today)
        for stands in found.not_made:
            report.note(_difference(table, NOT_MADE, stands, None), today)

    def _put_right(self, table: str, block: Block, found: Comparison) -> None:
        """Put the rows that were made in the place of those that stand, and compute the rollups of all anew."""
        standing = {(made["raw_record_id"], *key_of(table, made)): rows for rows, made in found.different}
        wanted: list[tuple[int, Row]] = []
        stale: list[Row] = []
        for index, row in enumerate(map(canonical, block.rows.to_pylist()) if standing else ()):
            rows = standing.pop((row["raw_record_id"], *key_of(table, row)), None)
            if rows is None:
                continue
            kept = next((one for one in rows if is_same(row, one)), None)
            stale += [one for one in rows if one is not kept]
            if kept is None:
                wanted.append((index, rows[0]))
        if wanted:
            self._client.insert(table, _with_origins(block.rows, wanted))
        self._standing.delete(table, stale)
        if isinstance(block, ObservationBlock):
            # of all: a run that was cut off may have left the rows right and the rollups not
            recompute_rollups(self._client, block, np.ones(block.rows.num_rows, np.bool_))

    async def _publish(self, topic: str, messages: Sequence[HistoricMessage]) -> None:
        assert self._producer is not None
        waiting = [
            await self._producer.enqueue(topic, key=message.key, value=message.value, headers=message.headers)
            for message in messages
        ]
        await asyncio.gather(*waiting)


def _first_of_each(table: str, rows: Sequence[Row]) -> list[Row]:
    """Return the first row of each raw event and key: what comes twice is written once."""
    first: dict[tuple[object, ...], Row] = {}
    for row in rows:
        first.setdefault((row["raw_record_id"], *key_of(table, row)), row)
    return list(first.values())


def _with_origins(rows: pa.Table, wanted: Sequence[tuple[int, Row]]) -> pa.Table:
    """Return some of the rows, each with the origin of another."""
    taken = rows.take(pa.array([index for index, _ in wanted]))
    types = {"_cluster": pa.string(), "_topic": pa.string(), "_partition": pa.int32(), "_offset": pa.int64()}
    for name, kind in types.items():
        place = taken.schema.get_field_index(name)
        taken = taken.set_column(place, name, pa.array([origin[name] for _, origin in wanted], kind))
    return taken


def _difference(table: str, outcome: str, stands: Row | None, made: Row | None) -> Difference:
    told = made or stands or {}
    columns = differing(made, stands) if made is not None and stands is not None else []
    return Difference(
        table=table,
        key=" ".join(str(part) for part in key_of(table, told)),
        raw_record_id=str(told["raw_record_id"]),
        outcome=outcome,
        stands={name: _text((stands or {})[name]) for name in columns},
        made={name: _text((made or {})[name]) for name in columns},
        logic=str((stands or {}).get("_logic", "")),
    )


def _text(value: object) -> str:
    try:
        return repr(float.fromhex(value)) if isinstance(value, str) and "0x" in value[:3] else str(value)
    except ValueError:
        return str(value)
