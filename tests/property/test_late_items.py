"""What a vendor shows late: everything that is late by less than the look-back is published."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.github.connector import GITHUB
from connectors.kit.cursor import Since, iso_seconds
from connectors.kit.declaration import Poll
from connectors.kit.pagination import LinkHeader
from crosscurrent.clock import ManualClock
from tests.contract.connector_bench import Answer, Vendor, bench

START = datetime(2026, 1, 1, tzinfo=UTC)
LOOK_BACK_SECONDS = 600
SINCE = Since(
    "at",
    ascending=(("direction", "asc"),),
    newest_first=(("direction", "desc"),),
    look_back_seconds=LOOK_BACK_SECONDS,
)
POLL_SECONDS = 120
ROWS_A_PAGE = 3

# (seconds after the start, late by so many seconds); far fewer of one time than a poll reads
LATE_ROWS = st.lists(
    st.tuples(st.integers(1, 3600), st.integers(0, LOOK_BACK_SECONDS - 1)),
    max_size=60,
    unique_by=lambda row: row[0],
)


class LateIndex:
    """Shows each row only some time after the time that it bears."""

    def __init__(self, rows: list[tuple[int, int]], clock: ManualClock) -> None:
        self._rows = [(-1, 0), *rows]
        self._clock = clock

    def __call__(self, request: httpx.Request) -> Answer:
        now = (self._clock.now_utc() - START).total_seconds()
        query = request.url.params
        shown = sorted(at for at, late in self._rows if at + late <= now)
        if query["direction"] == "desc":
            shown.reverse()
        wanted = [at for at in shown if self._time(at) >= query.get("since", "")]
        page = int(query.get("page", 1))
        rows = wanted[(page - 1) * ROWS_A_PAGE : page * ROWS_A_PAGE]
        following = request.url.copy_merge_params({"page": page + 1})
        link = f'<{following}>; rel="next"' if page * ROWS_A_PAGE < len(wanted) else ""
        body = orjson.dumps([{"id": at, "at": self._time(at)} for at in rows])
        return 200, {"link": link}, body

    def _time(self, at: int) -> str:
        return iso_seconds(START + timedelta(seconds=at))


@settings(max_examples=20, deadline=None)
@given(rows=LATE_ROWS, pages_max=st.integers(2, 4))
def test_row_that_shows_late_is_published(rows: list[tuple[int, int]], pages_max: int) -> None:
    assert asyncio.run(_published(rows, pages_max)) == {-1, *(at for at, _ in rows)}


async def _published(rows: list[tuple[int, int]], pages_max: int) -> set[int]:
    clock = ManualClock(START)
    poll = Poll("rows", "all", "/rows", pagination=LinkHeader(pages_max=pages_max), cursor=SINCE)
    async with bench(GITHUB, Vendor(LateIndex(rows, clock)), clock=clock) as own:
        for _ in range((3600 + LOOK_BACK_SECONDS) // POLL_SECONDS + 20):
            await own.poll(poll)
            clock.advance(POLL_SECONDS)
        return {row["id"] for event in own.broker.events() for row in orjson.loads(event.payload)}
