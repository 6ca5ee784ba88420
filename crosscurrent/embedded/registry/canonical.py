"""A type as JSON data in one form, whatever the order of keys and the spelling of names in the schema.

Two schemas of the same canonical text are the same schema to the registry. Unlike Avro's "parsing canonical form" it
keeps docs, defaults, aliases and logical types: a subscriber may depend on them.
"""

from __future__ import annotations

from collections.abc import Collection

import orjson

from crosscurrent.embedded.registry.avro_type import AvroField, AvroType, InvalidSchema

DEPTH_MAX = 200


def canonical_text(root: AvroType, external: Collection[str] = ()) -> str:
    """Return the type as compact JSON text.

    Args:
        root: the type.
        external: full names that are written as names only, because another schema declares them.

    Raises:
        InvalidSchema: types of other schemas nest deeper than can be written in one.
    """
    try:
        return orjson.dumps(_Writer(external).type(root, 0)).decode()
    except orjson.JSONEncodeError as error:
        raise InvalidSchema(
            "", f"a schema that cannot be written ({error})", expected="a flatter one"
        ) from error


class _Writer:
    def __init__(self, external: Collection[str]) -> None:
        self._written = set(external)

    def type(self, avro: AvroType, depth: int) -> object:
        if depth > DEPTH_MAX:
            raise InvalidSchema("", f"types nested deeper than {DEPTH_MAX}", expected="a flatter schema")
        if avro.kind == "union":
            return [self.type(branch, depth + 1) for branch in avro.branches]
        if avro.name in self._written:
            return avro.name
        if avro.name:
            return self._named(avro, depth)
        if avro.element:
            key = "items" if avro.kind == "array" else "values"
            return _sorted({"type": avro.kind, key: self.type(avro.element, depth + 1), **avro.attributes})
        return _sorted({"type": avro.kind, **avro.attributes}) if avro.attributes else avro.kind

    def _named(self, avro: AvroType, depth: int) -> dict[str, object]:
        self._written.add(avro.name)
        # full names throughout, so that no namespace is inherited; fastavro and Java read both
        written: dict[str, object] = {"type": avro.kind, "name": avro.name, **avro.attributes}
        if "." not in avro.name:
            written["namespace"] = ""
        if avro.aliases:
            written["aliases"] = list(avro.aliases)
        if avro.kind == "record":
            written["fields"] = [self._field(field, depth) for field in avro.fields]
        elif avro.kind == "enum":
            written["symbols"] = list(avro.symbols)
            if avro.default_symbol is not None:
                written["default"] = avro.default_symbol
        else:
            written["size"] = avro.size_bytes
        return _sorted(written)

    def _field(self, field: AvroField, depth: int) -> dict[str, object]:
        written: dict[str, object] = {
            "name": field.name,
            "type": self.type(field.type, depth + 1),
            **field.attributes,
        }
        if field.aliases:
            written["aliases"] = list(field.aliases)
        if field.has_default:
            written["default"] = field.default
        if field.order and field.order != "ascending":
            written["order"] = field.order
        return _sorted(written)


def _sorted(value: dict[str, object]) -> dict[str, object]:
    # name and type first, as people read it; the rest by name
    first = {key: value[key] for key in ("type", "name") if key in value}
    return first | {key: _sorted_deep(value[key], key) for key in sorted(value) if key not in first}


def _sorted_deep(value: object, key: str) -> object:
    # inner types are in order already, and a default is data
    if isinstance(value, dict) and key not in ("items", "values", "default"):
        return {inner: _sorted_deep(value[inner], inner) for inner in sorted(value)}
    return value
