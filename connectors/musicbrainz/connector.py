"""MusicBrainz: artists, releases, release groups and recordings, and what they are called elsewhere.

Source: https://musicbrainz.org/doc/MusicBrainz_API
"""

from __future__ import annotations

from connectors.kit.auth import NoAuth
from connectors.kit.declaration import Connector
from connectors.kit.quota import DocumentedRate
from connectors.musicbrainz.endpoints import (
    BROWSE_RECORDING,
    BROWSE_RELEASE,
    BROWSE_RELEASE_GROUP,
    LOOKUPS,
    NOT_MEASURED,
    SEARCHES,
    endpoint_of,
)
from connectors.musicbrainz.mapping import TABLE, map_payload
from connectors.musicbrainz.requests import poll_for, polls

MUSICBRAINZ = Connector(
    name="musicbrainz",
    title="MusicBrainz",
    base_url="https://musicbrainz.org",
    auth=NoAuth(),
    quota=DocumentedRate(1, 1.0, description="1 request a second for each address; 503 beyond it"),
    contact_required=True,
    interval_seconds=86_400.0,
    endpoints=(*LOOKUPS.values(), BROWSE_RECORDING, BROWSE_RELEASE, BROWSE_RELEASE_GROUP, *SEARCHES.values()),
    polls=polls,
    poll_for=poll_for,
    targets_default=(
        "artist:5b11f4ce-a62d-471e-81fc-a69a8278c7da",
        "artist:83d91898-7763-47d7-b03b-b92132375c47",
        "release-group:f5093c06-23e3-404f-aeaa-40f72885ee3a",
    ),
    targets_help="artist:MBID, release:MBID, release-group:MBID or recording:MBID, or search:artist:query",
    map_payload=map_payload,
    table=TABLE,
    endpoint_of=endpoint_of,
    not_measured=NOT_MEASURED,
    # a search says when it was answered
    volatile=("created",),
    concurrency_max=1,
    account_help="no account: the mail address or the web page of whoever runs this, by which MusicBrainz can reach them",
    no_history="its lists have no time of change, and come in no order of time",
)
