"""What late observations do by setting: correct the windows that were closed, or be told as dead letters."""

from __future__ import annotations

import pytest

from crosscurrent.settings import CorrelateSettings
from schemas.records import CorrelationBatch
from streams.processor import InputMessage, Output, SetAside
from tests.unit.streams.correlate.test_correlate_agent import CODEC, SETTINGS, batch, processor

LATE = (90, 91)
END = 120
LATER_END = 123


def run(settings: CorrelateSettings, numbers: list[int]) -> tuple[list[CorrelationBatch], list[SetAside]]:
    rules = processor(settings)
    windows, letters = [], []
    for offset, number in enumerate(numbers):
        value = CODEC.encode("observations", batch(number))
        for output in rules.process(InputMessage("observations", 0, offset, None, value)):
            if isinstance(output, SetAside):
                letters.append(output)
            else:
                assert isinstance(output, Output)
                assert isinstance(output.record, CorrelationBatch)
                windows.append(output.record)
    return windows, letters


def numbers(*, late: bool) -> list[int]:
    in_time = [number for number in range(LATER_END) if not (late and number in LATE)]
    return in_time[: END - len(LATE)] + list(LATE if late else ()) + in_time[END - len(LATE) :]


def last_revisions(windows: list[CorrelationBatch]) -> dict[float, CorrelationBatch]:
    return {window.window_end.timestamp(): window for window in windows}


def test_agent_corrects_closed_windows_as_further_revisions_with_ids_of_their_own() -> None:
    in_time, _ = run(SETTINGS, numbers(late=False))
    windows, letters = run(SETTINGS.model_copy(update={"late_steps_max": 64}), numbers(late=True))
    corrected = [window for window in windows if window.revision]
    assert letters == []
    assert {window.revision for window in corrected} == {1}
    assert len({window.record_id for window in windows}) == len(windows) == len(in_time) + len(corrected)
    for end, window in last_revisions(in_time).items():
        assert last_revisions(windows)[end].pairs[0].p_value == window.pairs[0].p_value


def test_agent_leaves_closed_windows_alone_and_tells_of_what_is_late_where_the_policy_says_so() -> None:
    settings = SETTINGS.model_copy(update={"late_policy": "dead-letter"})
    windows, letters = run(settings, numbers(late=True))
    assert {window.revision for window in windows} == {0}
    assert [letter.reason.found.split(",")[0] for letter in letters] == ["3 late observations"] * len(LATE)


@pytest.mark.parametrize(("late_steps_max", "revisions"), [(0, {0}), (64, {0, 1})])
def test_agent_corrects_no_further_back_than_it_is_told(late_steps_max: int, revisions: set[int]) -> None:
    settings = SETTINGS.model_copy(update={"late_steps_max": late_steps_max})
    windows, _ = run(settings, numbers(late=True))
    assert {window.revision for window in windows} == revisions
