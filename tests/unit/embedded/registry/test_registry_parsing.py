"""What is an Avro schema, what is none and where it breaks the rules, and the one form of equal schemas."""

from __future__ import annotations

from typing import Any

import fastavro
import orjson
import pytest
from hypothesis import given, settings

from crosscurrent.embedded.registry.avro_type import InvalidSchema
from crosscurrent.embedded.registry.canonical import canonical_text
from crosscurrent.embedded.registry.compatibility import clashes_between
from crosscurrent.embedded.registry.parsing import NESTING_MAX, parse_schema
from tests.unit.embedded.registry.avro_samples import writer_schemas


def record(*fields: Any, **more: Any) -> dict[str, Any]:
    return {"type": "record", "name": "R", "fields": list(fields), **more}


def field(avro: Any = "int", **more: Any) -> dict[str, Any]:
    return {"name": "f", "type": avro, **more}


BROKEN = [
    # schema, path
    (None, ""),
    (7, ""),
    ("strin", ""),
    ({}, ""),
    ({"type": "recor"}, "/type"),
    ({"type": "array"}, ""),
    ({"type": "map", "values": "x"}, "/values"),
    (record(name="a-b"), ""),
    (record(name="a..b"), ""),
    (record(name="int"), ""),
    (record(name=None), ""),
    (record(namespace="1"), ""),
    (record(namespace=1), ""),
    (record(aliases="x"), ""),
    (record(aliases=["a b"]), ""),
    ({"type": "record", "name": "R"}, ""),
    (record("f"), "/fields/0"),
    (record({"type": "int"}), "/fields/0"),
    (record({"name": "f"}), "/fields/0"),
    (record({"name": "f g", "type": "int"}), "/fields/0"),
    (record(field(), field()), "/fields/1"),
    (record(field(order="up")), "/fields/0"),
    (record(field("R2")), "/fields/0/type"),
    (record(field(record())), "/fields/0/type"),
    (record(field(default="1")), "/fields/0/default"),
    (record(field(default=1 << 31)), "/fields/0/default"),
    (record(field(default=True)), "/fields/0/default"),
    (record(field("long", default=1.0)), "/fields/0/default"),
    (record(field("double", default="x")), "/fields/0/default"),
    (record(field("bytes", default="Ā")), "/fields/0/default"),
    (record(field("null", default=0)), "/fields/0/default"),
    (record(field(["null", "int"], default="x")), "/fields/0/default"),
    (record(field({"type": "array", "items": "int"}, default=["x"])), "/fields/0/default"),
    (record(field({"type": "map", "values": "int"}, default=[])), "/fields/0/default"),
    (record(field({"type": "fixed", "name": "F", "size": 2}, default="x")), "/fields/0/default"),
    (record(field(record(field(), name="I"), default={})), "/fields/0/default"),
    ({"type": "enum", "name": "E"}, ""),
    ({"type": "enum", "name": "E", "symbols": ["a b"]}, ""),
    ({"type": "enum", "name": "E", "symbols": ["A", "A"]}, ""),
    ({"type": "enum", "name": "E", "symbols": ["A"], "default": "B"}, ""),
    ({"type": "fixed", "name": "F"}, ""),
    ({"type": "fixed", "name": "F", "size": "2"}, ""),
    ({"type": "fixed", "name": "F", "size": True}, ""),
    (["int", ["null"]], "/1"),
    (["int", "null", "int"], "/2"),
    (["int", {"type": "int", "logicalType": "date"}], "/1"),
    ([{"type": "array", "items": "int"}, {"type": "array", "items": "long"}], "/1"),
]


@pytest.mark.parametrize(("schema", "path"), BROKEN)
def test_schema_that_breaks_a_rule_is_refused_with_the_place(schema: Any, path: str) -> None:
    with pytest.raises(InvalidSchema) as raised:
        parse_schema(schema)

    assert raised.value.path == path
    assert raised.value.expected


SOUND = [
    "int",
    [],
    {"type": "int", "logicalType": "date", "anything": {"else": 1}},
    {"type": {"type": "array", "items": "int"}},
    record(),
    record(field("R")),
    record(field(["null", "R"], default=None)),
    record(field(["null", "int"], default=3)),
    record(field("double", default=1)),
    record(field("double", default="NaN")),
    record(field("bytes", default="\u00ff")),
    record(field("long", default=-(1 << 63))),
    record(field(record(field(default=1), name="I"), default={})),
    record(field({"type": "array", "items": ["null", "R"]}, default=[None])),
    record(field(order="ignore", doc="said", aliases=["g"])),
    {"type": "error", "name": "Broken", "fields": []},
    {"type": "enum", "name": "E", "symbols": []},
    {"type": "fixed", "name": "F", "size": 0},
    record(field(record(name="Inner")), {"name": "g", "type": "shop.Inner"}, namespace="shop"),
    record(field(record(name="Inner", namespace="")), {"name": "g", "type": "Inner"}, namespace="shop"),
]


@pytest.mark.parametrize("schema", SOUND)
def test_sound_schema_is_taken_and_its_canonical_form_is_the_same_schema(schema: Any) -> None:
    text = canonical_text(parse_schema(schema))

    again = parse_schema(orjson.loads(text))
    assert canonical_text(again) == text
    assert clashes_between(again, parse_schema(schema)) == []


def test_types_may_be_nested_to_a_bound() -> None:
    def nested(depth: int) -> Any:
        return {"type": "array", "items": nested(depth - 1)} if depth else "int"

    parse_schema(nested(NESTING_MAX))
    with pytest.raises(InvalidSchema, match="nested deeper"):
        parse_schema(nested(NESTING_MAX + 1))


def test_default_may_not_be_nested_without_bound() -> None:
    value: Any = None
    for _ in range(300):
        value = {"f": value}

    with pytest.raises(InvalidSchema, match="default"):
        parse_schema(record(field(["null", "R"], default=value)))


EQUAL = [
    ("int", {"type": "int"}),
    (record(), {"fields": [], "name": "R", "type": "record"}),
    (record(namespace="a.b"), record(name="a.b.R")),
    (record(field(record(name="I")), name="n.R"), record(field(record(name="n.I")), name="n.R")),
    (record(field(order="ascending")), record(field())),
    (record(aliases=["S"], namespace="n"), record(aliases=["n.S"], namespace="n")),
    (record(aliases=[]), record()),
]


@pytest.mark.parametrize(("one", "other"), EQUAL)
def test_schemas_spelled_differently_have_one_canonical_form(one: Any, other: Any) -> None:
    assert canonical_text(parse_schema(one)) == canonical_text(parse_schema(other))


DIFFERENT = [
    ("int", {"type": "int", "logicalType": "date"}),
    (record(), record(doc="said")),
    (record(field()), record(field(default=1))),
    (record(field(["null", "int"])), record(field(["int", "null"]))),
    (record(field(default=0)), record(field(default=1))),
    (record(), record(namespace="n")),
]


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_schemas_that_differ_in_what_a_subscriber_sees_have_different_forms(one: Any, other: Any) -> None:
    assert canonical_text(parse_schema(one)) != canonical_text(parse_schema(other))


@given(writer_schemas())
@settings(max_examples=100, deadline=None)
def test_canonical_form_is_read_by_other_parsers_as_the_same_schema(schema: Any) -> None:
    canonical = orjson.loads(canonical_text(parse_schema(schema)))

    form = fastavro.schema.to_parsing_canonical_form

    assert form(canonical) == form(schema)
