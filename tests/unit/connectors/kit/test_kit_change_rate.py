"""How often an answer changes, by what polls saw."""

from __future__ import annotations

import math
import random

import pytest

from connectors.kit.change_rate import HISTORY_MAX, ChangeHistory

MINUTE_MS = 60_000


def watched(seen: str, span_ms: int = MINUTE_MS) -> ChangeHistory:
    """A history of regular polls: ``+`` for one that saw a change."""
    history = ChangeHistory().looked(1000, changed=True)
    for number, sign in enumerate(seen, 1):
        history = history.looked(1000 + number * span_ms, changed=sign == "+")
    return history


@pytest.mark.parametrize("seen", ["+", "-", "+-", "--+---", "++++++", "-+-+-+-+-+"])
def test_rate_of_regular_polls_is_the_bias_reduced_estimate(seen: str) -> None:
    polls, changes = len(seen), seen.count("+")
    # Cho and Garcia-Molina's -log((n - X + 0.5) / (n + 0.5)) per interval, with half a change seen beside
    expected = -math.log((polls - changes + 0.5) / (polls + 1)) / 60

    assert watched(seen).changes_per_second(1.0) == pytest.approx(expected, rel=1e-6)


def test_rate_of_what_was_never_seen_to_change_falls_with_the_time_it_was_watched() -> None:
    rates = [watched("-" * polls).changes_per_second(60.0) for polls in (1, 4, 16)]

    assert rates[0] > rates[1] > rates[2] > 0
    assert rates[2] == pytest.approx(0.5 / (16 * 60), rel=0.1)


def test_rate_without_any_poll_is_that_of_a_change_every_other_usual_interval() -> None:
    assert ChangeHistory().changes_per_second(60.0) == pytest.approx(math.log(2) / 60)


def test_first_poll_and_a_clock_that_was_set_back_tell_no_span() -> None:
    history = ChangeHistory().looked(5000, changed=True)
    assert history.spans_ms == ()

    assert history.looked(4000, changed=True).looked(6000, changed=False).spans_ms == (-2000,)


def test_history_forgets_what_is_long_ago() -> None:
    assert len(watched("+" * 100).spans_ms) == HISTORY_MAX
    assert watched("+" * 50 + "-" * HISTORY_MAX).changes_per_second(60) < 1 / 1200


@pytest.mark.parametrize("true_rate", [1 / 30, 1 / 300, 1 / 1200])
def test_rate_is_found_whatever_the_distances_of_the_polls(true_rate: float) -> None:
    chance = random.Random(7)
    estimates = []
    for _ in range(200):
        history = ChangeHistory().looked(1, changed=False)
        for _ in range(HISTORY_MAX):
            seconds = chance.choice([60, 120, 600])
            changed = chance.random() < -math.expm1(-true_rate * seconds)
            at_ms = (history.looked_at_ms or 0) + seconds * 1000
            history = history.looked(at_ms, changed=changed)
        estimates.append(history.changes_per_second(60))

    assert sorted(estimates)[100] == pytest.approx(true_rate, rel=0.2)
