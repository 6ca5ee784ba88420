"""Notion's objects and lists: every type of property, numbers of rows past a page, and shapes of other years."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest

from connectors.notion.mapping import map_payload
from connectors.notion.properties import DESCRIBED, IGNORED
from crosscurrent.errors import Poison
from schemas.mapping import MappedPayload
from tests.unit.connectors.mappings.sample_payloads import BY_ENDPOINT, event_for

API = "https://api.notion.com/v1"
SOURCE_ID = "4f93db51-4e1d-4015-b07f-876e34c3b0b1"
QUERY = f"{API}/data_sources/{SOURCE_ID}/query#page_size=100&body-sha256=abc"
# as of the vendor's documentation; a type that is new there is passed over
PROPERTY_TYPES = {
    "button", "checkbox", "created_by", "created_time", "date", "email", "files", "formula", "last_edited_by",
    "last_edited_time", "multi_select", "number", "people", "phone_number", "place", "relation", "rich_text", "rollup",
    "select", "status", "title", "unique_id", "url", "verification",
}  # fmt: skip


def page(properties: dict[str, Any] | None = None, **more: object) -> dict[str, Any]:
    sample: Any = BY_ENDPOINT["notion", "page"].payload
    made: dict[str, Any] = copy.deepcopy(sample)
    return made | ({} if properties is None else {"properties": properties}) | more


def mapped(payload: object, endpoint: str = "page", url: str | None = None) -> MappedPayload:
    return map_payload(event_for("notion", endpoint, payload, url=url))


def with_property(kind: str, value: object, **more: object) -> MappedPayload:
    return mapped(page({"P": {"id": "p%3A", "type": kind, kind: value, **more}}))


def said(found: MappedPayload) -> object:
    return found.things[0].attributes.get("property P")


def listed(rows: list[dict[str, Any]], *, more: bool = False) -> dict[str, Any]:
    cursor = "c" if more else None
    return {"object": "list", "results": rows, "has_more": more, "next_cursor": cursor}


def measures(found: MappedPayload, *names: str) -> dict[str, float]:
    return {one.measure: one.value for one in found.measurements if one.measure in names}


def test_every_type_of_property_is_described_or_ignored_for_a_reason() -> None:
    assert set(DESCRIBED) | set(IGNORED) == PROPERTY_TYPES
    assert not set(DESCRIBED) & set(IGNORED)
    assert all(IGNORED.values())


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("title", [{"plain_text": "a"}, {"plain_text": "b"}], "ab"),
        ("rich_text", [{"type": "equation", "plain_text": "x^2"}], "x^2"),
        ("rich_text", [{"type": "text", "text": {"content": "old"}}], "old"),
        ("rich_text", [], None),
        ("url", "https://a.example", "https://a.example"),
        ("select", {"name": "early"}, "early"),
        ("status", {"name": "Done"}, "Done"),
        ("select", None, None),
        ("multi_select", [{"name": "a"}, {"name": "b"}], ["a", "b"]),
        ("files", [{"name": "plan.pdf", "file": {"url": "https://signed"}}], ["plan.pdf"]),
        ("people", [{"id": "u1", "person": {"email": "a@b.example"}}], ["u1"]),
        ("relation", [{"id": "r1"}], ["r1"]),
        ("date", {"start": "2026-01-05", "end": None}, "2026-01-05"),
        ("date", {"start": "2026-01-05", "end": "2026-01-06"}, "2026-01-05/2026-01-06"),
        ("date", None, None),
        ("number", 4, 4),
        ("checkbox", False, False),
        ("formula", {"type": "string", "string": "ok"}, "ok"),
        ("formula", {"type": "date", "date": {"start": "2026-01-05"}}, "2026-01-05"),
        ("formula", {"type": "date", "date": None}, None),
        ("rollup", {"type": "array", "array": [{"type": "number", "number": 4}]}, None),
        ("rollup", {"type": "unsupported", "unsupported": {}}, None),
        ("unique_id", {"prefix": "ST", "number": 4}, "ST-4"),
        ("unique_id", {"prefix": None, "number": 4}, 4),
        ("place", {"name": "Quay", "lat": 1.0}, "Quay"),
        ("verification", {"state": "verified"}, "verified"),
        ("email", "a@b.example", None),
        ("phone_number", "123", None),
        ("button", {}, None),
        ("invented_in_2030", {"x": 1}, None),
    ],
)
def test_property_is_said_of_its_page(kind: str, value: object, expected: object) -> None:
    assert said(with_property(kind, value)) == expected


@pytest.mark.parametrize(
    ("kind", "value", "measure", "expected"),
    [
        ("number", -1.5, "number", -1.5),
        ("checkbox", True, "checkbox", 1.0),
        ("formula", {"type": "number", "number": 2}, "formula", 2.0),
        ("formula", {"type": "boolean", "boolean": False}, "formula", 0.0),
        ("rollup", {"type": "number", "number": 0, "function": "sum"}, "rollup", 0.0),
        ("relation", [{"id": "a"}, {"id": "b"}], "relation_items", 2.0),
        ("files", [], "files_items", 0.0),
    ],
)
def test_property_is_measured_under_its_id(kind: str, value: object, measure: str, expected: float) -> None:
    (one,) = with_property(kind, value).measurements

    assert (one.measure, one.value, one.kind) == (measure, expected, "gauge")
    assert one.entity_id.endswith("/p:")


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("number", None),
        ("formula", {"type": "number", "number": None}),
        ("rollup", {"type": "number", "number": None}),
    ],
)
def test_number_that_is_empty_is_no_measurement(kind: str, value: object) -> None:
    assert with_property(kind, value).measurements == []


def test_references_that_a_page_cuts_are_not_counted() -> None:
    many = [{"id": str(number)} for number in range(25)]

    assert with_property("relation", [{"id": "a"}], has_more=True).measurements == []
    assert with_property("people", many).measurements == []


@pytest.mark.parametrize("value", ["4", True, [], {}])
def test_number_that_is_none_is_refused_with_its_path(value: object) -> None:
    with pytest.raises(Poison) as caught:
        with_property("number", value)

    assert caught.value.facts["path"] == "$.properties.P.number"


def test_email_of_a_person_is_nowhere() -> None:
    found = mapped(BY_ENDPOINT["notion", "users"].payload, "users")

    assert "a@b.example" not in repr(found)


def test_rows_are_counted_by_the_last_page_with_those_before_it() -> None:
    first, last = listed([page()] * 3, more=True), listed([page()] * 2)

    assert measures(mapped(first, "data_source_query", QUERY), "rows") == {}
    assert measures(mapped(last, "data_source_query", QUERY), "rows") == {"rows": 2.0}
    later = mapped(last, "data_source_query", f"{QUERY}&start_cursor=c&rows_before=300")
    assert measures(later, "rows", "pages_edited") == {"rows": 302.0}
    assert {one.entity_id for one in later.measurements if one.measure == "rows"} == {SOURCE_ID}


@pytest.mark.parametrize(
    "url",
    [
        f"{API}/data_sources/{SOURCE_ID}/query#start_cursor=c&body-sha256=abc",
        "https://api.notion.com/_recordings/data-source-query/a",
    ],
)
def test_rows_are_not_counted_where_it_is_unknown_how_many_came_before(url: str) -> None:
    assert measures(mapped(listed([page()]), "data_source_query", url), "rows", "pages_edited") == {}


def test_rows_of_a_post_whose_body_is_unknown_are_not_counted() -> None:
    event = event_for("notion", "search", listed([page()]), url=f"{API}/search")

    assert measures(map_payload(replace(event, request_method="POST")), "shared_items") == {}


def test_pages_edited_are_those_of_the_last_day() -> None:
    rows = [page(last_edited_time=f"2026-03-{day}T13:00:00.000Z") for day in ("10", "09", "08")]
    rows[0]["last_edited_time"] = "2026-03-10T11:59:00.000Z"

    # the vendor's clock says noon of the 10th
    for more in (True, False):
        found = mapped(listed(rows, more=more), "data_source_query", QUERY)
        assert measures(found, "pages_edited") == {"pages_edited": 2.0}


def test_pages_edited_are_not_told_where_the_first_page_does_not_reach_back_a_day() -> None:
    found = mapped(listed([page()], more=True), "data_source_query", QUERY)

    assert measures(found, "pages_edited") == {}


def test_search_says_what_is_shared() -> None:
    database = BY_ENDPOINT["notion", "data_source"].payload
    found = mapped(listed([page(), database]), "search", f"{API}/search#body-sha256=abc")  # type: ignore[list-item]

    assert measures(found, "shared_items", "pages_edited") == {"shared_items": 2.0, "pages_edited": 1.0}
    assert [thing.entity_type for thing in found.things] == ["page", "data_source"]


def test_block_says_where_it_lies_and_the_beginning_of_its_text() -> None:
    block = {
        "object": "block", "id": "b", "type": "to_do", "parent": {"type": "page_id", "page_id": "p"},
        "to_do": {"rich_text": [{"plain_text": "x" * 600}], "checked": True},
    }  # fmt: skip
    (thing,) = mapped(block, "block").things

    assert thing.attributes["parent"] == "page_id:p"
    assert thing.attributes["checked"] is True
    assert thing.attributes["text"] == "x" * 500


@pytest.mark.parametrize("kind", ["divider", "unsupported", "breadcrumb"])
def test_block_without_content_is_a_thing_all_the_same(kind: str) -> None:
    (thing,) = mapped({"object": "block", "id": "b", "type": kind, kind: {}}, "block").things

    assert (thing.entity_id, thing.name) == ("b", kind)


@pytest.mark.parametrize(
    ("payload", "path"),
    [
        ({"object": "error", "status": 404}, "$"),
        ({"object": "list", "results": [{"object": "moon"}]}, "$.results[0]"),
        ({"object": "list"}, "$.results"),
        ({"object": "page", "id": "p"}, "$.properties"),
        ({"object": "page", "id": "p", "properties": {"P": {"id": "x"}}}, "$.properties.P.type"),
        ({"id": "p"}, "$.object"),
    ],
)
def test_what_is_no_object_of_notion_is_refused_with_its_path(payload: object, path: str) -> None:
    with pytest.raises(Poison) as caught:
        mapped(payload)

    assert caught.value.facts["path"] == path
