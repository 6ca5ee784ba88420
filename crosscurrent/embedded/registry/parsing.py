"""Avro schemas from JSON data to types, refusing what breaks Avro's rules.

Source: the Avro 1.11 specification, sections "Schema declaration" and "Names". Like Avro's Java parser it ignores
a logical type that does not fit and looks for an unqualified name without a namespace, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from crosscurrent.embedded.registry.avro_type import (
    NAMED_KINDS,
    PRIMITIVES,
    AvroField,
    AvroType,
    InvalidSchema,
)
from crosscurrent.embedded.registry.default_value import misfit

NESTING_MAX = 100

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_FULL_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*")
_ORDERS = ("ascending", "descending", "ignore")
_TYPE_KEYS = {
    "record": {"type", "name", "namespace", "aliases", "fields"},
    "enum": {"type", "name", "namespace", "aliases", "symbols", "default"},
    "fixed": {"type", "name", "namespace", "aliases", "size"},
    "array": {"type", "items"},
    "map": {"type", "values"},
}
_FIELD_KEYS = {"name", "type", "aliases", "default", "order"}


def parse_schema(schema: object, known: Mapping[str, AvroType] | None = None) -> AvroType:
    """Return the type that a schema declares.

    Args:
        schema: the schema as JSON data.
        known: named types that were declared elsewhere, by full name.

    Raises:
        InvalidSchema: it breaks Avro's rules; says where and how.
    """
    return declared_types(schema, known)[0]


def declared_types(
    schema: object, known: Mapping[str, AvroType] | None = None
) -> tuple[AvroType, dict[str, AvroType]]:
    """Return the type that a schema declares, and the named types within it by full name.

    Raises:
        InvalidSchema: it breaks Avro's rules; says where and how.
    """
    parser = _Parser(known or {})
    root = parser.parse(schema, "", "", 0)
    parser.check_defaults()
    return root, parser.declared


class _Parser:
    def __init__(self, known: Mapping[str, AvroType]) -> None:
        self._known = known
        self.declared: dict[str, AvroType] = {}
        self._defaults: list[tuple[AvroField, str]] = []

    def check_defaults(self) -> None:
        """Check every default; only now, because the type of a field may be declared after it."""
        for declared, path in self._defaults:
            problem = misfit(declared.type, declared.default)
            if problem:
                raise InvalidSchema(
                    f"{path}/default",
                    f"field {declared.name!r} has a default that does not fit: {problem}",
                    expected=f"a value of type {declared.type.label}",
                )

    def parse(self, schema: object, namespace: str, path: str, depth: int) -> AvroType:
        if depth > NESTING_MAX:
            raise InvalidSchema(
                path,
                f"types nested deeper than {NESTING_MAX}",
                expected="a flatter schema",
                todo="declare inner types once and use them by name",
            )
        if isinstance(schema, str):
            return self._by_name(schema, namespace, path)
        if isinstance(schema, list):
            return self._union(schema, namespace, path, depth)
        if isinstance(schema, dict):
            return self._object(schema, namespace, path, depth)
        raise InvalidSchema(
            path, f"{_shown(schema)} where a type stands", expected="a name, an object or a union"
        )

    def _by_name(self, name: str, namespace: str, path: str) -> AvroType:
        if name in PRIMITIVES:
            return AvroType(name)
        candidates = [name] if "." in name or not namespace else [f"{namespace}.{name}", name]
        for candidate in candidates:
            found = self.declared.get(candidate) or self._known.get(candidate)
            if found:
                return found
        raise InvalidSchema(
            path,
            f"unknown type {_shown(name)}",
            expected="a primitive, or a name declared before or in a reference",
            todo="correct the name or give the schema that declares it as a reference",
        )

    def _union(self, schema: list[object], namespace: str, path: str, depth: int) -> AvroType:
        branches = [
            self.parse(branch, namespace, f"{path}/{index}", depth + 1) for index, branch in enumerate(schema)
        ]
        seen: set[str] = set()
        for index, branch in enumerate(branches):
            if branch.kind == "union":
                raise InvalidSchema(f"{path}/{index}", "a union in a union", expected="one flat union")
            if branch.label in seen:
                raise InvalidSchema(
                    f"{path}/{index}", f"{branch.label} twice in a union", expected="each kind or name once"
                )
            seen.add(branch.label)
        return AvroType("union", branches=tuple(branches))

    def _object(self, schema: dict[str, object], namespace: str, path: str, depth: int) -> AvroType:
        kind = schema.get("type")
        if isinstance(kind, dict | list):
            return self.parse(kind, namespace, f"{path}/type", depth + 1)
        if not isinstance(kind, str):
            raise InvalidSchema(path, "no type", expected="an object with a type")
        if kind in PRIMITIVES:
            return AvroType(kind, attributes=_rest(schema, {"type"}))
        if kind == "error":  # a record that a protocol throws
            kind = "record"
        if kind in NAMED_KINDS:
            return self._named(kind, schema, namespace, path, depth)
        if kind in ("array", "map"):
            key = "items" if kind == "array" else "values"
            if key not in schema:
                raise InvalidSchema(path, f"{kind} without {key}", expected=f"the type of its {key}")
            element = self.parse(schema[key], namespace, f"{path}/{key}", depth + 1)
            return AvroType(kind, element=element, attributes=_rest(schema, _TYPE_KEYS[kind]))
        return self._by_name(kind, namespace, f"{path}/type")

    def _named(self, kind: str, schema: dict[str, object], namespace: str, path: str, depth: int) -> AvroType:
        name, inner_namespace = _full_name(kind, schema, namespace, path)
        if name in self.declared or name in self._known:
            raise InvalidSchema(
                path,
                f"{name} is declared twice",
                expected="each name declared once",
                todo="use the name alone where it comes again",
            )
        declared = AvroType(kind, name=name, attributes=_rest(schema, _TYPE_KEYS[kind]))
        declared.aliases = tuple(
            alias if "." in alias or not inner_namespace else f"{inner_namespace}.{alias}"
            for alias in _aliases(schema, path, _FULL_NAME)
        )
        self.declared[name] = declared  # before its fields: they may use it
        if kind == "record":
            declared.fields = self._fields(schema, inner_namespace, path, depth)
        elif kind == "enum":
            _read_symbols(declared, schema, path)
        else:
            declared.size_bytes = _size(schema, path)
        return declared

    def _fields(self, schema: dict[str, object], namespace: str, path: str, depth: int) -> list[AvroField]:
        declared = schema.get("fields")
        if not isinstance(declared, list):
            raise InvalidSchema(
                path, "a record without fields", expected="an array of fields, which may be empty"
            )
        fields: list[AvroField] = []
        seen: set[str] = set()
        for index, one in enumerate(declared):
            parsed = self._field(one, namespace, f"{path}/fields/{index}", depth)
            if parsed.name in seen:
                raise InvalidSchema(
                    f"{path}/fields/{index}", f"field {parsed.name!r} twice", expected="each field name once"
                )
            seen.add(parsed.name)
            fields.append(parsed)
        return fields

    def _field(self, schema: object, namespace: str, path: str, depth: int) -> AvroField:
        if not isinstance(schema, dict):
            raise InvalidSchema(path, f"{_shown(schema)} where a field stands", expected="an object")
        name = schema.get("name")
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise InvalidSchema(
                path, f"field name {_shown(name)}", expected="a letter or _, then letters, digits or _"
            )
        if "type" not in schema:
            raise InvalidSchema(path, f"field {name!r} without a type", expected="a type")
        order = schema.get("order")
        if order is not None and order not in _ORDERS:
            raise InvalidSchema(path, f"order {_shown(order)}", expected="one of " + ", ".join(_ORDERS))
        parsed = AvroField(
            name,
            self.parse(schema["type"], namespace, f"{path}/type", depth + 1),
            aliases=_aliases(schema, path, _NAME),
            has_default="default" in schema,
            default=schema.get("default"),
            order=str(order) if order else None,
            attributes=_rest(schema, _FIELD_KEYS),
        )
        if parsed.has_default:
            self._defaults.append((parsed, path))
        return parsed


def _full_name(kind: str, schema: dict[str, object], namespace: str, path: str) -> tuple[str, str]:
    """Return the full name and the namespace in which the inner names stand."""
    name, own_namespace = schema.get("name"), schema.get("namespace")
    if not isinstance(name, str) or not _FULL_NAME.fullmatch(name):
        raise InvalidSchema(
            path, f"{kind} name {_shown(name)}", expected="letters, digits and _, parts joined by dots"
        )
    if own_namespace is not None and not isinstance(own_namespace, str):
        raise InvalidSchema(path, f"namespace {_shown(own_namespace)}", expected="text")
    if own_namespace and not _FULL_NAME.fullmatch(own_namespace):
        raise InvalidSchema(path, f"namespace {_shown(own_namespace)}", expected="names joined by dots")
    if "." in name:
        return name, name.rpartition(".")[0]
    if name in PRIMITIVES:
        raise InvalidSchema(path, f"{kind} named {name!r}", expected="a name that is not a primitive's")
    inner = namespace if own_namespace is None else own_namespace
    return (f"{inner}.{name}" if inner else name), inner


def _aliases(schema: dict[str, object], path: str, allowed: re.Pattern[str]) -> tuple[str, ...]:
    aliases = schema.get("aliases")
    if aliases is None:
        return ()
    if not isinstance(aliases, list):
        raise InvalidSchema(path, f"aliases {_shown(aliases)}", expected="an array of names")
    for alias in aliases:
        if not isinstance(alias, str) or not allowed.fullmatch(alias):
            raise InvalidSchema(path, f"alias {_shown(alias)}", expected="a name")
    return tuple(aliases)


def _read_symbols(declared: AvroType, schema: dict[str, object], path: str) -> None:
    symbols, default = schema.get("symbols"), schema.get("default")
    if not isinstance(symbols, list):
        raise InvalidSchema(path, "an enum without symbols", expected="an array of names")
    for symbol in symbols:
        if not isinstance(symbol, str) or not _NAME.fullmatch(symbol):
            raise InvalidSchema(
                path, f"symbol {_shown(symbol)}", expected="a letter or _, then letters, digits or _"
            )
    if len(set(symbols)) < len(symbols):
        raise InvalidSchema(path, "a symbol twice", expected="each symbol once")
    if default is not None and default not in symbols:
        raise InvalidSchema(path, f"enum default {_shown(default)}", expected="one of its symbols")
    declared.symbols = tuple(symbols)
    declared.default_symbol = default if isinstance(default, str) else None


def _size(schema: dict[str, object], path: str) -> int:
    size = schema.get("size")
    if isinstance(size, bool) or not isinstance(size, int) or size < 0:
        raise InvalidSchema(path, f"fixed of size {_shown(size)}", expected="a number of bytes")
    return size


def _rest(schema: dict[str, object], known: Iterable[str]) -> dict[str, object]:
    return {key: value for key, value in schema.items() if key not in known}


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
