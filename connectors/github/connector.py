"""GitHub's REST API: repositories, organisations, issues, releases and events.

Source: https://docs.github.com/en/rest
"""

from __future__ import annotations

from connectors.github.endpoints import (
    EVENTS,
    ISSUES,
    NOT_MEASURED,
    ORGANISATION_REPOSITORIES,
    RELEASES,
    REPOSITORY,
    endpoint_of,
)
from connectors.github.mapping import TABLE, map_payload
from connectors.github.requests import polls
from connectors.github.webhooks import WEBHOOKS
from connectors.kit.auth import BearerHeader
from connectors.kit.declaration import Connector
from connectors.kit.quota import DocumentedRate, HeaderQuota

GITHUB = Connector(
    name="github",
    title="GitHub",
    base_url="https://api.github.com",
    auth=BearerHeader(description="bearer token; without one 60 requests an hour"),
    quota=HeaderQuota(
        # the secondary limit counts a 304 too: 900 points a minute, one for each GET
        rate=DocumentedRate(900, 60.0),
        description="5,000 requests an hour with a token, 60 without, X-RateLimit-* headers; 900 a minute",
    ),
    headers={"accept": "application/vnd.github+json", "x-github-api-version": "2022-11-28"},
    interval_seconds=60.0,
    anonymous_interval_seconds=900.0,
    poll_interval_header="x-poll-interval",
    not_modified_is_free=True,
    endpoints=(REPOSITORY, ORGANISATION_REPOSITORIES, ISSUES, RELEASES, EVENTS),
    polls=polls,
    targets_default=("apache/kafka", "ClickHouse/ClickHouse", "python/cpython"),
    targets_help="owner/repository, or org:name for the counts of all its repositories in one request",
    map_payload=map_payload,
    table=TABLE,
    endpoint_of=endpoint_of,
    not_measured=NOT_MEASURED,
    webhooks=WEBHOOKS,
    account_help="a fine-grained token from https://github.com/settings/personal-access-tokens: without any permission for "
    "public repositories; for private ones read access to Metadata, Contents, Issues, Pull requests and Actions",
)
