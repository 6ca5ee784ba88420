"""How Crosscurrent's detector scores on the Numenta Anomaly Benchmark, beside River's detectors in the same run.

    python benchmarks/nab.py DIR

DIR holds ``data/<group>/<file>.csv`` and ``labels/combined_windows.json`` as a NAB checkout does, and, to prove the
scorer, ``published/<detector>/<group>/<file>.csv.gz`` with one column ``anomaly_score``. Prints Markdown. The detector
runs through the code path of the live system, one set of settings for every file. The settings were chosen mainly on
half A of the corpus (even index by name within a group) with the figures of half B (odd) and of the whole in sight, so
these are no holdout figures; both halves are reported. What comes at each alarm rate on ordinary series tells
``alarm_rate.py``.

Source: Ahmad, Lavin, Purdy, Agha, Unsupervised real-time anomaly detection for streaming data, Neurocomputing 2017.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import math
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from river import anomaly, preprocessing

from streams.detect.detector import SeriesDetector
from streams.detect.settings import DetectorSettings

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]
Scorer = Callable[["Series"], Floats]

# Figures of the published outputs: standard, reward low FP, reward low FN.
PUBLISHED = {
    "ARTime": (74.85, 65.15, 80.36),
    "numenta": (70.10, 63.21, 74.32),
    "contextOSE": (69.90, 66.98, 73.18),
    "windowedGaussian": (39.65, 20.87, 47.41),
}
PUBLISHED_TOLERANCE = 0.1
RATES = (0.25, 0.5, 1.0, 2.0)
# The scores whose threshold is tuned are those of the detector that was asked for this rate.
TUNED_RATE = 1.0
THRESHOLD_COUNT = 250
TOP_SHARE = 0.05
QUIET_POINTS_MIN = DetectorSettings().quiet_points_min
QUIET_POINTS_MAX = DetectorSettings().quiet_points_max
QUIET_SHARE = DetectorSettings().quiet_share


@dataclass(frozen=True)
class Profile:
    """What a hit earns, a false alarm and a missed window cost."""

    name: str
    hit: float
    false_alarm: float
    miss: float


PROFILES = (
    Profile("standard", 1.0, 0.11, 1.0),
    Profile("reward low FP", 1.0, 0.22, 1.0),
    Profile("reward low FN", 1.0, 0.11, 2.0),
)


@dataclass(frozen=True)
class Series:
    """One file: its rows, its windows as first and last row, and the worth of a detection at each row."""

    name: str
    half: str
    seconds: list[float]
    values: list[float]
    windows: list[tuple[int, int]]
    probation: int
    window_of: Rows
    worth: Floats


# Reading.


def read_corpus(root: Path) -> list[Series]:
    labels = json.loads((root / "labels" / "combined_windows.json").read_text())
    series = []
    for group in sorted({name.split("/")[0] for name in labels}):
        names = sorted(name for name in labels if name.startswith(f"{group}/"))
        series += [
            read_series(root, name, labels[name], "A" if index % 2 == 0 else "B")
            for index, name in enumerate(names)
        ]
    return series


def read_series(root: Path, name: str, windows: list[list[str]], half: str) -> Series:
    with (root / "data" / name).open(newline="") as file:
        rows = list(csv.DictReader(file))
    seconds = np.array([_seconds(row["timestamp"]) for row in rows])
    spans = []
    for first, last in windows:
        inside = np.flatnonzero((seconds >= _seconds(first)) & (seconds <= _seconds(last)))
        spans.append((int(inside[0]), int(inside[-1])))
    window_of, worth = worth_of_rows(len(rows), sorted(spans))
    values = [float(row["value"]) for row in rows]
    probation = min(int(0.15 * len(rows)), 750)
    return Series(name, half, seconds.tolist(), values, sorted(spans), probation, window_of, worth)


def read_published(root: Path, detector: str, name: str) -> Floats:
    with gzip.open(root / "published" / detector / f"{name}.gz", "rt") as file:
        return np.array([float(row["anomaly_score"]) for row in csv.DictReader(file)])


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


# Scoring.


def sigmoid(x: float) -> float:
    return -1.0 if x > 3.0 else 2.0 / (1.0 + math.exp(5.0 * x)) - 1.0


def worth_of_rows(count: int, windows: list[tuple[int, int]]) -> tuple[Rows, Floats]:
    """Return for each row its window (-1 outside) and what a detection there is worth, in A_tp or A_fp."""
    window_of, worth = np.full(count, -1), np.full(count, -1.0)
    for index, (first, last) in enumerate(windows):
        width = last - first + 1
        for row in range(first, last + 1):
            window_of[row] = index
            worth[row] = sigmoid(-(last - row + 1) / width) / sigmoid(-1.0)
        following = windows[index + 1][0] if index + 1 < len(windows) else count
        for row in range(last + 1, following):
            worth[row] = sigmoid((row - last) / max(width - 1, 1))
    return window_of, worth


def raw_score(series: Series, detected: Rows, profile: Profile) -> float:
    """Return the unnormalised score of a file whose detections are given by row."""
    detected = detected[detected >= series.probation]
    inside = series.window_of[detected]
    total = profile.false_alarm * float(series.worth[detected[inside < 0]].sum())
    for window in range(len(series.windows)):
        hits = detected[inside == window]
        total += profile.hit * float(series.worth[hits].max()) if len(hits) else -profile.miss
    return total


def normalised(raw: float, corpus: list[Series], profile: Profile) -> float:
    windows = sum(len(series.windows) for series in corpus)
    null, perfect = -profile.miss * windows, profile.hit * windows
    return 100.0 * (raw - null) / (perfect - null)


def best_over_all_thresholds(corpus: list[Series], scores: list[Floats], profile: Profile) -> float:
    """Return the best score over every threshold, as the leaderboard chooses it."""
    rows = [
        (score, index, row)
        for index, series in enumerate(corpus)
        for row, score in enumerate(scores[index].tolist())
        if row >= series.probation
    ]
    rows.sort(key=lambda item: -item[0])
    raw = -profile.miss * sum(len(series.windows) for series in corpus)
    best, earned = raw, [[-profile.miss] * len(series.windows) for series in corpus]
    for position, (score, index, row) in enumerate(rows):
        series = corpus[index]
        window, worth = int(series.window_of[row]), float(series.worth[row])
        if window < 0:
            raw += profile.false_alarm * worth
        elif profile.hit * worth > earned[index][window]:
            raw += profile.hit * worth - earned[index][window]
            earned[index][window] = profile.hit * worth
        if position + 1 == len(rows) or rows[position + 1][0] != score:
            best = max(best, raw)
    return normalised(best, corpus, profile)


def quietened(exceeding: Rows) -> Rows:
    """Return the rows that raise an alarm if each alarm is followed by a quiet."""
    kept, until = [], 0
    for row in exceeding.tolist():
        if row >= until:
            kept.append(row)
            until = row + max(QUIET_POINTS_MIN, min(QUIET_POINTS_MAX, int(QUIET_SHARE * row)))
    return np.array(kept, dtype=np.int64)


def best_with_quiet(corpus: list[Series], scores: list[Floats]) -> list[tuple[float, float]]:
    """Return for each profile the best score and its threshold, each alarm followed by a quiet."""
    best = [(-math.inf, math.inf)] * len(PROFILES)
    for threshold in _thresholds(scores):
        alarms = [quietened(np.flatnonzero(score >= threshold)) for score in scores]
        for index, profile in enumerate(PROFILES):
            best[index] = max(best[index], (total(corpus, alarms, profile), threshold))
    return best


def total(corpus: list[Series], alarms: list[Rows], profile: Profile) -> float:
    raw = sum(raw_score(series, rows, profile) for series, rows in zip(corpus, alarms, strict=True))
    return normalised(raw, corpus, profile)


def _thresholds(scores: list[Floats]) -> list[float]:
    """Return thresholds spread evenly in the logarithm of the number of rows above them."""
    pooled = np.sort(np.concatenate(scores))[::-1]
    places = np.unique(np.geomspace(1, TOP_SHARE * len(pooled), THRESHOLD_COUNT).astype(int))
    return [float(threshold) for threshold in np.unique(pooled[places - 1])]


# Detectors.


def crosscurrent(series: Series, settings: DetectorSettings) -> Iterator[tuple[float, bool]]:
    detector = SeriesDetector("gauge", settings)
    for seconds, value in zip(series.seconds, series.values, strict=True):
        score = detector.observe_next(seconds, value)
        yield (0.0, False) if score is None else (score.anomaly_score, score.is_anomaly)


def rolling_z(series: Series) -> Floats:
    values, size = np.array(series.values), 500
    sums = np.concatenate([[0.0], np.cumsum(values)])
    squares = np.concatenate([[0.0], np.cumsum(values**2)])
    ends = np.arange(len(values))
    starts = np.maximum(0, ends - size)
    counts = np.maximum(ends - starts, 1)
    means = (sums[ends] - sums[starts]) / counts
    spreads = np.sqrt(np.maximum((squares[ends] - squares[starts]) / counts - means**2, 1e-12))
    distances: Floats = np.abs(values - means) / spreads
    return distances


def standard_absolute_deviation(series: Series) -> Floats:
    model = anomaly.StandardAbsoluteDeviation()
    scores = []
    for value in series.values:
        scores.append(abs(model.score_one(None, value)))
        model.learn_one(None, value)
    return np.array(scores)


def gaussian_scorer(series: Series) -> Floats:
    model = anomaly.GaussianScorer(window_size=500)
    scores = []
    for value in series.values:
        scores.append(model.score_one(None, value))
        model.learn_one(None, value)
    return np.array(scores)


def half_space_trees(series: Series) -> Floats:
    model = preprocessing.MinMaxScaler() | anomaly.HalfSpaceTrees(seed=1)
    scores = []
    for value in series.values:
        scores.append(model.score_one({"value": value}))
        model.learn_one({"value": value})
    return np.array(scores)


PEERS: dict[str, Scorer] = {
    "River StandardAbsoluteDeviation": standard_absolute_deviation,
    "River GaussianScorer(500)": gaussian_scorer,
    "River HalfSpaceTrees": half_space_trees,
    "rolling z, 500 points": rolling_z,
}


# Reports.


def prove_scorer(root: Path, corpus: list[Series]) -> bool:
    print("## The scorer on published outputs\n\n| detector | ours | published | proven |\n|---|---|---|---|")
    proven = True
    for detector, figures in PUBLISHED.items():
        if not (root / "published" / detector).is_dir():
            continue
        scores = [read_published(root, detector, series.name) for series in corpus]
        ours = [best_over_all_thresholds(corpus, scores, profile) for profile in PROFILES]
        same = all(abs(a - b) <= PUBLISHED_TOLERANCE for a, b in zip(ours, figures, strict=True))
        proven &= same
        print(f"| {detector} | {_figures(ours)} | {_figures(list(figures))} | {'yes' if same else 'NO'} |")
    return proven


def report_crosscurrent(corpus: list[Series]) -> None:
    points = sum(len(series.values) for series in corpus)
    print("\n## Crosscurrent, threshold fixed in advance\n")
    print("| alarms asked in 1,000 | standard / low FP / low FN | half A | half B | alarms | µs a point |")
    print("|---|---|---|---|---|---|")
    scores: list[Floats] = []
    quiet = "the default rate is not among those tried"
    for rate in RATES:
        settings = DetectorSettings(alarms_per_1000_points=rate)
        start = time.perf_counter()
        results = [list(crosscurrent(series, settings)) for series in corpus]
        cost = (time.perf_counter() - start) / points * 1e6
        alarms = [np.flatnonzero(np.array([raised for _, raised in rows])) for rows in results]
        if rate == TUNED_RATE:
            scores = [np.array([score for score, _ in rows]) for rows in results]
        halves = [_half(corpus, alarms, half) for half in "AB"]
        figures = [total(corpus, alarms, profile) for profile in PROFILES]
        count = sum(len(rows) for rows in alarms)
        mark = " (default)" if rate == DetectorSettings().alarms_per_1000_points else ""
        print(
            f"| {rate:g}{mark} | {_figures(figures)} | {halves[0]:.1f} | {halves[1]:.1f} | {count} | {cost:.1f} |"
        )
        if mark:
            quiet = quiet_files(corpus, alarms)
    print(f"\nFiles without anomalies, at the default: {quiet}")
    print("\n## Tuned on this corpus (a choice in hindsight)\n")
    print("| detector | standard / low FP / low FN | with the quiet rule | µs a point |\n|---|---|---|---|")
    print_tuned("Crosscurrent", corpus, scores, cost)
    tuned_halves(corpus, scores)


def report_peers(corpus: list[Series]) -> None:
    points = sum(len(series.values) for series in corpus)
    for name, scorer in PEERS.items():
        start = time.perf_counter()
        scores = [scorer(series) for series in corpus]
        print_tuned(name, corpus, scores, (time.perf_counter() - start) / points * 1e6)


def print_tuned(name: str, corpus: list[Series], scores: list[Floats], cost: float) -> None:
    plain = [best_over_all_thresholds(corpus, scores, profile) for profile in PROFILES]
    quiet = [score for score, _ in best_with_quiet(corpus, scores)]
    print(f"| {name} | {_figures(plain)} | {_figures(quiet)} | {cost:.1f} |")


def tuned_halves(corpus: list[Series], scores: list[Floats]) -> None:
    """Choose the threshold on one half and score the other."""
    for chosen, tried in ("AB", "BA"):
        part = [index for index, series in enumerate(corpus) if series.half == chosen]
        rest = [index for index, series in enumerate(corpus) if series.half == tried]
        _, threshold = best_with_quiet([corpus[i] for i in part], [scores[i] for i in part])[0]
        alarms = [quietened(np.flatnonzero(scores[i] >= threshold)) for i in rest]
        score = total([corpus[i] for i in rest], alarms, PROFILES[0])
        print(f"| Crosscurrent, chosen on {chosen}, scored on {tried} | | {score:.1f} | |")


def quiet_files(corpus: list[Series], alarms: list[Rows]) -> str:
    quiet = [(s, rows) for s, rows in zip(corpus, alarms, strict=True) if not s.windows]
    count = sum(len(rows[rows >= series.probation]) for series, rows in quiet)
    points = sum(len(series.values) - series.probation for series, _ in quiet)
    return f"{count} alarms in {points:,} points of {len(quiet)} files"


def _half(corpus: list[Series], alarms: list[Rows], half: str) -> float:
    part = [(s, rows) for s, rows in zip(corpus, alarms, strict=True) if s.half == half]
    return total([s for s, _ in part], [rows for _, rows in part], PROFILES[0])


def _figures(values: list[float]) -> str:
    return " / ".join(f"{value:.2f}" for value in values)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("directory", type=Path, help="directory with data/ and labels/")
    parser.add_argument("--no-peers", action="store_true", help="leave River's detectors out")
    arguments = parser.parse_args()
    corpus = read_corpus(arguments.directory)
    if not prove_scorer(arguments.directory, corpus):
        sys.exit("The scorer does not reproduce the published figures: nothing below would mean anything.")
    report_crosscurrent(corpus)
    if not arguments.no_peers:
        report_peers(corpus)


if __name__ == "__main__":
    main()
