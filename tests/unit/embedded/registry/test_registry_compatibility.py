"""The rules of schema resolution, one by one, and where a clash is said to be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from crosscurrent.embedded.registry import InvalidSchema, check_compatibility, compatibility
from crosscurrent.embedded.registry.avro_type import AvroType
from crosscurrent.embedded.registry.compatibility import CLASHES_MAX
from crosscurrent.embedded.registry.evolution import LEVELS, Earlier, clashes_at
from crosscurrent.embedded.registry.parsing import parse_schema


def record(*fields: Any, name: str = "R", **more: Any) -> dict[str, Any]:
    return {"type": "record", "name": name, "fields": list(fields), **more}


def field(name: str, avro: Any = "int", **more: Any) -> dict[str, Any]:
    return {"name": name, "type": avro, **more}


def enum(*symbols: str, **more: Any) -> dict[str, Any]:
    return {"type": "enum", "name": "E", "symbols": list(symbols), **more}


def fixed(size: int, name: str = "F", **more: Any) -> dict[str, Any]:
    return {"type": "fixed", "name": name, "size": size, **more}


def array(items: Any) -> dict[str, Any]:
    return {"type": "array", "items": items}


def mapping(values: Any) -> dict[str, Any]:
    return {"type": "map", "values": values}


LINKED = record(field("next", ["null", "R"]), field("value"))
PRIMITIVES = ("null", "boolean", "int", "long", "float", "double", "bytes", "string")
PROMOTED = {
    ("int", "long"), ("int", "float"), ("int", "double"), ("long", "float"), ("long", "double"),
    ("float", "double"), ("string", "bytes"), ("bytes", "string"),
}  # fmt: skip


@pytest.mark.parametrize("writer", PRIMITIVES)
@pytest.mark.parametrize("reader", PRIMITIVES)
def test_primitive_is_read_as_itself_or_what_it_is_promoted_to(reader: str, writer: str) -> None:
    allowed = reader == writer or (writer, reader) in PROMOTED

    assert (check_compatibility(reader, writer) == []) is allowed


READABLE = [
    # reader, writer
    (record(field("a")), record(field("a"), field("b"))),
    (record(field("a"), field("b", default=1)), record(field("a"))),
    (record(field("b", aliases=["a"])), record(field("a"))),
    (record(name="S", aliases=["R"]), record()),
    (record(name="new.S", aliases=["old.R"]), record(name="old.R")),
    (record(name="new.R"), record(name="old.R")),
    (record(field("a", "long")), record(field("a", "int"))),
    (enum("A", "B"), enum("A")),
    (enum("A", default="A"), enum("A", "B")),
    (["null", "int"], "int"),
    ("int", ["int"]),
    (["string", "long"], "int"),
    (["int", "null"], ["null", "int"]),
    (["null", "string", "int"], ["null", "int"]),
    (["null", fixed(2, "n.G"), fixed(1, "n.F")], fixed(1, "n.F")),
    (array("long"), array("int")),
    (mapping(["null", "int"]), mapping("int")),
    (LINKED, LINKED),
    (record(field("next", ["null", "R"]), field("value", "double")), LINKED),
    (
        {"type": "long", "logicalType": "timestamp-millis"},
        {"type": "long", "logicalType": "timestamp-micros"},
    ),
    ({"type": "bytes", "logicalType": "decimal", "precision": 4}, "bytes"),
    (fixed(2, aliases=["G"]), fixed(2, "G")),
]


@pytest.mark.parametrize(("reader", "writer"), READABLE)
def test_data_is_readable(reader: Any, writer: Any) -> None:
    assert check_compatibility(reader, writer) == []


CLASHING = [
    # reader, writer, kind, path, a word of the message
    (
        record(field("a"), field("b")),
        record(field("a")),
        "READER_FIELD_MISSING_DEFAULT_VALUE",
        "/fields/1",
        "'b'",
    ),
    (record(field("a")), record(field("a", "string")), "TYPE_MISMATCH", "/fields/0/type", "string"),
    (record(name="S"), record(), "NAME_MISMATCH", "", "alias"),
    (record(name="n.S", aliases=["R"]), record(name="o.R"), "NAME_MISMATCH", "", "o.R"),
    (enum("A"), enum("A", "B", "C"), "MISSING_ENUM_SYMBOLS", "/symbols", "B, C"),
    (fixed(2), fixed(3), "FIXED_SIZE_MISMATCH", "/size", "3 bytes"),
    ("int", ["null", "int"], "TYPE_MISMATCH", "", "null"),
    (["null", "string"], "int", "MISSING_UNION_BRANCH", "", "null, string"),
    (["null", "string"], ["null", "int"], "MISSING_UNION_BRANCH", "", "int"),
    (array("int"), array("long"), "TYPE_MISMATCH", "/items", "long"),
    (mapping(array("int")), mapping(array("string")), "TYPE_MISMATCH", "/values/items", "string"),
    (array("int"), mapping("int"), "TYPE_MISMATCH", "", "map"),
    (record(), enum("A"), "TYPE_MISMATCH", "", "enum E"),
    (
        ["null", record(field("a", array(record(field("b"), name="I"))))],
        ["null", record(field("a", array(record(name="I"))))],
        "READER_FIELD_MISSING_DEFAULT_VALUE",
        "/1/fields/0/type/items/fields/0",
        "'b'",
    ),
    (
        record(field("next", ["null", "R"]), field("value", "string")),
        LINKED,
        "TYPE_MISMATCH",
        "/fields/1/type",
        "int",
    ),
]


@pytest.mark.parametrize(("reader", "writer", "kind", "path", "word"), CLASHING)
def test_clash_is_named_with_its_place(reader: Any, writer: Any, kind: str, path: str, word: str) -> None:
    clashes = check_compatibility(reader, writer)

    assert [(clash.kind, clash.path) for clash in clashes] == [(kind, path)]
    assert word in clashes[0].message


def test_every_clash_is_told_but_not_without_end() -> None:
    reader = record(*(field(f"f{number}") for number in range(CLASHES_MAX * 2)))

    assert len(check_compatibility(record(field("a"), field("b")), record())) == 2
    assert len(check_compatibility(reader, record())) == CLASHES_MAX


def test_types_that_know_each_other_are_walked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    walked: list[str] = []
    fields = compatibility._compare_fields

    def counted(reader: AvroType, writer: AvroType, path: str) -> Iterator[Any]:
        walked.append(path)
        return fields(reader, writer, path)

    monkeypatch.setattr(compatibility, "_compare_fields", counted)
    names = [f"T{number}" for number in range(100)]
    schema = record(*(field(f"f{n}", flat(n, names)) for n in range(len(names))), name="Root")

    assert check_compatibility(schema, schema) == []
    assert len(walked) == len(names) + 1


def flat(number: int, names: list[str]) -> Any:
    """A record that names every record declared before it."""
    return record(*(field(f"g{other}", names[other]) for other in range(number)), name=names[number])


def test_long_chain_of_names_is_no_recursion() -> None:
    count = 3000
    fields = [field("f0", record(name="T0"))]
    fields += [field(f"f{n}", record(field("next", f"T{n - 1}"), name=f"T{n}")) for n in range(1, count)]
    schema = record(*fields, field("last", f"T{count - 1}"))

    assert check_compatibility(schema, schema) == []


@pytest.mark.parametrize("broken", ["strin", {"type": "record"}, 7, None, {"type": "array"}])
def test_what_is_no_schema_is_refused(broken: Any) -> None:
    with pytest.raises(InvalidSchema, match="Expected"):
        check_compatibility(broken, "int")
    with pytest.raises(InvalidSchema, match="Expected"):
        check_compatibility("int", broken)


@pytest.mark.parametrize("level", LEVELS)
def test_level_says_nothing_of_the_first_version(level: str) -> None:
    assert clashes_at(level, parse_schema("int"), []) == []


def test_message_says_which_version_reads_which() -> None:
    earlier = [Earlier(4, parse_schema("string"))]

    messages = clashes_at("FULL", parse_schema("int"), earlier)

    assert len(messages) == 2
    assert "of the new schema, reading version 4" in messages[0]
    assert "of version 4, reading the new schema" in messages[1]
