"""How many alarms Crosscurrent's detector gives on series in which nothing happens, against what was asked.

    python benchmarks/alarm_rate.py --series 40 --points 3000

prints Markdown: for each kind of ordinary series the alarms in 1,000 points after warm-up, for each rate asked for;
then the first 200 hourly points of many series, with a planted break, as a newcomer would see them. The settings
were chosen on seeds below 10,000; the default seed lies beyond.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from streams.detect.detector import SeriesDetector
from streams.detect.reading import COUNT, COUNTER, GAUGE
from streams.detect.settings import DetectorSettings

Floats = NDArray[np.float64]
Random = np.random.Generator
Null = Callable[[Random, int], Floats]

SEED = 20_261_124
STEP_SECONDS = 3600.0
DAY_POINTS = 24
RATES = (0.25, 1.0, 4.0)
BURN_IN = 300


def white(rng: Random, points: int) -> Floats:
    return rng.standard_normal(points)


def autoregressive(coefficient: float) -> Null:
    def make(rng: Random, points: int) -> Floats:
        noise, out = rng.standard_normal(points + BURN_IN), np.zeros(points + BURN_IN)
        for index in range(1, len(out)):
            out[index] = coefficient * out[index - 1] + noise[index]
        return out[BURN_IN:]

    return make


def daily_season(rng: Random, points: int) -> Floats:
    hours = np.arange(points)
    phase, size = rng.uniform(0, 2 * np.pi), rng.uniform(1, 6)
    return size * np.sin(2 * np.pi * hours / DAY_POINTS + phase) + rng.standard_normal(points)


def heavy_tails(rng: Random, points: int) -> Floats:
    return rng.standard_t(3, points)


def random_walk(rng: Random, points: int) -> Floats:
    return np.cumsum(rng.standard_normal(points))


def poisson(mean: float) -> Null:
    return lambda rng, points: rng.poisson(mean, points).astype(float)


def counter(mean: float) -> Null:
    return lambda rng, points: np.cumsum(rng.poisson(mean, points)).astype(float)


def staircase(rng: Random, points: int) -> Floats:
    steps = rng.choice([-1.0, 0.0, 1.0], points, p=[0.05, 0.9, 0.05])
    return 40.0 + np.cumsum(steps)


NULLS: dict[str, tuple[str, Null]] = {
    "white noise": (GAUGE, white),
    "AR(0.5)": (GAUGE, autoregressive(0.5)),
    "AR(0.9)": (GAUGE, autoregressive(0.9)),
    "daily season": (GAUGE, daily_season),
    "heavy tails, t(3)": (GAUGE, heavy_tails),
    "random walk": (GAUGE, random_walk),
    "staircase": (GAUGE, staircase),
    "count, Poisson(20)": (COUNT, poisson(20)),
    "count, Poisson(0.5)": (COUNT, poisson(0.5)),
    "counter, 5 a step": (COUNTER, counter(5)),
    "counter, 0.2 a step": (COUNTER, counter(0.2)),
}


def alarms_of(kind: str, values: Floats, settings: DetectorSettings) -> list[int]:
    """Return the points at which an alarm is raised."""
    detector = SeriesDetector(kind, settings)
    alarms = []
    for point, value in enumerate(values.tolist()):
        score = detector.observe(point * STEP_SECONDS, value)
        if score is not None and score.is_anomaly:
            alarms.append(point)
    return alarms


def report_rates(series: int, points: int, seed: int) -> None:
    head = " | ".join(f"asked {rate:g}" for rate in RATES)
    print(f"## Alarms in 1,000 ordinary points after warm-up, {series} series of {points}\n")
    print(f"| series | {head} |\n|---|{'---|' * len(RATES)}")
    for number, (name, (kind, make)) in enumerate(NULLS.items()):
        rng = np.random.default_rng([seed, number])
        samples = [make(rng, points) for _ in range(series)]
        cells = []
        for rate in RATES:
            settings = DetectorSettings(alarms_per_1000_points=rate)
            count = sum(len(alarms_of(kind, sample, settings)) for sample in samples)
            judged = series * (points - settings.warm_up_points)
            cells.append(f"{1000 * count / judged:.2f} ({count})")
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


def report_newcomer(seed: int, rounds: int, rate: float) -> None:
    """60 series of 200 hourly points, then a break of 15 spreads that stays."""
    settings = DetectorSettings(alarms_per_1000_points=rate)
    print(f"\n## 60 series of 200 hourly points, {rounds} rounds, {rate:g} alarms asked in 1,000 points\n")
    print("| break | false alarms in a round | breaks found at once | within 3 points |\n|---|---|---|---|")
    for sizes in (8.0, 15.0):
        false, at_once, soon, planted = 0, 0, 0, 0
        for number in range(60 * rounds):
            rng = np.random.default_rng([seed, 7, number])
            kind, make = list(NULLS.values())[number % len(NULLS)]
            values = make(rng, 200)
            at = int(rng.integers(130, 195))
            steps = np.diff(values)
            jump = sizes * (max(float(np.std(steps)), 1.0))
            values[at:] += np.round(jump)
            alarms = alarms_of(kind, values, settings)
            false += sum(point < at for point in alarms)
            planted += 1
            at_once += at in alarms
            soon += any(at <= point <= at + 3 for point in alarms)
        print(
            f"| {sizes:g} spreads of a step | {false / rounds:.2f} | {at_once}/{planted} | {soon}/{planted} |"
        )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--series", type=int, default=40)
    parser.add_argument("--points", type=int, default=3000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=SEED)
    arguments = parser.parse_args()
    report_rates(arguments.series, arguments.points, arguments.seed)
    report_newcomer(arguments.seed, arguments.rounds, DetectorSettings().alarms_per_1000_points)


if __name__ == "__main__":
    main()
