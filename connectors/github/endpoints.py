"""Which endpoint of GitHub's REST API a request asks, and what is not measured there, and why.

Source: https://docs.github.com/en/rest
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import parse_qs

REPOSITORY: Final = "repository"
ORGANISATION_REPOSITORIES: Final = "organisation_repositories"
ISSUES: Final = "issues"
RELEASES: Final = "releases"
EVENTS: Final = "events"

BRANCH: Final = "branch"
CHECK_RUNS: Final = "check_runs"
CODE_FREQUENCY: Final = "code_frequency"
COMMIT: Final = "commit"
COMMITS: Final = "commits"
COMMIT_ACTIVITY: Final = "commit_activity"
CONTENTS: Final = "contents"
CONTRIBUTORS: Final = "contributors"
DEPLOYMENT: Final = "deployment"
DEPLOYMENTS: Final = "deployments"
GRAPHQL_REPOSITORIES: Final = "graphql_repositories"
GRAPHQL_STARGAZERS: Final = "graphql_stargazers"
FOLLOWERS: Final = "followers"
GIT_REFS: Final = "git_refs"
ISSUE: Final = "issue"
ISSUE_COMMENTS: Final = "issue_comments"
ISSUE_EVENTS: Final = "issue_events"
ISSUE_LABELS: Final = "issue_labels"
LABELS: Final = "labels"
LANGUAGES: Final = "languages"
MILESTONE: Final = "milestone"
MILESTONES: Final = "milestones"
NOTIFICATIONS: Final = "notifications"
ORGANISATION: Final = "organisation"
PARTICIPATION: Final = "participation"
PULL: Final = "pull"
PULLS: Final = "pulls"
RATE_LIMIT: Final = "rate_limit"
RELEASE: Final = "release"
RELEASE_ASSET: Final = "release_asset"
RELEASE_ASSETS: Final = "release_assets"
ROOT: Final = "root"
SEARCH_CODE: Final = "search_code"
SEARCH_ISSUES: Final = "search_issues"
SEARCH_REPOSITORIES: Final = "search_repositories"
SEARCH_USERS: Final = "search_users"
STARGAZERS: Final = "stargazers"
SUBSCRIBERS: Final = "subscribers"
TAGS: Final = "tags"
TOPICS: Final = "topics"
TRAFFIC_CLONES: Final = "traffic_clones"
TRAFFIC_PATHS: Final = "traffic_paths"
TRAFFIC_REFERRERS: Final = "traffic_referrers"
TRAFFIC_VIEWS: Final = "traffic_views"
USER: Final = "user"
WORKFLOW_JOBS: Final = "workflow_jobs"
WORKFLOW_RUNS: Final = "workflow_runs"
OTHER: Final = "other"
WEBHOOK: Final = "webhook_"
"""Begins the endpoint of a delivery; its kind follows."""

GRAPHQL_PATH: Final = "/graphql"
OPERATION_PARAMETER: Final = "operationName"
"""All questions of GraphQL go to one address; this, which stands in their body, tells them apart."""

NOT_MEASURED: Final = {
    EVENTS: "an event is one thing that happened, not a level; pages of successive polls overlap, so that "
    "counting their rows would count events again",
    ISSUES: "an issue's comments are a property of the issue; how many issues are open says the repository",
    ISSUE: "an issue's comments are a property of the issue; how many issues are open says the repository",
    PULL: "a pull request's size and comments are properties of it",
    PULLS: "a pull request's size and comments are properties of it",
    COMMIT: "a commit is one thing that happened; commit_activity and code_frequency count them by week",
    COMMITS: "a commit is one thing that happened; commit_activity and code_frequency count them by week",
    BRANCH: "a branch's head says which commit is newest, nothing that can be measured",
    DEPLOYMENT: "a deployment is one thing that happened",
    DEPLOYMENTS: "a deployment is one thing that happened",
    WORKFLOW_RUNS: "a run's updated_at moves again after its end, so that its duration is not known for sure; "
    "workflow_jobs have started_at and completed_at",
    CONTRIBUTORS: "anonymous contributors are known only by their e-mail address, which names no series; "
    "commit_activity counts commits",
    STARGAZERS: "the list is history page by page; how many there are says the repository",
    SUBSCRIBERS: "how many there are says the repository",
    FOLLOWERS: "how many there are says the user",
    SEARCH_ISSUES: "the number of hits comes from an index that lags and may be incomplete",
    SEARCH_REPOSITORIES: "counts in search results come from an index that lags behind the repository's own, "
    "so that a series of both would step back and forth",
    SEARCH_USERS: "the number of hits comes from an index that lags and may be incomplete",
    SEARCH_CODE: "the number of hits comes from an index that lags and may be incomplete",
    GIT_REFS: "a reference says which commit it names, nothing that can be measured",
    TAGS: "a tag says which commit it names, nothing that can be measured",
    LABELS: "labels have no numbers",
    ISSUE_LABELS: "labels have no numbers",
    ISSUE_COMMENTS: "comments are text",
    ISSUE_EVENTS: "an event is one thing that happened; the issue shows what it led to",
    TOPICS: "topics are words, and the repository lists them",
    NOTIFICATIONS: "a person's inbox, which says nothing about the things in it that they do not say themselves",
    PARTICIPATION: "weeks without their dates; commit_activity has the same numbers with dates",
    f"{WEBHOOK}release": "what changes in a release has no time; the next poll counts its downloads",
    RATE_LIMIT: "the quota of our own credential: connector_runs has it",
    ROOT: "a list of addresses",
    OTHER: "this connector does not know the endpoint",
}

_BELOW_REPOSITORY = (
    (r"", REPOSITORY),
    (r"/issues", ISSUES),
    (r"/issues/\d+", ISSUE),
    (r"/issues(?:/\d+)?/comments", ISSUE_COMMENTS),
    (r"/issues(?:/\d+)?/events", ISSUE_EVENTS),
    (r"/issues/\d+/labels", ISSUE_LABELS),
    (r"/labels(?:/[^/]+)?", LABELS),
    (r"/milestones", MILESTONES),
    (r"/milestones/\d+", MILESTONE),
    (r"/releases", RELEASES),
    (r"/releases/(?:latest|\d+|tags/.+)", RELEASE),
    (r"/releases/\d+/assets", RELEASE_ASSETS),
    (r"/releases/assets/\d+", RELEASE_ASSET),
    (r"/events", EVENTS),
    (r"/branches/.+", BRANCH),
    (r"/commits", COMMITS),
    (r"/commits/[^/]+", COMMIT),
    (r"/commits/[^/]+/check-runs", CHECK_RUNS),
    (r"/contents(?:/.*)?", CONTENTS),
    (r"/contributors", CONTRIBUTORS),
    (r"/deployments", DEPLOYMENTS),
    (r"/deployments/\d+", DEPLOYMENT),
    (r"/git/refs(?:/.*)?", GIT_REFS),
    (r"/languages", LANGUAGES),
    (r"/pulls", PULLS),
    (r"/pulls/\d+", PULL),
    (r"/stargazers", STARGAZERS),
    (r"/subscribers", SUBSCRIBERS),
    (r"/stats/code_frequency", CODE_FREQUENCY),
    (r"/stats/commit_activity", COMMIT_ACTIVITY),
    (r"/stats/participation", PARTICIPATION),
    (r"/tags", TAGS),
    (r"/topics", TOPICS),
    (r"/traffic/views", TRAFFIC_VIEWS),
    (r"/traffic/clones", TRAFFIC_CLONES),
    (r"/traffic/popular/paths", TRAFFIC_PATHS),
    (r"/traffic/popular/referrers", TRAFFIC_REFERRERS),
    (r"/actions/runs", WORKFLOW_RUNS),
    (r"/actions/runs/\d+/jobs", WORKFLOW_JOBS),
)
_ELSEWHERE = (
    (r"/?", ROOT),
    (r"/(?:orgs/[^/]+|organizations/\d+)", ORGANISATION),
    (r"/(?:orgs/[^/]+|organizations/\d+)/repos", ORGANISATION_REPOSITORIES),
    (r"/(?:users/[^/]+/events(?:/public)?|orgs/[^/]+/events|networks/[^/]+/[^/]+/events|events)", EVENTS),
    (r"/(?:users/[^/]+|user/\d+|user)", USER),
    (r"/(?:users/[^/]+|user)/(?:followers|following)", FOLLOWERS),
    (r"/notifications", NOTIFICATIONS),
    (r"/rate_limit", RATE_LIMIT),
    (r"/search/code", SEARCH_CODE),
    (r"/search/issues", SEARCH_ISSUES),
    (r"/search/repositories", SEARCH_REPOSITORIES),
    (r"/search/users", SEARCH_USERS),
)
_QUESTIONS = frozenset({GRAPHQL_REPOSITORIES, GRAPHQL_STARGAZERS})
_REPOSITORY_PATH = re.compile(r"/(?:repos/[^/]+/[^/]+|repositories/\d+)(?P<below>/.*)?")
_BELOW = tuple((re.compile(pattern), endpoint) for pattern, endpoint in _BELOW_REPOSITORY)
_OUTSIDE = tuple((re.compile(pattern), endpoint) for pattern, endpoint in _ELSEWHERE)

# what changes something answers with the thing changed; the connector never asks that, but recordings hold it
_ANSWERS_TO_CHANGES = frozenset({ISSUE_LABELS})

# folders of recordings whose requests' addresses are not known
_OF_KIND: Final = {
    "branches": BRANCH,
    "check-runs": CHECK_RUNS,
    "commits": COMMIT,
    "commits-pages": COMMITS,
    "conditional-304": REPOSITORY,
    "contents": CONTENTS,
    "contributors": CONTRIBUTORS,
    "events-public": EVENTS,
    "followers": FOLLOWERS,
    "git-refs": GIT_REFS,
    "issue-comments": ISSUE_COMMENTS,
    "issue-events": ISSUE_EVENTS,
    "issue-events-pages": ISSUE_EVENTS,
    "issues": ISSUE,
    "issues-list": ISSUES,
    "issues-pages": ISSUES,
    "issues-pages-per3": ISSUES,
    "languages": LANGUAGES,
    "milestones": MILESTONE,
    "notifications": NOTIFICATIONS,
    "org-repos-pages": ORGANISATION_REPOSITORIES,
    "orgs": ORGANISATION,
    "orgs-over-time": ORGANISATION,
    "pulls": PULL,
    "pulls-list": PULLS,
    "rate-limit": RATE_LIMIT,
    "redirects": REPOSITORY,
    "releases": RELEASE,
    "repos": REPOSITORY,
    "repos-over-time": REPOSITORY,
    "root": ROOT,
    "search-code": SEARCH_CODE,
    "search-issues": SEARCH_ISSUES,
    "search-issues-pages": SEARCH_ISSUES,
    "search-repositories": SEARCH_REPOSITORIES,
    "search-users": SEARCH_USERS,
    "stargazers": STARGAZERS,
    "subscribers": SUBSCRIBERS,
    "tags": TAGS,
    "topics": TOPICS,
    "user-events": EVENTS,
    "users": USER,
    "users-over-time": USER,
    "workflow-jobs": WORKFLOW_JOBS,
    "workflow-runs": WORKFLOW_RUNS,
}


def endpoint_of(method: str, path: str | None, kind: str) -> str:
    """Return our name of the endpoint that a request asked, ``other`` if we have none.

    Args:
        method: HTTP method, in any case.
        path: of the request, from the vendor's host on, with or without a query; None if unknown.
        kind: folder of the recording, which decides where the path is unknown.
    """
    if path is None:
        return _OF_KIND.get(kind, OTHER)
    where, _, query = path.partition("?")
    if where.rstrip("/") == GRAPHQL_PATH:
        operation = parse_qs(query).get(OPERATION_PARAMETER, [""])[0]
        return operation if method.upper() == "POST" and operation in _QUESTIONS else OTHER
    endpoint = _asked(where)
    return endpoint if method.upper() == "GET" or endpoint in _ANSWERS_TO_CHANGES else OTHER


def _asked(path: str) -> str:
    path = path.rstrip("/") or "/"
    repository = _REPOSITORY_PATH.fullmatch(path)
    patterns, path = (_BELOW, repository["below"] or "") if repository else (_OUTSIDE, path)
    return next((endpoint for pattern, endpoint in patterns if pattern.fullmatch(path)), OTHER)
