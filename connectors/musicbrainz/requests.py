"""What is asked of MusicBrainz for each target (pure)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from connectors.kit.declaration import Found, Poll
from connectors.kit.pagination import Offset
from connectors.kit.presence import Complete
from connectors.musicbrainz.endpoints import BROWSES, LOOKUPS, SEARCHES
from crosscurrent.errors import WrongUse

BROWSE_INTERVAL_MULTIPLE = 7  # a list grows by a few a month, and costs a request for each hundred rows
BROWSE_PAGES_MAX = 50
SEARCH_ROWS = 25
SEARCH_PAGES_MAX = 4

_GONE = frozenset({404})  # one that was merged into another is answered with that other
_MBID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_ENTITY = "|".join(sorted(LOOKUPS, key=len, reverse=True))
_LOOKUP = re.compile(rf"(?P<entity>{_ENTITY}):(?P<mbid>{_MBID})")
_SEARCH = re.compile(rf"search:(?P<entity>{_ENTITY}):(?P<query>[!-~][ -~]{{0,199}})")

# a browse's rows are asked for in the same detail as a lookup: the later of the two must not hide anything
_DETAILS: Final = {
    "artist": "ratings url-rels",
    "recording": "artist-credits isrcs ratings url-rels",
    "release": "artist-credits labels media release-groups url-rels",
    "release-group": "artist-credits ratings url-rels",
}
_BROWSED: Final = {
    "artist": ("release-group", "release", "recording"),
    "recording": (),
    "release": ("recording",),
    "release-group": ("release",),
}
_ENTITY_OF_LOOKUP = {endpoint: entity for entity, endpoint in LOOKUPS.items()}


def polls(targets: Sequence[str]) -> list[Poll]:
    """Return the requests for ``entity:MBID`` and ``search:entity:query`` targets.

    Raises:
        WrongUse: a target is neither.
    """
    made = [poll for target in targets for poll in _polls_of(target)]
    # a release and its group may both be targets, and browse the same
    return list({poll.request_key: poll for poll in made}.values())


def poll_for(endpoint: str, target: str) -> Poll:
    """Return the lookup of what a search has found.

    Args:
        endpoint: of the lookup.
        target: the MBID.
    """
    entity = _ENTITY_OF_LOOKUP[endpoint]
    complete = Complete(entity.replace("-", "_"), _GONE)
    return Poll(endpoint, target, f"/ws/2/{entity}/{target}", _asked(entity), complete=complete)


def _polls_of(target: str) -> list[Poll]:
    search = _SEARCH.fullmatch(target)
    if search:
        return [_search(search["entity"], search["query"])]
    lookup = _LOOKUP.fullmatch(target)
    if not lookup:
        raise WrongUse(
            f"the MusicBrainz target {target[:80]!r}",
            expected="artist, release, release-group or recording, a colon and an MBID, or search:artist:query",
            todo="correct CROSSCURRENT_SOURCES__MUSICBRAINZ__TARGETS",
            source="musicbrainz",
        )
    entity, mbid = lookup["entity"], lookup["mbid"]
    browsed = [_browse(rows, entity, mbid) for rows in _BROWSED[entity]]
    return [poll_for(LOOKUPS[entity], mbid), *browsed]


def _browse(rows: str, entity: str, mbid: str) -> Poll:
    return Poll(
        BROWSES[rows],
        mbid,
        f"/ws/2/{rows}",
        {entity: mbid, **_asked(rows)},
        BROWSE_INTERVAL_MULTIPLE,
        # a page may have fewer rows than its limit: the offset grows by the rows that came
        pagination=Offset(rows=f"{rows}s", total_field=f"{rows}-count", pages_max=BROWSE_PAGES_MAX),
    )


def _search(entity: str, query: str) -> Poll:
    return Poll(
        SEARCHES[entity],
        query,
        f"/ws/2/{entity}",
        {"query": query, "fmt": "json"},
        pagination=Offset(rows=f"{entity}s", size=SEARCH_ROWS, pages_max=SEARCH_PAGES_MAX),
        find=_finder(entity),
    )


def _finder(entity: str) -> Callable[[object], Sequence[Found]]:
    """Return what names the lookups of a page of hits: a hit itself knows less than its lookup."""

    def find(payload: object) -> list[Found]:
        rows = payload.get(f"{entity}s") if isinstance(payload, dict) else None
        ids = [row.get("id") for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
        return [(LOOKUPS[entity], one) for one in ids if isinstance(one, str) and re.fullmatch(_MBID, one)]

    return find


def _asked(entity: str) -> dict[str, str]:
    # a blank becomes the plus that the vendor's documentation has between two of them
    return {"inc": _DETAILS[entity], "fmt": "json"}
