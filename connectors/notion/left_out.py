"""What the mapping leaves out of Notion's payloads, and why; and where names are data (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

IGNORED: Final[Mapping[str, str]] = {
    "*.annotations.*": "how a text looks",
    "*.color": "how something looks",
    "*.icon*": "how something looks",
    "*.cover*": "how something looks",
    "*.avatar_url": "how something looks",
    "*.request_id": "the number of our request",
    "*.next_cursor": "where the next page begins",
    "*.has_more": "whether there is a next page",
    "*.object": "the kind of an object, where it is known already",
    "*.public_url": "the address for those who are not in the workspace",
    "*email*": "an address of a person",
    "*phone_number*": "a number of a person",
    "*.expiry_time": "a file's address, which ends within the hour",
    "*.file.url": "a file's address, which ends within the hour",
    "*.rich_text[].*": "of a text its plain form and its links are mapped",
    "*.title[].*": "of a text its plain form and its links are mapped",
    "*.caption[].*": "of a text its plain form and its links are mapped",
    "*.description[]*": "what people write about a database",
    "*.description": "what people write about a database",
    "*.time_zone": "the zone of a time, which is part of it",
    "*.parent.*": "of a parent its type and its id are mapped",
    "*.created_by*": "a person or bot, of whom the id is mapped",
    "*.last_edited_by*": "a person or bot, of whom the id is mapped",
    "*.people[].*": "a person or bot, of whom the id is mapped",
    "*.data_sources[].name": "a data source, of which the id is mapped",
    "*.id": "the id of an option, a column or a run of text",
    "*.type": "the type of a part, where the part says it itself",
    "*.properties.*.*": "of a database's columns name and type are mapped, of a page's property its value",
}
"""Pattern of paths to the reason; ``*`` stands for anything."""
MAPS: Final = ("$.properties", "$.results[].properties")
"""Paths of objects whose field names are data."""
