"""Random Avro schemas, readers that evolved from them, and data that meet every branch and symbol."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

PRIMITIVE_VALUES: dict[str, list[Any]] = {
    "null": [None],
    "boolean": [True],
    "int": [-3],
    "long": [1 << 40],
    "float": [1.5],
    "double": [-2.25],
    "bytes": [b"ab"],
    "string": ["xy"],
}
DEFAULTS: dict[str, Any] = {
    "null": None,
    "boolean": False,
    "int": 1,
    "long": 2,
    "float": 0.5,
    "double": 0.25,
    "bytes": "d",
    "string": "d",
}
DATA_MAX = 200
_SYMBOLS = ("A", "B", "C", "D")
_DEPTH_MAX = 3
_KINDS = ("record", "record", "union", "union", "enum", "fixed", "array", "map", "primitive")

Draw = Callable[[st.SearchStrategy[Any]], Any]


@st.composite
def writer_schemas(draw: Draw) -> Any:
    return _schema(draw, 0, [0], None)


def _schema(draw: Draw, depth: int, count: list[int], record: str | None) -> Any:
    kind = draw(st.sampled_from(_KINDS if depth < _DEPTH_MAX else _KINDS[-1:])) if depth else "record"
    if kind == "primitive":
        return draw(st.sampled_from(sorted(PRIMITIVE_VALUES)))
    count[0] += 1
    name = f"n{draw(st.integers(0, 1))}.{kind.title()}{count[0]}"
    if kind == "enum":
        return {"type": "enum", "name": name, "symbols": _symbols(draw)}
    if kind == "fixed":
        return {"type": "fixed", "name": name, "size": draw(st.integers(1, 2))}
    if kind in ("array", "map"):
        return {
            "type": kind,
            ("items" if kind == "array" else "values"): _schema(draw, depth + 1, count, record),
        }
    if kind == "union":
        return _union(draw, depth, count, record)
    fields = [
        {"name": f"f{index}", "type": _schema(draw, depth + 1, count, name)}
        for index in range(draw(st.integers(0, 3)))
    ]
    if draw(st.booleans()):
        fields.append({"name": "next", "type": ["null", name]})
    return {"type": "record", "name": name, "fields": fields}


def _union(draw: Draw, depth: int, count: list[int], record: str | None) -> list[Any]:
    branches: list[Any] = []
    for _ in range(draw(st.integers(1, 3))):
        branch = _schema(draw, depth + 1, count, record)
        if not isinstance(branch, list) and _label(branch) not in [_label(other) for other in branches]:
            branches.append(branch)
    return branches or ["null"]


def _label(schema: Any) -> str:
    return str(schema.get("name") or schema["type"]) if isinstance(schema, dict) else str(schema)


def _symbols(draw: Draw) -> list[str]:
    return [symbol for symbol in _SYMBOLS if draw(st.booleans())] or ["A"]


@st.composite
def evolutions(draw: Draw) -> tuple[Any, Any]:
    """A reader's and a writer's schema; the reader's came from the writer's by none to four changes."""
    writer = draw(writer_schemas())
    reader = copy.deepcopy(writer)
    for _ in range(draw(st.integers(0, 6))):
        reader = _changed(draw, reader)
    return reader, writer


def _changed(draw: Draw, schema: Any) -> Any:
    if isinstance(schema, list):
        return _changed_union(draw, schema)
    if isinstance(schema, str):
        return _changed_primitive(draw, schema) if schema in PRIMITIVE_VALUES else schema
    if schema["type"] in ("array", "map"):
        key = "items" if schema["type"] == "array" else "values"
        return {**schema, key: _changed(draw, schema[key])}
    if draw(st.integers(0, 9)) == 0:
        return _renamed(draw, schema)
    if schema["type"] == "enum":
        changed = {**schema, "symbols": _symbols(draw)}
        changed.pop("default", None)
        return changed | ({"default": changed["symbols"][0]} if draw(st.booleans()) else {})
    if schema["type"] == "fixed":
        return {**schema, "size": draw(st.integers(1, 2))}
    return {**schema, "fields": _changed_fields(draw, schema["fields"])}


def _changed_primitive(draw: Draw, schema: str) -> Any:
    other = draw(st.sampled_from(sorted(PRIMITIVE_VALUES)))
    wrapped = [schema, "null"] if schema != "null" else ["null", "int"]
    return draw(st.sampled_from([other, wrapped]))


def _changed_union(draw: Draw, schema: list[Any]) -> Any:
    action = draw(st.sampled_from(["unwrap", "drop", "add", "turn"]))
    if action == "unwrap":
        return schema[0] if len(schema) == 1 else schema
    if action == "drop":
        return schema[1:] or schema
    if action == "add" and "boolean" not in schema:
        return [*schema, "boolean"]
    return schema[::-1]


def _renamed(draw: Draw, schema: dict[str, Any]) -> dict[str, Any]:
    # a record that names itself would no longer find itself
    if f"'{schema['name']}'" in str(schema.get("fields")):
        return schema
    name = f"{schema['name']}x"
    return {**schema, "name": name, **({"aliases": [schema["name"]]} if draw(st.booleans()) else {})}


def _changed_fields(draw: Draw, fields: list[dict[str, Any]]) -> list[dict[str, Any]]:
    action = draw(st.sampled_from(["add", "drop", "rename", "turn", "change", "change", "change", "change"]))
    names = [field["name"] for field in fields]
    if action == "add":
        primitive = draw(st.sampled_from(sorted(PRIMITIVE_VALUES)))
        added = {"name": f"g{len(fields)}", "type": primitive}
        added |= {"default": DEFAULTS[primitive]} if draw(st.integers(0, 4)) else {}
        return fields if added["name"] in names else [*fields, added]
    if not fields:
        return fields
    index = draw(st.integers(0, len(fields) - 1))
    field = fields[index]
    if action == "drop":
        return fields[:index] + fields[index + 1 :]
    if action == "turn":
        return fields[::-1]
    if action == "rename" and f"{field['name']}r" not in names:
        other = {**field, "name": f"{field['name']}r"}
        other |= {"aliases": [field["name"], *field.get("aliases", [])]} if draw(st.integers(0, 4)) else {}
    else:
        other = {key: value for key, value in field.items() if key != "default"}
        other["type"] = _changed(draw, field["type"])
    return [*fields[:index], other, *fields[index + 1 :]]


def covering_data(schema: Any) -> list[Any]:
    """Data that meet every branch and symbol of a schema parsed by fastavro, in its tuple notation for unions."""
    return _data(schema, {}, 0)[:DATA_MAX]


def _data(schema: Any, named: dict[str, Any], depth: int) -> list[Any]:
    if isinstance(schema, list):
        return [(_label(branch), value) for branch in schema for value in _data(branch, named, depth)]
    if isinstance(schema, str):
        if schema in PRIMITIVE_VALUES:
            return PRIMITIVE_VALUES[schema]
        return _data(named[schema], named, depth + 1) if depth < _DEPTH_MAX else []
    match schema["type"]:
        case "array":
            return [[value] for value in _data(schema["items"], named, depth)]
        case "map":
            return [{"k": value} for value in _data(schema["values"], named, depth)]
        case "enum":
            return list(schema["symbols"])
        case "fixed":
            return [b"z" * schema["size"]]
        case "record":
            named[schema["name"]] = schema
            return _records(schema["fields"], named, depth)
        case primitive:
            return PRIMITIVE_VALUES[primitive]


def _records(fields: list[dict[str, Any]], named: dict[str, Any], depth: int) -> list[Any]:
    columns = {field["name"]: _data(field["type"], named, depth) for field in fields}
    if any(not values for values in columns.values()):
        return []
    # as many as the field with the most values has: each value of each field is met once
    count = max((len(values) for values in columns.values()), default=1)
    return [{name: values[index % len(values)] for name, values in columns.items()} for index in range(count)]
