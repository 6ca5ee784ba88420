"""What is asked of GitHub's GraphQL: counts of many repositories in one request, and who starred when (pure).

Source: https://docs.github.com/en/graphql/reference/queries
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from connectors.github.endpoints import GRAPHQL_REPOSITORIES, GRAPHQL_STARGAZERS

REPOSITORIES_A_QUERY: Final = 50
"""Three connections each make two points of the 5,000 an hour; more in one query run into the vendor's ten seconds."""

_RATE: Final = "rateLimit { cost limit remaining resetAt }"
_REPOSITORY: Final = (
    "nameWithOwner databaseId url description homepageUrl createdAt updatedAt pushedAt isArchived isFork diskUsage "
    "stargazerCount forkCount owner { login } primaryLanguage { name } licenseInfo { spdxId } "
    "watchers { totalCount } issues(states: OPEN) { totalCount } pullRequests(states: OPEN) { totalCount }"
)
STARGAZERS: Final = (
    f"query {GRAPHQL_STARGAZERS}($owner: String!, $name: String!, $first: Int!, $after: String) {{ {_RATE} "
    "repository(owner: $owner, name: $name) { nameWithOwner "
    "stargazers(first: $first, after: $after, orderBy: {field: STARRED_AT, direction: DESC}) { "
    "edges { starredAt } pageInfo { endCursor hasNextPage } } } }"
)


def repositories_query(names: Sequence[str]) -> str:
    """Return the query for the counts of some repositories, each under a name of its own, ``r0``, ``r1`` and so on.

    Args:
        names: ``owner/name``, of letters, digits, ``.``, ``_`` and ``-`` only.
    """
    asked = []
    for number, full_name in enumerate(names):
        owner, name = full_name.split("/")
        asked.append(f'r{number}: repository(owner: "{owner}", name: "{name}") {{ {_REPOSITORY} }}')
    return f"query {GRAPHQL_REPOSITORIES} {{ {_RATE} {' '.join(asked)} }}"
