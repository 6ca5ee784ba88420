"""From where an incremental request goes on."""

from __future__ import annotations

import orjson
import pytest

from connectors.kit.cursor import Since
from connectors.kit.page import Page
from crosscurrent.errors import Poison

SINCE = Since(
    "updated_at",
    ascending=(("direction", "asc"),),
    newest_first=(("direction", "desc"),),
    look_back_seconds=600,
)


def page(*times: object) -> Page:
    return Page("https://api.test/x", {}, orjson.dumps([{"updated_at": time} for time in times]))


def cursor(since: str) -> str:
    return orjson.dumps({"since": since}).decode()


def test_since_reads_the_newest_page_first_and_then_goes_forward() -> None:
    later = SINCE.advance(None, [page("2026-01-01T10:00:00Z", "2026-01-01T12:00:00Z")], complete=False)

    assert SINCE.parameters(None) == {"direction": "desc"}
    assert SINCE.pages_max(None, 10) == 1
    assert SINCE.parameters(later) == {"direction": "asc", "since": "2026-01-01T11:50:00Z"}
    assert SINCE.pages_max(later, 10) == 10


def test_since_stays_where_nothing_came() -> None:
    before = cursor("2026-01-01T10:00:00Z")

    assert SINCE.advance(before, [], complete=True) == before
    assert SINCE.advance(before, [page(None, "soon", 3)], complete=True) == before
    assert SINCE.advance(None, [Page("u", {}, b"<html>")], complete=True) is None


def test_since_never_goes_back() -> None:
    before = cursor("2026-01-01T10:00:00Z")

    assert SINCE.advance(before, [page("2026-01-01T10:05:00Z")], complete=True) == before


def test_since_of_a_poll_that_was_cut_goes_on_at_its_newest_row() -> None:
    later = SINCE.advance(cursor("2026-01-01T10:00:00Z"), [page("2026-01-01T10:05:00Z")], complete=False)

    assert SINCE.parameters(later)["since"] == "2026-01-01T10:05:00Z"


def test_since_looks_back_behind_polls_that_were_cut_to_where_they_began() -> None:
    """The look-back ended at the last cut: what showed late before it was lost."""
    begin = cursor("2026-01-01T10:00:00Z")
    first = SINCE.advance(begin, [page("2026-01-01T10:05:00Z")], complete=False)
    second = SINCE.advance(first, [page("2026-01-01T10:12:00Z")], complete=False)
    near = SINCE.advance(first, [page("2026-01-01T10:06:00Z")], complete=True)

    assert SINCE.advance(second, [page("2026-01-01T10:13:00Z")], complete=True) == cursor(
        "2026-01-01T10:03:00Z"
    )
    assert SINCE.advance(second, [], complete=True) == cursor("2026-01-01T10:02:00Z")
    assert near == begin


def test_since_says_when_one_time_fills_a_whole_poll() -> None:
    with pytest.raises(Poison, match="updated_at"):
        SINCE.advance(cursor("2026-01-01T10:00:00Z"), [page("2026-01-01T10:00:00Z")], complete=False)


def test_since_reads_times_of_any_zone() -> None:
    later = SINCE.advance(None, [page("2026-01-01T12:00:00+02:00", "2026-01-01T09:30:00")], complete=True)

    assert later == cursor("2026-01-01T09:50:00Z")


EARLY, LATE = "2026-01-01T10:00:00Z", "2026-01-01T11:00:00Z"
ASKED = "https://api.test/x?direction=asc&since=2026-01-01T09%3A00%3A00Z"


def at(url: str, *times: object) -> Page:
    return Page(url, {}, orjson.dumps([{"updated_at": time} for time in times]))


def test_since_asks_for_the_page_after_one_by_its_newest_time_and_by_no_number() -> None:
    expected = "https://api.test/x?direction=asc&since=2026-01-01T11%3A00%3A00Z"
    assert SINCE.following(at(ASKED, EARLY, LATE), f"{ASKED}&page=2") == expected
    # of a page that was itself asked for by its number, or by a place that the vendor named
    assert SINCE.following(at(f"{ASKED}&page=2", EARLY, LATE), f"{ASKED}&page=3") == expected
    assert SINCE.following(at(ASKED, EARLY, LATE), f"{ASKED}&after=abc") == expected


@pytest.mark.parametrize(
    "times",
    [
        (EARLY, EARLY),
        ("2026-01-01T09:00:00Z", "2026-01-01T09:00:00.500Z"),
        # newest first: what follows is older
        (LATE, EARLY),
        (None,),
    ],
)
def test_since_goes_on_where_the_vendor_says_if_the_times_of_a_page_lead_nowhere(
    times: tuple[object, ...],
) -> None:
    assert SINCE.following(at(ASKED, *times), f"{ASKED}&page=2") == f"{ASKED}&page=2"


def test_since_follows_the_vendor_where_no_time_was_asked_for() -> None:
    newest = "https://api.test/x?direction=desc"
    assert SINCE.following(at(newest, EARLY, LATE), f"{newest}&page=2") == f"{newest}&page=2"
