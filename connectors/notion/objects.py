"""Notion's objects as things, by their ids (pure)."""

from __future__ import annotations

from connectors.kit.json_path import PROPERTY_CHARACTERS_MAX, JsonNode
from connectors.kit.readings import Readings
from connectors.notion.links import link_content, link_properties
from connectors.notion.properties import map_properties, title_of
from connectors.notion.rich_text import plain_text

_TIMES = ("created_time", "last_edited_time")
_STATES = ("archived", "in_trash", "is_inline", "is_locked")


def map_page(node: JsonNode, readings: Readings) -> None:
    """Map a page: a thing with its properties, and its numbers as measurements."""
    key = node.text("id")
    properties = node.child("properties")
    attributes = _common(node) | map_properties(properties, key, readings)
    readings.thing("page", key, title_of(properties), url=node.peek_text("url"), attributes=attributes)
    link_properties(properties, key, readings)


def map_database(node: JsonNode, readings: Readings) -> None:
    """Map a database, or a data source in it: a thing that says which properties its rows have."""
    attributes = _common(node)
    columns = _columns(node)
    attributes |= {"properties": columns} if columns else {}
    sources = [name for row in _optional_rows(node, "data_sources") if (name := row.peek_text("id"))]
    attributes |= {"data_sources": sources} if sources else {}
    name = plain_text(node.rows("title")) if isinstance(_value(node, "title"), list) else None
    readings.thing(
        node.text("object"), node.text("id"), name, url=node.peek_text("url"), attributes=attributes
    )


def map_user(node: JsonNode, readings: Readings) -> None:
    """Map a person or a bot; the e-mail address is left out."""
    attributes = node.plain("type")
    workspace = node.peek_text("bot", "workspace_name")
    attributes |= {"workspace_name": workspace} if workspace else {}
    readings.thing("user", node.text("id"), node.peek_text("name"), attributes=attributes)


def map_block(node: JsonNode, readings: Readings) -> None:
    """Map a block: what it is, where it lies, and the beginning of its text."""
    key, kind = node.text("id"), node.text("type")
    attributes = _common(node) | node.plain("type", "has_children")
    content = node.nullable_child(kind)
    text = plain_text(_optional_rows(content, "rich_text")) if content else ""
    title = content.peek_text("title") if content else None
    attributes |= {"text": text} if text else {}
    attributes |= content.plain("checked", "language", "url", "expression") if content else {}
    readings.thing("block", key, title or kind, attributes=attributes)
    if content:
        link_content(content, key, readings)


def map_comment(node: JsonNode, readings: Readings) -> None:
    """Map a comment: who says it, where and in which discussion; its text stays in the raw event."""
    attributes = _common(node) | node.plain("discussion_id")
    readings.thing("comment", node.text("id"), attributes=attributes)


def map_nothing(node: JsonNode, readings: Readings) -> None:
    """Map nothing: a file on its way in."""
    del node, readings


def _common(node: JsonNode) -> dict[str, object]:
    attributes = node.plain(*_TIMES, *_STATES)
    kind = node.peek_text("parent", "type")
    parent = node.peek("parent", kind) if kind else None
    attributes |= {"parent": f"{kind}:{parent}"} if isinstance(parent, str) else {}
    attributes |= {"parent": kind} if kind == "workspace" else {}
    for role in ("created_by", "last_edited_by"):
        who = node.peek_text(role, "id")
        attributes |= {role: who} if who else {}
    return attributes


def _columns(node: JsonNode) -> list[str]:
    properties = node.nullable_child("properties")
    named = [f"{name}: {one.peek_text('type')}" for name, one in properties.fields()] if properties else []
    return [text[:PROPERTY_CHARACTERS_MAX] for text in named]


def _optional_rows(node: JsonNode, name: str) -> list[JsonNode]:
    return node.rows(name) if isinstance(_value(node, name), list) else []


def _value(node: JsonNode, name: str) -> object:
    return node.value.get(name) if isinstance(node.value, dict) else None
