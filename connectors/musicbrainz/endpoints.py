"""Which endpoint of MusicBrainz a request asks, and what is not measured there, and why.

Source: https://musicbrainz.org/doc/MusicBrainz_API
"""

from __future__ import annotations

import re
from typing import Final

ARTIST: Final = "artist"
RECORDING: Final = "recording"
RELEASE: Final = "release"
RELEASE_GROUP: Final = "release_group"
BROWSE_ARTIST: Final = "browse_artist"
BROWSE_RECORDING: Final = "browse_recording"
BROWSE_RELEASE: Final = "browse_release"
BROWSE_RELEASE_GROUP: Final = "browse_release_group"
SEARCH_ARTIST: Final = "search_artist"
SEARCH_RECORDING: Final = "search_recording"
SEARCH_RELEASE: Final = "search_release"
SEARCH_RELEASE_GROUP: Final = "search_release_group"

AREA: Final = "area"
COLLECTION: Final = "collection"
DISC_ID: Final = "disc_id"
LABEL: Final = "label"
LABEL_INFO: Final = "label_info"
MEDIUM: Final = "medium"
TRACK: Final = "track"
OTHER: Final = "other"

LOOKUPS: Final = {
    "artist": ARTIST,
    "recording": RECORDING,
    "release": RELEASE,
    "release-group": RELEASE_GROUP,
}
"""The vendor's name of an entity, as it stands in addresses, to our endpoint of its lookup."""

BROWSES: Final = {
    "artist": BROWSE_ARTIST,
    "recording": BROWSE_RECORDING,
    "release": BROWSE_RELEASE,
    "release-group": BROWSE_RELEASE_GROUP,
}
SEARCHES: Final = {
    "artist": SEARCH_ARTIST,
    "recording": SEARCH_RECORDING,
    "release": SEARCH_RELEASE,
    "release-group": SEARCH_RELEASE_GROUP,
}

_FRAGMENT = "a part of a release without the release: whose it is cannot be said"
NOT_MEASURED: Final = {
    AREA: "a place has a name and codes, nothing that can be measured",
    DISC_ID: "it says which releases a disc may be; the releases say the rest",
    COLLECTION: "a person's own list, which says nothing about the things in it that they do not say themselves",
    LABEL_INFO: _FRAGMENT,
    MEDIUM: _FRAGMENT,
    TRACK: _FRAGMENT,
    OTHER: "this connector does not know the endpoint",
}

_FURTHER_LOOKUPS: Final = {
    **LOOKUPS,
    "area": AREA,
    "collection": COLLECTION,
    "discid": DISC_ID,
    "label": LABEL,
}
_PATH = re.compile(r"/ws/2/(?P<entity>[a-z-]+)(?:/(?P<key>[^/]+))?")

# folders of recordings whose requests' addresses are not known
_OF_KIND: Final = {
    **_FURTHER_LOOKUPS,
    **{f"{name}-2014": endpoint for name, endpoint in LOOKUPS.items()},
    **{f"browse-{name}": endpoint for name, endpoint in BROWSES.items()},
    **{f"search-{name}": endpoint for name, endpoint in SEARCHES.items()},
    "label-info": LABEL_INFO,
    "medium": MEDIUM,
    "track": TRACK,
}


def endpoint_of(method: str, path: str | None, kind: str) -> str:
    """Return our name of the endpoint that a request asked, ``other`` if we have none.

    Args:
        method: HTTP method, in any case.
        path: of the request, from the vendor's host on, with or without a query; None if unknown.
        kind: folder of the recording, which decides where the path is unknown.
    """
    if path is None:
        return _OF_KIND.get(kind, OTHER)
    asked, _, query = path.partition("?")
    found = _PATH.fullmatch(asked.rstrip("/"))
    if found is None or method.upper() != "GET":
        return OTHER
    entity = found["entity"]
    if found["key"] is not None:
        return _FURTHER_LOOKUPS.get(entity, OTHER)
    # one address for both: a search is told by its query
    searched = any(part.startswith("query=") for part in query.split("&"))
    return (SEARCHES if searched else BROWSES).get(entity, COLLECTION if entity == "collection" else OTHER)
