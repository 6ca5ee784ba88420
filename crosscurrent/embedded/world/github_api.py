"""The played GitHub REST API: addresses, credentials, quota, pages and conditional requests."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson

from crosscurrent.embedded.world.exchange import Answer, Call, conditioned, json_answer
from crosscurrent.embedded.world.github_accounts import organisation_id
from crosscurrent.embedded.world.github_history import GithubHistory
from crosscurrent.embedded.world.github_lists import GithubLists
from crosscurrent.embedded.world.github_payload import (
    Place,
    RepositoryCounts,
    issue_json,
    release_payload,
    repository_payload,
)
from crosscurrent.embedded.world.issue_list import IssueChoice
from crosscurrent.embedded.world.pages import link_header, page_of
from crosscurrent.embedded.world.quota import Quota
from crosscurrent.embedded.world.routes import Routes

WINDOW_SECONDS = 3600.0
ANONYMOUS_LIMIT = 60
DEFAULT_LIMIT = 5000
POLL_INTERVAL_SECONDS = 60
DOCUMENTATION = "https://docs.github.com/rest"

_REPOSITORY = r"/(?:repos/(?P<full_name>[^/]+/[^/]+)|repositories/(?P<repository_id>\d+))"
_ORGANISATION = r"/(?:orgs/(?P<login>[^/]+)|organizations/(?P<organisation_id>\d+))"


@dataclass(frozen=True, slots=True)
class GithubTerms:
    """How the played GitHub treats its callers.

    Attributes:
        token: the only bearer token that is good; any is if None.
        limit: requests a real hour with a token.
        secondary_retry_after_seconds: what ``Retry-After`` says when too many requests run at once.
    """

    token: str | None = None
    limit: int = DEFAULT_LIMIT
    secondary_retry_after_seconds: int = 1


class GithubApi:
    """Answers GitHub's requests.

    Args:
        history: what there is at a virtual time.
        terms: how callers are treated.
        lists: what of it is not shown.
    """

    def __init__(self, history: GithubHistory, terms: GithubTerms, lists: GithubLists) -> None:
        self._history = history
        self._lists = lists
        self._terms = terms
        self._quota = Quota(WINDOW_SECONDS)
        self._by_id = {place.id: place for place in history.places.values()}
        places = sorted(history.places.values(), key=lambda place: place.index)
        self._by_owner: dict[str, list[Place]] = {}
        for place in places:
            self._by_owner.setdefault(place.repository.owner.lower(), []).append(place)
        self._logins = {
            organisation_id(place.owner_index): place.repository.owner.lower() for place in places
        }
        self._routes = Routes(
            (
                (_REPOSITORY, self._repository),
                (_REPOSITORY + "/issues", self._issues),
                (_REPOSITORY + "/releases", self._releases),
                (_REPOSITORY + "/events", self._events),
                (_ORGANISATION + "/repos", self._organisation_repositories),
            ),
            otherwise=_not_found,
        )

    def answer(self, call: Call) -> Answer:
        """Return the response to a request, with the caller's quota in its headers."""
        if not call.headers.get("user-agent"):
            return Answer(403, _NO_USER_AGENT, "text/html; charset=utf-8")
        token = _token(call)
        if token is not None and self._terms.token not in (None, token):
            return _error(401, "Bad credentials", DOCUMENTATION)
        caller, limit = ("anonymous", ANONYMOUS_LIMIT) if token is None else ("token", self._terms.limit)
        if call.path == "/rate_limit":
            return self._rate_limit(call, caller, limit)
        if self._quota.used(caller, call.real_seconds) >= limit:
            return self._spent(caller).with_headers(self._quota_headers(call, caller, limit))
        answer = conditioned(self._routes.answer(call), call)
        # a 304 is free only for a caller with a credential
        if answer.status != 304 or token is None:
            self._quota.spend(caller, call.real_seconds)
        return answer.with_headers(
            {"cache-control": "private, max-age=60, s-maxage=60", **self._quota_headers(call, caller, limit)}
        )

    def too_many_at_once(self) -> Answer:
        """Return the answer of the secondary limit.

        Source: docs.github.com, "Rate limits for the REST API", about secondary rate limits.
        """
        error = _error(
            429,
            "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
            f"{DOCUMENTATION}/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits",
        )
        return error.with_headers({"retry-after": str(self._terms.secondary_retry_after_seconds)})

    def _repository(self, call: Call, found: re.Match[str]) -> Answer:
        place = self._place(call, found)
        if place is None:
            return _not_found()
        counts = self._counts(place, call)
        payload = repository_payload(place, counts, detail=True)
        return json_answer(payload, last_modified_seconds=counts.updated_seconds)

    def _organisation_repositories(self, call: Call, found: re.Match[str]) -> Answer:
        number = found["organisation_id"]
        login = self._logins.get(int(number)) if number else found["login"].lower()
        places = self._by_owner.get(login or "")
        if places is None:
            return _not_found()
        shown = self._lists.repositories(places, call.now_seconds)
        rows, page, last = page_of(shown, call.query)
        self._lists.paged("repositories", places[0].repository.owner, call, page, last)
        payload = [repository_payload(p, self._counts(p, call), detail=False) for p in rows]
        address = f"{call.origin}/organizations/{organisation_id(places[0].owner_index)}/repos"
        return json_answer(payload).with_headers(link_header(address, call.query, page, last))

    def _issues(self, call: Call, found: re.Match[str]) -> Answer:
        place = self._place(call, found)
        if place is None:
            return _not_found()
        hour = self._history.hour_at(place, call.now_seconds)
        issues = self._history.issues(place, hour, self._choice(place, call))
        rows, page, last = page_of(issues, call.query)
        self._lists.paged("issues", place.repository.full_name, call, page, last)
        address = f"{call.origin}/repositories/{place.id}/issues"
        answer = json_answer([orjson.Fragment(issue_json(place, issue)) for issue in rows])
        return answer.with_headers(link_header(address, call.query, page, last))

    def _counts(self, place: Place, call: Call) -> RepositoryCounts:
        return self._history.counts(place, self._history.hour_at(place, call.now_seconds))

    def _choice(self, place: Place, call: Call) -> IssueChoice:
        since = _moment(call.query.get("since"))
        return IssueChoice(
            state=call.query.get("state", "open"),
            since_hour=None if since is None else self._history.exact_hour(place, since),
            by_update=call.query.get("sort") == "updated",
            ascending=call.query.get("direction") == "asc",
            without=self._lists.issues_lacking(place, call.now_seconds),
        )

    def _releases(self, call: Call, found: re.Match[str]) -> Answer:
        place = self._place(call, found)
        if place is None:
            return _not_found()
        rows, page, last = page_of(self._lists.releases(place, call.now_seconds), call.query)
        self._lists.paged("releases", place.repository.full_name, call, page, last)
        address = f"{call.origin}/repositories/{place.id}/releases"
        answer = json_answer([release_payload(place, *row) for row in rows])
        return answer.with_headers(link_header(address, call.query, page, last))

    def _events(self, call: Call, found: re.Match[str]) -> Answer:
        place = self._place(call, found)
        if place is None:
            return _not_found()
        hour = self._history.hour_at(place, call.now_seconds)
        rows, page, last = page_of(self._history.events(place, hour), call.query)
        address = f"{call.origin}/repositories/{place.id}/events"
        updated = self._history.counts(place, hour).updated_seconds
        answer = json_answer([orjson.Fragment(row) for row in rows], last_modified_seconds=updated)
        headers = {"x-poll-interval": str(POLL_INTERVAL_SECONDS)}
        return answer.with_headers({**headers, **link_header(address, call.query, page, last)})

    def _rate_limit(self, call: Call, caller: str, limit: int) -> Answer:
        core = self._rate(call, caller, limit)
        search = {"limit": 30, "used": 0, "remaining": 30, "reset": int(call.now_seconds) + 60}
        payload = {"resources": {"core": core, "search": search}, "rate": core}
        return json_answer(payload).with_headers(
            {"cache-control": "no-cache", **self._quota_headers(call, caller, limit)}
        )

    def _rate(self, call: Call, caller: str, limit: int) -> dict[str, int]:
        used = min(limit, self._quota.used(caller, call.real_seconds))
        left = self._quota.seconds_left(caller, call.real_seconds)
        # by the Date header's virtual time, so that reset - date is what has to be waited in real seconds
        return {
            "limit": limit,
            "used": used,
            "remaining": limit - used,
            "reset": int(call.now_seconds) + left,
        }

    def _quota_headers(self, call: Call, caller: str, limit: int) -> dict[str, str]:
        rate = self._rate(call, caller, limit)
        headers = {f"x-ratelimit-{name}": str(value) for name, value in rate.items()}
        return {**headers, "x-ratelimit-resource": "core"}

    def _spent(self, caller: str) -> Answer:
        who = (
            "user ID 1."
            if caller == "token"
            else "127.0.0.1. Authenticated requests get a higher rate limit."
        )
        return _error(
            403,
            f"API rate limit exceeded for {who}",
            f"{DOCUMENTATION}/overview/rate-limits-for-the-rest-api",
        )

    def _place(self, call: Call, found: re.Match[str]) -> Place | None:
        if found["repository_id"]:
            place = self._by_id.get(int(found["repository_id"]))
        else:
            place = self._history.places.get(found["full_name"].lower())
        shown = self._lists.repositories([place], call.now_seconds) if place else []
        return shown[0] if shown else None


def _moment(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _token(call: Call) -> str | None:
    scheme, _, token = call.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() in {"bearer", "token"} and token.strip() else None


def _not_found() -> Answer:
    return _error(404, "Not Found", DOCUMENTATION)


def _error(status: int, message: str, documentation: str) -> Answer:
    body = {"message": message, "documentation_url": documentation, "status": str(status)}
    return json_answer(body, status=status)


_NO_USER_AGENT = b"Request forbidden by administrative rules. A User-Agent header is required.\n"
