"""What holds for every input of the kit's pure parts."""

from __future__ import annotations

import gzip
import random
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import orjson
from hypothesis import given
from hypothesis import strategies as st

from connectors.kit.body import Body
from connectors.kit.change_rate import ChangeHistory
from connectors.kit.conditional import Validators
from connectors.kit.cursor import Since
from connectors.kit.declaration import Poll
from connectors.kit.event import Origin, raw_event
from connectors.kit.page import Page
from connectors.kit.pagination import LinkHeader, NextCursor, Offset, PageNumber, Pagination, Trail
from connectors.kit.schedule import Schedule
from connectors.kit.state import KnownPage, RequestState, StoredQuota
from crosscurrent.errors import Poison
from crosscurrent.redaction import clean_url, secret_values

START = datetime(2026, 1, 5, tzinfo=UTC)
texts = st.text(max_size=20)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
paginations = st.sampled_from(
    [
        LinkHeader(pages_max=5),
        PageNumber(size=1, pages_max=5),
        Offset(size=1, pages_max=5),
        NextCursor("next", "after", pages_max=5),
        NextCursor("next", pages_max=5),
    ]
)


@given(paginations, st.lists(st.integers(0, 3), min_size=1, max_size=8))
def test_no_pagination_reads_without_end(pagination: Pagination, targets: list[int]) -> None:
    url: str | None = "https://api.test/rows?x=1"
    trail = Trail(pagination.pages_max)
    read = 0
    try:
        while url is not None and trail.enter(url):
            target = targets[read % len(targets)]
            body = {"results": [1], "count": 10**9, "next": target}
            link = f'<https://api.test/rows?page={target}>; rel="next"'
            url = pagination.next_url(Page(url, {"link": link}, orjson.dumps(body)))
            read += 1
    except Poison:
        read += 1

    assert read <= pagination.pages_max + 1


@given(paginations, json_values, texts)
def test_no_body_breaks_a_pagination(pagination: Pagination, body: object, link: str) -> None:
    page = Page("https://api.test/rows", {"link": link}, orjson.dumps({"results": [1], "next": body}))

    try:
        following = pagination.next_url(page)
    except Poison:
        return  # an address that is none
    assert following is None or isinstance(following, str)


def began(cursor: str) -> str:
    """Where the poll began that the cursor belongs to, or the first of those that were cut before it."""
    fields = orjson.loads(cursor)
    return str(fields.get("began", fields["since"]))


@given(
    st.lists(st.tuples(st.lists(st.integers(0, 10**6), max_size=4), st.booleans()), min_size=1, max_size=8),
    st.integers(0, 5000),
)
def test_cursor_never_goes_behind_where_it_began_and_never_past_the_newest_row(
    polls: list[tuple[list[int], bool]], look_back: int
) -> None:
    since = Since("at", look_back_seconds=look_back)
    cursor, newest = None, -1
    for offsets, complete in polls:
        rows = [{"at": (START + timedelta(seconds=offset)).isoformat()} for offset in offsets]
        try:
            later = since.advance(cursor, [Page("u", {}, orjson.dumps(rows))], complete=complete)
        except Poison:
            continue
        newest = max([newest, *offsets])
        # the look-back goes behind polls that were cut, and never behind where the first of them began
        assert cursor is None or (later is not None and began(later) >= began(cursor))
        if later is not None:
            moment = datetime.fromisoformat(orjson.loads(later)["since"])
            assert moment <= START + timedelta(seconds=newest)
        cursor = later


@given(
    st.builds(
        RequestState,
        polls=st.integers(0, 10**9),
        cursor=st.none() | texts.filter(bool),
        pages=st.lists(
            st.builds(
                KnownPage,
                texts,
                st.builds(Validators, st.none() | texts, st.none() | texts),
                st.none() | texts,
                st.none() | texts,
                st.none() | st.integers(0, 10**13),
            ),
            max_size=3,
        ).map(tuple),
        found=st.lists(st.tuples(texts, texts), max_size=3).map(tuple),
        quota=st.none()
        | st.builds(StoredQuota, st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**13)),
        changes=st.builds(
            ChangeHistory,
            st.lists(st.integers(-(10**9), 10**9), max_size=3).map(tuple),
            st.none() | st.integers(1, 10**13),
        ),
    )
)
def test_state_comes_back_as_it_was_stored(state: RequestState) -> None:
    assert RequestState.from_json(state.to_json()) == state


@given(texts)
def test_state_that_cannot_be_read_is_told_as_poison(text: str) -> None:
    try:
        assert RequestState.from_json(text).polls >= 0
    except Poison:
        return  # told as what it is


@given(st.binary(max_size=5000), st.integers(1, 700), st.integers(0, 6000))
def test_body_is_never_larger_than_its_bound(content: bytes, piece_bytes: int, bytes_max: int) -> None:
    sent = gzip.compress(content)
    body = Body("gzip", bytes_max)
    try:
        for begin in range(0, len(sent), piece_bytes):
            body.feed(sent[begin : begin + piece_bytes])
        assert body.finish() == content
        assert len(content) <= bytes_max
    except Poison:
        assert len(content) > bytes_max
        assert len(body.partial) <= bytes_max + 1


@given(
    st.lists(st.integers(1, 5), min_size=1, max_size=8),
    st.integers(0, 2**32),
    st.integers(1, 4),
)
def test_schedule_starves_none_and_runs_none_twice_at_once(
    multiples: list[int], seed: int, at_once: int
) -> None:
    chance = random.Random(seed)
    schedule, now = Schedule(), 0.0
    running: list[Poll] = []
    counts = dict.fromkeys(map(str, range(len(multiples))), 0)
    for position in range(len(multiples)):
        schedule.add(Poll("e", str(position), "/"), now)
    for _ in range(400):
        now += chance.random() * 0.5
        while len(running) < at_once and (poll := schedule.take(now)) is not None:
            assert poll not in running
            running.append(poll)
            counts[poll.target] += 1
        if running:
            ended = running.pop(chance.randrange(len(running)))
            schedule.put_back(ended, now, multiples[int(ended.target)])

    # 400 steps of a quarter of a second, each poll due every 5 s at the least often
    assert min(counts.values()) >= 400 / 4 / (len(multiples) * 5) / 2


@given(st.binary(max_size=200), st.text(max_size=10), st.integers(0, 10**9))
def test_event_of_the_same_answer_is_the_same_record_whenever_it_was_fetched(
    payload: bytes, target: str, later_seconds: int
) -> None:
    origin = Origin("t", "s", "e", f"e:{target}", "p")

    def fetched(at: datetime, body: bytes = payload, date: str = "Mon, 05 Jan 2026 00:00:00 GMT") -> str:
        return raw_event(
            origin,
            url="https://api.test/a",
            status=200,
            headers={"date": date},
            payload=body,
            page_index=0,
            fetched_at=at,
        ).record_id

    first = fetched(START)
    assert fetched(START + timedelta(seconds=later_seconds)) == first
    assert fetched(START, payload + b"x") != first
    assert fetched(START, date="Mon, 05 Jan 2026 00:00:01 GMT") != first


@given(st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=40))
def test_no_secret_stays_in_an_address(secret: str) -> None:
    url = f"https://u:p@api.test/a?appid={quote(secret, safe='')}&page=2"
    cleaned = clean_url(url, secret_values([secret]))

    assert secret not in cleaned
    assert quote(secret, safe="") not in cleaned
    assert "page=2" in cleaned
