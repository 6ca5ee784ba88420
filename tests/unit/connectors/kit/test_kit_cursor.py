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


@pytest.mark.parametrize(
    ("url", "times", "expected"),
    [
        # oldest first, and newer than what was asked for: by time, from the first page of that
        ("/i?since=2026-01-01T00:00:00Z&page=2", ("02", "03"), "/i?since=2026-01-03T00:00:00Z"),
        # all of one time: only the number leads on
        ("/i?since=2026-01-03T00:00:00Z&page=2", ("03", "03"), "/i?since=2026-01-03T00:00:00Z&page=3"),
        # newest first, or no time asked for: as the vendor says
        ("/i?since=2026-01-01T00:00:00Z&page=2", ("03", "02"), "/i?since=2026-01-01T00:00:00Z&page=3"),
        ("/i?page=2", ("02", "03"), "/i?page=3"),
    ],
)
def test_next_page_of_a_list_by_time_begins_at_the_newest_row_of_the_page_before(
    url: str, times: tuple[str, ...], expected: str
) -> None:
    rows = orjson.dumps([{"updated_at": f"2026-01-{day}T00:00:00Z"} for day in times])
    numbered = f"http://vendor.test{url.replace('page=2', 'page=3')}"

    following = SINCE.following(Page(f"http://vendor.test{url}", {}, rows), numbered)

    assert following.replace("%3A", ":") == f"http://vendor.test{expected}"
