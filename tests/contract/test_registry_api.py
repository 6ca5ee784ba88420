"""What every schema registry that the system runs with must do, over its REST API.

The embedded one is always judged; another one, such as Karapace, too if ``CROSSCURRENT_TEST_SCHEMA_REGISTRY_URL``
names an empty one.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import orjson
import pytest

from tests.integration.registry.registry_process import CONTENT_TYPE, Api, record, running_registry

pytestmark = pytest.mark.integration

OTHER_URL = os.environ.get("CROSSCURRENT_TEST_SCHEMA_REGISTRY_URL")
WITH_DEFAULT = {"name": "extra", "type": "int", "default": 0}
LEVELS = (
    "NONE",
    "BACKWARD",
    "BACKWARD_TRANSITIVE",
    "FORWARD",
    "FORWARD_TRANSITIVE",
    "FULL",
    "FULL_TRANSITIVE",
)
_numbers = itertools.count()


@pytest.fixture(scope="module", params=["embedded", *(["other"] if OTHER_URL else [])])
def api(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    if request.param == "other":
        yield Api(str(OTHER_URL))
        return
    with running_registry(tmp_path_factory.mktemp("registry")) as (embedded, _):
        yield embedded


@pytest.fixture
def subject() -> str:
    return f"subject-{next(_numbers)}-value"


def unlike(name: str = "Thing") -> dict[str, object]:
    """A schema that no other test has."""
    return record("a", name=f"{name}{next(_numbers)}")


def code(answer: tuple[int, Any]) -> tuple[int, int]:
    return answer[0], answer[1]["error_code"]


# registering and looking up


def test_registering_gives_an_id_by_which_the_schema_is_found(api: Api, subject: str) -> None:
    schema = unlike()
    schema_id = api.registered(subject, schema)

    status, answer = api.get(f"/schemas/ids/{schema_id}")
    assert (status, orjson.loads(answer["schema"])) == (200, schema)
    assert api.get(f"/schemas/ids/{schema_id}/schema") == (200, schema)


def test_registering_the_same_schema_again_gives_the_same_id_and_version(api: Api, subject: str) -> None:
    schema = unlike()
    first = api.registered(subject, schema)
    spaced = orjson.dumps(schema, option=orjson.OPT_INDENT_2).decode()

    assert api.post(f"/subjects/{subject}/versions", {"schema": spaced})[1]["id"] == first
    assert api.get(f"/subjects/{subject}/versions") == (200, [1])


def test_registering_the_same_schema_elsewhere_gives_the_same_id(api: Api, subject: str) -> None:
    schema = unlike()

    first, second = api.registered(subject, schema), api.registered(f"{subject}-2", schema)

    assert first == second
    assert api.get(f"/schemas/ids/{first}/subjects") == (200, [subject, f"{subject}-2"])
    versions = [{"subject": subject, "version": 1}, {"subject": f"{subject}-2", "version": 1}]
    assert api.get(f"/schemas/ids/{first}/versions") == (200, versions)


def test_registering_at_once_by_many_gives_one_id(api: Api, subject: str) -> None:
    schema = unlike()

    with ThreadPoolExecutor(16) as pool:
        ids = set(pool.map(lambda _: api.registered(subject, schema), range(64)))

    assert len(ids) == 1
    assert api.get(f"/subjects/{subject}/versions") == (200, [1])


def test_registering_different_schemas_at_once_gives_different_ids(api: Api, subject: str) -> None:
    schemas = [unlike() for _ in range(24)]

    with ThreadPoolExecutor(12) as pool:
        ids = list(pool.map(lambda pair: api.registered(f"{subject}-{pair[0]}", pair[1]), enumerate(schemas)))

    assert len(set(ids)) == len(schemas)
    assert [api.get(f"/schemas/ids/{one}/schema")[1] for one in ids] == schemas


def test_lookup_gives_subject_version_and_id(api: Api, subject: str) -> None:
    schema = unlike()
    schema_id = api.registered(subject, schema)

    status, found = api.post(f"/subjects/{subject}", {"schema": orjson.dumps(schema).decode()})

    assert status == 200
    assert (found["subject"], found["version"], found["id"]) == (subject, 1, schema_id)
    assert orjson.loads(found["schema"]) == schema


def test_lookup_of_what_is_not_there_says_which_part_is_missing(api: Api, subject: str) -> None:
    body = {"schema": orjson.dumps(unlike()).decode()}
    assert code(api.post(f"/subjects/{subject}", body)) == (404, 40401)

    api.registered(subject, unlike())
    assert code(api.post(f"/subjects/{subject}", body)) == (404, 40403)
    assert code(api.get("/schemas/ids/2000000000")) == (404, 40403)
    assert code(api.get(f"/subjects/{subject}/versions/9")) == (404, 40402)
    assert code(api.get(f"/subjects/{subject}-none/versions")) == (404, 40401)
    assert code(api.get(f"/subjects/{subject}-none/versions/1")) == (404, 40401)


@pytest.mark.parametrize("version", ["0", "-2", "first", "2147483648", "1.5"])
def test_version_that_is_none_is_refused(api: Api, subject: str, version: str) -> None:
    api.registered(subject, unlike())

    assert code(api.get(f"/subjects/{subject}/versions/{version}")) == (422, 42202)


def test_latest_is_the_last_version_that_is_not_deleted(api: Api, subject: str) -> None:
    name = unlike()["name"]
    for fields in (["a"], ["a", WITH_DEFAULT]):
        api.registered(subject, record(*fields, name=str(name)))

    assert api.get(f"/subjects/{subject}/versions/latest")[1]["version"] == 2
    assert api.delete(f"/subjects/{subject}/versions/latest") == (200, 2)
    assert api.get(f"/subjects/{subject}/versions/latest")[1]["version"] == 1


@pytest.mark.parametrize("odd", ["a/b-value", "ä ö", "100%", "a?b#c", "a+b"])
def test_subject_may_have_any_printable_character(api: Api, odd: str) -> None:
    schema_id = api.registered(odd, unlike())

    assert odd in api.get("/subjects")[1]
    assert api.get(f"/schemas/ids/{schema_id}/subjects") == (200, [odd])


# what is no schema


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not json",
        '{"type": "record"',
        '"strin"',
        "17",
        '{"type": "record", "name": "A"}',
        '{"type": "record", "name": "1A", "fields": []}',
        '{"type": "record", "name": "A", "fields": [{"name": "x"}]}',
        '{"type": "record", "name": "A", "fields": [{"name": "x", "type": "int", "default": "text"}]}',
        '{"type": "enum", "name": "E", "symbols": ["A", "A"]}',
        '{"type": "fixed", "name": "F", "size": -1}',
        '["int", "int"]',
        "[" * 5000,
        '{"type": "array", "items": ' * 500 + '"int"' + "}" * 500,
    ],
)
def test_schema_that_breaks_avros_rules_is_refused(api: Api, subject: str, text: str) -> None:
    assert code(api.post(f"/subjects/{subject}/versions", {"schema": text})) == (422, 42201)
    assert subject not in api.get("/subjects")[1]


# compatibility


def test_compatibility_of_the_first_version_is_never_in_doubt(api: Api, subject: str) -> None:
    body = {"schema": orjson.dumps(unlike()).decode()}

    answer = api.post(f"/compatibility/subjects/{subject}/versions/latest", body)
    assert answer[1]["is_compatible"] is True


def test_incompatible_schema_is_refused_and_the_message_names_the_field(api: Api, subject: str) -> None:
    name = str(unlike()["name"])
    api.registered(subject, record("a", name=name))

    status, answer = api.register(subject, record("a", "needed", name=name))

    assert (status, answer["error_code"]) == (409, 409)
    assert "needed" in answer["message"]
    assert api.get(f"/subjects/{subject}/versions") == (200, [1])


ONE, ONE_DEFAULT, TWO = ["a"], ["a", WITH_DEFAULT], ["a", "b"]
ALLOWED = [
    # level, versions before, the new one, allowed
    ("NONE", [ONE], TWO, True),
    ("BACKWARD", [ONE], TWO, False),
    ("BACKWARD", [TWO], ONE, True),
    ("BACKWARD", [TWO, ONE_DEFAULT], ["a", "c"], False),
    ("BACKWARD", [ONE, ONE_DEFAULT], ["a", "extra"], True),
    ("BACKWARD_TRANSITIVE", [ONE, ONE_DEFAULT], ["a", "extra"], False),
    ("FORWARD", [ONE], TWO, True),
    ("FORWARD", [TWO], ONE, False),
    ("FORWARD", [["a", "extra"], ONE_DEFAULT], ONE, True),
    ("FORWARD_TRANSITIVE", [["a", "extra"], ONE_DEFAULT], ONE, False),
    ("FULL", [ONE], TWO, False),
    ("FULL", [TWO], ONE, False),
    ("FULL", [ONE], ONE_DEFAULT, True),
    ("FULL_TRANSITIVE", [ONE, ONE_DEFAULT], ["a", "extra"], False),
]


@pytest.mark.parametrize(("level", "before", "new", "allowed"), ALLOWED)
def test_level_decides_what_may_follow(
    api: Api, subject: str, level: str, before: list[list[object]], new: list[object], allowed: bool
) -> None:
    name = str(unlike()["name"])
    api.put(f"/config/{subject}", {"compatibility": "NONE"})
    for fields in before:
        api.registered(subject, record(*fields, name=name))
    api.put(f"/config/{subject}", {"compatibility": level})
    body = {"schema": orjson.dumps(record(*new, name=name)).decode()}

    asked = api.post(f"/compatibility/subjects/{subject}/versions", body)[1] if "TRANS" in level else None
    latest = api.post(f"/compatibility/subjects/{subject}/versions/latest", body)[1]
    registered = api.post(f"/subjects/{subject}/versions", body)[0]

    assert registered == (200 if allowed else 409)
    assert (asked or latest)["is_compatible"] is allowed


def test_verbose_compatibility_says_what_clashes_and_where(api: Api, subject: str) -> None:
    name = str(unlike()["name"])
    api.registered(subject, record("a", name=name))
    body = {"schema": orjson.dumps(record({"name": "a", "type": "string"}, "needed", name=name)).decode()}
    path = f"/compatibility/subjects/{subject}/versions/1"

    plain, verbose = api.post(path, body)[1], api.post(path, body, verbose=True)[1]

    assert plain == {"is_compatible": False}
    assert verbose["is_compatible"] is False
    messages = "\n".join(verbose["messages"])
    assert "/fields/0" in messages
    assert "READER_FIELD_MISSING_DEFAULT_VALUE" in messages
    assert "/fields/1" in messages
    assert "needed" in messages


def test_compatibility_with_a_version_that_is_not_there_is_refused(api: Api, subject: str) -> None:
    body = {"schema": orjson.dumps(unlike()).decode()}
    assert code(api.post(f"/compatibility/subjects/{subject}/versions/3", body)) == (404, 40401)
    api.registered(subject, unlike())
    assert code(api.post(f"/compatibility/subjects/{subject}/versions/3", body)) == (404, 40402)
    assert code(api.post(f"/compatibility/subjects/{subject}/versions/x", body)) == (422, 42202)
    broken = {"schema": "{"}
    assert code(api.post(f"/compatibility/subjects/{subject}/versions/latest", broken)) == (422, 42201)


# deleting


def test_version_deleted_softly_is_found_by_id_and_on_request_only(api: Api, subject: str) -> None:
    schema = unlike()
    schema_id = api.registered(subject, schema)

    assert api.delete(f"/subjects/{subject}/versions/1") == (200, 1)

    assert code(api.get(f"/subjects/{subject}/versions")) == (404, 40401)
    assert api.get(f"/subjects/{subject}/versions", deleted=True) == (200, [1])
    assert api.get(f"/subjects/{subject}/versions/1", deleted=True)[1]["id"] == schema_id
    assert subject not in api.get("/subjects")[1]
    assert subject in api.get("/subjects", deleted=True)[1]
    assert api.get(f"/schemas/ids/{schema_id}")[0] == 200
    lookup = {"schema": orjson.dumps(schema).decode()}
    assert code(api.post(f"/subjects/{subject}", lookup)) == (404, 40401)
    assert api.post(f"/subjects/{subject}", lookup, deleted=True)[1]["version"] == 1


def test_schema_registered_again_after_soft_deletion_is_a_new_version_with_its_old_id(
    api: Api, subject: str
) -> None:
    schema = unlike()
    schema_id = api.registered(subject, schema)
    api.delete(f"/subjects/{subject}")

    assert api.registered(subject, schema) == schema_id
    assert api.get(f"/subjects/{subject}/versions") == (200, [2])


def test_deleting_for_good_needs_a_soft_deletion_before(api: Api, subject: str) -> None:
    schema_id = api.registered(subject, unlike())

    assert code(api.delete(f"/subjects/{subject}", permanent=True)) == (404, 40405)
    assert code(api.delete(f"/subjects/{subject}/versions/1", permanent=True)) == (404, 40407)
    assert api.delete(f"/subjects/{subject}") == (200, [1])
    assert code(api.delete(f"/subjects/{subject}")) == (404, 40404)
    assert code(api.delete(f"/subjects/{subject}/versions/1")) == (404, 40406)
    assert api.delete(f"/subjects/{subject}", permanent=True) == (200, [1])
    assert code(api.get(f"/subjects/{subject}/versions", deleted=True)) == (404, 40401)
    assert code(api.get(f"/schemas/ids/{schema_id}")) == (404, 40403)
    assert code(api.delete(f"/subjects/{subject}")) == (404, 40401)


def test_schema_deleted_for_good_in_one_subject_stays_in_the_other(api: Api, subject: str) -> None:
    schema = unlike()
    schema_id = api.registered(subject, schema)
    api.registered(f"{subject}-2", schema)
    api.delete(f"/subjects/{subject}")
    api.delete(f"/subjects/{subject}", permanent=True)

    assert api.get(f"/schemas/ids/{schema_id}/subjects") == (200, [f"{subject}-2"])
    assert api.get(f"/schemas/ids/{schema_id}/schema") == (200, schema)


def test_deleted_versions_do_not_count_for_compatibility(api: Api, subject: str) -> None:
    api.registered(subject, unlike())
    api.delete(f"/subjects/{subject}/versions/1")

    assert api.register(subject, unlike())[0] == 200


def test_subject_that_comes_again_has_no_settings_of_its_own(api: Api, subject: str) -> None:
    api.put(f"/config/{subject}", {"compatibility": "NONE"})
    api.registered(subject, unlike())
    api.delete(f"/subjects/{subject}")

    assert code(api.get(f"/config/{subject}")) == (404, 40408)


# settings


@pytest.mark.parametrize("level", [*LEVELS, "full_transitive"])
def test_level_of_a_subject_is_set_read_and_taken_away(api: Api, subject: str, level: str) -> None:
    assert code(api.get(f"/config/{subject}")) == (404, 40408)
    assert api.put(f"/config/{subject}", {"compatibility": level}) == (200, {"compatibility": level.upper()})
    assert api.get(f"/config/{subject}") == (200, {"compatibilityLevel": level.upper()})
    assert api.delete(f"/config/{subject}")[0] == 200
    assert code(api.get(f"/config/{subject}")) == (404, 40408)


def test_level_of_all_is_backward_and_holds_where_no_other_is_set(api: Api, subject: str) -> None:
    assert api.get("/config") == (200, {"compatibilityLevel": "BACKWARD"})
    assert api.get(f"/config/{subject}", defaultToGlobal=True) == (200, {"compatibilityLevel": "BACKWARD"})
    try:
        assert api.put("/config", {"compatibility": "NONE"}) == (200, {"compatibility": "NONE"})
        api.registered(subject, unlike())
        assert api.register(subject, unlike())[0] == 200
    finally:
        api.put("/config", {"compatibility": "BACKWARD"})
    assert api.register(subject, unlike())[0] == 409


def test_level_that_is_none_is_refused(api: Api, subject: str) -> None:
    assert code(api.put(f"/config/{subject}", {"compatibility": "SIDEWAYS"})) == (422, 42203)
    assert code(api.put("/config", {"compatibility": "SIDEWAYS"})) == (422, 42203)


def test_mode_of_a_subject_is_set_read_and_taken_away(api: Api, subject: str) -> None:
    assert api.get("/mode") == (200, {"mode": "READWRITE"})
    assert code(api.get(f"/mode/{subject}")) == (404, 40409)
    assert api.get(f"/mode/{subject}", defaultToGlobal=True) == (200, {"mode": "READWRITE"})
    assert api.put(f"/mode/{subject}", {"mode": "READONLY"}) == (200, {"mode": "READONLY"})
    assert api.get(f"/mode/{subject}") == (200, {"mode": "READONLY"})
    assert api.delete(f"/mode/{subject}") == (200, {"mode": "READONLY"})
    assert code(api.get(f"/mode/{subject}")) == (404, 40409)
    assert code(api.put(f"/mode/{subject}", {"mode": "SIDEWAYS"})) == (422, 42204)


def test_read_only_subject_refuses_changes_but_answers(api: Api, subject: str) -> None:
    schema = unlike()
    schema_id = api.registered(subject, schema)
    api.put(f"/mode/{subject}", {"mode": "READONLY"})

    assert code(api.register(subject, unlike())) == (422, 42205)
    assert code(api.delete(f"/subjects/{subject}")) == (422, 42205)
    assert code(api.put(f"/config/{subject}", {"compatibility": "FULL"})) == (422, 42205)
    assert api.registered(subject, schema) == schema_id, "what is there is no change"
    assert api.register(f"{subject}-2", unlike())[0] == 200


def test_read_only_for_all_yields_to_a_subject_but_its_override_does_not(api: Api, subject: str) -> None:
    api.put(f"/mode/{subject}", {"mode": "READWRITE"})
    try:
        api.put("/mode", {"mode": "READONLY"})
        assert code(api.register(f"{subject}-2", unlike())) == (422, 42205)
        assert api.register(subject, unlike())[0] == 200
        api.put("/mode", {"mode": "READONLY_OVERRIDE"})
        assert code(api.register(subject, unlike())) == (422, 42205)
    finally:
        api.put("/mode", {"mode": "READWRITE"})


def test_import_keeps_the_ids_and_versions_it_is_given(api: Api, subject: str) -> None:
    given, other = unlike(), unlike()
    assert code(api.register(subject, given, id=700_001, version=3)) == (422, 42205)
    api.put(f"/mode/{subject}", {"mode": "IMPORT"})

    assert api.registered(subject, given, id=700_001, version=3) == 700_001
    assert api.registered(subject, given, id=700_001, version=3) == 700_001
    assert code(api.register(subject, other, id=700_001)) == (422, 42205)
    assert code(api.register(subject, other)) == (422, 42205)
    assert api.get(f"/subjects/{subject}/versions") == (200, [3])
    api.put(f"/mode/{subject}", {"mode": "READWRITE"})
    assert api.registered(f"{subject}-2", unlike()) > 700_001, "ids that were given are not given again"


def test_import_into_a_subject_with_schemas_needs_force(api: Api, subject: str) -> None:
    api.registered(subject, unlike())

    assert code(api.put(f"/mode/{subject}", {"mode": "IMPORT"})) == (422, 42205)
    assert api.put(f"/mode/{subject}", {"mode": "IMPORT"}, force=True) == (200, {"mode": "IMPORT"})


# references


def test_schema_uses_types_of_a_reference(api: Api, subject: str) -> None:
    address = record("street", name=f"shop.Address{next(_numbers)}")
    name = str(address["name"])
    api.registered(f"{subject}-address", address)
    order = record({"name": "to", "type": name}, {"name": "from", "type": ["null", name], "default": None})
    reference = {"name": name, "subject": f"{subject}-address", "version": 1}

    assert code(api.register(subject, order)) == (422, 42201)
    schema_id = api.registered(subject, order, references=[reference])

    assert api.get(f"/schemas/ids/{schema_id}")[1]["references"] == [reference]
    assert api.get(f"/subjects/{subject}/versions/1")[1]["references"] == [reference]
    assert api.get(f"/subjects/{subject}-address/versions/1/referencedby") == (200, [schema_id])
    missing = [{**reference, "version": 9}]
    assert code(api.register(f"{subject}-2", order, references=missing)) == (422, 42201)


def test_compatibility_looks_through_a_chain_of_references(api: Api, subject: str) -> None:
    names = [f"deep.Level{next(_numbers)}" for _ in range(6)]

    def chain(prefix: str, leaf: str) -> list[dict[str, object]]:
        references: list[dict[str, object]] = []
        for level, name in enumerate(names[:-1]):
            inner = {"name": "inner", "type": names[level - 1] if level else leaf}
            api.registered(f"{prefix}-{level}", record(inner, name=name), references=references)
            references = [{"name": name, "subject": f"{prefix}-{level}", "version": 1}]
        return references

    top = record({"name": "inner", "type": names[-2]}, name=names[-1])
    first = chain(f"{subject}-one", "int")
    api.registered(subject, top, references=first)

    answer = api.register(subject, top, references=chain(f"{subject}-two", "string"))
    assert code(answer) == (409, 409)
    assert "/fields/0/type/fields/0/type" in answer[1]["message"]
    assert api.get(f"/subjects/{subject}/versions/1")[1]["references"] == first


def test_schema_that_is_referenced_is_not_deleted(api: Api, subject: str) -> None:
    address = unlike("Address")
    api.registered(f"{subject}-address", address)
    reference = {"name": str(address["name"]), "subject": f"{subject}-address", "version": 1}
    order = record({"name": "to", "type": address["name"]}, name=f"Order{next(_numbers)}")
    api.registered(subject, order, references=[reference])

    assert code(api.delete(f"/subjects/{subject}-address/versions/1")) == (422, 42206)
    assert code(api.delete(f"/subjects/{subject}-address")) == (422, 42206)
    api.delete(f"/subjects/{subject}")
    api.delete(f"/subjects/{subject}", permanent=True)
    assert api.delete(f"/subjects/{subject}-address") == (200, [1])


def test_compatibility_looks_into_references(api: Api, subject: str) -> None:
    address = record("street", name=f"Address{next(_numbers)}")
    name, order_name = str(address["name"]), f"Order{next(_numbers)}"
    api.registered(f"{subject}-address", address)
    wider = record("street", WITH_DEFAULT, name=name)
    api.registered(f"{subject}-address", wider)
    api.put(f"/config/{subject}-address", {"compatibility": "NONE"})
    api.registered(f"{subject}-address", record({"name": "street", "type": "string"}, name=name))
    order = record({"name": "to", "type": name}, name=order_name)

    def register(version: int) -> tuple[int, Any]:
        reference = {"name": name, "subject": f"{subject}-address", "version": version}
        return api.register(subject, order, references=[reference])

    assert register(1)[0] == 200
    assert register(2)[0] == 200
    assert code(register(3)) == (409, 409)
    assert api.get(f"/subjects/{subject}/versions") == (200, [1, 2]), "other references, other schema"


# normalising


def test_normalised_lookup_finds_a_schema_spelled_differently(api: Api, subject: str) -> None:
    name = f"Spelled{next(_numbers)}"
    first = {"type": "record", "name": name, "namespace": "shop", "fields": [{"name": "a", "type": "int"}]}
    second = {"fields": [{"type": {"type": "int"}, "name": "a"}], "name": f"shop.{name}", "type": "record"}
    path = f"/subjects/{subject}/versions"

    ids = [api.post(path, {"schema": orjson.dumps(one).decode()}, normalize=True) for one in (first, second)]

    assert ids[0] == ids[1]
    found = api.post(f"/subjects/{subject}", {"schema": orjson.dumps(second).decode()}, normalize=True)
    assert found[1]["version"] == 1


def test_schema_with_another_doc_is_another_schema(api: Api, subject: str) -> None:
    schema = unlike()

    assert api.registered(subject, schema) != api.registered(subject, {**schema, "doc": "said better"})


# lists


def test_subjects_are_listed_by_prefix_and_in_parts(api: Api, subject: str) -> None:
    names = [f"{subject}-{letter}" for letter in "abc"]
    for name in names:
        api.registered(name, unlike())

    assert api.get("/subjects", subjectPrefix=subject) == (200, names)
    assert api.get("/subjects", subjectPrefix=subject, offset=1, limit=1) == (200, names[1:2])
    assert api.get("/subjects", subjectPrefix=f"{subject}-none") == (200, [])


def test_schemas_are_listed_by_prefix_latest_and_deleted(api: Api, subject: str) -> None:
    name = str(unlike()["name"])
    api.registered(subject, record("a", name=name))
    api.registered(subject, record("a", WITH_DEFAULT, name=name))
    api.registered(f"{subject}-2", unlike())
    api.delete(f"/subjects/{subject}-2")

    def listed(**query: object) -> list[tuple[str, int]]:
        answer = api.get("/schemas", subjectPrefix=subject, **query)[1]
        return [(one["subject"], one["version"]) for one in answer]

    assert listed() == [(subject, 1), (subject, 2)]
    assert listed(latestOnly=True) == [(subject, 2)]
    assert listed(deleted=True) == [(subject, 1), (subject, 2), (f"{subject}-2", 1)]
    assert listed(deleted=True, offset=1, limit=1) == [(subject, 2)]


# the wire


def test_answers_have_the_type_that_the_client_asks_for(api: Api) -> None:
    plain = api.http.get("/subjects")
    asked = api.http.get("/subjects", headers={"accept": "application/json"})

    assert plain.headers["content-type"].startswith(CONTENT_TYPE)
    assert asked.headers["content-type"].startswith("application/json")


def test_root_and_types_answer(api: Api) -> None:
    assert api.http.get("/").status_code == 200
    assert "AVRO" in api.get("/schemas/types")[1]
