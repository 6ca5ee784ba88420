"""The played Notion: what it refuses, how it pages, and how its workspace moves."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from crosscurrent.embedded.world.default_scenario import default_scenario
from crosscurrent.embedded.world.exchange import Answer, Call
from crosscurrent.embedded.world.notion_api import NotionApi, NotionTerms
from crosscurrent.embedded.world.notion_id import id_of
from crosscurrent.embedded.world.notion_model import DATA_SOURCES, Workspace
from crosscurrent.embedded.world.notion_payload import TOP_TITLE

SCENARIO = default_scenario(1)
GOOD = {"authorization": "Bearer good", "notion-version": "2025-09-03"}
QUERY = f"/v1/data_sources/{id_of('data source', 0)}/query"


def ask(
    path: str,
    body: object = None,
    *,
    hour: int = 0,
    headers: dict[str, str] | None = None,
    vendor: NotionApi | None = None,
    real_seconds: float = 0.0,
) -> Answer:
    where, _, query = path.partition("?")
    call = Call(
        where,
        dict(part.split("=") for part in query.split("&") if part),
        GOOD if headers is None else headers,
        "http://world",
        SCENARIO.start_seconds + hour * 3600.0,
        real_seconds,
        "GET" if body is None else "POST",
        b"" if body is None else body if isinstance(body, bytes) else orjson.dumps(body),
    )
    return (vendor or NotionApi(SCENARIO, NotionTerms("good"))).answer(call)


def told(answer: Answer) -> dict[str, Any]:
    assert answer.status == 200, answer.body
    decoded = orjson.loads(answer.body)
    assert isinstance(decoded, dict)
    return decoded


@pytest.mark.parametrize(
    ("path", "body", "headers", "status", "code"),
    [
        ("/v1/users", None, {}, 401, "unauthorized"),
        ("/v1/users", None, {**GOOD, "authorization": "Bearer bad"}, 401, "unauthorized"),
        ("/v1/users", None, {"authorization": "Bearer good"}, 400, "missing_version"),
        ("/v1/moon", None, GOOD, 400, "invalid_request_url"),
        ("/v1/search", None, GOOD, 400, "invalid_request_url"),
        ("/v1/search", b"{", GOOD, 400, "invalid_json"),
        ("/v1/search", {"page_size": 101}, GOOD, 400, "validation_error"),
        ("/v1/search", {"start_cursor": "none"}, GOOD, 400, "validation_error"),
        ("/v1/search", {"sort": {"direction": "up", "timestamp": "x"}}, GOOD, 400, "validation_error"),
        (f"/v1/pages/{id_of('none')}", None, GOOD, 404, "object_not_found"),
        (f"/v1/comments?block_id={id_of('none')}", None, GOOD, 404, "object_not_found"),
    ],
)
def test_request_that_is_wrong_is_refused_in_notions_form(
    path: str, body: object, headers: dict[str, str], status: int, code: str
) -> None:
    answer = ask(path, body, headers=headers)
    error = orjson.loads(answer.body)

    assert (answer.status, error["status"], error["code"]) == (status, status, code)
    assert error["object"] == "error"
    assert error["request_id"]


def test_pages_of_a_query_follow_each_other_by_their_cursor() -> None:
    first = told(ask(QUERY, {"page_size": 100}))
    second = told(ask(QUERY, {"page_size": 100, "start_cursor": first["next_cursor"]}))

    assert (first["has_more"], second["has_more"], second["next_cursor"]) == (True, False, None)
    assert len(first["results"]) + len(second["results"]) == DATA_SOURCES[0].rows_at_start
    assert second["results"][0]["id"] == first["next_cursor"]


def test_query_sorts_by_the_last_edit_when_asked_to() -> None:
    sorts = [{"timestamp": "last_edited_time", "direction": "descending"}]
    times = [row["last_edited_time"] for row in told(ask(QUERY, {"sorts": sorts}, hour=50))["results"]]

    assert times == sorted(times, reverse=True)


def test_search_shows_one_kind_when_asked_to() -> None:
    shown = told(ask("/v1/search", {"filter": {"property": "object", "value": "data_source"}}))["results"]

    assert [one["object"] for one in shown] == ["data_source"] * len(DATA_SOURCES)


def test_caller_is_told_to_wait_after_its_requests_and_may_ask_again_then() -> None:
    vendor = NotionApi(SCENARIO, NotionTerms("good", limit=2))
    answers = [ask("/v1/users", vendor=vendor, real_seconds=at) for at in (0.0, 1.0, 2.0, 61.0)]

    assert [answer.status for answer in answers] == [200, 200, 429, 200]
    assert answers[2].headers["retry-after"] == "58"


def test_workspace_grows_and_is_edited_over_virtual_time() -> None:
    workspace = Workspace(1)
    early, late = workspace.rows(0, 0), workspace.rows(0, 96)

    assert len(late) == len(early) + 4
    assert max(row.edited_hour for row in late) > max(row.edited_hour for row in early)
    assert all(row.created_hour <= row.edited_hour <= 96 for row in late)
    assert Workspace(1).rows(0, 96) == late
    assert Workspace(2).rows(0, 96) != late


def test_comments_of_the_top_page_come_with_time_and_never_from_the_future() -> None:
    path = f"/v1/comments?block_id={id_of('page', TOP_TITLE)}"
    early, late = (told(ask(path, hour=hour))["results"] for hour in (0, 30))

    assert (len(early), len(late)) == (2, 4)
    assert late[-1]["created_time"] <= "2026-01-06T06:00:00.000Z"


def test_secret_is_in_no_answer() -> None:
    assert b"Bearer" not in ask("/v1/users").body
    assert b"hush-hush" not in ask("/v1/users", headers={**GOOD, "authorization": "Bearer hush-hush"}).body
