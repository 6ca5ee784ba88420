"""What a declared source is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from connectors.kit.auth import BasicHeader, BearerHeader, ClientCredentials, HeaderKey, NoAuth, QueryKey
from connectors.kit.page import Page
from connectors.kit.pagination import LinkHeader, NextCursor, Offset, OnePage, PageNumber
from connectors.kit.quota import DocumentedRate, HeaderQuota
from crosscurrent.errors import Poison, WrongUse
from tests.unit.connectors.declared.declared_sources import declared, event_of, gauges

TARGETS = {"help": "rivers", "default": ["rhine"]}


@pytest.mark.parametrize(
    ("paginator", "pagination"),
    [
        ({"type": "single_page"}, OnePage()),
        ({"type": "header_link"}, LinkHeader("")),
        ({"type": "header_link", "limit_param": "n", "limit": 50}, LinkHeader("n", 50)),
        ({"type": "page_number"}, PageNumber("rows", size=1)),
        (
            {
                "type": "page_number",
                "base_page": 0,
                "page_param": "p",
                "limit_param": "n",
                "limit": 9,
                "total_path": "t",
            },
            PageNumber("rows", parameter="p", first=0, size_parameter="n", size=9, last_field="t"),
        ),
        ({"type": "offset", "maximum_pages": 3}, Offset("rows", total_field="", pages_max=3)),
        ({"type": "offset", "total_path": "meta.total"}, Offset("rows", total_field="meta.total")),
        (
            {"type": "cursor", "cursor_path": "next", "cursor_param": "after", "has_more_path": "more"},
            NextCursor("next", "after", more_field="more"),
        ),
        ({"type": "json_link", "next_url_path": "links.next"}, NextCursor("links.next")),
    ],
)
def test_paginator_is_the_kits_pagination(
    tmp_path: Path, paginator: dict[str, Any], pagination: object
) -> None:
    endpoint = {"path": "/gauges", "data_selector": "rows"}
    of_resource = declared(tmp_path, gauges(endpoint=endpoint | {"paginator": paginator}))
    of_client = declared(
        tmp_path,
        gauges(endpoint=endpoint),
        client={"base_url": "https://api.rivers.example", "paginator": paginator},
    )

    assert of_resource.polls(())[0].pagination == pagination == of_client.polls(())[0].pagination


def test_pages_of_unknown_size_go_on_until_one_is_empty(tmp_path: Path) -> None:
    endpoint = {"path": "/g", "data_selector": "rows", "paginator": {"type": "page_number"}}
    pages = declared(tmp_path, gauges(endpoint=endpoint)).polls(())[0].pagination

    assert pages.next_url(Page("https://a.test/g?page=1", {}, b'{"rows": [1]}')) == "https://a.test/g?page=2"
    assert pages.next_url(Page("https://a.test/g?page=2", {}, b'{"rows": []}')) is None


@pytest.mark.parametrize(
    ("auth", "is_auth"),
    [
        ({"type": "none"}, NoAuth()),
        ({"type": "bearer", "required": False}, BearerHeader(required=False)),
        ({"type": "api_key", "name": "X-Api-Key"}, HeaderKey("x-api-key")),
        ({"type": "api_key", "name": "X-K", "prefix": "Key "}, HeaderKey("x-k", "Key ")),
        ({"type": "api_key", "name": "appid", "location": "query"}, QueryKey("appid")),
        ({"type": "http_basic"}, BasicHeader(description="user:password")),
        (
            {"type": "oauth2_client_credentials", "access_token_url": "https://id.example/token"},
            ClientCredentials("https://id.example/token"),
        ),
    ],
)
def test_auth_is_the_kits(tmp_path: Path, auth: dict[str, Any], is_auth: object) -> None:
    connector = declared(tmp_path, client={"base_url": "https://api.rivers.example", "auth": auth})

    assert connector.auth == is_auth


def test_key_goes_into_its_header() -> None:
    assert HeaderKey("x-k", "Key ").headers("s") == {"x-k": "Key s"}
    assert HeaderKey("x-k").url("https://a.test/?b=c", "s") == "https://a.test/?b=c"


def test_quota_is_the_kits(tmp_path: Path) -> None:
    documented = declared(tmp_path, quota={"type": "documented", "requests": 10, "window_seconds": 5})
    told = declared(tmp_path, quota={"type": "headers", "remaining": "X-Left", "window_seconds": 60})

    assert documented.quota == DocumentedRate(10, 5, description="10 requests in 5 s")
    assert told.quota == HeaderQuota(remaining="x-left", window_seconds=60, description="told in X-Left")


def test_cursor_goes_on_where_the_last_poll_ended_less_the_look_back(tmp_path: Path) -> None:
    incremental = {
        "cursor_path": "changed",
        "start_param": "since",
        "look_back_seconds": 60,
        "ascending_params": {"order": "asc"},
        "newest_first_params": {"order": "desc", "fresh": True},
    }
    (poll,) = declared(
        tmp_path, gauges(endpoint={"path": "/gauges", "data_selector": "rows", "incremental": incremental})
    ).polls(())
    assert poll.cursor is not None
    body = orjson.dumps({"rows": [{"changed": "2026-01-05T10:00:00Z"}]})

    reached = poll.cursor.advance(None, [Page("https://a.test", {}, body)], complete=True)

    assert poll.first_url("https://a.test", None) == "https://a.test/gauges?order=desc&fresh=true"
    assert poll.first_url("https://a.test", reached) == (
        "https://a.test/gauges?order=asc&since=2026-01-05T09%3A59%3A00Z"
    )


def test_target_stands_in_path_and_parameters(tmp_path: Path) -> None:
    connector = declared(
        tmp_path,
        gauges(endpoint={"path": "/rivers/{target}/gauges", "params": {"of": "r:{target}", "n": 5}}),
        gauges(name="all"),
        targets=TARGETS,
    )

    polls = connector.polls(["rhine", "meuse", "rhine"])

    assert [poll.first_url("", None) for poll in polls] == [
        "/rivers/rhine/gauges?of=r%3Arhine&n=5",
        "/rivers/meuse/gauges?of=r%3Ameuse&n=5",
        "/gauges",
    ]
    assert [poll.request_key for poll in polls] == ["gauges:rhine", "gauges:meuse", "all"]


@pytest.mark.parametrize(
    "target", ["..", "a/../b", "/a", "a/", "a//b", "a%2fb", "a b", "a?b", "é", "", "x" * 201]
)
def test_target_that_would_ask_for_something_else_is_refused_whatever_the_pattern(
    tmp_path: Path, target: str
) -> None:
    connector = declared(
        tmp_path, gauges(endpoint={"path": "/r/{target}"}), targets=TARGETS | {"pattern": "(?s:.*)"}
    )

    assert connector.polls(["owner/name.x"])[0].path == "/r/owner/name.x"
    with pytest.raises(WrongUse):
        connector.polls([target])


def test_source_without_targets_refuses_each(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="nothing to choose"):
        declared(tmp_path).polls(["rhine"])


@pytest.mark.parametrize(
    ("path", "url", "target"),
    [
        ("/r/{target}/g", "https://any.test/base/r/owner/name/g?page=2", "owner/name"),
        ("/{target}", "https://any.test/base/of/it/owner/name", "owner/name"),
        ("/r/{target}.json", "https://any.test/r/a/b.json", "a/b"),
    ],
)
def test_target_is_read_from_the_address(tmp_path: Path, path: str, url: str, target: str) -> None:
    connector = declared(
        tmp_path,
        gauges(endpoint={"path": path}, entity={"type": "gauge", "primary_key": "{target}"}),
        targets=TARGETS | {"pattern": "[a-z]+/[a-z]+", "default": ["a/b"]},
    )

    assert connector.map_payload(event_of({"level": 1}, url=url)).things[0].entity_id == target


def test_target_is_read_from_a_parameter_or_the_payload_is_refused(tmp_path: Path) -> None:
    connector = declared(
        tmp_path,
        gauges(endpoint={"path": "/g", "params": {"of": "r:{target}"}}, entity={"primary_key": "{target}"}),
        targets=TARGETS,
    )
    told = connector.map_payload(event_of({"level": 1}, url="https://any.test/g?of=r%3Arhine"))

    assert told.measurements[0].entity_id == "rhine"
    with pytest.raises(Poison, match="what was asked about"):
        connector.map_payload(event_of({"level": 1}, url="https://any.test/g"))


def test_resource_asks_about_what_another_names(tmp_path: Path) -> None:
    connector = declared(
        tmp_path,
        gauges(name="rivers", endpoint={"path": "/rivers", "data_selector": "rows"}),
        gauges(endpoint={"path": "/rivers/{resources.rivers.mouth.0}/gauges"}),
    )
    (listed,) = connector.polls(())
    assert listed.find is not None
    assert connector.poll_for is not None

    found = listed.find(
        {"rows": [{"mouth": ["a"]}, {"mouth": [7]}, {"mouth": ["../x"]}, {"mouth": []}, {}, 3]}
    )

    assert found == [("gauges", "a"), ("gauges", "7")]
    assert connector.poll_for("gauges", "7").path == "/rivers/7/gauges"
    assert listed.find("no object") == []


def test_recorded_exchange_belongs_to_the_resource_that_says_most_of_it(tmp_path: Path) -> None:
    connector = declared(
        tmp_path,
        gauges(name="one", endpoint={"path": "/g/{target}"}),
        gauges(name="summary", endpoint={"path": "/g/summary"}),
        gauges(name="daily", endpoint={"path": "/g/summary", "params": {"per": "day"}}),
        targets=TARGETS,
    )

    asked = connector.endpoint_of
    assert asked("GET", "/base/g/rhine?x=1", "") == "one"
    assert asked("GET", "/g/summary", "") == "summary"
    assert asked("get", "/g/summary?per=day", "") == "daily"
    assert asked("POST", "/g/summary", "") == asked("GET", "/x", "") == asked("GET", None, "x") == "other"
    assert asked("GET", None, "daily") == "daily"
