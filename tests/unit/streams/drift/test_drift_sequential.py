"""The test for a risen rate: its false alarms are as rare as it says, and its delay is short."""

from __future__ import annotations

import math
import random

import pytest

from streams.drift.sequential import RateWatch, Terms, upper_rate

TERMS = Terms(warm_up=20, threshold=math.log(1e6))


def trials_until_alarm(watch: RateWatch, shares: list[float], terms: Terms = TERMS) -> int | None:
    for number, share in enumerate(shares, start=1):
        if watch.take(share, terms, number, f"id-{number}"):
            return number
    return None


@pytest.mark.parametrize(
    ("total", "trials", "expected"), [(0, 100, 0.0263), (1, 100, 0.0432), (50, 100, 0.581), (20, 20, 1.0)]
)
def test_upper_rate_is_wilsons_bound(total: float, trials: int, expected: float) -> None:
    assert upper_rate(total, trials) == pytest.approx(expected, abs=0.001)


@pytest.mark.parametrize(("before", "payloads"), [(20, 9), (50, 6), (500, 4), (5000, 3)])
def test_what_was_never_seen_is_told_sooner_the_longer_it_was_not(before: int, payloads: int) -> None:
    watch = RateWatch()
    assert trials_until_alarm(watch, [0.0] * before) is None
    assert trials_until_alarm(watch, [1.0] * 20) == payloads
    assert (watch.first_at_ms, watch.first_id) == (1, "id-1")


@pytest.mark.parametrize("rate", [0.02, 0.3, 0.8])
def test_false_alarms_are_no_more_frequent_than_asked_for(rate: float) -> None:
    chance = random.Random(int(rate * 100))
    terms = Terms(warm_up=200, threshold=math.log(1000))
    watch, alarms, trials = RateWatch(), 0, 100_000
    for number in range(trials):
        if watch.take(float(chance.random() < rate), terms, number, ""):
            alarms += 1
            watch.settle()
    assert alarms <= trials / 1000


def test_rate_that_rises_is_told_whatever_it_was() -> None:
    chance = random.Random(5)
    watch = RateWatch()
    assert trials_until_alarm(watch, [float(chance.random() < 0.3) for _ in range(300)]) is None
    assert (trials_until_alarm(watch, [1.0] * 100) or 100) < 50


def test_share_of_the_rows_counts_like_as_many_payloads() -> None:
    watch = RateWatch()
    trials_until_alarm(watch, [0.0] * 100)
    # half of the rows is half way to always: more evidence in each payload than against it
    assert trials_until_alarm(watch, [0.5] * 100) is not None


def test_single_outlier_is_counted_as_usual_once_its_evidence_is_gone() -> None:
    watch = RateWatch()
    assert trials_until_alarm(watch, [0.0] * 100 + [1.0] + [0.0] * 20) is None
    assert (watch.trials, watch.total, watch.evidence) == (121, 1.0, 0.0)


def test_watch_goes_on_as_before_when_it_was_stored_in_between() -> None:
    watch = RateWatch()
    trials_until_alarm(watch, [0.0] * 100 + [1.0, 0.5])
    stored = RateWatch.of(watch.numbers())
    assert trials_until_alarm(stored, [1.0] * 9) == trials_until_alarm(watch, [1.0] * 9)
    assert stored.numbers() == watch.numbers()
