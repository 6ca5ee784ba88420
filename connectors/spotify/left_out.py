"""What the mapping leaves out of Spotify's payloads, and why (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

IGNORED: Final[Mapping[str, str]] = {
    "*.href": "an address within Spotify, made of type and id",
    "*.available_markets*": "the countries in which it can be heard",
    "*.images*": "addresses of pictures",
    "*.icons[]*": "addresses of pictures",
    "*preview_url": "address of a sound",
    "*.external_urls.*": "an address within Spotify, made of type and id",
    "*.type": "the type of an object, where it is known already",
    "*.uri": "type and id in one, where both are mapped",
    "*.limit": "paging",
    "*.offset": "paging",
    "*.next": "paging",
    "*.previous": "paging",
    "*.cursors.*": "paging",
    "*.is_playable": "whether we could hear it where we are",
    "*.is_externally_hosted": "whether the file lies elsewhere",
    "*.is_local": "whether a row is a file of the owner's, which its form shows, too",
    "*.copyrights*": "who holds the rights, in words",
    "*.description": "what people write",
    "*.html_description": "what people write",
    "*.artists[].*": "an artist, of whom id and name are mapped; the artist's own answer says more",
    "*.album.*": "the album, of which id, name and date are mapped; its own answer says more",
    "$.tracks.items[]*": "a track in its short form: its own answer, or the playlist's rows, say more",
    "$.episodes.items[]*": "an episode in its short form",
    "*.added_by*": "who put a track on a list",
    "*.added_at": "when a track was put on a list",
    "*.resume_point.*": "how far we have heard it",
    "*.primary_color": "how something looks",
    "*.video_thumbnail.*": "how something looks",
}
"""Pattern of paths to the reason; ``*`` stands for anything."""
