"""Writes a part of a batch: rows, then rollups, then the ledger.

Every step may be done again: what is already there is found by its ``record_id`` and its origin.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from crosscurrent.errors import Poison
from schemas.records import ConnectorState, ObservationBatch, ProcessorState
from sinks.clickhouse.block import Block, ObservationBlock, RecordBlock
from sinks.clickhouse.client import ClickHouse
from sinks.clickhouse.dead_letter import Burial
from sinks.clickhouse.decode import Decoded, DecodedStretch
from sinks.clickhouse.dedupe import Verdict, judge
from sinks.clickhouse.instruments import (
    BATCHES,
    DEAD_LETTERS,
    DUPLICATES,
    INSERT_SECONDS,
    MESSAGES,
    ROLLUP_SECONDS,
    ROWS,
)
from sinks.clickhouse.known_series import KnownSeries
from sinks.clickhouse.ledger import LedgerRow, write_ledger
from sinks.clickhouse.lives import LifeSequences
from sinks.clickhouse.message import SinkMessage
from sinks.clickhouse.observations import ObservationColumns
from sinks.clickhouse.rollups import recompute_rollups
from sinks.clickhouse.rows import TableRow, record_blocks, record_rows, state_row


class PartWriter:
    """Writes parts of batches. One call at a time.

    Args:
        client: ClickHouse.
        dead_letters: takes what cannot be processed.
        guard: called before each insert; raises to stop, as when a partition was taken away.
    """

    def __init__(self, client: ClickHouse, dead_letters: Burial, guard: Callable[[], None]) -> None:
        self._client = client
        self._dead_letters = dead_letters
        self._guard = guard
        self._known = KnownSeries()
        self._lives = LifeSequences(client)

    def forget(self) -> None:
        """Forget what is remembered of ClickHouse: others may write what was ours."""
        self._known.forget()
        self._lives.forget()

    def write(self, part: Sequence[DecodedStretch]) -> None:
        """Write a part; when this returns, its ledger rows stand.

        Args:
            part: stretches with their decoded messages. A message found to be poison is marked so.

        Raises:
            Transient: ClickHouse, the broker or the registry does not answer; call again with the same part.
        """
        messages = [decoded for stretch in part for decoded in stretch.decoded]
        tally = _Tally(len(messages))
        try:
            self._client.wait_for_inserts()
            for block in self._blocks(messages):
                self._write_block(block, messages, tally)
            self._write_states(messages, tally)
        except BaseException:
            # rows may be there that nobody acknowledged
            self._known.forget()
            raise
        self._bury(messages, tally)
        self._guard()
        write_ledger(self._client, tally.ledger(part))
        BATCHES.inc()
        MESSAGES.inc(len(messages))

    def _blocks(self, messages: Sequence[Decoded]) -> list[Block]:
        columns = ObservationColumns()
        rows: list[tuple[int, SinkMessage, TableRow]] = []
        for index, decoded in enumerate(messages):
            if decoded.error is not None:
                continue
            # that a poll was made, and its cost, is true whatever became of its events
            if decoded.lost and not isinstance(decoded.record, ConnectorState):
                continue
            try:
                if isinstance(decoded.record, ObservationBatch):
                    columns.add(index, decoded.message, decoded.record)
                else:
                    rows += [(index, decoded.message, row) for row in record_rows(decoded.record)]
            except Poison as error:
                decoded.error = error
        observations = columns.block()
        records: list[Block] = list(_build(rows, messages))
        return records if observations is None else [*records, observations]

    def _write_block(self, block: Block, messages: Sequence[Decoded], tally: _Tally) -> None:
        verdict = judge(self._client, block, self._known)
        if verdict.insert.any():
            verdict = self._insert(block, verdict, messages)
        if isinstance(block, ObservationBlock):
            self._known.advance(block, verdict.insert)
            with ROLLUP_SECONDS.time():
                self._guard()
                recompute_rollups(self._client, block, verdict.written)
        duplicates = len(verdict.written) - int(verdict.written.sum())
        DUPLICATES.labels(block.table).inc(duplicates)
        tally.count(block.message_index, verdict.written)

    def _insert(self, block: Block, verdict: Verdict, messages: Sequence[Decoded]) -> Verdict:
        """Insert the new rows; return the verdict without the messages that ClickHouse refuses."""
        insert, written = verdict.insert.copy(), verdict.written.copy()
        refused = self._insert_rows(block.table, block.rows, np.flatnonzero(insert), block.message_index)
        for index, error in refused:
            messages[index].error = error
            insert[block.message_index == index] = False
            written[block.message_index == index] = False
        return Verdict(insert, written)

    def _insert_rows(
        self, table: str, rows: pa.Table, chosen: NDArray[np.int64], message_index: NDArray[np.int64]
    ) -> list[tuple[int, Poison]]:
        """Insert the chosen rows, halving what ClickHouse refuses down to the messages at fault."""
        self._guard()
        everything = len(chosen) == rows.num_rows
        try:
            with INSERT_SECONDS.labels(table).time():
                self._client.insert(table, rows if everything else rows.take(pa.array(chosen)))
        except Poison as error:
            indices = np.unique(message_index[chosen])
            if len(indices) == 1:
                return [(int(indices[0]), error)]
            middle = indices[len(indices) // 2]
            halves = (chosen[message_index[chosen] < middle], chosen[message_index[chosen] >= middle])
            return [
                refused for half in halves for refused in self._insert_rows(table, rows, half, message_index)
            ]
        ROWS.labels(table).inc(len(chosen))
        return []

    def _write_states(self, messages: Sequence[Decoded], tally: _Tally) -> None:
        rows: list[tuple[int, SinkMessage, TableRow]] = []
        for index, decoded in enumerate(messages):
            if decoded.error is not None or decoded.lost:
                continue
            if not isinstance(decoded.record, ConnectorState | ProcessorState):
                continue
            is_run = isinstance(decoded.record, ConnectorState)
            table = "connector_states" if is_run else "processor_states"
            number = self._lives.number(table, decoded.message.cluster)
            try:
                rows.append((index, decoded.message, state_row(decoded.record, number)))
            except Poison as error:
                decoded.error = error
        for block in _build(rows, messages):
            # one insert of one block is seen as a whole or not at all; the version makes a repetition harmless
            everything = np.ones(len(block.record_ids), np.bool_)
            verdict = self._insert(block, Verdict(everything, everything), messages)
            if block.table == "processor_states":
                tally.count(block.message_index, verdict.written)

    def _bury(self, messages: Sequence[Decoded], tally: _Tally) -> None:
        """Publish the dead letters and write their rows, whose origin is the message at fault.

        The rows do not wait for their way through the topic: a broker that forgets may lose that, and the ledger
        is about to say that they are safe.
        """
        failures = [(index, decoded) for index, decoded in enumerate(messages) if decoded.error is not None]
        self._guard()
        letters = self._dead_letters.publish(
            [(d.message, d.error) for _, d in failures if d.error is not None]
        )
        rows = []
        for (index, decoded), letter in zip(failures, letters, strict=True):
            rows += [(index, decoded.message, row) for row in record_rows(letter)]
            tally.bury(index, letter.record_id)
            DEAD_LETTERS.labels(decoded.message.topic).inc()
        for block in _build(rows, messages):
            self._write_block(block, messages, tally)


class _Tally:
    """Counts what became of the rows of each message."""

    def __init__(self, message_count: int) -> None:
        self._written = np.zeros(message_count, np.int64)
        self._rows = np.zeros(message_count, np.int64)
        self._dead: dict[int, str] = {}

    def count(self, message_index: NDArray[np.int64], written: NDArray[np.bool_]) -> None:
        count = len(self._rows)
        self._rows += np.bincount(message_index, minlength=count)
        self._written += np.bincount(message_index[written], minlength=count)

    def bury(self, index: int, letter_id: str) -> None:
        self._dead[index] = letter_id

    def ledger(self, part: Sequence[DecodedStretch]) -> list[LedgerRow]:
        rows, begin = [], 0
        for decoded in part:
            end = begin + len(decoded.decoded)
            rows.append(self._row(decoded, slice(begin, end)))
            begin = end
        return rows

    def _row(self, decoded: DecodedStretch, place: slice) -> LedgerRow:
        offsets = np.array([message.offset for message in decoded.stretch.messages], np.int64)
        written, rows = self._written[place], self._rows[place]
        letters = {
            index: self._dead[index] for index in range(place.start, place.stop) if index in self._dead
        }
        dead = np.zeros(len(offsets), np.bool_)
        dead[[index - place.start for index in letters]] = True
        return LedgerRow(
            stretch=decoded.stretch,
            rows_written=int(written.sum()),
            rows_duplicate=int((rows - written)[~dead].sum()),
            empty_offsets=offsets[~dead & (rows == 0)].tolist(),
            duplicate_offsets=offsets[~dead & (rows > 0) & (written == 0)].tolist(),
            dead_letter_offsets=offsets[dead].tolist(),
            dead_letter_ids=list(letters.values()),
        )


def _build(
    rows: Sequence[tuple[int, SinkMessage, TableRow]], messages: Sequence[Decoded]
) -> list[RecordBlock]:
    """Return the blocks of the rows; where they do not fit, mark the messages at fault and leave them out."""
    try:
        return record_blocks(rows)
    except Poison:
        for index, message, row in rows:
            try:
                record_blocks([(index, message, row)])
            except Poison as error:
                messages[index].error = error
        return record_blocks([entry for entry in rows if messages[entry[0]].error is None])
