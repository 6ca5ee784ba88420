"""The feed of public events (pure)."""

from __future__ import annotations

from connectors.kit.json_path import JsonNode
from connectors.kit.readings import Readings
from schemas.records import RawEvent

_NUMBERS = ("action", "ref", "ref_type", "size", "distinct_size", "number")


def map_events(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map a page of events, each a thing: who did what where, and when."""
    del event
    for row in root.rows():
        happened = row.text("type")
        attributes = row.plain("type", "created_at", "public") | row.child("payload").plain(*_NUMBERS)
        where, who = row.peek_text("repo", "name"), row.peek_text("actor", "login")
        attributes |= {"repository": where.lower()} if where else {}
        attributes |= {"actor": who.lower()} if who else {}
        about = row.peek("payload", "issue", "number")
        attributes |= {"number": about} if about is not None else {}
        name = " ".join(part for part in (happened, who and f"by {who}", where and f"in {where}") if part)
        readings.thing("event", row.text("id"), name, attributes=attributes)
