"""Links and changes of shape as rows, and the SQL of the how-tos on them as it stands there."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from schemas.identity import record_id
from schemas.records import Entity, EntityBatch, EntityLink, SchemaDrift
from tests.integration.sink import sample
from tests.integration.sink.conftest import Bench

pytestmark = pytest.mark.integration

HOW_TO = Path(__file__).resolve().parents[3] / "docs" / "how-to"
TRACK, RECORDING = "11dFghVXANMlKmJXsNCbNl", "b1a9c0e9-d987-4042-ae91-78d6a3267d69"


def examples(page: str) -> list[str]:
    return re.findall(r"```sql\n(.*?)```", (HOW_TO / page).read_text(), re.DOTALL)


def batch(
    number: int,
    source: str,
    thing: tuple[str, str],
    links: list[tuple[str, str, str]],
    *,
    is_thing: bool = True,
) -> EntityBatch:
    entity_type, entity_id = thing
    observed_at = sample.raw_event(number).observed_at
    entity = Entity(
        record_id=record_id("entity", number),
        entity_type=entity_type,
        entity_id=entity_id,
        name=entity_id,
        url=None,
        observed_at=observed_at,
        attributes={},
    )
    return EntityBatch(
        tenant=sample.TENANT,
        record_id=record_id("entities", number),
        source=source,
        raw_record_id=sample.raw_event(number).record_id,
        entities=[entity] if is_thing else [],
        links=[
            EntityLink(
                record_id=record_id("link", number, *link),
                entity_type=entity_type,
                entity_id=entity_id,
                relation=link[0],  # type: ignore[arg-type]
                namespace=link[1],
                external_id=link[2],
                path="$.somewhere",
                score=1.0,
                observed_at=observed_at,
            )
            for link in links
        ],
    )


@pytest.fixture
def linked(bench: Bench) -> Bench:
    isrc = ("same", "isrc", "USUM71703861")
    bench.write(
        "entities",
        [
            batch(1, "spotify", ("track", TRACK), [isrc]),
            batch(2, "musicbrainz", ("recording", RECORDING), [isrc], is_thing=False),
            batch(3, "github", ("repository", "apache/kafka"), []),
            batch(4, "notion", ("page", "p1"), [("refers", "github.repository", "apache/kafka")]),
            batch(5, "tmdb", ("movie", "movie/1"), [("same", "imdb", "tt0000001")]),
            # seen again, and by another source that only points to the track
            batch(6, "spotify", ("track", TRACK), [isrc]),
            batch(7, "musicbrainz", ("artist", "a1"), [("refers", "spotify.track", TRACK)]),
        ],
    )
    return bench


def pairs(bench: Bench) -> set[tuple[str, str, str]]:
    rows = bench.rows("SELECT entity_id, linked_entity_id, relation FROM linked_entities")
    assert len(rows) == len({tuple(row.values()) for row in rows})
    return {(str(row["entity_id"]), str(row["linked_entity_id"]), str(row["relation"])) for row in rows}


def test_linked_entities_has_shared_ids_and_references_in_both_directions(linked: Bench) -> None:
    one_way = {
        (TRACK, RECORDING, "same"),
        ("p1", "apache/kafka", "refers"),
        ("a1", TRACK, "refers"),
    }
    assert pairs(linked) == one_way | {(right, left, relation) for left, right, relation in one_way}


def test_link_seen_twice_is_two_rows_and_current_once_with_its_newest_evidence(linked: Bench) -> None:
    assert linked.count("entity_links") == 6
    current = linked.rows(
        "SELECT toString(raw_record_id) AS raw, first_seen_at, last_seen_at FROM entity_links_current "
        "WHERE source = 'spotify'"
    )
    first, last = sample.raw_event(1), sample.raw_event(6)
    assert [(row["raw"], row["first_seen_at"], row["last_seen_at"]) for row in current] == [
        (last.record_id, first.observed_at, last.observed_at)
    ]


def test_example_of_the_how_to_finds_the_recording_of_a_track(linked: Bench) -> None:
    what_else, follow, where_seen = examples("find-what-belongs-together.md")
    assert [
        (row["linked_source"], row["linked_entity_id"], row["relation"]) for row in linked.rows(what_else)
    ] == [("musicbrainz", "a1", "refers"), ("musicbrainz", RECORDING, "same")]
    assert linked.rows(follow) == []
    assert [row["external_id"] for row in linked.rows(where_seen)] == [TRACK]


def test_example_of_the_how_to_shows_the_payload_that_changed(bench: Bench) -> None:
    raw = sample.raw_event(1)
    drift = SchemaDrift(
        tenant=sample.TENANT,
        record_id=record_id("drift", 1),
        source=sample.SOURCE,
        endpoint=raw.endpoint,
        path="$.n",
        kind="field_appeared",
        expected="no such field in 40 payloads",
        found="number",
        example=None,
        chance=0.02,
        payloads_before=40,
        payloads_changed=1,
        first_seen_at=raw.observed_at,
        first_raw_record_id=raw.record_id,
        observed_at=raw.observed_at,
        request_key=raw.request_key,
        raw_record_id=raw.record_id,
    )
    bench.write("raw.github", [raw])
    bench.write("schema-drift", [drift])
    # the same again, as after a restart: no second row
    bench.write("schema-drift", [drift], first=1)
    last_night, look_at_payload, unlikely = examples("see-what-changed-in-a-payload.md")
    assert bench.rows(last_night.replace("now()", "toDateTime64('2026-03-01 12:00:00', 3, 'UTC')"))
    assert [row["request_url"] for row in bench.rows(look_at_payload)] == [raw.request_url]
    assert [
        (row["path"], row["example"]) for row in bench.rows("SELECT path, example FROM schema_drift")
    ] == [("$.n", None)]
    assert len(bench.rows(unlikely)) == 1


def test_how_to_finds_what_is_gone_and_not_what_came_back(bench: Bench) -> None:
    there, gone, back = (sample.entities(number, count=3) for number in (1, 2, 3))
    deleted = [
        replace(entity, attributes={"deleted_at": '"2026-01-01T00:00:00.000Z"'})
        for entity in gone.entities[:2]
    ]
    versions = [there, replace(gone, entities=deleted), replace(back, entities=back.entities[1:2])]
    bench.write("entities", versions)
    (current,) = [sql for sql in examples("fill-in-history.md") if "deleted_at" in sql]
    (row,) = bench.rows(current.rstrip().rstrip(";"))

    assert (row["entity_id"], str(row["deleted_at"])[:19]) == ("org/0", "2026-01-01 00:00:00")
