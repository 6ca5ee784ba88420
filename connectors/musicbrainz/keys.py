"""Natural keys, partial dates and addresses elsewhere: what all of MusicBrainz's entities have (pure)."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import parse_qs

from connectors.kit.external_ids import of_url
from connectors.kit.json_path import PROPERTY_CHARACTERS_MAX, PROPERTY_ITEMS_MAX, JsonNode
from connectors.kit.readings import Readings
from crosscurrent.errors import Poison
from schemas.records import RawEvent

ADDRESS: Final = "https://musicbrainz.org/"
RELATIONS_MAX: Final = 200

_MBID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_DATE = re.compile(r"\d{4}(?P<month>-(?:0[1-9]|1[0-2])(?P<day>-(?:0[1-9]|[12]\d|3[01]))?)?")
_LINKING = re.compile(
    r"(?:area|artist|collection|label|recording|release|release-group|track|track_artist|work)"
)
_SAME: Final = {
    "area": ("wikidata",),
    "artist": ("discogs.artist", "imdb", "spotify.artist", "wikidata"),
    "label": ("discogs.label", "imdb", "wikidata"),
    "recording": ("spotify.track", "wikidata"),
    "release": ("discogs.release", "spotify.album"),
    "release_group": ("discogs.master", "wikidata"),
}
_IDS: Final = {
    "wikidata_id": re.compile(r"https?://(?:www\.)?wikidata\.org/(?:wiki|entity)/(Q\d{1,12})"),
    "imdb_id": re.compile(r"https?://(?:www\.)?imdb\.com/(?:name|title)/((?:nm|tt)\d{5,10})/?"),
    "spotify_id": re.compile(r"https?://open\.spotify\.com/(?:artist|album|track)/([0-9A-Za-z]{22})"),
}


def mbid(row: JsonNode) -> str:
    """Return the MBID of an entity, its natural key.

    Raises:
        Poison: there is none, or it is no MBID.
    """
    value = row.text("id")
    if not _MBID.fullmatch(value):
        raise row.misfit("an id that is an MBID", found=f"an object whose id is {value[:80]!r}")
    return value


def linked(event: RawEvent) -> str:
    """Return the MBID of what a browse's rows are linked to, which only the request says.

    Raises:
        Poison: the address names none.
    """
    for name, values in parse_qs(event.request_url.partition("?")[2]).items():
        if _LINKING.fullmatch(name) and _MBID.fullmatch(values[-1]):
            return values[-1]
    raise _unsaid(
        event, "what its rows are linked to, such as artist=<MBID>, since the payload does not say it"
    )


def searched(event: RawEvent) -> str:
    """Return what a search was for.

    Raises:
        Poison: the address does not say it.
    """
    values = parse_qs(event.request_url.partition("?")[2]).get("query")
    if not values:
        raise _unsaid(event, "a query, since the payload does not say what was searched for")
    return values[-1]


def partial_date(row: JsonNode, name: str) -> dict[str, object]:
    """Return a date as sent, with its precision: the vendor knows many only to the month or the year.

    What is no such date (empty, null, or without a year, ``????-05``) is left out.
    """
    text = row.peek_text(name)
    found = _DATE.fullmatch(text) if text else None
    if found is None:
        return {}
    precision = "day" if found["day"] else "month" if found["month"] else "year"
    label = name.replace("-", "_")
    return {label: found[0], f"{label}_precision": precision}


def properties(row: JsonNode, *names: str) -> dict[str, object]:
    """Return plain fields under names with underscores; an empty text is the vendor's way to say nothing."""
    plain = row.plain(*names).items()
    return {name.replace("-", "_"): value for name, value in plain if value not in ("", [])}


def elsewhere(row: JsonNode) -> dict[str, object]:
    """Return what an entity is called elsewhere, from its relations to URLs that have not ended.

    Returns:
        ``wikidata_id``, ``imdb_id`` and ``spotify_id`` where there is one, and ``urls``: the addresses by
        type of relation.
    """
    found: dict[str, object] = {}
    urls: dict[str, list[str]] = {}
    relations = row.rows("relations") if row.has("relations") else []
    for relation in relations[:RELATIONS_MAX]:
        kind, address = relation.peek_text("type"), relation.peek_text("url", "resource")
        if kind is None or address is None or relation.peek("ended") is True:
            continue
        urls.setdefault(kind, []).append(address)
        for name, pattern in _IDS.items():
            matched = pattern.fullmatch(address)
            if matched:
                found.setdefault(name, matched[1])
    return found | ({"urls": urls} if urls else {})


def link_relations(row: JsonNode, entity_type: str, key: str, readings: Readings) -> None:
    """Add the links that an entity's relations to URLs state, of those that have not ended.

    An id of a catalogue that has the same kind of thing is the entity's own (a release group's page on IMDb is that
    of the film whose music it is). Anything else it only refers to: several entities may have the same page.
    """
    relations = row.rows("relations") if row.has("relations") else []
    for relation in relations[:RELATIONS_MAX]:
        external = of_url(relation.peek_text("url", "resource"))
        if external is None or relation.peek("ended") is True:
            continue
        same = external[0] in _SAME.get(entity_type, ())
        readings.link(
            entity_type, key, external, relation, "url", "resource", relation="same" if same else "refers"
        )


def ids_below(row: JsonNode, name: str, *steps: str) -> list[str]:
    """Return the MBIDs at a path below each entry of a list, such as an artist credit's; others are left out."""
    rows = row.rows(name) if row.has(name) else []
    found = [entry.peek_text(*steps, "id") for entry in rows[:PROPERTY_ITEMS_MAX]]
    return [one for one in found if one and _MBID.fullmatch(one)]


def credited(row: JsonNode) -> dict[str, object]:
    """Return the artists of an artist credit: their MBIDs, and the credit as a person reads it."""
    ids = ids_below(row, "artist-credit", "artist")
    rows = row.rows("artist-credit") if row.has("artist-credit") else []
    words = "".join(
        f"{entry.peek_text('name') or entry.peek_text('artist', 'name') or ''}{entry.peek_text('joinphrase') or ''}"
        for entry in rows[:PROPERTY_ITEMS_MAX]
    )
    return ({"artists": ids} if ids else {}) | ({"credit": words[:PROPERTY_CHARACTERS_MAX]} if words else {})


def _unsaid(event: RawEvent, expected: str) -> Poison:
    return Poison(
        f"musicbrainz {event.endpoint}: the request's address is {event.request_url[:500]}",
        expected=f"an address with {expected}",
        todo="ask with that parameter in the query",
        source=event.source,
        endpoint=event.endpoint,
    )
