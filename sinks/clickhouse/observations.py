"""Observation batches to rows, in columns: no step is taken for each single observation."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from crosscurrent.errors import Poison
from schemas.records import ObservationBatch
from sinks.clickhouse.block import TIME_MS_MAX, TIME_MS_MIN, ObservationBlock
from sinks.clickhouse.identifiers import canonical_uuid
from sinks.clickhouse.message import SinkMessage, logic_of

_SERIES_ID = re.compile(r"[0-9a-f]{16}")
_SERIES_COLUMNS = ("tenant", "source", "measure", "entity_id", "unit", "kind", "series_id")

_SeriesKey = tuple[str, str, str, str, str, str, str]


class ObservationColumns:
    """Collects the observations of many messages and gives them back as one block.

    Call ``add`` once for each message; a message that raises leaves no trace. Then call ``block`` once.
    """

    def __init__(self) -> None:
        self._codes: dict[_SeriesKey, int] = {}
        self._series: list[NDArray[np.int64]] = []
        self._times: list[NDArray[np.int64]] = []
        self._values: list[NDArray[np.float64]] = []
        self._messages: list[tuple[int, SinkMessage, str, int]] = []
        self._rows = 0

    @property
    def row_count(self) -> int:
        """Observations so far."""
        return self._rows

    def add(self, index: int, message: SinkMessage, batch: ObservationBatch) -> int:
        """Take in one message and return how many observations it holds.

        Args:
            index: index of the message in the batch that is written.
            message: where it came from.
            batch: what it says.

        Raises:
            Poison: its columns do not fit together, or a value is out of range.
        """
        raw_record_id = canonical_uuid("raw_record_id", batch.raw_record_id)
        series_index, times, values = _columns(batch)
        if not len(times):
            return 0
        codes = np.fromiter(
            (self._code(key) for key in _series_keys(batch)), np.int64, count=len(batch.series)
        )
        self._series.append(codes[series_index])
        self._times.append(times)
        self._values.append(values)
        self._messages.append((index, message, raw_record_id, len(times)))
        self._rows += len(times)
        return len(times)

    def block(self) -> ObservationBlock | None:
        """Return everything taken in as rows, or ``None`` if there is nothing."""
        if not self._messages:
            return None
        codes = np.concatenate(self._series)
        times = np.concatenate(self._times)
        lengths = np.array([length for *_, length in self._messages])
        ordinal = np.repeat(np.arange(len(lengths)), lengths)
        keys = list(self._codes)
        columns: dict[str, pa.Array] = {
            name: _text_column([key[place] for key in keys], codes)
            for place, name in enumerate(_SERIES_COLUMNS)
        }
        columns["observed_at"] = pa.array(times, pa.int64()).cast(pa.timestamp("ms", "UTC"))
        columns["value"] = pa.array(np.concatenate(self._values))
        columns["raw_record_id"] = _text_column([raw for _, _, raw, _ in self._messages], ordinal)
        columns.update(self._origin(ordinal))
        identity, first = _identities([key[-1] for key in keys])
        return ObservationBlock(
            rows=pa.table(columns),
            message_index=np.array([index for index, *_ in self._messages], np.int64)[ordinal],
            series_index=identity[codes],
            series_ids=[keys[place][-1] for place in first],
            tenants=[keys[place][0] for place in first],
            observed_at_ms=times,
        )

    def _origin(self, ordinal: NDArray[np.int64]) -> dict[str, pa.Array]:
        messages = [message for _, message, _, _ in self._messages]
        return {
            "_cluster": _text_column([message.cluster for message in messages], ordinal),
            "_topic": _text_column([message.topic for message in messages], ordinal),
            "_partition": pa.array(np.array([m.partition for m in messages], np.int32)[ordinal]),
            "_offset": pa.array(np.array([m.offset for m in messages], np.int64)[ordinal]),
            "_logic": _text_column([logic_of(message) for message in messages], ordinal),
        }

    def _code(self, key: _SeriesKey) -> int:
        return self._codes.setdefault(key, len(self._codes))


def _series_keys(batch: ObservationBatch) -> list[_SeriesKey]:
    tenant, source = batch.tenant, batch.source
    return [
        (tenant, source, series.measure, series.entity_id, series.unit, series.kind, series.series_id)
        for series in batch.series
    ]


def _columns(
    batch: ObservationBatch,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    counts = {len(batch.series_index), len(batch.observed_at), len(batch.value)}
    if len(counts) != 1:
        raise _misfit(
            f"columns of {sorted(counts)} values", "series_index, observed_at and value of one length"
        )
    for series in batch.series:
        if not _SERIES_ID.fullmatch(series.series_id):
            raise _misfit(f"series_id {series.series_id[:40]!r}", "16 hexadecimal digits in lower case")
    try:
        index = np.array(batch.series_index, np.int64)
        times = np.array(batch.observed_at, np.int64)
        values = np.array(batch.value, np.float64)
    except (OverflowError, ValueError, TypeError) as error:
        raise _misfit(f"numbers that do not fit: {error}", "64-bit integers and floats") from error
    if len(index) and (index.min() < 0 or index.max() >= len(batch.series)):
        raise _misfit(
            f"series_index from {index.min()} to {index.max()}", f"0 to {len(batch.series) - 1}, its series"
        )
    if len(times) and (times.min() < TIME_MS_MIN or times.max() > TIME_MS_MAX):
        raise _misfit(f"observed_at from {times.min()} to {times.max()} ms", "the years 1900 to 2299")
    if not np.isfinite(values).all():
        raise _misfit("a value that is not finite", "finite values")
    return index, times, values


def _misfit(found: str, expected: str) -> Poison:
    return Poison(
        f"an observation batch with {found}",
        expected=expected,
        todo="correct the producer, then `crosscurrent dead-letters replay`",
    )


def _text_column(texts: Sequence[str], codes: NDArray[np.int64]) -> pa.Array:
    """Return a dictionary-encoded column: ``texts[code]`` for each code, each distinct text once."""
    places, distinct = _identities(texts)
    dictionary = pa.array([texts[place] for place in distinct], pa.string())
    return pa.DictionaryArray.from_arrays(pa.array(places[codes].astype(np.int32)), dictionary)


def _identities(texts: Sequence[str]) -> tuple[NDArray[np.int64], list[int]]:
    """Return for each text the number of its first like, and the indices of the distinct ones."""
    numbers: dict[str, int] = {}
    places = np.fromiter((numbers.setdefault(text, len(numbers)) for text in texts), np.int64, len(texts))
    first: list[int] = [0] * len(numbers)
    for place in range(len(texts) - 1, -1, -1):
        first[places[place]] = place
    return places, first
