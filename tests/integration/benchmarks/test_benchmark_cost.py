"""What the benchmark of cost counts, and what it calls fresh."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest

from benchmarks import cost
from benchmarks.cost import DLT, HOUR, OURS, PLAIN, Outcome
from benchmarks.cost_world import (
    GITHUB,
    PLAYLIST,
    REPOSITORY,
    ROWS,
    SPOTIFY,
    Freshness,
    Seen,
    Watched,
    freshness,
    watched,
)
from benchmarks.verdicts import NotJudged, misses

HOURS = 6


@pytest.fixture(scope="module")
def what() -> Watched:
    return watched(HOURS, repositories=10, playlists=3)


def made(contender: str, vendor: str, counted: int, delays: Sequence[float]) -> Outcome:
    fresh = Freshness(len(delays), tuple(delays), tuple(delays), 1000 * HOUR)
    return Outcome(contender, vendor, HOUR, counted, counted, 0, fresh)


def test_freshness_counts_from_the_first_change_that_is_not_shown(what: Watched) -> None:
    begin = what.scenario.start_seconds
    own = replace(what, changes={(REPOSITORY, "a"): (begin + 100, begin + 200, begin + 900), (ROWS, "b"): ()})
    seen = Seen()
    seen.holds((REPOSITORY, "a"), begin, 0)
    seen.holds((REPOSITORY, "a"), begin + 300, begin + 200)
    seen.holds((REPOSITORY, "a"), begin + 400, begin + 200)

    found = freshness(own, seen, (REPOSITORY,), 1000)

    assert found.delays_seconds == (200, 100, 100)  # the last was not held by the end
    assert found.stale_seconds == (200, 100)
    assert found.stale_share == pytest.approx(0.3)
    assert found.age_seconds(0.5) == 0
    assert found.age_seconds(0.99) == pytest.approx(190, abs=1)


def test_report_compares_with_the_peers_interval_that_is_no_fresher_than_ours() -> None:
    ours = [made(OURS, vendor, 100, [60, 60]) for vendor in (GITHUB, SPOTIFY)]
    fresher = [made(PLAIN, vendor, 90_000, [30, 30]) for vendor in (GITHUB, SPOTIFY)]
    as_fresh = [made(PLAIN, vendor, 1500, [61, 61]) for vendor in (GITHUB, SPOTIFY)]
    stale = [made(PLAIN, vendor, 10, [6000, 6000]) for vendor in (GITHUB, SPOTIFY)]
    what = watched(1, repositories=1, playlists=1)

    told = cost.report(what, 1, [*ours, *fresher, *as_fresh, *stale])
    with pytest.raises(NotJudged, match="dlt was left out"):
        misses("cost", told)
    both = [*as_fresh, *(replace(one, contender=DLT) for one in as_fresh)]
    assert misses("cost", cost.report(what, 1, [*ours, *both])) == []
    assert "| **plain poller, both** | 200 | 3,000 | 15.0 | met |" in told

    too_few = [made(DLT, vendor, 400, [61, 61]) for vendor in (GITHUB, SPOTIFY)]
    assert len(misses("cost", cost.report(what, 1, [*ours, *too_few]))) == 1
    assert len(misses("cost", cost.report(what, 1, [*ours, *fresher]))) == 3


def test_ours_sees_what_a_plain_poller_sees_with_fewer_requests_that_count(what: Watched) -> None:
    for vendor in (GITHUB, SPOTIFY):
        ours, plain = (cost.outcome(one, what, HOURS, vendor, HOUR) for one in (OURS, PLAIN))

        assert ours.refused == plain.refused == 0
        assert plain.counted == plain.requests
        assert ours.counted < plain.counted / 2
        assert (ours.counted == ours.requests) == (vendor == SPOTIFY)
        assert ours.fresh.changes == plain.fresh.changes


def test_world_of_many_changes_as_often_as_its_scenario_says_at_any_second() -> None:
    what = watched(24, playlists=50)
    counts = dict.fromkeys((REPOSITORY, PLAYLIST), 0)
    seconds = set()
    for (part, _), changes in what.changes.items():
        if part in counts:
            counts[part] += len(changes)
            seconds |= {change % 3600 for change in changes}
            assert all(later - earlier >= 3600 for earlier, later in pairwise(changes))

    # Poisson of 2% an hour, four standard deviations either way
    assert 240 - 62 < counts[REPOSITORY] < 240 + 62
    assert 24 - 20 < counts[PLAYLIST] < 24 + 20
    assert len(seconds) > 150
