"""Artists, recordings, releases and release groups: what they are and what of them is measured (pure)."""

from __future__ import annotations

from connectors.kit.external_ids import gtin, isrc
from connectors.kit.json_path import PROPERTY_ITEMS_MAX, JsonNode
from connectors.kit.readings import Readings
from connectors.musicbrainz.keys import (
    ADDRESS,
    credited,
    elsewhere,
    ids_below,
    link_relations,
    mbid,
    partial_date,
    properties,
)
from schemas.records import RawEvent

MILLISECONDS_IN_A_SECOND = 1000


def map_artist(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map an artist."""
    del event
    key = mbid(root)
    attributes = properties(root, "type", "country", "disambiguation", "sort-name", "isnis", "ipis")
    gender = root.peek_text("gender")
    # Male in a lookup is male in a search
    attributes |= {"gender": gender.lower()} if gender else {}
    attributes |= _life_span(root)
    # some answers spell the place of birth in both ways
    for theirs in ("area", "begin_area", "begin-area"):
        name = root.peek_text(theirs, "name")
        attributes |= {theirs.replace("-", "_"): name} if name else {}
    _add(root, readings, "artist", key, root.text("name"), attributes)
    _rate(root, readings, key)


def map_recording(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map a recording; its length is not always known."""
    del event
    key = mbid(root)
    length = root.nullable_count("length")
    readings.measure("length", key, None if length is None else length / MILLISECONDS_IN_A_SECOND, unit="s")
    attributes = properties(root, "disambiguation", "video")
    attributes |= partial_date(root, "first-release-date") | credited(root)
    isrcs = _isrcs(root)
    attributes |= {"isrcs": isrcs} if isrcs else {}
    _add(root, readings, "recording", key, root.text("title"), attributes)
    _link_isrcs(root, key, readings)
    _rate(root, readings, key)


def map_release(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map a release: how many media it is on and how many tracks they have, where the request asked for media."""
    del event
    key = mbid(root)
    media = root.rows("media") if root.has("media") else None
    if media is not None:
        readings.measure("media", key, len(media))
        readings.measure("tracks", key, _tracks(media))
    archive = root.nullable_child("cover-art-archive")
    if archive is not None:
        readings.measure("cover_images", key, archive.nullable_count("count"))
    attributes = properties(
        root, "status", "quality", "packaging", "barcode", "asin", "country", "disambiguation"
    )
    attributes |= partial_date(root, "date") | credited(root)
    group, labels = root.peek_text("release-group", "id"), ids_below(root, "label-info", "label")
    attributes |= {"release_group": group} if group else {}
    attributes |= {"labels": labels} if labels else {}
    formats = sorted({one for one in (medium.peek_text("format") for medium in media or ()) if one})
    attributes |= {"formats": formats} if formats else {}
    _add(root, readings, "release", key, root.text("title"), attributes)
    _link_recordings(media or [], readings)


def map_release_group(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map a release group: what its releases are versions of."""
    del event
    key = mbid(root)
    attributes = properties(root, "primary-type", "secondary-types", "disambiguation")
    attributes |= partial_date(root, "first-release-date") | credited(root)
    _add(root, readings, "release_group", key, root.text("title"), attributes)
    _rate(root, readings, key)


def map_label(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map a label."""
    del event
    key = mbid(root)
    attributes = properties(root, "type", "country", "disambiguation", "label-code") | _life_span(root)
    _add(root, readings, "label", key, root.text("name"), attributes)
    _rate(root, readings, key)


def map_area(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map an area."""
    del event
    attributes = properties(root, "type", "disambiguation", "iso-3166-1-codes", "iso-3166-2-codes")
    _add(root, readings, "area", mbid(root), root.text("name"), attributes | _life_span(root))


def map_disc_id(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map the releases that a disc may be, as things only: their media are those of the disc alone."""
    del event
    for row in root.rows("releases"):
        attributes = properties(row, "status", "country", "barcode", "disambiguation")
        _add(row, readings, "release", mbid(row), row.text("title"), attributes | partial_date(row, "date"))


def _add(
    row: JsonNode, readings: Readings, entity_type: str, key: str, name: str, attributes: dict[str, object]
) -> None:
    address = f"{ADDRESS}{entity_type.replace('_', '-')}/{key}"
    readings.thing(entity_type, key, name, url=address, attributes=attributes | elsewhere(row))
    link_relations(row, entity_type, key, readings)
    readings.link(entity_type, key, gtin(row.peek_text("barcode")), row, "barcode")


def _link_recordings(media: list[JsonNode], readings: Readings) -> None:
    """Add the ISRCs of the recordings on a release, where the request asked for them; they are no things here."""
    for medium in media:
        for track in medium.rows("tracks") if medium.has("tracks") else ():
            recording = track.nullable_child("recording")
            if recording is not None:
                _link_isrcs(recording, mbid(recording), readings)


def _link_isrcs(row: JsonNode, key: str, readings: Readings) -> None:
    for node, code in _isrc_nodes(row):
        readings.link("recording", key, isrc(code), node)


def _rate(row: JsonNode, readings: Readings, key: str) -> None:
    rating = row.nullable_child("rating")
    if rating is not None:
        readings.measure("rating", key, rating.nullable_number("value"))
        readings.measure("rating_votes", key, rating.count("votes-count"), kind="counter")


def _life_span(row: JsonNode) -> dict[str, object]:
    span = row.nullable_child("life-span")
    if span is None:
        return {}
    # null in a search, where a lookup has true or false
    ended = span.peek("ended")
    return (
        partial_date(span, "begin") | partial_date(span, "end") | ({} if ended is None else {"ended": ended})
    )


def _tracks(media: list[JsonNode]) -> float | None:
    counts = [medium.nullable_count("track-count") for medium in media]
    known = [count for count in counts if count is not None]
    # a sum without one of them would be another quantity
    return sum(known) if len(known) == len(counts) else None


def _isrcs(row: JsonNode) -> list[str]:
    return [code for _, code in _isrc_nodes(row)]


def _isrc_nodes(row: JsonNode) -> list[tuple[JsonNode, str]]:
    rows = row.rows("isrcs") if row.has("isrcs") else []
    # objects with an id in the searches of 2014
    found = [(one, one.value if isinstance(one.value, str) else one.peek_text("id")) for one in rows]
    return [(one, code) for one, code in found if code][:PROPERTY_ITEMS_MAX]
