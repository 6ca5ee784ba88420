"""The properties of a page, every type of them: numbers are measured, the rest describes the page (pure).

Source: https://developers.notion.com/reference/page-property-values
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import unquote

from connectors.kit.json_path import PROPERTY_ITEMS_MAX, JsonNode
from connectors.kit.readings import Readings
from connectors.notion.rich_text import plain_text

ATTRIBUTES_MAX: Final = 100
IGNORED: Final[Mapping[str, str]] = {
    "button": "it holds nothing",
    "created_by": "the page says it itself",
    "created_time": "the page says it itself",
    "email": "an address of a person",
    "last_edited_by": "the page says it itself",
    "last_edited_time": "the page says it itself",
    "phone_number": "a number of a person",
}
_REFERENCES_SHOWN_MAX: Final = 25

Describe = Callable[[JsonNode, str], object]


def map_properties(properties: JsonNode, page: str, readings: Readings) -> dict[str, object]:
    """Measure the numbers of a page and return what else its properties say, by display name.

    A number's series is ``number:<page>/<property>`` with the property's id, which a new display name does not
    change. A property of a type that Notion adds is passed over.

    Args:
        properties: of the page.
        page: its id.
        readings: where measurements go.

    Raises:
        Poison: a number that is none, or a property without a type.
    """
    said: dict[str, object] = {}
    for name, node in properties.fields():
        kind = node.text("type")
        _measure(node, kind, f"{page}/{unquote(node.text('id'))}", readings)
        described = _DESCRIBED[kind](node, kind) if kind in _DESCRIBED else None
        if described not in (None, "", []) and len(said) < ATTRIBUTES_MAX:
            said[f"property {name}"] = described
    return said


def title_of(properties: JsonNode) -> str | None:
    """Return the title of a page, ``None`` if it has none."""
    for _, node in properties.fields():
        if node.peek("type") == "title":
            return plain_text(_items(node, "title")) or None
    return None


def _measure(node: JsonNode, kind: str, key: str, readings: Readings) -> None:
    if kind == "number":
        readings.measure("number", key, node.nullable_number("number"))
    elif kind == "checkbox":
        readings.measure("checkbox", key, _share(node.peek("checkbox")))
    elif kind in ("formula", "rollup"):
        computed = node.nullable_child(kind)
        computed_kind = computed.peek_text("type") if computed else None
        if computed and computed_kind == "number":
            readings.measure(kind, key, computed.nullable_number("number"))
        elif computed and computed_kind == "boolean":
            readings.measure(kind, key, _share(computed.peek("boolean")))
    elif kind in ("relation", "files", "people", "multi_select") and not _is_cut(node, kind):
        readings.measure(f"{kind}_items", key, float(len(_items(node, kind))))


def _is_cut(node: JsonNode, kind: str) -> bool:
    # a page shows 25 references at most, and only a relation says that it has more
    return node.peek("has_more") is True or len(_items(node, kind)) >= _REFERENCES_SHOWN_MAX


def _share(value: object) -> float | None:
    return float(value) if isinstance(value, bool) else None


def _text(node: JsonNode, kind: str) -> object:
    return plain_text(_items(node, kind))


def _scalar(node: JsonNode, kind: str) -> object:
    return node.peek(kind)


def _option(node: JsonNode, kind: str) -> object:
    return node.peek_text(kind, "name")


def _options(node: JsonNode, kind: str) -> object:
    return _each(node, kind, "name")


def _identities(node: JsonNode, kind: str) -> object:
    return _each(node, kind, "id")


def _date(node: JsonNode, kind: str) -> object:
    begin, end = node.peek_text(kind, "start"), node.peek_text(kind, "end")
    return f"{begin}/{end}" if begin and end else begin


def _number_of_row(node: JsonNode, kind: str) -> object:
    prefix, number = node.peek_text(kind, "prefix"), node.peek(kind, "number")
    return f"{prefix}-{number}" if prefix and number is not None else number


def _place(node: JsonNode, kind: str) -> object:
    return node.peek_text(kind, "name") or node.peek_text(kind, "address")


def _state(node: JsonNode, kind: str) -> object:
    return node.peek_text(kind, "state")


def _computed(node: JsonNode, kind: str) -> object:
    computed = node.nullable_child(kind)
    inner = computed.peek_text("type") if computed else None
    if computed is None or inner not in ("string", "date", "number", "boolean"):
        return None
    return _date(computed, inner) if inner == "date" else computed.peek(inner)


def _each(node: JsonNode, kind: str, name: str) -> list[str]:
    found = (item.peek_text(name) for item in _items(node, kind)[:PROPERTY_ITEMS_MAX])
    return [text for text in found if text]


def _items(node: JsonNode, kind: str) -> list[JsonNode]:
    value = node.value.get(kind) if isinstance(node.value, dict) else None
    return node.rows(kind) if isinstance(value, list) else []


_DESCRIBED: Final[Mapping[str, Describe]] = {
    "checkbox": _scalar,
    "date": _date,
    "files": _options,
    "formula": _computed,
    "multi_select": _options,
    "number": _scalar,
    "people": _identities,
    "place": _place,
    "relation": _identities,
    "rich_text": _text,
    "rollup": _computed,
    "select": _option,
    "status": _option,
    "title": _text,
    "unique_id": _number_of_row,
    "url": _scalar,
    "verification": _state,
}
DESCRIBED: Final = tuple(_DESCRIBED)
