"""Films, shows and people, and the lists that name them (pure)."""

from __future__ import annotations

import re

from connectors.kit.external_ids import imdb, of_url, plain, wikidata
from connectors.kit.json_path import JsonNode
from connectors.kit.mapping_table import MapEndpoint
from connectors.kit.readings import Readings
from schemas.records import RawEvent

ADDRESS = "https://www.themoviedb.org/"
_DAY = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])")
_IMDB = re.compile(r"(?:nm|tt)\d{5,10}")
_WIKIDATA = re.compile(r"Q\d{1,12}")
_EXTERNAL = {
    "imdb_id": imdb,
    "wikidata_id": wikidata,
    "facebook_id": plain("facebook"),
    "instagram_id": plain("instagram"),
    "twitter_id": plain("twitter"),
}


def map_movie(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map a film; a budget, revenue or runtime of 0 is not known."""
    del event
    key = _measure(root, "movie", readings)
    for measure, unit in (("revenue", "USD"), ("budget", "USD"), ("runtime", "min")):
        readings.measure(measure, key, root.nullable_count(measure) or None, unit=unit)
    attributes = _said(root, "status", "original_language", "original_title", "tagline", "adult")
    attributes |= _day(root, "release_date") | _elsewhere(root) | _named(root, "genres")
    collection = root.peek("belongs_to_collection", "id")
    attributes |= {} if collection is None else {"collection": collection}
    _add(root, "movie", key, root.text("title"), readings, attributes)


def map_tv(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map a show."""
    del event
    if root.has("episode_number"):
        # it has an id and a name like a show, and would be taken for one
        raise root.misfit("a show", found="an episode of one")
    key = _measure(root, "tv", readings)
    readings.measure("seasons", key, root.nullable_count("number_of_seasons"))
    readings.measure("episodes", key, root.nullable_count("number_of_episodes"))
    attributes = _said(
        root, "status", "type", "original_language", "original_name", "in_production", "origin_country"
    )
    attributes |= _day(root, "first_air_date") | _day(root, "last_air_date")
    attributes |= _elsewhere(root) | _named(root, "genres") | _named(root, "networks")
    _add(root, "tv", key, root.text("name"), readings, attributes)


def map_person(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map a person."""
    del event
    key = _measure(root, "person", readings)
    attributes = _said(root, "known_for_department", "gender", "place_of_birth", "also_known_as")
    attributes |= _day(root, "birthday") | _day(root, "deathday") | _elsewhere(root)
    _add(root, "person", key, root.text("name"), readings, attributes)


def list_of(media: str) -> MapEndpoint:
    """Return the mapping of a page of films, shows or people, as measurements only.

    A row is no thing: it knows less than its lookup, which is made for each that is polled, and would hide that.
    """

    def map_list(root: JsonNode, event: RawEvent, readings: Readings) -> None:
        del event
        for row in root.rows("results"):
            _measure(row, media, readings)

    return map_list


def map_mixed(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map a page whose rows say themselves what they are; a collection among them has no numbers."""
    del event
    for row in root.rows("results"):
        media = row.text("media_type")
        if media in {"movie", "tv", "person"}:
            _measure(row, media, readings)


def map_find(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map what an id of another source stands for."""
    del event
    for media in ("movie", "tv", "person"):
        for row in root.rows(f"{media}_results"):
            _measure(row, media, readings)


def changes_of(media: str) -> MapEndpoint:
    """Return the mapping of a page of changes: which films, shows or people were edited, and so when last."""

    def map_changes(root: JsonNode, event: RawEvent, readings: Readings) -> None:
        del event
        for row in root.rows("results"):
            key = f"{media}/{row.whole('id')}"
            readings.thing(f"{media}_change", key, url=ADDRESS + key, attributes=row.plain("adult"))

    return map_changes


def map_collection(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map a collection, and the films in it as a list of films."""
    del event
    key = f"collection/{root.whole('id')}"
    parts = root.rows("parts")
    attributes: dict[str, object] = {"parts": len(parts)}
    _add(root, "collection", key, root.text("name"), readings, attributes)
    for row in parts:
        _measure(row, "movie", readings)


def named(entity_type: str) -> MapEndpoint:
    """Return the mapping of what has a name and a place: a company or a network."""

    def map_named(root: JsonNode, event: RawEvent, readings: Readings) -> None:
        del event
        key = f"{entity_type}/{root.whole('id')}"
        attributes = _said(root, "headquarters", "homepage", "origin_country")
        _add(root, entity_type, key, root.text("name"), readings, attributes)

    return map_named


def _measure(row: JsonNode, media: str, readings: Readings) -> str:
    """Add what every row and lookup has, and return the key: an id is unique within its media type only."""
    key = f"{media}/{row.whole('id')}"
    readings.measure("popularity", key, row.optional_number("popularity"))
    votes = row.optional_count("vote_count")
    readings.measure("vote_count", key, votes, kind="counter")
    # without votes the average is 0, which nobody gave
    if votes:
        readings.measure("vote_average", key, row.number("vote_average"))
    return key


def _add(
    root: JsonNode, kind: str, key: str, name: str, readings: Readings, attributes: dict[str, object]
) -> None:
    readings.thing(kind, key, name, url=ADDRESS + key, attributes=attributes)
    _link(root, kind, key, readings)


def _link(root: JsonNode, kind: str, key: str, readings: Readings) -> None:
    """Add what other catalogues call a film, a show or a person, and the page of its own."""
    readings.link(kind, key, imdb(root.peek_text("imdb_id")), root, "imdb_id")
    for name, make in _EXTERNAL.items():
        readings.link(kind, key, make(root.peek_text("external_ids", name)), root, "external_ids", name)
    tvdb = plain("tvdb")(root.peek("external_ids", "tvdb_id"))
    readings.link(kind, key, tvdb, root, "external_ids", "tvdb_id")
    homepage = of_url(root.peek_text("homepage"))
    readings.link(kind, key, homepage, root, "homepage", relation="refers")


def _said(root: JsonNode, *names: str) -> dict[str, object]:
    return {name: value for name, value in root.plain(*names).items() if value not in ("", [])}


def _day(root: JsonNode, name: str) -> dict[str, object]:
    """Return a date; an unknown one is an empty text with films and shows, null with people."""
    text = root.peek_text(name)
    return {name: text} if text and _DAY.fullmatch(text) else {}


def _elsewhere(root: JsonNode) -> dict[str, object]:
    imdb = root.peek_text("imdb_id") or root.peek_text("external_ids", "imdb_id")
    wikidata = root.peek_text("external_ids", "wikidata_id")
    found: dict[str, object] = {"imdb_id": imdb} if imdb and _IMDB.fullmatch(imdb) else {}
    return found | ({"wikidata_id": wikidata} if wikidata and _WIKIDATA.fullmatch(wikidata) else {})


def _named(root: JsonNode, name: str) -> dict[str, object]:
    rows = root.rows(name) if root.has(name) else []
    names = [text for text in (row.peek_text("name") for row in rows[:50]) if text]
    return {name: names} if names else {}
