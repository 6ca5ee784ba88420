"""What a GitHub payload says: chooses the mapping by endpoint (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from connectors.github import endpoints
from connectors.github.accounts import map_account, map_account_list, map_contributors, map_stargazers
from connectors.github.actions import map_check_runs, map_workflow_jobs, map_workflow_runs
from connectors.github.commits import map_branch, map_commit, map_commits
from connectors.github.contents import map_contents
from connectors.github.deliveries import MAPPINGS as DELIVERIES
from connectors.github.deployments import map_deployment, map_deployments
from connectors.github.events import map_events
from connectors.github.graphql_answers import map_graphql_repositories, map_star_days
from connectors.github.issues import map_issue, map_issues, map_milestone, map_milestones
from connectors.github.left_out import IGNORED, MAPS
from connectors.github.releases import (
    map_release,
    map_release_asset,
    map_release_assets,
    map_releases,
)
from connectors.github.repositories import (
    map_languages,
    map_repositories,
    map_repository,
    map_search_repositories,
)
from connectors.github.statistics import (
    map_code_frequency,
    map_commit_activity,
    map_popular,
    map_traffic,
)
from connectors.kit.json_path import JsonNode
from connectors.kit.mapping_table import MapEndpoint, MappingTable, nothing_in
from connectors.kit.readings import Readings
from schemas.mapping import MappedPayload
from schemas.records import RawEvent


def map_search_issues(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map the issues that a search found."""
    for row in root.rows("items"):
        map_issue(row, event, readings)


def map_search_users(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map the accounts that a search found."""
    for row in root.rows("items"):
        map_account(row, event, readings)


MAPPINGS: Final[Mapping[str, MapEndpoint]] = {
    endpoints.BRANCH: map_branch,
    endpoints.CHECK_RUNS: map_check_runs,
    endpoints.CODE_FREQUENCY: map_code_frequency,
    endpoints.COMMIT: map_commit,
    endpoints.COMMITS: map_commits,
    endpoints.COMMIT_ACTIVITY: map_commit_activity,
    endpoints.CONTENTS: map_contents,
    endpoints.CONTRIBUTORS: map_contributors,
    endpoints.DEPLOYMENT: map_deployment,
    endpoints.DEPLOYMENTS: map_deployments,
    endpoints.EVENTS: map_events,
    endpoints.FOLLOWERS: map_account_list,
    endpoints.GRAPHQL_REPOSITORIES: map_graphql_repositories,
    endpoints.GRAPHQL_STARGAZERS: map_star_days,
    endpoints.ISSUE: map_issue,
    endpoints.ISSUES: map_issues,
    endpoints.LANGUAGES: map_languages,
    endpoints.MILESTONE: map_milestone,
    endpoints.MILESTONES: map_milestones,
    endpoints.ORGANISATION: map_account,
    endpoints.ORGANISATION_REPOSITORIES: map_repositories,
    endpoints.PULL: map_issue,
    endpoints.PULLS: map_issues,
    endpoints.RELEASE: map_release,
    endpoints.RELEASES: map_releases,
    endpoints.RELEASE_ASSET: map_release_asset,
    endpoints.RELEASE_ASSETS: map_release_assets,
    endpoints.REPOSITORY: map_repository,
    endpoints.SEARCH_ISSUES: map_search_issues,
    endpoints.SEARCH_REPOSITORIES: map_search_repositories,
    endpoints.SEARCH_USERS: map_search_users,
    endpoints.STARGAZERS: map_stargazers,
    endpoints.SUBSCRIBERS: map_account_list,
    endpoints.TRAFFIC_CLONES: map_traffic,
    endpoints.TRAFFIC_PATHS: map_popular,
    endpoints.TRAFFIC_REFERRERS: map_popular,
    endpoints.TRAFFIC_VIEWS: map_traffic,
    endpoints.USER: map_account,
    endpoints.WORKFLOW_JOBS: map_workflow_jobs,
    endpoints.WORKFLOW_RUNS: map_workflow_runs,
    **DELIVERIES,
}
TABLE: Final = MappingTable(
    "github",
    MAPPINGS,
    nothing_in(MAPPINGS, endpoints.NOT_MEASURED),
    maps={endpoints.LANGUAGES: MAPS},
    ignored=IGNORED,
)


def map_payload(event: RawEvent) -> MappedPayload:
    """Return the things and measurements of a payload of GitHub.

    Raises:
        Poison: the endpoint is none of ours, or the payload does not fit; names the path in it.
    """
    return TABLE.map_payload(event)
