"""A run of scenarios in which something is lost, or nothing found, is not in order."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from benchmarks import scenarios
from benchmarks.accounts import Account, account_of
from benchmarks.scenario_run import Outcome

WHOLE = Account(
    "github",
    answered=10,
    events=6,
    unchanged=3,
    failed_inside=0,
    too_large=1,
    not_modified_told=4,
    not_modified=4,
)
SCORE: dict[str, Any] = {
    "couplings": [{"found": True}],
    "recall": 1.0,
    "precision": 1.0,
    "breaks": [],
    "items": [],
}
RIGHT = Outcome("mine", 200, 9.0, {"github": {"truncate": 3}}, (WHOLE,), (), SCORE, 2, 128)


def test_outcome_in_order_has_no_problems_and_says_so() -> None:
    assert scenarios.problems([RIGHT]) == []
    told = scenarios.report([RIGHT], faults_target=3)
    assert "| mine | 1 of 1 | 100% | 100% | – | – | 2 |" in told
    assert "Not in order" not in told


def test_outcome_with_an_answer_lost_or_nothing_found_is_not_in_order() -> None:
    lost = replace(RIGHT, accounts=(replace(WHOLE, events=5),))
    twice = replace(RIGHT, accounts=(replace(WHOLE, not_modified=5),))
    rowless = replace(RIGHT, lacking=("github: no row",))
    blind = replace(RIGHT, score={**SCORE, "recall": 0.0})
    silent = {
        "change": "delete",
        "list": "github.releases:a/b",
        "missed": ["release a/b@v1 is not told to be gone"],
    }
    untold = replace(RIGHT, score={**SCORE, "items": [{**silent, "reached": True}]})

    for wrong in (lost, twice, rowless, blind, untold):
        assert len(scenarios.problems([wrong])) == 1
        assert "Not in order" in scenarios.report([wrong], faults_target=0)
    assert scenarios.problems([replace(blind, hours=100)]) == []
    assert "3 faults were injected, 1000 were asked for" in scenarios.report([RIGHT], faults_target=1000)


def test_account_leaves_out_what_a_connector_tells_by_itself() -> None:
    answers = iter([[[8, 3, 4]], [[2]], [[1]]])
    state = {"delivered": {"github": {"200": 10, "304": 4}}, "faults_made": {"github": {"huge": 1}}}

    assert account_of("github", state, lambda _: next(answers)) == WHOLE
