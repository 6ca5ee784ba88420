"""Recomputes the rollup buckets that a batch touches, from what stands below them.

Minutes come from the observations, hours from minutes, days from hours. A bucket is always computed anew as a
whole, so a crash, a replay and late data all end in the same numbers; the version is the count, which a
later computation never lowers.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sinks.clickhouse.block import ObservationBlock
from sinks.clickhouse.client import ClickHouse, External

_MINUTE_MS = 60_000
_COLUMNS = (
    "tenant, series_id, bucket_start, source, measure, entity_id, unit, kind, "
    "count, sum, min, max, first, last, first_at, last_at"
)
# without it, buckets before 1970 and after 2105 would be cut to the range of DateTime
_SETTINGS = {"enable_extended_results_for_datetime_functions": 1}

_FROM_OBSERVATIONS = f"""
INSERT INTO observations_1m_data ({_COLUMNS})
SELECT
    tenant, series_id, toStartOfMinute(observed_at),
    argMin(source, observed_at), argMin(measure, observed_at), argMin(entity_id, observed_at),
    argMin(unit, observed_at), argMin(kind, observed_at),
    count(), arraySum(arrayMap(point -> point.2, arraySort(groupArray((observed_at, value))))),
    min(value), max(value), argMin(value, observed_at), argMax(value, observed_at),
    min(observed_at), max(observed_at)
FROM observations
WHERE (tenant, series_id, toStartOfMinute(observed_at)) IN (SELECT tenant, series_id, bucket_start FROM touched)
GROUP BY tenant, series_id, toStartOfMinute(observed_at)
"""
_FROM_BUCKETS = """
INSERT INTO observations_{target}_data ({columns})
SELECT
    tenant, series_id, {begin}(bucket_start),
    argMin(source, bucket_start), argMin(measure, bucket_start), argMin(entity_id, bucket_start),
    argMin(unit, bucket_start), argMin(kind, bucket_start),
    sum(count), arraySum(arrayMap(bucket -> bucket.2, arraySort(groupArray((bucket_start, sum))))),
    min(min), max(max), argMin(first, first_at), argMax(last, last_at), min(first_at), max(last_at)
FROM observations_{base}_data FINAL
WHERE (tenant, series_id, {begin}(bucket_start)) IN (SELECT tenant, series_id, bucket_start FROM touched)
GROUP BY tenant, series_id, {begin}(bucket_start)
"""
_LEVELS = (
    (1, _FROM_OBSERVATIONS),
    (60, _FROM_BUCKETS.format(target="1h", base="1m", begin="toStartOfHour", columns=_COLUMNS)),
    (24 * 60, _FROM_BUCKETS.format(target="1d", base="1h", begin="toStartOfDay", columns=_COLUMNS)),
)


def recompute_rollups(client: ClickHouse, block: ObservationBlock, written: NDArray[np.bool_]) -> None:
    """Bring the buckets of these observations up to date, minutes first.

    Args:
        client: ClickHouse.
        block: observations that stand in ClickHouse.
        written: which rows of the block count.

    Raises:
        Transient: ClickHouse does not answer or is in trouble; simply do it again.
    """
    if not written.any():
        return
    minutes = minutes_of(block.observed_at_ms[written])
    recompute_buckets(client, block.tenants, block.series_ids, block.series_index[written], minutes)


def recompute_buckets(
    client: ClickHouse,
    tenants: Sequence[str],
    series_ids: Sequence[str],
    series_index: NDArray[np.int64],
    minutes: NDArray[np.int64],
) -> None:
    """Bring the buckets in which there are these minutes up to date.

    Args:
        client: ClickHouse.
        tenants: for each of ``series_ids`` its tenant.
        series_ids: the distinct series.
        series_index: for each minute the index of its series.
        minutes: minutes since the epoch, may be negative.

    Raises:
        Transient: ClickHouse does not answer or is in trouble; simply do it again.
    """
    for minutes_wide, sql in _LEVELS:
        series, buckets = touched_buckets(series_index, minutes, minutes_wide)
        touched = _touched(tenants, series_ids, series, buckets)
        client.insert_select(sql, external=touched, settings=_SETTINGS)


def minutes_of(observed_at_ms: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the minute of each time since the epoch, as ClickHouse's ``toStartOfMinute`` gives it.

    ClickHouse drops the fraction of a second towards the epoch, so that the last 999 ms before a whole second
    of the time before 1970 belong to that second. Other rounding here would name buckets that are not there.

    Args:
        observed_at_ms: milliseconds since the epoch, may be negative.
    """
    seconds = np.where(observed_at_ms < 0, -(-observed_at_ms // 1000), observed_at_ms // 1000)
    return seconds // 60


def touched_buckets(
    series_index: NDArray[np.int64], minutes: NDArray[np.int64], minutes_wide: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the distinct (series, bucket start in milliseconds) as two columns.

    Args:
        series_index: series of each observation.
        minutes: minute of each observation since the epoch, may be negative.
        minutes_wide: width of a bucket in minutes.
    """
    starts = minutes // minutes_wide * minutes_wide
    first = starts.min(initial=0)
    span = starts.max(initial=0) - first + 1
    # one number for both, because sorting pairs takes many times as long; 400 years of minutes and half a million
    # series stay below 2^47
    distinct = np.unique(series_index * span + (starts - first))
    return distinct // span, (distinct % span + first) * _MINUTE_MS


def _touched(
    tenants: Sequence[str],
    series_ids: Sequence[str],
    series: NDArray[np.int64],
    starts_ms: NDArray[np.int64],
) -> External:
    places = pa.array(series)
    columns = {
        "tenant": pa.array(tenants, pa.string()).take(places),
        "series_id": pa.array(series_ids, pa.string()).take(places),
        "bucket_start": pa.array(starts_ms, pa.int64()).cast(pa.timestamp("ms", "UTC")),
    }
    structure = ("tenant String", "series_id String", "bucket_start DateTime64(3, 'UTC')")
    return External("touched", structure, pa.table(columns))
