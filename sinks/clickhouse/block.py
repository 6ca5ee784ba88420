"""Rows for one table, each with the message it came from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

# what DateTime64(3) holds, in milliseconds since the epoch: 1900-01-01 to 2299-12-31
TIME_MS_MIN = -2_208_988_800_000
TIME_MS_MAX = 10_413_791_999_999


@dataclass(frozen=True, slots=True)
class RecordBlock:
    """Rows that carry their ``record_id``.

    Attributes:
        table: where they go.
        rows: the rows, in the order of their messages.
        message_index: for each row the index of its message in the batch.
        record_ids: for each row its id, as text in lower case.
    """

    table: str
    rows: pa.Table
    message_index: NDArray[np.int64]
    record_ids: list[str]


@dataclass(frozen=True, slots=True)
class ObservationBlock:
    """Observations in columns; their ids follow from series and time.

    Attributes:
        rows: the rows, in the order of their messages.
        message_index: for each row the index of its message in the batch.
        series_index: for each row the index into ``series_ids``.
        series_ids: the distinct series of the block.
        tenants: for each of ``series_ids`` its tenant.
        observed_at_ms: for each row the event time, milliseconds since the epoch.
    """

    rows: pa.Table
    message_index: NDArray[np.int64]
    series_index: NDArray[np.int64]
    series_ids: list[str]
    tenants: list[str]
    observed_at_ms: NDArray[np.int64]

    @property
    def table(self) -> str:
        """Where they go."""
        return "observations"


Block = RecordBlock | ObservationBlock
