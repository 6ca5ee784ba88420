"""Blocks of a window computed side by side: numpy lets other threads run while it computes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

THREADS_MAX = 4

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def side_by_side(function: Callable[[_Item], _Result], items: Iterable[_Item]) -> list[_Result]:
    """Return what the function gives for each item, in their order, with a thread a core.

    Args:
        function: must neither depend on the order in which items are taken nor change anything shared.
        items: what it is called with; one alone needs no thread.
    """
    every = list(items)
    threads = min(THREADS_MAX, len(os.sched_getaffinity(0)), len(every))
    if threads < 2:
        return [function(item) for item in every]
    with ThreadPoolExecutor(threads, thread_name_prefix="correlate") as pool:
        return list(pool.map(function, every))
