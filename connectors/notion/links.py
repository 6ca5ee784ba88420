"""Addresses in what people write into Notion: a page or block that names one refers to what stands there (pure).

A file that Notion keeps has an address that is signed and ends within the hour; it is left out.
"""

from __future__ import annotations

from typing import Final

from connectors.kit.external_ids import of_url
from connectors.kit.json_path import JsonNode
from connectors.kit.readings import Readings

LINKS_MAX: Final = 200
"""Of a page or a block."""

_TEXTS: Final = ("rich_text", "title", "caption")
_OWN: Final = ("notion.so", "notion.site", "notion.com")


def link_properties(properties: JsonNode, page: str, readings: Readings) -> None:
    """Add the addresses in a page's properties: URLs, texts with links, and files kept elsewhere."""
    for _, node in list(properties.fields())[:LINKS_MAX]:
        _link(node, "page", page, readings, "url")
        _link_below(node, "page", page, readings)
        files = node.rows("files") if _is_list(node, "files") else []
        for file in files[:LINKS_MAX]:
            _link(file, "page", page, readings, "external", "url")


def link_content(content: JsonNode, block: str, readings: Readings) -> None:
    """Add the addresses in a block: of a bookmark, an embedded page or a preview, and those in its text."""
    _link(content, "block", block, readings, "url")
    _link(content, "block", block, readings, "external", "url")
    _link_below(content, "block", block, readings)


def _link_below(node: JsonNode, kind: str, key: str, readings: Readings) -> None:
    for name in _TEXTS:
        for run in node.rows(name)[:LINKS_MAX] if _is_list(node, name) else ():
            _link(run, kind, key, readings, "href")


def _link(node: JsonNode, kind: str, key: str, readings: Readings, *steps: str) -> None:
    external = of_url(node.peek_text(*steps))
    if external is not None and not _is_own(external[1]):
        readings.link(kind, key, external, node, *steps, relation="refers")


def _is_own(place: str) -> bool:
    host = place.partition("/")[0]
    return host.endswith(_OWN)


def _is_list(node: JsonNode, name: str) -> bool:
    return isinstance(node.value, dict) and isinstance(node.value.get(name), list)
