"""Deterministic ids: the same origin gives the same id, another origin another one."""

from __future__ import annotations

import subprocess
import sys
from uuid import UUID

from hypothesis import assume, given
from hypothesis import strategies as st

from schemas.identity import observation_id, record_id, series_id, series_name

# the separator of the parts is a control character, which no name has
part = st.text(st.characters(exclude_categories=("Cc", "Cs")))
parts = st.lists(part, min_size=1, max_size=5)
hexadecimal = st.integers(0, 2**64 - 1).map(lambda number: f"{number:016x}")
RECORD = "eadf6e3e-68a5-5f47-b23d-55f3b239b40a"
SERIES = "d22545bffe18e6aa"

milliseconds = st.integers(-(2**63), 2**63 - 1)


@given(parts)
def test_record_id_is_a_uuid_and_the_same_each_time(given_parts: list[str]) -> None:
    identity = record_id(*given_parts)

    assert identity == record_id(*given_parts) == str(UUID(identity))
    assert UUID(identity).version == 5


@given(parts, parts)
def test_record_id_differs_where_the_parts_differ(one: list[str], other: list[str]) -> None:
    assume(one != other)

    assert record_id(*one) != record_id(*other)


@given(st.tuples(part, part, part, part, part), st.tuples(part, part, part, part, part))
def test_series_id_has_16_digits_and_differs_where_the_parts_differ(
    one: tuple[str, str, str, str, str], other: tuple[str, str, str, str, str]
) -> None:
    assume(one != other)

    assert len(series_id(*one)) == 16
    assert int(series_id(*one), 16) >= 0
    assert series_id(*one) != series_id(*other)


@given(hexadecimal, milliseconds)
def test_observation_id_holds_its_series_and_its_time(series: str, observed_at_ms: int) -> None:
    number = UUID(observation_id(series, observed_at_ms)).int

    assert f"{number >> 64:016x}" == series
    low = number & (2**64 - 1)
    assert (low - 2**64 if low >= 2**63 else low) == observed_at_ms


def test_ids_are_the_same_in_another_process() -> None:
    code = "from schemas.identity import *; print(record_id('a', 1, 'ü'), series_id(*'abcde'))"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert other.stdout.split() == [record_id("a", 1, "ü"), series_id(*"abcde")]


def test_ids_are_those_that_were_given_before() -> None:
    """A change of these would make every row that was written before come a second time."""
    assert record_id("default", "github", "repository", 7) == RECORD
    assert series_id("default", "github", "stargazers", "apache/kafka", "1") == SERIES


def test_series_is_written_for_people() -> None:
    assert series_name("github", "stargazers", "apache/kafka") == "github.stargazers:apache/kafka"
