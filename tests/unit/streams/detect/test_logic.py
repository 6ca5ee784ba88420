"""The bank of detectors."""

from __future__ import annotations

import pytest

from crosscurrent.errors import WrongUse
from streams.detect.logic import DetectorBank
from streams.detect.settings import DetectorSettings

SETTINGS = DetectorSettings()


def test_bank_scores_each_series_on_its_own() -> None:
    bank = DetectorBank(SETTINGS)
    scored = bank.observe_batch(["a", "b", "a"], ["gauge"] * 3, [0.0, 0.0, 1.0], [1.0, 9.0, 2.0])
    assert [(index, score.expected) for index, score in scored] == [(0, 1.0), (1, 9.0), (2, 1.0)]


def test_bank_leaves_out_what_it_has_seen() -> None:
    bank = DetectorBank(SETTINGS)
    scored = bank.observe_batch(["a", "a", "a"], ["gauge"] * 3, [0.0, 0.0, 1.0], [1.0, 1.0, 2.0])
    assert [index for index, _ in scored] == [0, 2]


def test_bank_refuses_and_counts_series_beyond_its_bound() -> None:
    bank = DetectorBank(SETTINGS, series_count_max=2)
    scored = bank.observe_batch(["a", "b", "c", "a"], ["gauge"] * 4, [0.0, 0.0, 0.0, 1.0], [1.0] * 4)
    assert [index for index, _ in scored] == [0, 1, 3]
    assert (len(bank), bank.refused_count) == (2, 1)


def test_bank_tells_changed_series_once() -> None:
    bank = DetectorBank(SETTINGS)
    bank.observe_batch(["b", "a", "b"], ["gauge"] * 3, [0.0, 0.0, 1.0], [1.0] * 3)
    assert bank.dirty() == ["b", "a"]
    assert bank.dirty() == []
    bank.observe_batch(["a", "b"], ["gauge"] * 2, [0.0, 2.0], [1.0] * 2)
    assert bank.dirty() == ["b"]


def test_bank_goes_on_from_a_snapshot() -> None:
    first, second = DetectorBank(SETTINGS), DetectorBank(SETTINGS)
    first.observe_batch(
        ["a"] * 50, ["gauge"] * 50, [float(i) for i in range(50)], [float(i % 7) for i in range(50)]
    )
    second.restore("a", first.snapshot("a"))
    assert second.dirty() == []
    assert second.observe_batch(["a"], ["gauge"], [49.0], [3.0]) == []
    assert second.observe_batch(["a"], ["gauge"], [50.0], [3.0]) == first.observe_batch(
        ["a"], ["gauge"], [50.0], [3.0]
    )


def test_bank_starts_anew_when_the_kind_of_a_series_changes() -> None:
    bank = DetectorBank(SETTINGS)
    bank.observe_batch(["a"] * 100, ["gauge"] * 100, [float(i) for i in range(100)], [1.0] * 100)
    ((_, score),) = bank.observe_batch(["a"], ["counter"], [100.0], [1.0])
    assert score.kind == "warm-up"


def test_bank_applies_nothing_of_a_batch_with_an_unknown_kind() -> None:
    bank = DetectorBank(SETTINGS)
    with pytest.raises(WrongUse, match="'level'"):
        bank.observe_batch(["a", "b"], ["gauge", "level"], [0.0, 0.0], [1.0, 1.0])
    assert bank.dirty() == []
