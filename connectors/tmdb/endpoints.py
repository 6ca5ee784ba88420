"""Which endpoint of TMDB a request asks, and what is not measured there, and why.

Source: https://developer.themoviedb.org/reference
"""

from __future__ import annotations

from typing import Final

from connectors.kit.endpoint_table import OTHER, EndpointTable

MOVIE: Final = "movie"
TV: Final = "tv"
PERSON: Final = "person"
TRENDING: Final = "trending"
MOVIE_LIST: Final = "movie_list"
TV_LIST: Final = "tv_list"
PERSON_LIST: Final = "person_list"
MOVIE_CHANGES: Final = "movie_changes"
TV_CHANGES: Final = "tv_changes"
PERSON_CHANGES: Final = "person_changes"

CHANGE_ITEMS: Final = "change_items"
COLLECTION: Final = "collection"
COMPANY: Final = "company"
CONFIGURATION: Final = "configuration"
CREDIT: Final = "credit"
DETAILS: Final = "details"
FIND: Final = "find"
NAMES: Final = "names"
NETWORK: Final = "network"
OWN_LIST: Final = "own_list"
REVIEWS: Final = "reviews"
SEASON: Final = "season"

LOOKUPS: Final = {"movie": MOVIE, "tv": TV, "person": PERSON}
"""The vendor's media type, as it stands in addresses and rows, to our endpoint of its lookup."""

LISTS: Final = {"movie": MOVIE_LIST, "tv": TV_LIST, "person": PERSON_LIST}
CHANGES: Final = {"movie": MOVIE_CHANGES, "tv": TV_CHANGES, "person": PERSON_CHANGES}

_CHANGED = (
    "ids of what was edited in a window whose length differs from poll to poll: their number says how long the "
    "window was"
)
NOT_MEASURED: Final = {
    MOVIE_CHANGES: _CHANGED,
    TV_CHANGES: _CHANGED,
    PERSON_CHANGES: _CHANGED,
    CHANGE_ITEMS: "an edit of one field, whose value may be anything; the lookup shows what it led to",
    COMPANY: "a company has a name and a place, nothing that can be measured",
    NETWORK: "a network has a name and a place, nothing that can be measured",
    CONFIGURATION: "lists of words, countries and sizes of images, the same for everybody",
    CREDIT: "who did what in one film; it relates things and holds no quantity",
    DETAILS: "a part of a film, show or person: names, images, dates and places where it can be seen",
    NAMES: "what a search for companies, keywords or collections found: names without numbers",
    OWN_LIST: "a person's own list or account, which says nothing about the things in it that they do not say",
    REVIEWS: "reviews are text",
    SEASON: "a season or episode does not name its show, so that its number names no series",
    OTHER: "this connector does not know the endpoint",
}

_ID = r"(?:\d+|tt\d+)"
_OF_PATH: Final = (
    (rf"/3/movie/(?:{_ID}|latest)", MOVIE),
    (r"/3/tv/(?:\d+|latest)", TV),
    (r"/3/person/(?:\d+|latest)", PERSON),
    (r"/3/trending/(?:all|movie|tv|person)/(?:day|week)", TRENDING),
    (r"/3/search/multi", TRENDING),
    (r"/3/movie/(?:now_playing|popular|top_rated|upcoming)", MOVIE_LIST),
    (r"/3/(?:discover|search)/movie", MOVIE_LIST),
    (rf"/3/movie/{_ID}/(?:recommendations|similar)", MOVIE_LIST),
    (r"/3/(?:company|keyword)/\d+/movies", MOVIE_LIST),
    (r"/3/tv/(?:airing_today|on_the_air|popular|top_rated)", TV_LIST),
    (r"/3/(?:discover|search)/tv", TV_LIST),
    (r"/3/tv/\d+/(?:recommendations|similar)", TV_LIST),
    (r"/3/person/popular", PERSON_LIST),
    (r"/3/search/person", PERSON_LIST),
    (r"/3/movie/changes", MOVIE_CHANGES),
    (r"/3/tv/changes", TV_CHANGES),
    (r"/3/person/changes", PERSON_CHANGES),
    (r"/3/(?:movie|tv|person)/\d+/changes", CHANGE_ITEMS),
    (r"/3/(?:movie|tv)/\d+/(?:lists|reviews)", REVIEWS),
    (r"/3/review/[0-9a-f]+", REVIEWS),
    (r"/3/tv/\d+/season/.+", SEASON),
    (r"/3/(?:movie|tv|person)/[^/]+/.+", DETAILS),
    (r"/3/collection/\d+", COLLECTION),
    (r"/3/collection/\d+/.+", DETAILS),
    (r"/3/company/\d+", COMPANY),
    (r"/3/network/\d+", NETWORK),
    (r"/3/(?:company|network)/\d+/.+", DETAILS),
    (r"/3/find/[^/]+", FIND),
    (r"/3/credit/[0-9a-f]+", CREDIT),
    (r"/3/search/(?:collection|company|keyword)", NAMES),
    (r"/3/keyword/\d+", NAMES),
    (r"/3/(?:certification|configuration|genre|watch)(?:/.+)?", CONFIGURATION),
    (r"/3/list/\d+", OWN_LIST),
    (r"/3/account(?:/.+)?", OWN_LIST),
    (r"/4/list/\d+", OWN_LIST),
)

# folders of recordings whose requests' addresses are not known
_OF_KIND: Final = {
    "account-states": OWN_LIST,
    "append-to-response": DETAILS,
    "changes": MOVIE_CHANGES,
    "changes-detail": CHANGE_ITEMS,
    "changes-ids": MOVIE_CHANGES,
    "collection": COLLECTION,
    "company": COMPANY,
    "company-edge": COMPANY,
    "company-movies": MOVIE_LIST,
    "configuration": CONFIGURATION,
    "credit": CREDIT,
    "credit-edge": CREDIT,
    "discover-movie": MOVIE_LIST,
    "discover-tv": TV_LIST,
    "find": FIND,
    "find-multi": FIND,
    "genres": CONFIGURATION,
    "keyword": NAMES,
    "legacy-account": OWN_LIST,
    "legacy-changes": MOVIE_CHANGES,
    "legacy-company": COMPANY,
    "legacy-configuration": CONFIGURATION,
    "legacy-genre": CONFIGURATION,
    "legacy-images": DETAILS,
    "legacy-keywords": MOVIE_LIST,
    "legacy-lists": OWN_LIST,
    "legacy-reviews": REVIEWS,
    "legacy-tv": TV,
    "list": OWN_LIST,
    "movie": MOVIE,
    "movie-changes": MOVIE_CHANGES,
    "movie-details": DETAILS,
    "movie-edge": MOVIE,
    "movie-list-small": MOVIE_LIST,
    "movie-lists": MOVIE_LIST,
    "movie-related": MOVIE_LIST,
    "movie-watch-providers": DETAILS,
    "multi-list": OWN_LIST,
    "network": NETWORK,
    "person": PERSON,
    "person-changes": PERSON_CHANGES,
    "person-credits": DETAILS,
    "person-details": DETAILS,
    "person-edge": PERSON,
    "person-list-small": PERSON_LIST,
    "person-lists": PERSON_LIST,
    "person-tagged_images": DETAILS,
    "release-dates": DETAILS,
    "review": REVIEWS,
    "reviews": REVIEWS,
    "search": NAMES,
    "search-collection": NAMES,
    "search-company": NAMES,
    "search-keyword": NAMES,
    "search-movie": MOVIE_LIST,
    "search-multi": TRENDING,
    "search-person": PERSON_LIST,
    "search-tv": TV_LIST,
    "trending": TRENDING,
    "tv": TV,
    "tv-changes": TV_CHANGES,
    "tv-details": DETAILS,
    "tv-edge": TV,
    "tv-list-small": TV_LIST,
    "tv-lists": TV_LIST,
    "tv-related": TV_LIST,
    "tv-season": SEASON,
    "tv-season-details": SEASON,
    "tv-season-episode": SEASON,
    "tv-watch-providers": DETAILS,
    "v4-list": OWN_LIST,
    "watch-providers-edge": DETAILS,
    "watch-providers-index": CONFIGURATION,
}

endpoint_of: Final = EndpointTable.of(_OF_PATH, _OF_KIND)
