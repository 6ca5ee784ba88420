"""TMDB: films, shows and people, how popular they are and how they are rated.

Source: https://developer.themoviedb.org/docs
"""

from __future__ import annotations

from connectors.kit.declaration import Connector
from connectors.kit.quota import DocumentedRate
from connectors.tmdb.auth import TokenOrKey
from connectors.tmdb.endpoints import CHANGES, LISTS, LOOKUPS, NOT_MEASURED, TRENDING, endpoint_of
from connectors.tmdb.mapping import TABLE, map_payload
from connectors.tmdb.requests import poll_for, polls

TMDB = Connector(
    name="tmdb",
    title="TMDB",
    base_url="https://api.themoviedb.org",
    auth=TokenOrKey(),
    # "somewhere in the 40 requests per second range", which may change without notice
    quota=DocumentedRate(40, 1.0, description="about 40 requests a second, not told in headers"),
    interval_seconds=3600.0,
    endpoints=(*LOOKUPS.values(), TRENDING, *LISTS.values(), *CHANGES.values()),
    polls=polls,
    poll_for=poll_for,
    targets_default=("trending:all:day", "popular:movie", "changes:movie"),
    targets_help="movie:550, tv:1396 or person:62; trending:all:day; popular:movie; changes:movie, from a day on",
    map_payload=map_payload,
    table=TABLE,
    endpoint_of=endpoint_of,
    not_measured=NOT_MEASURED,
    account_help="the API Read Access Token (v4) or the API Key (v3) from "
    "https://www.themoviedb.org/settings/api; there are no scopes",
)
