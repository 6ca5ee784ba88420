"""The buckets that a batch touches are those that plain Python finds, in the same order."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sinks.clickhouse.block import TIME_MS_MAX, TIME_MS_MIN
from sinks.clickhouse.rollups import touched_buckets

MINUTES = st.integers(TIME_MS_MIN // 60_000, TIME_MS_MAX // 60_000) | st.integers(-3, 3)
SERIES = st.integers(0, 500_000) | st.integers(0, 2)


@given(points=st.lists(st.tuples(SERIES, MINUTES), max_size=30), width=st.sampled_from([1, 60, 24 * 60]))
def test_touched_buckets_are_the_distinct_pairs_in_order(points: list[tuple[int, int]], width: int) -> None:
    series = np.array([number for number, _ in points], np.int64)
    minutes = np.array([minute for _, minute in points], np.int64)

    found = touched_buckets(series, minutes, width)

    wanted = sorted({(number, minute // width * width * 60_000) for number, minute in points})
    assert list(zip(found[0].tolist(), found[1].tolist(), strict=True)) == wanted
