"""A batch of observations as columns that can be relied on."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from crosscurrent.errors import Poison
from schemas.codec import Codec
from schemas.records import ObservationBatch

FloatArray: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int64]

MILLISECONDS = 1000.0
# Python's and ClickHouse's calendars end there.
_OLDEST_MS = int(datetime(1900, 1, 1, tzinfo=UTC).timestamp() * MILLISECONDS)
_NEWEST_MS = int(datetime(2299, 12, 31, tzinfo=UTC).timestamp() * MILLISECONDS)


def decode_observations(codec: Codec, value: bytes) -> ObservationBatch:
    """Return the batch in a message, whose columns fit together.

    Raises:
        Poison: the message is not a batch of observations, its columns differ in length, an index points to no
            series, or a time lies outside of 1900 to 2299.
        Transient: the schema registry is away.
    """
    batch = codec.decode(ObservationBatch, value)
    count = len(batch.value)
    if len(batch.series_index) != count or len(batch.observed_at) != count:
        lengths = (len(batch.series_index), len(batch.observed_at), count)
        raise _poison(f"columns of {lengths} entries", "series_index, observed_at and value of one length")
    if count and not 0 <= min(batch.series_index) <= max(batch.series_index) < len(batch.series):
        raise _poison(
            f"series_index from {min(batch.series_index)} to {max(batch.series_index)}",
            f"0 to {len(batch.series) - 1}, the series of the batch",
        )
    if count and not _OLDEST_MS <= min(batch.observed_at) <= max(batch.observed_at) <= _NEWEST_MS:
        raise _poison(
            f"observed_at from {min(batch.observed_at)} to {max(batch.observed_at)} ms",
            "milliseconds since 1970 UTC, from 1900 to 2299",
        )
    return batch


def by_series(batch: ObservationBatch) -> list[tuple[int, IntArray, FloatArray]]:
    """Return for each series that has any: its position, its times in milliseconds and its values."""
    times_ms = np.asarray(batch.observed_at, dtype=np.int64)
    values = np.asarray(batch.value, dtype=np.float64)
    index = np.asarray(batch.series_index, dtype=np.int64)
    order = np.argsort(index, kind="stable")
    bounds = np.searchsorted(index[order], np.arange(len(batch.series) + 1)).tolist()
    parts = []
    for position in range(len(batch.series)):
        mine = order[bounds[position] : bounds[position + 1]]
        if mine.size:
            parts.append((position, times_ms[mine], values[mine]))
    return parts


def _poison(found: str, expected: str) -> Poison:
    return Poison(
        f"a batch of observations with {found}",
        expected=expected,
        todo="correct the mapping or the producer that made it; replay it after the fix",
    )
