"""Repositories, issues and releases of the played GitHub, in GitHub's shapes (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import orjson

from crosscurrent.embedded.world.exchange import iso_time
from crosscurrent.embedded.world.github_accounts import (
    API,
    SITE,
    node_id,
    organisation_owner,
    user,
    user_login,
)
from crosscurrent.embedded.world.scenario import Repository

REPOSITORY_ID_FIRST = 412_000_300
ISSUE_ID_FIRST = 1_700_000_000
ISSUES_PER_REPOSITORY_MAX = 10_000_000
ISSUES_CACHED_MAX = 8192
RELEASE_ID_FIRST = 88_000_000
CREATED_FIRST_SECONDS = 1_489_000_000

# what stands below a repository's address, by the name of the field
_LINKS = {
    "forks_url": "/forks", "keys_url": "/keys{/key_id}", "collaborators_url": "/collaborators{/collaborator}",
    "teams_url": "/teams", "hooks_url": "/hooks", "issue_events_url": "/issues/events{/number}",
    "events_url": "/events", "assignees_url": "/assignees{/user}", "branches_url": "/branches{/branch}",
    "tags_url": "/tags", "blobs_url": "/git/blobs{/sha}", "git_tags_url": "/git/tags{/sha}",
    "git_refs_url": "/git/refs{/sha}", "trees_url": "/git/trees{/sha}", "statuses_url": "/statuses/{sha}",
    "languages_url": "/languages", "stargazers_url": "/stargazers", "contributors_url": "/contributors",
    "subscribers_url": "/subscribers", "subscription_url": "/subscription", "commits_url": "/commits{/sha}",
    "git_commits_url": "/git/commits{/sha}", "comments_url": "/comments{/number}",
    "issue_comment_url": "/issues/comments{/number}", "contents_url": "/contents/{+path}",
    "compare_url": "/compare/{base}...{head}", "merges_url": "/merges",
    "archive_url": "/{archive_format}{/ref}", "downloads_url": "/downloads", "issues_url": "/issues{/number}",
    "pulls_url": "/pulls{/number}", "milestones_url": "/milestones{/number}",
    "notifications_url": "/notifications{?since,all,participating}", "labels_url": "/labels{/name}",
    "releases_url": "/releases{/id}", "deployments_url": "/deployments",
}  # fmt: skip
_LABELS = (
    ("bug", "d73a4a", "Something is not working"),
    ("question", "d876e3", None),
    ("docs", "0075ca", "Words"),
)
_TITLES = ("Crash on an empty input", "Support a second region", "Slow after a restart", "Clarify the guide")
_ASSOCIATIONS = ("NONE", "CONTRIBUTOR", "MEMBER", "NONE")


@dataclass(frozen=True, slots=True)
class RepositoryCounts:
    """The moving part of a repository; times are virtual epoch seconds."""

    stars: int
    forks: int
    open_issues: int
    pushes: int
    updated_seconds: int
    pushed_seconds: int


@dataclass(frozen=True, slots=True)
class Issue:
    """One issue or pull request; times are virtual epoch seconds, ``closed_seconds`` None while open."""

    number: int
    is_pull_request: bool
    user: int
    comments: int
    created_seconds: int
    closed_seconds: int | None

    @property
    def updated_seconds(self) -> int:
        """When it last changed."""
        return self.created_seconds if self.closed_seconds is None else self.closed_seconds


@dataclass(frozen=True, slots=True)
class Place:
    """A repository with its position in the scenario and its owner's."""

    repository: Repository
    index: int
    owner_index: int

    @property
    def id(self) -> int:
        """The numeric id of the repository."""
        return REPOSITORY_ID_FIRST + self.index * 1_037

    @property
    def url(self) -> str:
        """The repository's address at the API."""
        return f"{API}/repos/{self.repository.full_name}"


def repository_payload(place: Place, counts: RepositoryCounts, *, detail: bool) -> dict[str, object]:
    """Return a repository; a list's rows (``detail`` false) lack some fields, as with GitHub."""
    payload = _fixed(place)
    payload.update(
        updated_at=iso_time(counts.updated_seconds),
        pushed_at=iso_time(counts.pushed_seconds),
        size=1_200 + 3 * counts.pushes,
        stargazers_count=counts.stars,
        watchers_count=counts.stars,
        watchers=counts.stars,
        forks_count=counts.forks,
        forks=counts.forks,
        open_issues_count=counts.open_issues,
        open_issues=counts.open_issues,
    )
    if detail:
        payload.update(
            network_count=counts.forks,
            # watching follows starring, a hundred times less often
            subscribers_count=5 + counts.stars // 100,
            temp_clone_token=None,
            allow_squash_merge=True,
            allow_merge_commit=True,
            allow_rebase_merge=place.index % 2 == 0,
            delete_branch_on_merge=place.index % 3 == 0,
            organization=organisation_owner(place.repository.owner, place.owner_index),
        )
    return payload


def issue_payload(place: Place, issue: Issue) -> dict[str, object]:
    """Return an issue; a pull request is one with a ``pull_request`` field."""
    kind = "pull" if issue.is_pull_request else "issues"
    url = f"{place.url}/issues/{issue.number}"
    html_url = f"{SITE}/{place.repository.full_name}/{kind}/{issue.number}"
    identifier = ISSUE_ID_FIRST + place.index * ISSUES_PER_REPOSITORY_MAX + issue.number
    payload: dict[str, object] = {
        "url": url,
        "repository_url": place.url,
        "labels_url": f"{url}/labels{{/name}}",
        "comments_url": f"{url}/comments",
        "events_url": f"{url}/events",
        "html_url": html_url,
        "id": identifier,
        "node_id": node_id("PullRequest" if issue.is_pull_request else "Issue", identifier),
        "number": issue.number,
        "title": _TITLES[issue.number % len(_TITLES)],
        "user": user(issue.user),
        "labels": _labels(place, issue.number),
        "state": "open" if issue.closed_seconds is None else "closed",
        "locked": False,
        "assignee": None,
        "assignees": [],
        "milestone": None,
        "comments": issue.comments,
        "created_at": iso_time(issue.created_seconds),
        "updated_at": iso_time(issue.updated_seconds),
        "closed_at": None if issue.closed_seconds is None else iso_time(issue.closed_seconds),
        "author_association": _ASSOCIATIONS[issue.user % len(_ASSOCIATIONS)],
        "active_lock_reason": None,
        "body": None if issue.number % 7 == 0 else f"Seen in build {issue.number * 13}.",
        "reactions": _reactions(url, issue.number),
        "timeline_url": f"{url}/timeline",
        "performed_via_github_app": None,
    }
    if issue.is_pull_request:
        payload["pull_request"] = {
            "url": f"{place.url}/pulls/{issue.number}",
            "html_url": html_url,
            "diff_url": f"{html_url}.diff",
            "patch_url": f"{html_url}.patch",
        }
    return payload


@lru_cache(maxsize=ISSUES_CACHED_MAX)
def issue_json(place: Place, issue: Issue) -> bytes:
    """Return an issue's bytes; between its opening and its closing they do not change."""
    return orjson.dumps(issue_payload(place, issue))


def release_tag(ordinal: int) -> str:
    """Return the tag of the ``ordinal``-th release of a repository."""
    return f"v{1 + ordinal // 10}.{ordinal % 10}.0"


def release_payload(place: Place, ordinal: int, published_seconds: int, downloads: int) -> dict[str, object]:
    """Return a release, the ``ordinal``-th of its repository, with one asset."""
    tag = release_tag(ordinal)
    identifier = RELEASE_ID_FIRST + place.index * 100_000 + ordinal
    url = f"{place.url}/releases/{identifier}"
    site = f"{SITE}/{place.repository.full_name}"
    author = user(place.index)
    return {
        "url": url,
        "assets_url": f"{url}/assets",
        "upload_url": f"https://uploads.github.com/repos/{place.repository.full_name}"
        f"/releases/{identifier}/assets{{?name,label}}",
        "html_url": f"{site}/releases/tag/{tag}",
        "id": identifier,
        "author": author,
        "node_id": node_id("Release", identifier),
        "tag_name": tag,
        "target_commitish": "main",
        "name": None if ordinal % 5 == 0 else f"{place.repository.name} {tag}",
        "draft": False,
        "prerelease": ordinal % 10 == 9,
        "created_at": iso_time(published_seconds - 600),
        "published_at": iso_time(published_seconds),
        "assets": [_asset(place, identifier, tag, published_seconds, downloads)],
        "tarball_url": f"{place.url}/tarball/{tag}",
        "zipball_url": f"{place.url}/zipball/{tag}",
        "body": f"Changes since {user_login(place.index)}'s last release.",
    }


def _asset(place: Place, release: int, tag: str, published_seconds: int, downloads: int) -> dict[str, object]:
    identifier, name = release + 7_000_000, f"{place.repository.name}-{tag}.tar.gz"
    return {
        "url": f"{place.url}/releases/assets/{identifier}",
        "id": identifier,
        "node_id": node_id("ReleaseAsset", identifier),
        "name": name,
        "label": "",
        "uploader": user(place.index),
        "content_type": "application/gzip",
        "state": "uploaded",
        "size": 2_400_000 + 17 * (release % 1000),
        "download_count": downloads,
        "created_at": iso_time(published_seconds),
        "updated_at": iso_time(published_seconds),
        "browser_download_url": f"{SITE}/{place.repository.full_name}/releases/download/{tag}/{name}",
    }


def _fixed(place: Place) -> dict[str, object]:
    repository, index = place.repository, place.index
    full_name = repository.full_name
    payload: dict[str, object] = {
        "id": place.id,
        "node_id": node_id("Repository", place.id),
        "name": repository.name,
        "full_name": full_name,
        "private": False,
        "owner": organisation_owner(repository.owner, place.owner_index),
        "html_url": f"{SITE}/{full_name}",
        "description": repository.description,
        "fork": False,
        "url": place.url,
    }
    payload.update({name: place.url + below for name, below in _LINKS.items()})
    payload.update(
        created_at=iso_time(CREATED_FIRST_SECONDS + index * 9_876_543),
        git_url=f"git://github.com/{full_name}.git",
        ssh_url=f"git@github.com:{full_name}.git",
        clone_url=f"{SITE}/{full_name}.git",
        svn_url=f"{SITE}/{full_name}",
        homepage=None if index % 2 else f"https://{repository.name}.example",
        language=repository.language,
        has_issues=True,
        has_projects=True,
        has_downloads=True,
        has_wiki=index % 4 != 0,
        has_pages=False,
        mirror_url=None,
        archived=False,
        disabled=False,
        license=None if index % 5 == 4 else _LICENCE,
        allow_forking=True,
        is_template=False,
        web_commit_signoff_required=False,
        topics=list(repository.topics),
        visibility="public",
        default_branch="main",
        permissions={"admin": False, "maintain": False, "push": False, "triage": False, "pull": True},
    )
    return payload


def _labels(place: Place, number: int) -> list[dict[str, object]]:
    if number % 3:
        return []
    kind = number // 3 % len(_LABELS)
    name, colour, description = _LABELS[kind]
    identifier = 3_300_000_000 + place.index * 10 + kind
    return [
        {
            "id": identifier,
            "node_id": node_id("Label", identifier),
            "url": f"{place.url}/labels/{name}",
            "name": name,
            "color": colour,
            "default": True,
            "description": description,
        }
    ]


def _reactions(url: str, number: int) -> dict[str, object]:
    up = number % 4
    return {
        "url": f"{url}/reactions", "total_count": up, "+1": up, "-1": 0, "laugh": 0, "hooray": 0,
        "confused": 0, "heart": 0, "rocket": 0, "eyes": 0,
    }  # fmt: skip


_LICENCE = {
    "key": "apache-2.0",
    "name": "Apache License 2.0",
    "spdx_id": "Apache-2.0",
    "url": f"{API}/licenses/apache-2.0",
    "node_id": "MDc6TGljZW5zZTI=",
}
