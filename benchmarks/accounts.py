"""Whether every answer of a played vendor is accounted for: on its way in, and as rows.

On the way in, of each vendor: what it answered 304 is counted so by the connectors; and what it answered with data, and
sent whole, is either a raw event, or a page that says what was published last, or an error inside of a 200, or too large
for the broker, of which the beginning is a dead letter.

As rows: each raw event is mapped here once more, with the connector's own mapping and by the normaliser's own rules.
Where that gives things and measurements, their rows must be there; where it refuses the payload, its dead letter must.
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from benchmarks.home import Home
from connectors.kit.presence import VANISHED
from connectors.registry import MAPPINGS
from crosscurrent.errors import Poison
from schemas.records import RawEvent
from streams.normalise.logic import entity_batch, has_payload, observation_batch

LACKING_SHOWN_MAX = 5

Rows = Callable[[str], list[list[Any]]]


@dataclass(frozen=True, slots=True)
class Account:
    """What became of the answers of a vendor.

    Attributes:
        vendor: whose.
        answered: with data, and sent whole.
        events: published as raw events.
        unchanged: pages that say what was published last.
        failed_inside: errors inside of a 200.
        too_large: for the broker.
        not_modified_told: answered 304.
        not_modified: counted so by the connectors.
    """

    vendor: str
    answered: int
    events: int
    unchanged: int
    failed_inside: int
    too_large: int
    not_modified_told: int
    not_modified: int

    @property
    def problems(self) -> list[str]:
        """What does not add up, in words."""
        found = []
        known = self.events + self.unchanged + self.failed_inside + self.too_large
        if known != self.answered:
            found.append(
                f"{self.vendor}: {self.answered} answers with data, of which {known} are accounted for"
            )
        if self.not_modified != self.not_modified_told:
            told = f"{self.not_modified_told} answers 304, of which {self.not_modified} are counted"
            found.append(f"{self.vendor}: {told}")
        return found


def account_of(vendor: str, state: Mapping[str, Any], rows: Rows) -> Account:
    """Return what became of the answers of a vendor.

    Args:
        vendor: whose.
        state: of the world, once nobody asks it any more.
        rows: of a query.
    """
    delivered, made = state["delivered"][vendor], state["faults_made"][vendor]
    ((events, unchanged, not_modified),) = rows(
        "SELECT sum(events), sum(pages_unchanged), sum(not_modified) FROM connector_runs "
        f"WHERE source = '{vendor}'"
    )
    ((vanished,),) = rows(
        f"SELECT count() FROM raw_events WHERE source = '{vendor}' AND endpoint = '{VANISHED}'"
    )
    return Account(
        vendor,
        answered=delivered.get("200", 0),
        # what a connector tells of what is gone is no answer
        events=int(events) - int(vanished),
        unchanged=int(unchanged),
        failed_inside=made.get("graphql-error", 0),
        too_large=_too_large(vendor, rows),
        not_modified_told=delivered.get("304", 0),
        not_modified=int(not_modified),
    )


def _too_large(vendor: str, rows: Rows) -> int:
    ((count,),) = rows(
        f"SELECT count() FROM dead_letters WHERE stage = 'connector' AND headers['source'] = '{vendor}' "
        "AND error != 'Truncated'"
    )
    return int(count)


def rows_lacking(home: Home) -> Iterator[str]:
    """Yield in words what of the raw events is neither in the rows nor a dead letter."""
    refused = {(topic, int(partition), int(offset)) for topic, partition, offset in home.rows(_REFUSED_SQL)}
    entities = {name for (name,) in home.rows("SELECT toString(record_id) FROM entities")}
    for source, mapping in MAPPINGS.items():
        measured = {
            (series, int(at_ms))
            for series, at_ms in home.rows(
                "SELECT DISTINCT series_id, toUnixTimestamp64Milli(observed_at) FROM observations "
                f"WHERE source = '{source}'"
            )
        }
        for place, event in _events(home, source):
            try:
                mapped = mapping(event) if has_payload(event) else None
                batch = None if mapped is None else observation_batch(event, mapped)
                things = None if mapped is None else entity_batch(event, mapped.things, mapped.links)
            except Poison as error:
                if place not in refused:
                    yield f"{source}: no dead letter of {event.record_id}, though: {error.found}"
                continue
            for entity in things.entities if things else ():
                if entity.record_id not in entities:
                    yield f"{source}: no row of {entity.entity_type} {entity.entity_id} of {event.record_id}"
            for index, at_ms in zip(batch.series_index, batch.observed_at, strict=True) if batch else ():
                if (batch.series[index].series_id, at_ms) not in measured:  # type: ignore[union-attr]
                    yield f"{source}: no row of {batch.series[index].measure} of {event.record_id}"  # type: ignore[union-attr]


_REFUSED_SQL = "SELECT topic, partition, offset FROM dead_letters WHERE stage = 'normalise'"
_EVENTS_SQL = """
SELECT _topic, _partition, _offset, tenant, toString(record_id), endpoint, request_method, request_url, request_key,
       status, headers, toUnixTimestamp64Milli(fetched_at), toUnixTimestamp64Milli(observed_at), page_index,
       toString(poll_id), cursor, base64Encode(payload)
FROM raw_events WHERE source = '{source}'
"""


def _events(home: Home, source: str) -> Iterator[tuple[tuple[str, int, int], RawEvent]]:
    for line in home.stream(_EVENTS_SQL.format(source=source)):
        topic, partition, offset, *row = json.loads(line)
        event = RawEvent(
            tenant=row[0],
            record_id=row[1],
            source=source,
            endpoint=row[2],
            request_method=row[3],
            request_url=row[4],
            request_key=row[5],
            status=row[6],
            headers=row[7],
            fetched_at=_moment(row[8]),
            observed_at=_moment(row[9]),
            page_index=row[10],
            poll_id=row[11],
            cursor=row[12],
            payload=b64decode(row[13]),
        )
        yield (topic, int(partition), int(offset)), event


def _moment(milliseconds: str | int) -> datetime:
    return datetime.fromtimestamp(int(milliseconds) / 1000, UTC)
