"""How often Crosscurrent says "these move together" when nothing does, and how much it finds when something does.

    nice python benchmarks/honesty.py --replicates 100

prints Markdown: for each kind of unrelated series the share of replicates with at least one false pair, for each
kind of coupling the share found with its lag, beside the peer: Pearson, Bonferroni over lags,
Benjamini-Hochberg over pairs. The settings were chosen on seeds below 10,000; the default seed lies beyond.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import signal, special

from benchmarks.stream_honesty import SERIES, linked, print_head, print_stream, watch
from streams.correlate.multiplicity import benjamini_hochberg
from streams.correlate.series import FloatArray
from streams.correlate.window import Series, correlate_window

STEP_SECONDS = 3600.0
FDR = 0.05
SEED = 20_261_124
STRENGTHS = (0.3, 0.5, 0.8)

Random = np.random.Generator
Null = Callable[[Random, int, int], FloatArray]


# Null kinds: one row a series, one column an hour, no row related to another.


def white(rng: Random, count: int, steps: int) -> FloatArray:
    return rng.standard_normal((count, steps))


def heavy_tails(rng: Random, count: int, steps: int) -> FloatArray:
    return rng.standard_t(2.5, (count, steps))


def autoregressive(coefficient: float) -> Null:
    def make(rng: Random, count: int, steps: int) -> FloatArray:
        return _filtered(rng.standard_normal((count, steps + 500)), coefficient)[:, 500:]

    return make


def random_walk(rng: Random, count: int, steps: int) -> FloatArray:
    return np.cumsum(rng.standard_normal((count, steps)), axis=1)


def random_walk_with_drift(rng: Random, count: int, steps: int) -> FloatArray:
    return random_walk(rng, count, steps) + 0.3 * np.arange(steps)


def season(rng: Random, count: int, steps: int) -> FloatArray:
    phase, size = rng.uniform(0, 2 * np.pi, (count, 1)), rng.uniform(0.5, 3, (count, 1))
    return size * np.cos(2 * np.pi * np.arange(steps) / 24 + phase) + autoregressive(0.5)(rng, count, steps)


def daily_pulses(rng: Random, count: int, steps: int) -> FloatArray:
    hour = (np.arange(steps) - rng.integers(0, 24, (count, 1))) % 24
    return 5.0 * (hour < rng.integers(1, 4, (count, 1))) + white(rng, count, steps)


def shared_volatility(rng: Random, count: int, steps: int) -> FloatArray:
    return white(rng, count, steps) * np.exp(1.2 * np.cos(2 * np.pi * np.arange(steps) / 24))


def level_shifts(rng: Random, count: int, steps: int) -> FloatArray:
    jumps = rng.standard_normal((count, steps)) * 5 * (rng.random((count, steps)) < 3 / steps)
    return np.cumsum(jumps, axis=1) + white(rng, count, steps)


def sparse_counts(rng: Random, count: int, steps: int) -> FloatArray:
    return rng.poisson(rng.uniform(0.05, 0.3, (count, 1)), (count, steps)).astype(float)


def counters(rng: Random, count: int, steps: int) -> FloatArray:
    return np.cumsum(rng.poisson(rng.uniform(2, 50, (count, 1)), (count, steps)), axis=1).astype(float)


def counters_with_outage(rng: Random, count: int, steps: int) -> FloatArray:
    first = int(rng.integers(20, steps - 40))
    values = counters(rng, count, steps)
    values[:, first : first + 12] = np.nan
    return values


def stale_on_shared_clock(rng: Random, count: int, steps: int) -> FloatArray:
    level = random_walk(rng, count, steps)
    return level[:, np.arange(steps) // 6 * 6]


def missing(rng: Random, count: int, steps: int) -> FloatArray:
    values = autoregressive(0.5)(rng, count, steps)
    values[rng.random((count, steps)) < 0.2] = np.nan
    return values


# Kinds invented after the method was settled: it was never tuned on them.


def moving_average(rng: Random, count: int, steps: int) -> FloatArray:
    noise = rng.standard_normal((count, steps + 2))
    return noise[:, 2:] - 0.9 * noise[:, 1:-1] + 0.5 * noise[:, :-2]


def resonance(rng: Random, count: int, steps: int) -> FloatArray:
    noise = rng.standard_normal((count, steps + 500))
    filtered: FloatArray = signal.lfilter([1.0], [1.0, -1.6, 0.9], noise, axis=1)
    return filtered[:, 500:]


def long_memory(rng: Random, count: int, steps: int) -> FloatArray:
    weights = np.cumprod(np.concatenate([[1.0], (np.arange(1, 2000) - 1 + 0.4) / np.arange(1, 2000)]))
    noise = rng.standard_normal((count, steps + 2000))
    long: FloatArray = signal.fftconvolve(noise, weights[None, :], axes=1)[:, 2000 : 2000 + steps]
    return long


def own_volatility(rng: Random, count: int, steps: int) -> FloatArray:
    return white(rng, count, steps) * np.exp(0.8 * autoregressive(0.9)(rng, count, steps) / 2)


def workday_square(rng: Random, count: int, steps: int) -> FloatArray:
    hour = np.arange(steps) + rng.integers(-2, 3, (count, 1))
    busy = (hour % 24 >= 8) & (hour % 24 < 18) & (hour // 24 % 7 < 5)
    return rng.uniform(1, 4, (count, 1)) * busy + autoregressive(0.6)(rng, count, steps)


def counts_by_day(rng: Random, count: int, steps: int) -> FloatArray:
    course = 1 + np.cos(2 * np.pi * np.arange(steps) / 24 + rng.uniform(0, 1, (count, 1)))
    counts: FloatArray = rng.poisson(rng.uniform(0.2, 10, (count, 1)) * course).astype(np.float64)
    return counts


def growing_season(rng: Random, count: int, steps: int) -> FloatArray:
    growth = np.linspace(0.3, 2.0, steps) ** rng.choice([-1, 1], (count, 1))
    grown: FloatArray = growth * season(rng, count, steps)
    return grown


def on_and_off(rng: Random, count: int, steps: int) -> FloatArray:
    flips = rng.random((count, steps)) < rng.uniform(0.05, 0.3, (count, 1))
    return (np.cumsum(flips, axis=1) % 2).astype(float)


def rounded(rng: Random, count: int, steps: int) -> FloatArray:
    return np.round(autoregressive(0.95)(rng, count, steps) * rng.uniform(0.3, 2, (count, 1)))


def counters_read_late(rng: Random, count: int, steps: int) -> FloatArray:
    return counters(rng, count, steps)[:, np.arange(steps) // 6 * 6]


def bursts(rng: Random, count: int, steps: int) -> FloatArray:
    starts = (rng.random((count, steps)) < 0.02) * rng.pareto(1.5, (count, steps)) * 5
    return _filtered(starts, 0.7) + 0.2 * white(rng, count, steps)


# Kinds invented when the second version of the method was settled.


def sawtooth(rng: Random, count: int, steps: int) -> FloatArray:
    """Return queues that fill evenly and are emptied at times of their own."""
    level, rows = np.zeros(count), np.empty((count, steps))
    for step in range(steps):
        level = np.where(rng.random(count) < 0.08, 0.0, level + rng.uniform(0.5, 1.5, count))
        rows[:, step] = level
    return rows


def regimes(rng: Random, count: int, steps: int) -> FloatArray:
    """Return series whose memory switches between .2 and .95, each at times of its own."""
    memory = np.where(np.cumsum(rng.random((count, steps)) < 0.02, axis=1) % 2, 0.95, 0.2)
    noise, rows = rng.standard_normal((count, steps)), np.zeros((count, steps))
    for step in range(1, steps):
        rows[:, step] = memory[:, step] * rows[:, step - 1] + noise[:, step]
    return rows


def silent_at_night(rng: Random, count: int, steps: int) -> FloatArray:
    """Return counts that all rest at 0 for the same eight hours of each day."""
    awake = np.arange(steps) % 24 >= 8
    counts: FloatArray = (rng.poisson(rng.uniform(0.5, 30, (count, 1)), (count, steps)) * awake).astype(float)
    return counts


SEEN: dict[str, Null] = {
    "white, normal": white,
    "heavy tails (t, 2.5 df)": heavy_tails,
    "AR(1) .5": autoregressive(0.5),
    "AR(1) .9": autoregressive(0.9),
    "AR(1) .98": autoregressive(0.98),
    "random walk": random_walk,
    "random walk with drift": random_walk_with_drift,
    "season, phases independent": season,
    "daily pulses, phases independent": daily_pulses,
    "shared daily volatility": shared_volatility,
    "level shifts": level_shifts,
    "counts, mostly zero": sparse_counts,
    "monotone counters": counters,
    "counters, shared outage": counters_with_outage,
    "stale values on a shared clock": stale_on_shared_clock,
    "20% missing": missing,
}
UNSEEN: dict[str, Null] = {
    "MA(2), near non-invertible": moving_average,
    "resonance, AR(2)": resonance,
    "long memory, d = .4": long_memory,
    "own volatility clusters": own_volatility,
    "workday square wave": workday_square,
    "counts with a daily course": counts_by_day,
    "season that grows or fades": growing_season,
    "on and off": on_and_off,
    "rounded AR(1) .95": rounded,
    "counters read every sixth hour": counters_read_late,
    "rare bursts that fade": bursts,
}
INVENTED_LAST: dict[str, Null] = {
    "queues emptied at random": sawtooth,
    "memory that switches": regimes,
    "counts that rest at night": silent_at_night,
}


def mixture(rng: Random, count: int, steps: int) -> FloatArray:
    """Return unrelated series of all the seen kinds in turn."""
    kinds = list(SEEN.values())
    each = -(-count // len(kinds))
    return np.concatenate([kind(rng, each, steps) for kind in kinds])[:count]


# Couplings: the second row follows the first by some hours with a correlation of the innovations.

Coupling = Callable[[Random, float, int, int], FloatArray]


def coupled_white(rng: Random, strength: float, lag: int, steps: int) -> FloatArray:
    cause = rng.standard_normal(steps + 64)
    effect = strength * np.roll(cause, lag) + np.sqrt(1 - strength**2) * rng.standard_normal(steps + 64)
    return np.stack([cause, effect])[:, 64:]


def coupled_innovations(rng: Random, strength: float, lag: int, steps: int) -> FloatArray:
    both = coupled_white(rng, strength, lag, steps + 500)
    return np.stack([_filtered(both[:1], 0.9)[0], _filtered(both[1:], 0.6)[0]])[:, 500:]


def coupled_counters(rng: Random, strength: float, lag: int, steps: int) -> FloatArray:
    both = coupled_white(rng, strength, lag, steps)
    return np.cumsum(np.floor(special.gammaincinv(20.0, special.ndtr(both))), axis=1)


def coupled_seasonal(rng: Random, strength: float, lag: int, steps: int) -> FloatArray:
    waves = 2 * np.cos(2 * np.pi * np.arange(steps) / 24 + rng.uniform(0, 2 * np.pi, (2, 1)))
    both: FloatArray = coupled_innovations(rng, strength, lag, steps) + waves
    return both


def coupled_missing(rng: Random, strength: float, lag: int, steps: int) -> FloatArray:
    both = coupled_innovations(rng, strength, lag, steps)
    both[rng.random(both.shape) < 0.2] = np.nan
    return both


def coupled_mixed(rng: Random, strength: float, lag: int, steps: int) -> FloatArray:
    """Return a Poisson counter that follows a gauge with memory and a season."""
    both = coupled_white(rng, strength, lag, steps + 500)
    wave = 2 * np.cos(2 * np.pi * np.arange(steps) / 24)
    gauge = _filtered(both[:1], 0.8)[0, 500:] + wave
    increments = np.floor(special.gammaincinv(30.0, special.ndtr(both[1, 500:])))
    return np.stack([gauge, np.cumsum(increments)])


COUPLINGS: dict[str, Coupling] = {
    "white": coupled_white,
    "AR innovations": coupled_innovations,
    "counters": coupled_counters,
    "seasonal": coupled_seasonal,
    "20% missing": coupled_missing,
    "Poisson counter after a seasonal gauge": coupled_mixed,
}


@dataclass(frozen=True)
class Plan:
    """What is simulated: size of the family, window, lags, repetitions, and the seed they come from."""

    series: int
    steps: int
    max_lag: int
    replicates: int
    seed: int


@dataclass
class Found:
    """What one method found over the replicates."""

    any_false: int = 0
    hits: int = 0
    exact: int = 0
    right_sign: int = 0
    false_proportion: float = 0.0


Method = Callable[[FloatArray, Plan], list[tuple[int, int, int, float]]]


def ours(values: FloatArray, plan: Plan) -> list[tuple[int, int, int, float]]:
    """Return the pairs that Crosscurrent reports: rows, lag, coefficient."""
    times = np.arange(plan.steps, dtype=np.float64) * STEP_SECONDS
    series = [Series(f"{row:05d}", None, times, one) for row, one in enumerate(values)]
    window = correlate_window(
        series,
        window_end=float(times[-1]),
        step_seconds=STEP_SECONDS,
        window_steps=plan.steps,
        max_lag_steps=plan.max_lag,
        fdr=FDR,
    )
    return [
        (int(pair.left), int(pair.right), pair.lag_steps, pair.coefficient)
        for pair in window.significant_pairs
    ]


def peer(values: FloatArray, plan: Plan) -> list[tuple[int, int, int, float]]:
    """Return what Pearson with Bonferroni over lags and Benjamini-Hochberg over pairs reports."""
    present = (~np.isnan(values)).astype(float)
    filled = np.nan_to_num(values - np.nanmean(values, axis=1, keepdims=True))
    lags = range(-plan.max_lag, plan.max_lag + 1)
    by_lag = np.stack([_pearson(filled, present, lag) for lag in lags])
    left, right = np.triu_indices(len(values), 1)
    candidates = by_lag[:, left, right]
    best = np.argmax(np.abs(candidates), axis=0)
    r = candidates[best, np.arange(len(left))]
    freedom = plan.steps - 2
    t = np.abs(r) * np.sqrt(freedom / np.maximum(1 - r * r, 1e-12))
    p_value = np.minimum(1.0, 2 * special.stdtr(freedom, -t) * len(lags))
    reported = np.flatnonzero(benjamini_hochberg(p_value) <= FDR)
    return [(int(left[i]), int(right[i]), int(best[i]) - plan.max_lag, float(r[i])) for i in reported]


def _pearson(filled: FloatArray, present: FloatArray, lag: int) -> FloatArray:
    """Return the correlation of every row with every other at one lag, over what both have."""
    steps = filled.shape[1]
    before = slice(max(0, -lag), min(steps, steps - lag))
    after = slice(max(0, lag), min(steps, steps + lag))
    u, v, m, k = filled[:, before], filled[:, after], present[:, before], present[:, after]
    power = ((u * u) @ k.T) * (m @ (v * v).T)
    correlation: FloatArray = (u @ v.T) / np.sqrt(np.maximum(power, 1e-300))
    return np.clip(correlation, -1, 1)


def judge_null(null: Null, plan: Plan, method: Method) -> Found:
    """Return in how many replicates a method reports any pair of unrelated series."""
    found = Found()
    for replicate in range(plan.replicates):
        rng = np.random.default_rng([plan.seed, replicate])
        found.any_false += bool(method(null(rng, plan.series, plan.steps), plan))
    return found


def judge_coupling(
    coupling: Coupling, strength: float, plan: Plan, method: Method, background: Null = white
) -> Found:
    """Return how often a method finds one planted pair among unrelated series, and what else it reports."""
    found = Found()
    for replicate in range(plan.replicates):
        rng = np.random.default_rng([plan.seed + 1, replicate])
        lag, sign = int(rng.integers(0, 11)), int(rng.choice([-1, 1]))
        values = background(rng, plan.series, plan.steps)
        pair = coupling(rng, sign * strength, lag, plan.steps)
        values = np.concatenate([pair, values[2:]])
        reported = method(values, plan)
        planted = [row for row in reported if row[:2] == (0, 1)]
        found.false_proportion += (len(reported) - len(planted)) / max(1, len(reported))
        if planted:
            found.hits += 1
            found.exact += planted[0][2] == lag
            found.right_sign += np.sign(planted[0][3]) == sign
    return found


def print_nulls(nulls: dict[str, Null], plan: Plan) -> None:
    print(
        f"\n| null ({plan.series} series, {plan.steps} hours, lags ±{plan.max_lag}) | Crosscurrent | peer |"
    )
    print("|---|---|---|")
    for name, null in nulls.items():
        shares = [judge_null(null, plan, method).any_false / plan.replicates for method in (ours, peer)]
        print(f"| {name} | {shares[0]:.3f} | {shares[1]:.2f} |", flush=True)


def print_couplings(plan: Plan, background: Null, name: str, couplings: dict[str, Coupling]) -> None:
    print(
        f"\n| coupling among {plan.series - 2} {name} series, {plan.steps} hours | "
        + " | ".join(f"found at {strength}" for strength in STRENGTHS)
        + " | lag exact | sign right | mean false share | peer's false share |"
    )
    print("|---" * (len(STRENGTHS) + 5) + "|")
    for label, coupling in couplings.items():
        results = [judge_coupling(coupling, one, plan, ours, background) for one in STRENGTHS]
        other = judge_coupling(coupling, STRENGTHS[-1], plan, peer, background)
        hits = max(1, sum(found.hits for found in results))
        cells = [f"{found.hits / plan.replicates:.2f}" for found in results]
        cells += [f"{sum(found.exact for found in results) / hits:.3f}"]
        cells += [f"{sum(found.right_sign for found in results) / hits:.3f}"]
        cells += [f"{max(found.false_proportion for found in results) / plan.replicates:.3f}"]
        cells += [f"{other.false_proportion / plan.replicates:.2f}"]
        print(f"| {label} | {' | '.join(cells)} |", flush=True)


def one_of_each(rng: Random, count: int, steps: int) -> FloatArray:
    """Return a series of each kind that the method was not tuned on, filled up with random walks."""
    rows = np.concatenate([kind(rng, 1, steps) for kind in UNSEEN.values()])[:count]
    return np.concatenate([rows, random_walk(rng, count - len(rows), steps)])


def print_streams(plan: Plan, windows: int, runs: int) -> None:
    hop = plan.steps // 8
    steps = plan.steps + (windows - 1) * hop
    print_head(plan.steps, hop)
    for title, null in (("nulls, the first kinds", mixture), ("nulls, the other kinds", one_of_each)):
        rngs = [np.random.default_rng([plan.seed + 2, run]) for run in range(runs)]
        print_stream(
            title,
            [watch(null(rng, SERIES, steps), [], plan.steps, hop, plan.max_lag) for rng in rngs],
            plan.steps,
        )
    rngs = [np.random.default_rng([plan.seed + 3, run]) for run in range(runs)]
    print_stream(
        "three links that come and go among nulls",
        [watch(*linked(rng, mixture(rng, SERIES, steps)), plan.steps, hop, plan.max_lag) for rng in rngs],
        plan.steps,
    )


def _filtered(noise: FloatArray, coefficient: float) -> FloatArray:
    """Return the noise run through a first-order autoregression."""
    filtered: FloatArray = signal.lfilter([1.0], [1.0, -coefficient], noise, axis=1)
    return filtered


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--replicates", type=int, default=100, help="repetitions a row (default: %(default)s)"
    )
    parser.add_argument("--series", type=int, default=16, help="series a replicate (default: %(default)s)")
    parser.add_argument("--steps", type=int, default=256, help="hours in the window (default: %(default)s)")
    parser.add_argument("--max-lag", type=int, default=12, help="hours of lag (default: %(default)s)")
    parser.add_argument(
        "--stream-windows", type=int, default=0, help="windows of each watched stream; 0: none (default)"
    )
    parser.add_argument("--stream-runs", type=int, default=3, help="streams of a kind (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=SEED, help="below 10,000: the seeds of tuning")
    return parser.parse_args()


def main() -> None:
    arguments = _arguments()
    began = time.monotonic()
    plan = Plan(arguments.series, arguments.steps, arguments.max_lag, arguments.replicates, arguments.seed)
    few = max(1, plan.replicates // 4)
    wide = Plan(200, plan.steps, plan.max_lag, few, plan.seed)
    print(
        f"{plan.replicates} replicates a row ({few} where there are 200 series), seed {plan.seed}, FDR {FDR}."
    )
    print("Nulls: share of replicates with any false pair.")
    print_nulls(SEEN, plan)
    print_nulls(UNSEEN, plan)
    print_nulls(INVENTED_LAST, plan)
    print_nulls({"mixture of the first kinds": mixture}, wide)
    print_couplings(plan, white, "white", COUPLINGS)
    print_couplings(wide, mixture, "mixed", {"AR innovations": coupled_innovations})
    if arguments.stream_windows:
        print_streams(plan, arguments.stream_windows, arguments.stream_runs)
    print(f"\n{time.monotonic() - began:.0f} s.")


if __name__ == "__main__":
    main()
