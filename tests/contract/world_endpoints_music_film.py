"""The endpoints of the played MusicBrainz and TMDB, beside the recordings of the same kind."""

from __future__ import annotations

from crosscurrent.embedded.world.film_catalogue import FIRST_IDS
from crosscurrent.embedded.world.music_catalogue import ARTIST, GROUP, RECORDING, RELEASE, mbid
from tests.contract.world_endpoint import Endpoint, rows_below, whole

# the recorded requests asked for aliases and tags too, and the recordings have had their ratings taken out
ASKED_FOR_IN_INC = frozenset(
    {
        "$.rating.value",
        "$.artist-credit[].artist.aliases",
        "$.artist-credit[].artist.tags",
        "$.label-info[].label.aliases",
        "$.release-group.aliases",
    }
)
MUSIC_AND_FILMS = (
    Endpoint(
        "musicbrainz artist",
        "musicbrainz",
        tuple(f"/ws/2/artist/{mbid(ARTIST, one)}?inc=ratings+url-rels&fmt=json" for one in range(3)),
        ("musicbrainz/artist",),
        "life-span",
        whole,
        ASKED_FOR_IN_INC,
    ),
    Endpoint(
        "musicbrainz recording",
        "musicbrainz",
        tuple(
            f"/ws/2/recording/{mbid(RECORDING, 1, 2, track=one)}?inc=artist-credits+isrcs+ratings+url-rels&fmt=json"
            for one in range(9)
        ),
        ("musicbrainz/recording",),
        "length",
        whole,
        ASKED_FOR_IN_INC,
    ),
    Endpoint(
        "musicbrainz release",
        "musicbrainz",
        tuple(
            f"/ws/2/release/{mbid(RELEASE, 1, one)}"
            "?inc=artist-credits+labels+media+release-groups+url-rels&fmt=json"
            for one in range(5)
        ),
        ("musicbrainz/release",),
        "quality",
        whole,
        ASKED_FOR_IN_INC,
    ),
    Endpoint(
        "musicbrainz release group",
        "musicbrainz",
        tuple(
            f"/ws/2/release-group/{mbid(GROUP, 1, one)}?inc=artist-credits+ratings+url-rels&fmt=json"
            for one in range(5)
        ),
        ("musicbrainz/release-group", "musicbrainz/release-group-2014"),
        "first-release-date",
        whole,
        ASKED_FOR_IN_INC,
    ),
    Endpoint(
        "musicbrainz browse",
        "musicbrainz",
        tuple(
            f"/ws/2/recording?artist={mbid(ARTIST, 1)}&fmt=json&limit=10&offset={offset}"
            for offset in (0, 10, 500)
        ),
        ("musicbrainz/browse-recording-pages",),
        "recording-count",
        whole,
    ),
    *(
        # the browses recorded of these are of 2014: today's rows are a lookup's payloads
        Endpoint(
            f"musicbrainz browse {entity}",
            "musicbrainz",
            (f"/ws/2/{entity}?{linked}={mbid(kind, 1)}&fmt=json&inc={inc}",),
            (f"musicbrainz/{entity}", *further),
            key,
            rows_below(f"{entity}s"),
            ASKED_FOR_IN_INC,
        )
        for entity, linked, kind, key, inc, further in (
            ("artist", "release", RELEASE, "life-span", "", ()),
            (
                "release",
                "artist",
                ARTIST,
                "quality",
                "artist-credits+labels+media+release-groups+url-rels",
                (),
            ),
            (
                "release-group",
                "artist",
                ARTIST,
                "first-release-date",
                "artist-credits+url-rels",
                ("musicbrainz/release-group-2014",),
            ),
        )
    ),
    *(
        # today's scores are numbers, as the newest recorded search shows; those of 2014 were texts
        Endpoint(
            f"musicbrainz search {entity}",
            "musicbrainz",
            (f"/ws/2/{entity}?query={word}&fmt=json", f"/ws/2/{entity}?query=nothing&fmt=json"),
            (f"musicbrainz/search-{entity}",),
            "score",
            rows_below(f"{entity}s", entity),
            # all recorded releases are of one artist, whose name needed to be told from another's
            frozenset({"$.score", "$.artist-credit[].artist.disambiguation"}),
        )
        for entity, word in (
            ("artist", "fenwick"),
            ("recording", "harbour"),
            ("release", "borrowed"),
            ("release-group", "borrowed"),
        )
    ),
    *(
        Endpoint(
            f"tmdb {media}",
            "tmdb",
            tuple(
                f"/3/{media}/{FIRST_IDS[media] + number}?append_to_response=external_ids"
                for number in range(18)
            ),
            (f"tmdb/{media}",),
            key,
            whole,
            # recorded of one film and one person, of whom all was known; documented to be null, and the same for shows
            frozenset({"$.external_ids"}),
        )
        for media, key in (("movie", "runtime"), ("tv", "number_of_seasons"), ("person", "biography"))
    ),
    Endpoint(
        "tmdb trending",
        "tmdb",
        tuple(f"/3/trending/all/{window}?page={page}" for window in ("day", "week") for page in (1, 2, 99)),
        ("tmdb/trending",),
        "total_pages",
        whole,
    ),
    *(
        Endpoint(
            f"tmdb {media} list",
            "tmdb",
            tuple(f"/3/{media}/popular?page={page}" for page in (1, 2)),
            (f"tmdb/{media}-lists",),
            "total_pages",
            whole,
        )
        for media in ("movie", "tv", "person")
    ),
    *(
        Endpoint(
            f"tmdb {media} changes",
            "tmdb",
            (f"/3/{media}/changes", f"/3/{media}/changes?start_date=2026-01-01&end_date=2026-01-14"),
            (f"tmdb/{media}-changes",),
            "total_pages",
            whole,
        )
        for media in ("movie", "tv", "person")
    ),
)
