"""What the embedded registry does beyond the contract, and what it refuses, in process."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from starlette.types import ASGIApp

from crosscurrent.embedded.registry.app import BODY_BYTES_MAX, create_app
from crosscurrent.embedded.registry.store import Store

CONTENT_TYPE = "application/vnd.schemaregistry.v1+json"
INT = {"schema": '{"type": "int"}'}
POINT = {"type": "record", "name": "geo.Point", "fields": [{"name": "x", "type": "int"}]}


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    store = Store(tmp_path)
    async with make_client(create_app(store)) as client:
        yield client
    store.close()


def make_client(app: ASGIApp) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://registry")


async def post(client: httpx.AsyncClient, path: str, body: dict[str, Any]) -> httpx.Response:
    return await client.post(path, content=orjson.dumps(body), headers={"content-type": CONTENT_TYPE})


async def put(client: httpx.AsyncClient, path: str, body: dict[str, Any]) -> httpx.Response:
    return await client.put(path, content=orjson.dumps(body), headers={"content-type": CONTENT_TYPE})


def refusal(answer: httpx.Response) -> tuple[int, int]:
    assert answer.headers["content-type"] == CONTENT_TYPE
    assert len(answer.json()["message"]) > 10
    return answer.status_code, answer.json()["error_code"]


@pytest.mark.parametrize("schema_type", ["JSON", "PROTOBUF", "XML"])
async def test_registry_refuses_other_schema_types_and_names_them(
    client: httpx.AsyncClient, schema_type: str
) -> None:
    for path in ("/subjects/s/versions", "/subjects/s", "/compatibility/subjects/s/versions/latest"):
        answer = await post(client, path, {"schemaType": schema_type, "schema": "{}"})
        assert refusal(answer) == (422, 42201)
        assert schema_type in answer.json()["message"]
        assert "Avro" in answer.json()["message"]


async def test_registry_says_that_it_has_only_the_default_context(client: httpx.AsyncClient) -> None:
    assert refusal(await client.get("/subjects/:.other:s/versions")) == (422, 42208)
    assert refusal(await client.get("/contexts/.other/subjects/s/versions/1")) == (422, 42208)
    assert refusal(await post(client, "/contexts/.other/subjects/s/versions", INT)) == (422, 42208)
    assert refusal(await client.get("/config/:.other:")) == (422, 42208)
    assert (await client.get("/contexts")).json() == ["."]


async def test_registry_takes_the_default_context_by_name(client: httpx.AsyncClient) -> None:
    await post(client, "/subjects/:.:s/versions", INT)

    assert (await client.get("/subjects/s/versions")).json() == [1]
    assert (await client.get("/subjects", params={"subjectPrefix": ":*:"})).json() == ["s"]
    assert (await client.get("/subjects", params={"subjectPrefix": ":.:s"})).json() == ["s"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"{", (400, 400)),
        (b"[]", (400, 400)),
        (b"", (400, 400)),
        (b"{}", (422, 42201)),
        (b'{"schema": 7}', (422, 42201)),
        (b'{"schema": "\\"int\\"", "ruleSet": {"domainRules": []}}', (422, 422)),
        (b'{"schema": "\\"int\\"", "references": "x"}', (422, 422)),
        (b'{"schema": "\\"int\\"", "references": [{"name": "x"}]}', (422, 422)),
        (b'{"schema": "\\"int\\"", "id": "x"}', (422, 422)),
    ],
)
async def test_registry_says_what_is_wrong_with_a_body(
    client: httpx.AsyncClient, body: bytes, expected: tuple[int, int]
) -> None:
    answer = await client.post("/subjects/s/versions", content=body, headers={"content-type": CONTENT_TYPE})

    assert refusal(answer) == expected


@pytest.mark.parametrize("body", [{}, {"compatibility": 1}, {"normalize": "yes"}, {"alias": "other"}])
async def test_registry_says_what_is_wrong_with_a_configuration(
    client: httpx.AsyncClient, body: dict[str, Any]
) -> None:
    assert (await put(client, "/config", body)).status_code == 422
    assert (await client.get("/config")).json() == {"compatibilityLevel": "BACKWARD"}


async def test_registry_takes_null_for_what_is_not_given(client: httpx.AsyncClient) -> None:
    body = INT | {"metadata": None, "ruleSet": None, "references": None, "schemaType": None}

    assert (await post(client, "/subjects/s/versions", body)).json() == {"id": 1}


async def test_registry_refuses_media_types_that_are_not_its_own(client: httpx.AsyncClient) -> None:
    form = {"content-type": "application/x-www-form-urlencoded"}

    assert refusal(await client.post("/subjects/s/versions", content=b"{}", headers=form)) == (415, 415)
    assert refusal(await client.get("/subjects", headers={"accept": "text/csv"})) == (406, 406)


async def test_registry_refuses_a_body_that_is_too_large(client: httpx.AsyncClient) -> None:
    large = INT | {"doc": "x" * BODY_BYTES_MAX}

    assert refusal(await post(client, "/subjects/s/versions", large)) == (413, 413)


async def test_registry_says_which_methods_a_path_takes(client: httpx.AsyncClient) -> None:
    answer = await put(client, "/subjects/s/versions", {})

    assert refusal(answer) == (405, 405)
    assert "GET, POST" in answer.json()["message"]
    assert refusal(await client.get("/nowhere")) == (404, 404)
    assert refusal(await client.get("/subjects", params={"limit": "many"})) == (400, 400)
    assert refusal(await client.get("/schemas/ids/one")) == (404, 404)


async def test_registry_reports_its_health(client: httpx.AsyncClient) -> None:
    answer = await client.get("/_health")

    assert answer.json()["registry_ready"] is True
    assert (await client.get("/")).json() == {}
    assert (await client.head("/subjects")).status_code == 200


async def test_registry_survives_an_error_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crosscurrent.embedded.registry.reading.canonical_text", lambda *_, **__: 1 / 0)
    store = Store(tmp_path)
    async with make_client(create_app(store)) as client:
        assert refusal(await post(client, "/subjects/s/versions", INT)) == (500, 50001)
        assert (await client.get("/subjects")).json() == []


async def test_resolved_format_holds_the_types_of_the_references(client: httpx.AsyncClient) -> None:
    await post(client, "/subjects/point/versions", {"schema": orjson.dumps(POINT).decode()})
    line = {"type": "array", "items": "geo.Point"}
    reference = {"name": "geo.Point", "subject": "point", "version": -1}
    body = {"schema": orjson.dumps(line).decode(), "references": [reference]}
    schema_id = (await post(client, "/subjects/line/versions", body)).json()["id"]

    plain = (await client.get(f"/schemas/ids/{schema_id}")).json()
    resolved = (await client.get(f"/schemas/ids/{schema_id}", params={"format": "resolved"})).json()

    assert orjson.loads(plain["schema"]) == line
    assert orjson.loads(resolved["schema"]) == {"type": "array", "items": POINT}
    assert plain["references"] == [reference | {"version": 1}], "the latest version is pinned"
    assert (await client.get(f"/schemas/ids/{schema_id}", params={"format": "serialized"})).json() == plain


async def test_normalising_by_configuration_is_as_by_request(client: httpx.AsyncClient) -> None:
    await put(client, "/config/s", {"normalize": True})
    spelled = {"schema": '{"items": {"type": "int"}, "type": "array"}'}
    await post(client, "/subjects/s/versions", spelled)

    assert (await client.get("/config/s")).json() == {"compatibilityLevel": "BACKWARD", "normalize": True}
    assert (await client.get("/subjects/s/versions/1/schema")).json() == {"type": "array", "items": "int"}


async def test_schema_is_kept_as_it_was_sent_but_for_white_space(client: httpx.AsyncClient) -> None:
    await post(client, "/subjects/s/versions", {"schema": '{ "name": "F", "size": 3, "type": "fixed" }'})
    await post(client, "/subjects/t/versions", INT)

    assert (await client.get("/schemas/ids/1")).json() == {"schema": '{"name":"F","size":3,"type":"fixed"}'}
    assert (await client.get("/schemas/ids/2")).json() == {"schema": '"int"'}


async def test_highest_id_is_told_when_asked(client: httpx.AsyncClient) -> None:
    await post(client, "/subjects/s/versions", INT)

    assert (await client.get("/schemas/ids/1", params={"fetchMaxId": "true"})).json()["maxId"] == 1


async def test_versions_deleted_softly_are_listed_alone_when_asked(client: httpx.AsyncClient) -> None:
    await put(client, "/config", {"compatibility": "NONE"})
    for kind in ("int", "string"):
        await post(client, "/subjects/s/versions", {"schema": f'"{kind}"'})
    await post(client, "/subjects/t/versions", INT)
    await client.delete("/subjects/s/versions/1")
    await client.delete("/subjects/t")
    only = {"deletedOnly": "true"}

    assert (await client.get("/subjects/s/versions", params=only)).json() == [1]
    assert (await client.get("/subjects", params=only)).json() == ["t"]


async def test_override_of_all_modes_is_not_for_one_subject(client: httpx.AsyncClient) -> None:
    assert refusal(await put(client, "/mode/s", {"mode": "READONLY_OVERRIDE"})) == (422, 42205)


async def test_deleted_schema_keeps_what_it_refers_to(client: httpx.AsyncClient) -> None:
    await post(client, "/subjects/point/versions", {"schema": orjson.dumps(POINT).decode()})
    reference = {"name": "geo.Point", "subject": "point", "version": 1}
    body = {"schema": '{"type": "array", "items": "geo.Point"}', "references": [reference]}
    await post(client, "/subjects/line/versions", body)
    await client.delete("/subjects/line")
    await client.delete("/subjects/point")

    permanent = await client.delete("/subjects/point", params={"permanent": "true"})
    resolved = await client.get("/schemas/ids/2", params={"format": "resolved"})

    assert refusal(permanent) == (422, 42206)
    assert orjson.loads(resolved.json()["schema"])["items"] == POINT


async def test_references_that_declare_one_name_twice_are_refused(client: httpx.AsyncClient) -> None:
    await post(client, "/subjects/one/versions", {"schema": orjson.dumps(POINT).decode()})
    await post(client, "/subjects/two/versions", {"schema": orjson.dumps({**POINT, "doc": "x"}).decode()})
    references = [{"name": "geo.Point", "subject": subject, "version": 1} for subject in ("one", "two")]

    answer = await post(client, "/subjects/s/versions", {"schema": '"geo.Point"', "references": references})

    assert refusal(answer) == (422, 42201)
    assert "declared twice" in answer.json()["message"]


def nested_records(depth: int) -> dict[str, Any]:
    inner: Any = "int"
    for level in range(depth):
        inner = {"type": "record", "name": f"R{level}", "fields": [{"name": "f", "type": inner}]}
    return dict(inner)


def nested_attribute(depth: int) -> dict[str, Any]:
    inner: Any = 1
    for _ in range(depth):
        inner = {"x": inner}
    return {"type": "int", "x": inner}


@pytest.mark.parametrize("nested", [nested_records, nested_attribute])
async def test_registry_refuses_what_is_nested_too_deep_and_takes_what_is_not(
    client: httpx.AsyncClient, nested: Callable[[int], dict[str, Any]]
) -> None:
    deep, flat = json.dumps(nested(240)), json.dumps(nested(50))

    assert refusal(await post(client, "/subjects/s/versions", {"schema": deep})) == (422, 42201)
    assert (await post(client, "/subjects/s/versions?normalize=true", {"schema": flat})).status_code == 200
