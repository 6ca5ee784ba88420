"""How many observations a second the live detector scores on one core, beside River's and Random Cut Forest.

    python -m benchmarks.detect_speed --series 1000 --rounds 100

prints Markdown. Each round is one observation of every series, given to the bank of the live processor as one batch;
the peers take the same values one at a time, a model for each series. The first rounds fill the memories and are not
counted. Random Cut Forest is that of ``krcf`` (the ``bench`` group); it is left out where that is not installed.
"""

from __future__ import annotations

import argparse
import importlib
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import psutil
from numpy.typing import NDArray
from river import anomaly, preprocessing

from benchmarks.figures import rate, table
from streams.detect.logic import DetectorBank
from streams.detect.settings import DetectorSettings

Floats = NDArray[np.float64]
Model = Callable[[float], float]

STEP_SECONDS = 3600.0
REPEATS = 3
PEER_SERIES_MAX = 50
RATE_WANTED = 100_000
STATE_BYTES_MAX = 40_000
WORKER_SERIES = 10_000
WORKER_POINTS = 100
SEED = 7
_PERSISTENCE = 0.7


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--series", type=int, default=1000)
    parser.add_argument("--warm-up", type=int, default=300, help="rounds before the clock runs")
    parser.add_argument("--rounds", type=int, default=30, help="rounds of each of the repeats")
    arguments = parser.parse_args()
    warm_up = arguments.warm_up
    values = autoregressive(arguments.series, warm_up + REPEATS * arguments.rounds)
    bank = DetectorBank(DetectorSettings())
    ours = rates_of(lambda index: observe(bank, values[:, index], index), values, warm_up, arguments.rounds)
    rows = [["Crosscurrent, batches over all series", f"{arguments.series:,}", rate(ours)]]
    for name, make in peers().items():
        few = values[:PEER_SERIES_MAX]
        models = [make() for _ in few]
        found = rates_of(one_at_a_time(models, few), few, warm_up, arguments.rounds)
        rows.append([name, f"{len(few):,}", rate(found)])
    print(table(["detector", "series", "observations a second, median (least–most)"], rows))
    if random_cut_forest() is None:
        print("\nRandom Cut Forest was left out of this run: `krcf` is not installed.")
    report_state(bank)
    report_worker()
    tell("observations a second", float(np.median(ours)), RATE_WANTED)


def autoregressive(series: int, points: int) -> Floats:
    """Return ordinary values: a row for each series."""
    rng = np.random.default_rng(SEED)
    values = rng.standard_normal((series, points))
    for index in range(1, points):
        values[:, index] += _PERSISTENCE * values[:, index - 1]
    return values


def observe(bank: DetectorBank, values: Floats, index: int) -> None:
    names = [f"series-{number}" for number in range(len(values))]
    bank.observe_batch(names, ["gauge"] * len(names), [index * STEP_SECONDS] * len(names), values.tolist())


def one_at_a_time(models: list[Model], values: Floats) -> Callable[[int], None]:
    def observe_round(index: int) -> None:
        for model, value in zip(models, values[:, index].tolist(), strict=True):
            model(value)

    return observe_round


def rates_of(observe_round: Callable[[int], None], values: Floats, warm_up: int, rounds: int) -> list[float]:
    """Return observations a second of processor time, for each of the repeats."""
    for index in range(warm_up):
        observe_round(index)
    found = []
    for repeat in range(REPEATS):
        begin = time.process_time()
        for index in range(warm_up + repeat * rounds, warm_up + (repeat + 1) * rounds):
            observe_round(index)
        found.append(rounds * len(values) / (time.process_time() - begin))
    return found


def peers() -> dict[str, Callable[[], Model]]:
    """Return the makers of the peers' models, each of which scores a value and then learns it."""
    found: dict[str, Callable[[], Model]] = {
        "River GaussianScorer(500)": lambda: unsupervised(anomaly.GaussianScorer(window_size=500)),
        "River StandardAbsoluteDeviation": lambda: unsupervised(anomaly.StandardAbsoluteDeviation()),
        "River HalfSpaceTrees": half_space_trees,
    }
    forest = random_cut_forest()
    return found if forest is None else {**found, "Random Cut Forest (krcf), 50 trees, shingle 8": forest}


def unsupervised(model: Any) -> Model:
    def score(value: float) -> float:
        found = float(model.score_one(None, value))
        model.learn_one(None, value)
        return found

    return score


def half_space_trees() -> Model:
    model = preprocessing.MinMaxScaler() | anomaly.HalfSpaceTrees(seed=1)

    def score(value: float) -> float:
        found = float(model.score_one({"value": value}))
        model.learn_one({"value": value})
        return found

    return score


def random_cut_forest() -> Callable[[], Model] | None:
    """Return the maker of a forest; None where ``krcf`` is not installed."""
    try:
        krcf = importlib.import_module("krcf")
    except ModuleNotFoundError:
        return None

    def make() -> Model:
        options = {
            "dimensions": 1,
            "shingle_size": 8,
            "num_trees": 50,
            "sample_size": 256,
            "random_seed": 1,
            "parallel_execution_enabled": False,
        }
        forest = krcf.RandomCutForest(options)

        def score(value: float) -> float:
            found = float(forest.score(forest.shingled_point([value])))
            forest.update([value])
            return found

        return score

    return make


def report_state(bank: DetectorBank) -> None:
    sizes = [len(bank.snapshot(name)) for name in bank.dirty()]
    print(f"\nStored state of a series: median {np.median(sizes):,.0f} bytes, most {max(sizes):,}.", end=" ")
    print("met" if max(sizes) < STATE_BYTES_MAX else f"**missed**: at most {STATE_BYTES_MAX:,} wanted")


def report_worker() -> None:
    process = psutil.Process()
    before = process.memory_info().rss
    bank = DetectorBank(DetectorSettings())
    values = autoregressive(WORKER_SERIES, WORKER_POINTS)
    for index in range(WORKER_POINTS):
        observe(bank, values[:, index], index)
    each = (process.memory_info().rss - before - values.nbytes) / WORKER_SERIES
    print(
        f"\n{len(bank):,} series in one process after {WORKER_POINTS} points each: {each / 1e3:.1f} kB a series."
    )


def tell(what: str, found: float, wanted: float) -> None:
    print(f"\n{what}: {found:,.0f}; {wanted:,.0f} wanted: {'met' if found >= wanted else '**missed**'}")


if __name__ == "__main__":
    main()
