"""The header that names what a record follows from."""

from __future__ import annotations

import pytest

from crosscurrent.errors import Poison
from crosscurrent.kafka import RESTS_ON, RestsOn


def test_header_says_what_was_given_when_read_back() -> None:
    rests_on = RestsOn("life-1", {"raw.github-0": 12, "observations-3": 1})
    assert RestsOn.from_headers({RESTS_ON: rests_on.to_header()}) == rests_on


def test_message_without_the_header_rests_on_nothing() -> None:
    assert RestsOn.from_headers({"ce_id": b"1"}) is None


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"{",
        b"[]",
        b'{"cluster": "a"}',
        b'{"cluster": 1, "offsets": {}}',
        b'{"cluster": "a", "offsets": [1]}',
        b'{"cluster": "a", "offsets": {"raw.github-0": "12"}}',
        b'{"cluster": "a", "offsets": {"raw.github-0": true}}',
        b"\xff",
    ],
)
def test_header_is_poison_when_it_is_not_what_was_agreed(value: bytes) -> None:
    with pytest.raises(Poison, match="ce_restson"):
        RestsOn.from_headers({RESTS_ON: value})
