"""The work that every contender does: pages of 100 measurements, their mapping, and what must come out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import orjson

from schemas.identity import record_id
from schemas.mapping import MappedPayload, Measurement
from schemas.records import ObservationBatch, RawEvent

SOURCE = "bench"
THINGS_PER_PAGE = 25
MEASURES = ("stars", "forks", "watchers", "open_issues")
MEASUREMENTS_PER_PAGE = THINGS_PER_PAGE * len(MEASURES)
PAGES_PER_POLL = 20

_TENANT = "default"
_START = datetime(2026, 3, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Expected:
    """What must stand at the end, whoever did the work.

    Attributes:
        events: raw events, and so batches.
        observations: measurements in them, all distinct.
        value_sum: sum of all values; whole numbers, so that no order of adding changes it.
    """

    events: int
    observations: int
    value_sum: float


def expected(events: int) -> Expected:
    """Return what ``raw_events(events)`` must give."""
    value_sum = sum(
        _value(poll, _thing(page, index), measure)
        for poll, page in (divmod(number, PAGES_PER_POLL) for number in range(events))
        for index in range(THINGS_PER_PAGE)
        for measure in range(len(MEASURES))
    )
    return Expected(events, events * MEASUREMENTS_PER_PAGE, float(value_sum))


def raw_events(events: int, poll_interval_seconds: int = 1) -> Iterator[RawEvent]:
    """Yield raw events: polls of 20 pages, each page with 25 things of 4 measures.

    Args:
        events: how many.
        poll_interval_seconds: event time between polls. From a minute on, each observation makes a rollup bucket
            of its own.
    """
    for number in range(events):
        poll, page = divmod(number, PAGES_PER_POLL)
        at = _START + timedelta(seconds=poll * poll_interval_seconds)
        yield RawEvent(
            tenant=_TENANT,
            record_id=record_id(_TENANT, "raw", SOURCE, poll, page),
            source=SOURCE,
            endpoint="organisation",
            request_method="GET",
            request_url=f"https://api.example/orgs/acme/repos?page={page + 1}&per_page={THINGS_PER_PAGE}",
            request_key=f"organisation:acme:{page}",
            status=200,
            headers={"content-type": "application/json; charset=utf-8", "etag": f'"{number:016x}"'},
            fetched_at=at,
            observed_at=at,
            page_index=page,
            poll_id=f"poll-{poll}",
            cursor=None,
            payload=_payload(poll, page, at),
        )


def map_page(event: RawEvent) -> MappedPayload:
    """Return the measurements of a page."""
    at_ms = int(event.observed_at.timestamp() * 1000)
    return MappedPayload(
        measurements=[
            Measurement(measure, thing["full_name"], "1", "gauge", at_ms, thing[measure])
            for thing in orjson.loads(event.payload)
            for measure in MEASURES
        ]
    )


def check_batches(batches: list[ObservationBatch], wanted: Expected) -> list[str]:
    """Return what is wrong with the batches that were published; nothing if they are exactly the wanted ones."""
    found = Expected(
        len({batch.record_id for batch in batches}),
        sum(len(batch.value) for batch in batches),
        sum(sum(batch.value) for batch in batches),
    )
    wrong = [] if found == wanted else [f"found {found}, expected {wanted}"]
    if len(batches) != wanted.events:
        wrong.append(f"{len(batches)} batches for {wanted.events} raw events")
    return wrong


def _payload(poll: int, page: int, at: datetime) -> bytes:
    return orjson.dumps([_item(poll, _thing(page, index), at) for index in range(THINGS_PER_PAGE)])


def _item(poll: int, thing: int, at: datetime) -> dict[str, object]:
    name = f"acme/project-{thing:04d}"
    return {
        "id": 100_000 + thing,
        "full_name": name,
        "private": False,
        "html_url": f"https://example.org/{name}",
        "description": f"Project number {thing} of the organisation, which does what such projects do",
        "language": ("Java", "Python", "Go", None)[thing % 4],
        "topics": ["streaming", "data"],
        "pushed_at": at.isoformat(),
        **{measure: _value(poll, thing, index) for index, measure in enumerate(MEASURES)},
    }


def _thing(page: int, index: int) -> int:
    return page * THINGS_PER_PAGE + index


def _value(poll: int, thing: int, measure: int) -> int:
    return 1000 * (measure + 1) + thing + (poll * (measure + 3)) % 997
