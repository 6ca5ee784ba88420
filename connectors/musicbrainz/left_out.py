"""What the mapping leaves out of MusicBrainz's payloads, and why; and where names are data (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

IGNORED: Final[Mapping[str, str]] = {
    "*-id": "the id of a word that is mapped",
    "*-ids[]": "the ids of words that are mapped",
    "*-ids.*": "the ids of words that are mapped",
    "*.score": "how well a hit fits a search",
    "*.created": "when the search index was made",
    "$.artists[]*": "a hit: its own answer says more",
    "$.recordings[]*": "a row that names a recording: its own answer says more",
    "$.releases[]*": "a release: its own answer says more",
    "$.release-groups[]*": "a release group: its own answer says more",
    "*.aliases[]*": "names in other languages and spellings",
    "*.aliases": "names in other languages and spellings",
    "*tags[]*": "what people call it, by vote",
    "*tags": "what people call it, by vote",
    "*genres[]*": "what people call it, by vote",
    "*.relations[].*": "of a relation its type and its address are mapped",
    "*.area.*": "a place: its own answer says more",
    "*area.*": "a place: its own answer says more",
    "*.release-events[]*": "where and when it came out; the first date and country are mapped",
    "*.artist-credit[]*": "an artist: its own answer says more",
    "*.media[].*": "of a medium its format and its number of tracks are mapped",
    "*.label-info[]*": "a label: its own answer says more",
    "*.release-group.*": "the release group: its own answer says more",
    "*.cover-art-archive.*": "which sides of the cover there are; their number is mapped",
    "*.text-representation.*": "language and script of the printed text",
}
"""Pattern of paths to the reason; ``*`` stands for anything."""
MAPS: Final = (
    "$.relations[].attribute-values",
    "$.relations[].attribute-ids",
    "$.relations[].attribute-credits",
)
"""Paths of objects whose field names are data."""
