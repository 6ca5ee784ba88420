"""How often a stream of overlapping windows announces couplings that are none, and how late those that are.

Called by ``benchmarks.honesty``. A run watches 16 series over many windows that overlap by seven eighths, through
the code of the live processor. A false announcement is one of a pair that no link joined in any part of the window.
The delay is counted from the window in which the one-window detector first reports a link to the window that
announces it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy import signal

from streams.correlate.couplings import Couplings, CouplingState
from streams.correlate.series import FloatArray, Series, WindowResult
from streams.correlate.window import correlate_window

STEP_SECONDS = 3600.0
FDR = 0.05
SERIES = 16
LINKED_PAIRS = 3
STRENGTHS = (0.5, 0.6, 0.8)
LAG_MAX = 10
# How long a link is there, and how long it is away, in steps.
STRETCH_STEPS = (600, 1500)

Random = np.random.Generator


@dataclass(frozen=True)
class Link:
    """A link of a pair while it lasts.

    Args:
        row: the first of the two neighbouring rows.
        strength: correlation of the innovations.
        begin: first step.
        end: step after the last.
    """

    row: int
    strength: float
    begin: int
    end: int


@dataclass
class Watched:
    """What one run gave.

    Args:
        announced: couplings announced.
        false: those of them that no link joins.
        windows_with_false: windows in which the one-window detector reports a false pair.
        windows: windows watched.
        delays_steps: from the first report of the one-window detector to the announcement, a link.
        ends_steps: from the end of a link to the withdrawal.
        links: links long enough to be seen by the one-window detector.
        missed: those of them that were not announced while they were in the window.
    """

    announced: int = 0
    false: int = 0
    windows_with_false: int = 0
    windows: int = 0
    delays_steps: list[int] = field(default_factory=list)
    ends_steps: list[int] = field(default_factory=list)
    links: int = 0
    missed: int = 0

    @property
    def false_proportion(self) -> float:
        """Share of the announced couplings that are false; 0 where none is announced."""
        return self.false / max(1, self.announced)


def linked(rng: Random, background: FloatArray) -> tuple[FloatArray, list[Link]]:
    """Return the background with its first rows replaced by pairs whose links come and go."""
    steps = background.shape[1]
    values, links = background.copy(), []
    for number in range(LINKED_PAIRS):
        row, strength = 2 * number, STRENGTHS[number % len(STRENGTHS)]
        own = _stretches(rng, row, strength, steps)
        links += own
        noise = rng.standard_normal((2, steps))
        lag, sign = int(rng.integers(0, LAG_MAX + 1)), float(rng.choice([-1, 1]))
        for link in own:
            inside = np.arange(max(link.begin, lag), link.end)
            mixed = sign * strength * noise[0, inside - lag] + np.sqrt(1 - strength**2) * noise[1, inside]
            noise[1, inside] = mixed
        values[row] = signal.lfilter([1.0], [1.0, -0.9], noise[0])
        values[row + 1] = signal.lfilter([1.0], [1.0, -0.6], noise[1])
    return values, links


def watch(values: FloatArray, links: list[Link], steps: int, hop: int, max_lag: int) -> Watched:
    """Return what the stream announces and withdraws over all windows of the series."""
    couplings, watched = Couplings(FDR), Watched()
    reported: dict[Link, int] = {}
    announced: dict[Link, int] = {}
    for end in range(steps, values.shape[1] + 1, hop):
        window = _window(values[:, end - steps : end], end, max_lag)
        there = {link.row: link for link in links if link.begin < end and link.end > end - steps}
        watched.windows += 1
        significant = {(int(pair.left), int(pair.right)) for pair in window.significant_pairs}
        true = {(row, row + 1) for row in there}
        watched.windows_with_false += bool(significant - true)
        for row, link in there.items():
            if (row, row + 1) in significant:
                reported.setdefault(link, end)
        for one in couplings.advance(window):
            pair = int(one.left), int(one.right)
            if one.state is CouplingState.ONSET:
                watched.announced += 1
                watched.false += pair not in true
            if one.state is CouplingState.END:
                gone = [link.end for link in links if link.row == pair[0] and link.end <= end]
                watched.ends_steps += [end - max(gone)] if gone else []
            elif pair in true:
                announced.setdefault(there[pair[0]], end)
    watched.links = len(reported)
    watched.delays_steps = [announced[link] - end for link, end in reported.items() if link in announced]
    watched.missed = len(reported) - len(watched.delays_steps)
    return watched


def print_stream(title: str, runs: list[Watched], steps: int) -> None:
    """Print a row of the table of :func:`print_head`."""
    windows = sum(run.windows for run in runs)
    delays = [delay for run in runs for delay in run.delays_steps]
    ends = [end for run in runs for end in run.ends_steps]
    links, missed = sum(run.links for run in runs), sum(run.missed for run in runs)
    cells = [
        title,
        f"{len(runs)} x {runs[0].windows}",
        f"{sum(run.announced for run in runs)}",
        f"{np.mean([run.false_proportion for run in runs]):.3f}",
        f"{sum(run.windows_with_false for run in runs) / windows:.3f}",
        f"{1 - missed / links:.2f}" if links else "",
        f"{np.median(delays) / steps:.2f}" if delays else "",
        f"{np.median(ends) / steps:.2f}" if ends else "",
    ]
    print("| " + " | ".join(cells) + " |", flush=True)


def print_head(steps: int, hop: int) -> None:
    """Print the head of the table."""
    print(
        f"\n| stream of {SERIES} series, windows of {steps} hours every {hop} | windows | announced "
        "| mean false share of the announced | windows with a false pair, one by one "
        "| announced of what one window finds | later than one window, windows | withdrawn after, windows |"
    )
    print("|---" * 8 + "|")


def _stretches(rng: Random, row: int, strength: float, steps: int) -> list[Link]:
    links, at = [], int(rng.integers(*STRETCH_STEPS))
    while at < steps:
        end = at + int(rng.integers(*STRETCH_STEPS))
        links.append(Link(row, strength, at, min(end, steps)))
        at = end + int(rng.integers(*STRETCH_STEPS))
    return links


def _window(rows: FloatArray, end: int, max_lag: int) -> WindowResult:
    times = np.arange(end - rows.shape[1], end, dtype=np.float64) * STEP_SECONDS
    series = [Series(f"{row:05d}", None, times, one) for row, one in enumerate(rows)]
    return correlate_window(
        series,
        window_end=float(times[-1]),
        step_seconds=STEP_SECONDS,
        window_steps=rows.shape[1],
        max_lag_steps=max_lag,
        fdr=FDR,
    )
