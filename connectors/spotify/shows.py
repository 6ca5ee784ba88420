"""Shows, episodes, audiobooks and chapters: what is spoken (pure)."""

from __future__ import annotations

from connectors.kit.json_path import JsonNode
from connectors.kit.readings import Readings
from connectors.spotify.references import add_thing, released, there
from schemas.records import RawEvent


def map_shows(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map a show, or several below ``shows``; only one asked for by itself says how many episodes it has."""
    del event
    for show in _one_or_several(root, "shows"):
        key = add_thing(show, "show", readings, show.plain("publisher", "languages", "explicit"))
        total = show.optional_count("total_episodes")
        if total is None and show.has("episodes"):
            total = show.child("episodes").count("total")
        readings.measure("episodes", key, total)


def map_episodes(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map an episode, or several below ``episodes``."""
    del event
    for episode in _one_or_several(root, "episodes"):
        add_episode(episode, readings)


def map_show_episodes(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map a page of a show's episodes."""
    del event
    for row in there(root.rows("items")):
        add_episode(row, readings)


def map_audiobook(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map an audiobook."""
    del event
    key = add_thing(root, "audiobook", readings, root.plain("publisher", "languages", "explicit", "edition"))
    readings.measure("chapters", key, root.nullable_count("total_chapters"))


def map_chapter(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map a chapter of an audiobook."""
    del event
    book = root.peek_text("audiobook", "id")
    known: dict[str, object] = {"audiobook_id": book} if book else {}
    add_thing(root, "chapter", readings, root.plain("chapter_number", "duration_ms") | released(root) | known)


def add_episode(node: JsonNode, readings: Readings) -> None:
    """Add an episode as a thing."""
    show = {"show_id": node.peek_text("show", "id"), "show": node.peek_text("show", "name")}
    known = {name: value for name, value in show.items() if value}
    add_thing(
        node, "episode", readings, node.plain("duration_ms", "explicit", "languages") | released(node) | known
    )


def _one_or_several(root: JsonNode, name: str) -> list[JsonNode]:
    # a show in full has its episodes as a page, an object, below that name
    several = root.value.get(name) if isinstance(root.value, dict) else None
    return there(root.rows(name)) if isinstance(several, list) else [root]
