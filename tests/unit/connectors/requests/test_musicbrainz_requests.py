"""What MusicBrainz is asked: who is calling, how fast, page after page, and what a 503 means."""

from __future__ import annotations

import json

import httpx
import pydantic
import pytest
import stamina

from connectors.kit.page import Page
from connectors.kit.terms import Terms
from connectors.kit.wiring import make_asking, missing
from connectors.musicbrainz.connector import MUSICBRAINZ
from connectors.musicbrainz.requests import polls
from crosscurrent.clock import ManualClock, SystemClock
from crosscurrent.embedded.world.app import create_app
from crosscurrent.embedded.world.default_scenario import default_scenario
from crosscurrent.embedded.world.music_catalogue import ARTIST, mbid
from crosscurrent.embedded.world.musicbrainz_api import MusicBrainzTerms
from crosscurrent.embedded.world.virtual_time import VirtualTime
from crosscurrent.embedded.world.world import World, WorldTerms
from crosscurrent.errors import Backpressure, Transient, WrongUse
from crosscurrent.settings import SourceSettings
from tests.contract.connector_bench import BASE_URL, Vendor, bench

NIRVANA = "5b11f4ce-a62d-471e-81fc-a69a8278c7da"
TARGET = f"artist:{mbid(ARTIST, 0)}"


def played(terms: MusicBrainzTerms | None = None) -> httpx.ASGITransport:
    scenario = default_scenario(1)
    time = VirtualTime(scenario.start_seconds, SystemClock(), speed=0)
    world = World(scenario, time, WorldTerms(musicbrainz=terms or MusicBrainzTerms()))
    return httpx.ASGITransport(create_app(world))


def test_source_without_a_contact_is_not_asked_and_says_which_setting_is_missing() -> None:
    with pytest.raises(WrongUse) as refused:
        make_asking(MUSICBRAINZ, SourceSettings(), ManualClock())

    assert missing(MUSICBRAINZ, SourceSettings()) == ["CROSSCURRENT_SOURCES__MUSICBRAINZ__CONTACT"]
    assert "User-Agent" in refused.value.expected
    assert "CROSSCURRENT_SOURCES__MUSICBRAINZ__CONTACT" in refused.value.todo


@pytest.mark.parametrize("contact", ["me", "", "me@example.org\r\nx-evil: 1", "m\u00e9@example.org"])
def test_contact_that_is_no_address_is_refused(contact: str) -> None:
    with pytest.raises(pydantic.ValidationError):
        SourceSettings(contact=contact)


async def test_vendor_is_told_who_is_calling() -> None:
    vendor = Vendor(lambda _: (200, {}, b"{}"))
    async with bench(MUSICBRAINZ, vendor, targets=[f"recording:{NIRVANA}"]) as parts:
        await parts.poll(parts.asking.polls[0])

    (request,) = vendor.requests
    assert request.headers["user-agent"].startswith("crosscurrent/")
    assert request.headers["user-agent"].endswith("( tests@example.org )")
    assert "authorization" not in request.headers


def test_one_request_passes_at_a_time_and_a_second_lies_between_two() -> None:
    terms = Terms.of(MUSICBRAINZ.quota)

    for spacing in (terms.spacing, terms.live_spacing):
        assert spacing is not None
        assert spacing.at_once == 1
        assert 1.0 <= spacing.seconds <= 1.2
    assert MUSICBRAINZ.concurrency_max == 1


def test_blank_in_inc_is_the_plus_of_the_documentation() -> None:
    (url,) = (poll.first_url("", None) for poll in polls([f"recording:{NIRVANA}"]))

    assert url == f"/ws/2/recording/{NIRVANA}?inc=artist-credits+isrcs+ratings+url-rels&fmt=json"


def test_offset_grows_by_the_rows_that_came_and_an_empty_page_is_the_end() -> None:
    _, browse = polls([f"release-group:{NIRVANA}"])
    first = browse.first_url("https://musicbrainz.org", None)

    def following(rows: int) -> str | None:
        body = {"releases": [{}] * rows, "release-count": 90, "release-offset": 0}
        return browse.pagination.next_url(Page(first, {}, json.dumps(body).encode()))

    assert "limit=100&offset=0" in first
    assert "offset=17" in str(following(17))
    assert following(0) is None
    assert following(90) is None


async def test_browse_reads_all_of_a_list_whose_pages_are_cut_short() -> None:
    async with bench(MUSICBRAINZ, played(), base_url=f"{BASE_URL}/musicbrainz", targets=[TARGET]) as parts:
        for poll in parts.asking.polls:
            assert (await parts.poll(poll)).error is None

    pages = [(event.endpoint, json.loads(event.payload)) for event in parts.broker.events()]
    for endpoint, rows, pages_min in (("browse_release", "release", 2), ("browse_recording", "recording", 5)):
        bodies = [body for name, body in pages if name == endpoint]
        ids = [row["id"] for body in bodies for row in body[f"{rows}s"]]
        assert len(bodies) >= pages_min
        assert len(ids) == len(set(ids)) == bodies[0][f"{rows}-count"]
    cut = next(body for name, body in pages if name == "browse_release")
    assert len(cut["releases"]) < min(100, cut["release-count"])


async def test_server_that_is_busy_is_asked_again() -> None:
    terms = MusicBrainzTerms(busy_every=1)
    with stamina.set_testing(True, attempts=3):
        async with bench(
            MUSICBRAINZ, played(terms), base_url=f"{BASE_URL}/musicbrainz", targets=[TARGET]
        ) as parts:
            polled = await parts.poll(parts.asking.polls[0])

    assert polled.outcome == "failed"
    assert isinstance(polled.error, Transient)
    assert not isinstance(polled.error, Backpressure)
    assert "currently busy" in polled.error.found
    assert (polled.cost.requests, polled.pause_seconds) == (3, 0.0)


async def test_caller_over_its_own_limit_waits_a_minute_before_anything_is_asked() -> None:
    terms = MusicBrainzTerms(limit=0)
    async with bench(
        MUSICBRAINZ, played(terms), base_url=f"{BASE_URL}/musicbrainz", targets=[TARGET]
    ) as parts:
        polled = await parts.poll(parts.asking.polls[0])

    assert polled.outcome == "throttled"
    assert isinstance(polled.error, Backpressure)
    assert "allowable rate limit" in polled.error.found
    assert polled.cost.requests == 1
    assert polled.pause_seconds >= 60


async def test_search_leads_to_the_lookup_of_each_hit() -> None:
    targets = ["search:artist:fenwick"]
    async with bench(MUSICBRAINZ, played(), base_url=f"{BASE_URL}/musicbrainz", targets=targets) as parts:
        await parts.round()

    assert [event.request_key for event in parts.broker.events()] == [
        "search_artist:fenwick",
        f"artist:{mbid(ARTIST, 0)}",
    ]


@pytest.mark.parametrize(
    "target",
    ["artist:nobody", f"work:{NIRVANA}", NIRVANA, "search:artist:", "search:artist: x", "search:work:x"],
)
def test_target_that_means_nothing_is_refused(target: str) -> None:
    with pytest.raises(WrongUse):
        polls([target])


def test_request_that_two_targets_share_is_made_once() -> None:
    keys = [poll.request_key for poll in polls([f"release:{NIRVANA}", f"release:{NIRVANA}"])]

    assert keys == [f"release:{NIRVANA}", f"browse_recording:{NIRVANA}"]
