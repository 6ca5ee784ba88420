"""GitHub's REST API: repositories, organisations, issues, releases and events.

Source: https://docs.github.com/en/rest
"""

from __future__ import annotations

from connectors.github import endpoints
from connectors.github.endpoints import NOT_MEASURED, endpoint_of
from connectors.github.graphql_failures import cost_in, failure_in
from connectors.github.mapping import TABLE, map_payload
from connectors.github.requests import polls
from connectors.github.webhooks import WEBHOOKS
from connectors.kit.auth import AppInstallation, BearerHeader
from connectors.kit.declaration import Connector
from connectors.kit.quota import DocumentedRate, HeaderQuota

_TRAFFIC = "push access to the repository: of a fine-grained token or a GitHub App the permission Administration (read)"
_TOKEN = "a token or a GitHub App: GraphQL answers nobody without"

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
    endpoints=(
        endpoints.REPOSITORY,
        endpoints.ORGANISATION_REPOSITORIES,
        endpoints.ISSUES,
        endpoints.RELEASES,
        endpoints.EVENTS,
        endpoints.GRAPHQL_REPOSITORIES,
        endpoints.GRAPHQL_STARGAZERS,
        endpoints.COMMIT_ACTIVITY,
        endpoints.WORKFLOW_RUNS,
        endpoints.CONTENTS,
        endpoints.TRAFFIC_VIEWS,
        endpoints.TRAFFIC_CLONES,
        endpoints.TRAFFIC_REFERRERS,
        endpoints.TRAFFIC_PATHS,
    ),
    polls=polls,
    targets_default=("apache/kafka", "ClickHouse/ClickHouse", "python/cpython"),
    targets_help="owner/repository, org:name for the counts of all its repositories in one request, counts:owner/repository "
    "for those of up to 50 in one, stars:, commits:, traffic: or runs:owner/repository, or file:owner/repository:path",
    map_payload=map_payload,
    table=TABLE,
    endpoint_of=endpoint_of,
    not_measured=NOT_MEASURED,
    webhooks=WEBHOOKS,
    # statistics that are being computed
    ask_again=frozenset({202}),
    volatile=("data.rateLimit",),
    failure_in=failure_in,
    cost_in=cost_in,
    app=AppInstallation(
        "/app/installations/{installation}/access_tokens",
        description="a GitHub App: its client id, its private key and the id of its installation",
    ),
    permissions={
        endpoints.TRAFFIC_VIEWS: _TRAFFIC,
        endpoints.TRAFFIC_CLONES: _TRAFFIC,
        endpoints.TRAFFIC_REFERRERS: _TRAFFIC,
        endpoints.TRAFFIC_PATHS: _TRAFFIC,
        endpoints.GRAPHQL_REPOSITORIES: _TOKEN,
        endpoints.GRAPHQL_STARGAZERS: _TOKEN,
        endpoints.WORKFLOW_RUNS: "the permission Actions (read)",
        endpoints.CONTENTS: "the permission Contents (read)",
    },
    account_help="a fine-grained token from https://github.com/settings/personal-access-tokens: without any permission for "
    "public repositories; for private ones read access to Metadata, Contents, Issues, Pull requests and Actions",
)
