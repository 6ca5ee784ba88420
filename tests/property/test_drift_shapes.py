"""Whatever JSON comes, a shape takes it, stays bounded, and goes on after a restart as if there had been none."""

from __future__ import annotations

import math
from typing import Any
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.kit.coverage import coverage_of, noting
from streams.drift.finding import EXAMPLE_CHARACTERS_MAX, Finding
from streams.drift.sequential import Terms
from streams.drift.shape import PATHS_MAX, Shape
from streams.drift.snapshot import ShapeName, decode_name, encode, fill

TERMS = Terms(2, math.log(10))  # tells much and soon
NAME = ShapeName("default", "s", "e", 0)
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**53), 2**53), st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5),
)  # fmt: skip
NAMES = st.sampled_from(["a", "b", "token", "2026-01-01", "DE", "x y"]) | st.text(max_size=4)
PAYLOADS = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)
SIMILAR = st.fixed_dictionaries(
    {}, optional={"a": SCALARS, "b": st.lists(SCALARS, max_size=3), "c": PAYLOADS}
)


def look(shape: Shape, number: int, payload: object) -> list[Finding]:
    return shape.look(payload, str(UUID(int=number * 7919 << 64)), number)


@settings(max_examples=20, deadline=None)
@given(st.lists(PAYLOADS | SIMILAR, min_size=1, max_size=10), st.integers(0, 9))
def test_restart_between_any_two_payloads_changes_nothing(payloads: list[Any], at: int) -> None:
    calm, shape = Shape(TERMS), Shape(TERMS)
    for number, payload in enumerate(payloads):
        if number == at:
            _, state = decode_name(encode(NAME, shape))
            shape = Shape(TERMS)
            fill(shape, state)
        findings = look(shape, number, payload)
        assert findings == look(calm, number, payload)
        assert all(0 < finding.chance <= 1 for finding in findings)
        assert all(len(finding.example or "") <= EXAMPLE_CHARACTERS_MAX for finding in findings)
    assert encode(NAME, shape) == encode(NAME, calm)
    assert shape.path_count == sum(1 for _ in shape.root.below()) <= PATHS_MAX


@settings(max_examples=20, deadline=None)
@given(PAYLOADS)
def test_same_payload_again_and_again_is_never_told(payload: object) -> None:
    shape = Shape(TERMS)
    assert [finding for number in range(12) for finding in look(shape, number, payload)] == []


@settings(max_examples=30, deadline=None)
@given(PAYLOADS)
def test_each_path_of_a_payload_is_mapped_left_out_or_unknown(payload: object) -> None:
    coverage = coverage_of(noting(payload), maps=("$",), ignored={"*a*": "a reason"})
    assert coverage.paths == len({*coverage.mapped, *coverage.unknown, *(coverage.ignored or {})}) >= 1
    assert 0 <= coverage.mapped_share <= 1
