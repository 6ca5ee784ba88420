"""Blocks side by side give what one after the other gives, and pass on what goes wrong."""

from __future__ import annotations

import threading

import pytest

from streams.correlate.parallel import side_by_side


def test_side_by_side_keeps_the_order_of_the_items() -> None:
    assert side_by_side(lambda item: item * item, range(40)) == [item * item for item in range(40)]
    assert side_by_side(lambda item: item, []) == []


def test_side_by_side_takes_one_item_in_the_caller() -> None:
    assert side_by_side(lambda _: threading.get_ident(), [0]) == [threading.get_ident()]


def test_side_by_side_passes_an_error_on() -> None:
    def fail(item: int) -> int:
        raise ValueError(item)

    with pytest.raises(ValueError, match="0"):
        side_by_side(fail, [0, 1])
