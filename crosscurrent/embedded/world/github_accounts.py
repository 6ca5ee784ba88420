"""Users and organisations of the played GitHub, in GitHub's shapes."""

from __future__ import annotations

from base64 import b64encode
from functools import lru_cache

from crosscurrent.embedded.world.repository_model import USERS_COUNT

API = "https://api.github.com"
SITE = "https://github.com"
USER_ID_FIRST = 71_000_100
ORGANISATION_ID_FIRST = 93_000_400

_GIVEN = ("ada", "bram", "cleo", "dirk", "edda", "finn", "gail", "hugo", "ines", "joop", "kira", "lars")
_FAMILY = ("wickfield", "oarsman", "fenbridge", "stonehatch")


def user_login(index: int) -> str:
    """Return the login of a user, ``index`` from 0 to ``USERS_COUNT`` - 1."""
    index %= USERS_COUNT
    return f"{_GIVEN[index % len(_GIVEN)]}-{_FAMILY[index // len(_GIVEN)]}"


@lru_cache(maxsize=USERS_COUNT)
def user(index: int) -> dict[str, object]:
    """Return a user as it stands in issues and releases; the dict is shared, so do not change it."""
    return _account(user_login(index), USER_ID_FIRST + index * 37, "User")


@lru_cache(maxsize=64)
def organisation_owner(login: str, index: int) -> dict[str, object]:
    """Return an organisation as it stands in ``owner``; the dict is shared, so do not change it."""
    return _account(login, organisation_id(index), "Organization")


def organisation_id(index: int) -> int:
    """Return the numeric id of an organisation."""
    return ORGANISATION_ID_FIRST + index * 911


def actor(index: int) -> dict[str, object]:
    """Return a user as it stands in events."""
    login, identifier = user_login(index), USER_ID_FIRST + index * 37
    return {
        "id": identifier,
        "login": login,
        "display_login": login,
        "gravatar_id": "",
        "url": f"{API}/users/{login}",
        "avatar_url": f"https://avatars.githubusercontent.com/u/{identifier}?",
    }


def node_id(kind: str, identifier: int) -> str:
    """Return an opaque global id of GitHub's older kind."""
    return b64encode(f"0{len(kind)}:{kind}{identifier}".encode()).decode()


def _account(login: str, identifier: int, kind: str) -> dict[str, object]:
    url = f"{API}/users/{login}"
    return {
        "login": login,
        "id": identifier,
        "node_id": node_id(kind, identifier),
        "avatar_url": f"https://avatars.githubusercontent.com/u/{identifier}?v=4",
        "gravatar_id": "",
        "url": url,
        "html_url": f"{SITE}/{login}",
        "followers_url": f"{url}/followers",
        "following_url": f"{url}/following{{/other_user}}",
        "gists_url": f"{url}/gists{{/gist_id}}",
        "starred_url": f"{url}/starred{{/owner}}{{/repo}}",
        "subscriptions_url": f"{url}/subscriptions",
        "organizations_url": f"{url}/orgs",
        "repos_url": f"{url}/repos",
        "events_url": f"{url}/events{{/privacy}}",
        "received_events_url": f"{url}/received_events",
        "type": kind,
        "site_admin": False,
    }
