"""Late data and the closed windows that it belongs to: which are told anew, when, and as which revision.

A late sample is one in a cell that a closed window has. Windows up to ``reach_steps`` behind the last one closed are
told anew once the watermark has reached its next step, so that many late samples cost one correction and not one each.
What a window says in the end then depends on its samples alone and not on the order in which they came.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from streams.correlate.series import IntArray, WindowResult

_DIGEST_BYTES = 12


class Corrections:
    """The closed windows that can still be told anew.

    Args:
        hop_steps: steps between windows, whose ends are multiples of it.
        window_steps: grid points in a window.
        reach_steps: how far behind the last window closed another one may end that is told anew; rounded up to whole
            hops. 0: none is.
    """

    def __init__(self, hop_steps: int, window_steps: int, reach_steps: int) -> None:
        self._hop_steps = hop_steps
        self._window_steps = window_steps
        self.reach_steps = -(-reach_steps // hop_steps) * hop_steps
        self._touched: set[int] = set()
        self._told: dict[int, tuple[int, str]] = {}
        self._watermark_step = -math.inf

    def touch(self, cells: IntArray, last_end: int) -> None:
        """Take note of the closed windows that hold any of these late cells."""
        hop, oldest = self._hop_steps, self._oldest_end(last_end)
        for cell in np.unique(cells).tolist():
            first, last = -(-cell // hop) * hop, min(cell + self._window_steps - 1, last_end)
            self._touched.update(range(max(first, oldest), last + 1, hop))

    def due(self, watermark_step: int) -> list[int]:
        """Return the ends of the windows to compute anew now that the watermark is in this step, oldest first."""
        if watermark_step <= self._watermark_step:
            return []
        self._watermark_step = watermark_step
        ends = sorted(self._touched)
        self._touched.clear()
        return ends

    def revision(self, end: int, window: WindowResult) -> int | None:
        """Return as which revision a window is told, from 0; ``None`` if it says what it said before."""
        if not self.reach_steps:
            return 0
        digest = _digest(window)
        revision, before = self._told.get(end, (-1, ""))
        if digest == before:
            return None
        self._told[end] = (revision + 1, digest)
        return revision + 1

    def forget(self, last_end: int) -> None:
        """Forget the windows that are now out of reach."""
        oldest = self._oldest_end(last_end)
        self._told = {end: told for end, told in self._told.items() if end >= oldest}

    def snapshot(self, seconds: Callable[[int], float]) -> dict[str, Any]:
        """Return what a restart needs, as JSON can hold it.

        Args:
            seconds: gives the time of a cell.
        """
        step = self._watermark_step
        return {
            "touched": [seconds(end) for end in sorted(self._touched)],
            "told": [[seconds(end), *told] for end, told in sorted(self._told.items())],
            "watermark": None if math.isinf(step) else seconds(int(step)),
        }

    def restore(self, state: Mapping[str, Any], cell: Callable[[float], int]) -> None:
        """Take a snapshot back; windows that do not end on this grid are out of reach.

        Args:
            state: what :meth:`snapshot` gave.
            cell: gives the cell of a time.
        """
        hop = self._hop_steps
        self._touched = {end for at in state["touched"] if (end := cell(float(at))) % hop == 0}
        told = {cell(float(at)): (int(number), str(digest)) for at, number, digest in state["told"]}
        self._told = {end: one for end, one in told.items() if end % hop == 0}
        at = state["watermark"]
        self._watermark_step = -math.inf if at is None else cell(float(at))

    def _oldest_end(self, last_end: int) -> int:
        return last_end + self._hop_steps - self.reach_steps


def _digest(window: WindowResult) -> str:
    """Return the same for two windows only if they say the same."""
    columns = window.columns
    digest = hashlib.blake2b(digest_size=_DIGEST_BYTES)
    digest.update(repr((list(window.prepared.items()), sorted(window.refused.items()))).encode())
    for values in (columns.left_index, columns.right_index, columns.lag_steps, columns.coefficient):
        digest.update(values.tobytes())
    for values in (columns.n_effective, columns.p_value):
        digest.update(values.tobytes())
    return digest.hexdigest()
