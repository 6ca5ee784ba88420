"""Where the next page is."""

from __future__ import annotations

import orjson
import pytest

from connectors.kit.page import Page
from connectors.kit.pagination import LinkHeader, NextCursor, Offset, OnePage, PageNumber, Pagination, Trail
from crosscurrent.errors import Poison

URL = "https://api.test/things?limit=2"


def page(body: object = None, url: str = URL, **headers: str) -> Page:
    return Page(url, headers, orjson.dumps(body))


@pytest.mark.parametrize(
    ("link", "following"),
    [
        ('<https://api.test/things?page=2>; rel="next"', "https://api.test/things?page=2"),
        ('<https://api.test/1>; rel="prev", <https://api.test/3>; rel="next"', "https://api.test/3"),
        ('<https://api.test/3>; title="a"; rel="last next"', "https://api.test/3"),
        ("</things?page=2>; rel=next", "https://api.test/things?page=2"),
        ('<https://api.test/9>; rel="last"', None),
        ("", None),
        ("nonsense", None),
    ],
)
def test_link_header_leads_to_the_next_relation(link: str, following: str | None) -> None:
    assert LinkHeader().next_url(page(link=link)) == following


def test_page_number_ends_with_a_page_that_is_not_full() -> None:
    numbered = PageNumber(size=2)

    assert numbered.next_url(page({"results": [1, 2]}, f"{URL}&page=3")) == f"{URL}&page=4"
    assert numbered.next_url(page({"results": [1]}, f"{URL}&page=4")) is None


def test_page_number_believes_the_last_page_where_the_vendor_says_it() -> None:
    numbered = PageNumber(size=20, last_field="total_pages")
    body = {"results": [1], "total_pages": 2}

    assert numbered.next_url(page(body, f"{URL}&page=1")) == f"{URL}&page=2"
    assert numbered.next_url(page(body, f"{URL}&page=2")) is None


def test_offset_grows_by_the_rows_that_came_and_not_by_those_asked_for() -> None:
    offset = Offset(size=100)
    first = page({"count": 5, "results": [1, 2, 3]}, "https://api.test/things?limit=100&offset=0")

    following = offset.next_url(first)

    assert following == "https://api.test/things?limit=100&offset=3"
    assert offset.next_url(page({"count": 5, "results": [4, 5]}, following)) is None
    assert offset.next_url(page({"count": 5, "results": []}, following)) is None


@pytest.mark.parametrize(
    ("cursor", "following"),
    [
        ("abc", f"{URL}&start_cursor=abc"),
        (7, f"{URL}&start_cursor=7"),
        (None, None),
        ("", None),
        (True, None),
    ],
)
def test_next_cursor_is_sent_back_as_it_came(cursor: object, following: str | None) -> None:
    nested = NextCursor("cursors.after", "start_cursor")

    assert nested.next_url(page({"cursors": {"after": cursor}})) == following


def test_next_cursor_without_a_parameter_is_an_address() -> None:
    assert NextCursor("next").next_url(page({"next": "/things?after=9"})) == "https://api.test/things?after=9"


def test_offset_without_a_total_ends_with_a_page_that_is_not_full() -> None:
    offset = Offset(size=2, total_field="")

    assert offset.next_url(page({"results": [1, 2]}, f"{URL}&offset=2")) == f"{URL}&offset=4"
    assert offset.next_url(page({"results": [1]}, f"{URL}&offset=4")) is None
    assert offset.next_url(page({"results": []}, f"{URL}&offset=4")) is None


@pytest.mark.parametrize("pages", [OnePage(), LinkHeader(), PageNumber(), Offset(), NextCursor("next")])
@pytest.mark.parametrize("payload", [b"<html>", b"", b"[]", b"null", b'{"results": 3}'])
def test_pagination_ends_where_there_is_nothing_to_follow(pages: Pagination, payload: bytes) -> None:
    assert pages.next_url(Page(URL, {}, payload)) is None


def test_trail_refuses_a_page_that_was_read_whatever_the_order_of_its_parameters() -> None:
    trail = Trail(10)
    trail.enter("https://api.test/things?a=1&b=2")

    with pytest.raises(Poison, match="read already"):
        trail.enter("https://api.test/things?b=2&a=1")


def test_trail_ends_after_its_pages() -> None:
    trail = Trail(2)

    assert [trail.enter(f"{URL}&page={number}") for number in (1, 2, 3)] == [True, True, False]
