"""The played GitHub REST API: addresses, credentials, quota, pages and conditional requests."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

import orjson

from crosscurrent.embedded.world.exchange import Answer, Call, conditioned, json_answer
from crosscurrent.embedded.world.github_accounts import organisation_id
from crosscurrent.embedded.world.github_app import PATH as GRANT_PATH
from crosscurrent.embedded.world.github_app import AppTerms, GithubAppTokens
from crosscurrent.embedded.world.github_graphql import PATH as GRAPHQL_PATH
from crosscurrent.embedded.world.github_graphql import GithubGraphql
from crosscurrent.embedded.world.github_history import GithubHistory
from crosscurrent.embedded.world.github_payload import (
    Place,
    RepositoryCounts,
    issue_json,
    release_payload,
    repository_payload,
)
from crosscurrent.embedded.world.github_statistics import GithubStatistics
from crosscurrent.embedded.world.issue_list import IssueChoice
from crosscurrent.embedded.world.pages import link_header, page_of
from crosscurrent.embedded.world.quota import Quota
from crosscurrent.embedded.world.routes import Routes

WINDOW_SECONDS = 3600.0
ANONYMOUS = "anonymous"
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
        app: which GitHub App is known.
        pushes: whether callers may push, and so see the traffic.
        statistics_ready: whether statistics are there at the first request; else that is answered 202.
    """

    token: str | None = None
    limit: int = DEFAULT_LIMIT
    secondary_retry_after_seconds: int = 1
    app: AppTerms = field(default_factory=AppTerms)
    pushes: bool = True
    statistics_ready: bool = True


class GithubApi:
    """Answers GitHub's requests.

    Args:
        history: what there is at a virtual time.
        terms: how callers are treated.
    """

    def __init__(self, history: GithubHistory, terms: GithubTerms) -> None:
        self._history = history
        self._terms = terms
        self._quota = Quota(WINDOW_SECONDS)
        self._points = Quota(WINDOW_SECONDS)
        self._tokens = GithubAppTokens(terms.app)
        self._graphql = GithubGraphql(history)
        self._statistics = GithubStatistics(history)
        self._computed: set[str] = set()
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
                (_REPOSITORY + r"/traffic/(?P<rows>views|clones)", self._traffic),
                (_REPOSITORY + r"/traffic/popular/(?P<popular>referrers|paths)", self._popular),
                (_REPOSITORY + "/stats/commit_activity", self._commit_activity),
                (_REPOSITORY + "/actions/runs", self._runs),
                (_REPOSITORY + r"/contents/(?P<path>.+)", self._contents),
                (_ORGANISATION + "/repos", self._organisation_repositories),
            ),
            otherwise=_not_found,
        )

    def answer(self, call: Call) -> Answer:
        """Return the response to a request, with the caller's quota in its headers."""
        if not call.headers.get("user-agent"):
            return Answer(403, _NO_USER_AGENT, "text/html; charset=utf-8")
        grant = GRANT_PATH.fullmatch(call.path) if call.method == "POST" else None
        if grant is not None:
            return self._tokens.grant(call, grant["installation"])
        caller = self._caller(call)
        if caller is None:
            return _error(401, "Bad credentials", DOCUMENTATION)
        limit = ANONYMOUS_LIMIT if caller == ANONYMOUS else self._terms.limit
        if call.method == "POST":
            return self._query(call, caller)
        if call.path == "/rate_limit":
            return self._rate_limit(call, caller, limit)
        if self._quota.used(caller, call.real_seconds) >= limit:
            return self._spent(caller).with_headers(self._quota_headers(call, caller, limit))
        answer = conditioned(self._routes.answer(call), call)
        # a 304 is free only for a caller with a credential
        if answer.status != 304 or caller == ANONYMOUS:
            self._quota.spend(caller, call.real_seconds)
        return answer.with_headers(
            {"cache-control": "private, max-age=60, s-maxage=60", **self._quota_headers(call, caller, limit)}
        )

    def _caller(self, call: Call) -> str | None:
        """Return whose quota a request counts against, ``None`` if its token is not good."""
        token = _token(call)
        if token is None:
            return ANONYMOUS
        installation = self._tokens.installation_of(token, call)
        if installation is not None:
            return f"installation {installation}"
        if token.startswith("ghs_") or self._terms.token not in (None, token):
            return None
        return "token"

    def _query(self, call: Call, caller: str) -> Answer:
        """Return the answer to a query, whose points are a quota of their own."""
        if call.path != GRAPHQL_PATH:
            return _not_found()
        if caller == ANONYMOUS:
            return _error(401, "This endpoint requires you to be authenticated.", DOCUMENTATION)
        limit = self._terms.limit
        rate = self._rate(call, caller, limit, self._points)
        if rate["remaining"] <= 0:
            message = f"API rate limit exceeded for {caller}."
            answer = json_answer({"errors": [{"type": "RATE_LIMITED", "message": message}]})
        else:
            payload, points = self._graphql.answered(call, rate)
            for _ in range(points):
                self._points.spend(caller, call.real_seconds)
            answer = json_answer(payload)
        headers = self._quota_headers(call, caller, limit, self._points)
        return answer.with_headers({**headers, "x-ratelimit-resource": "graphql"})

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
        place = self._place(found)
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
        rows, page, last = page_of(places, call.query)
        payload = [repository_payload(p, self._counts(p, call), detail=False) for p in rows]
        address = f"{call.origin}/organizations/{organisation_id(places[0].owner_index)}/repos"
        return json_answer(payload).with_headers(link_header(address, call.query, page, last))

    def _issues(self, call: Call, found: re.Match[str]) -> Answer:
        place = self._place(found)
        if place is None:
            return _not_found()
        hour = self._history.hour_at(place, call.now_seconds)
        issues = self._history.issues(place, hour, self._choice(place, call))
        rows, page, last = page_of(issues, call.query)
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
        )

    def _releases(self, call: Call, found: re.Match[str]) -> Answer:
        place = self._place(found)
        if place is None:
            return _not_found()
        releases = self._history.releases(place, self._history.hour_at(place, call.now_seconds))
        rows, page, last = page_of(releases, call.query)
        address = f"{call.origin}/repositories/{place.id}/releases"
        answer = json_answer([release_payload(place, *row) for row in rows])
        return answer.with_headers(link_header(address, call.query, page, last))

    def _events(self, call: Call, found: re.Match[str]) -> Answer:
        place = self._place(found)
        if place is None:
            return _not_found()
        hour = self._history.hour_at(place, call.now_seconds)
        rows, page, last = page_of(self._history.events(place, hour), call.query)
        address = f"{call.origin}/repositories/{place.id}/events"
        updated = self._history.counts(place, hour).updated_seconds
        answer = json_answer([orjson.Fragment(row) for row in rows], last_modified_seconds=updated)
        headers = {"x-poll-interval": str(POLL_INTERVAL_SECONDS)}
        return answer.with_headers({**headers, **link_header(address, call.query, page, last)})

    def _traffic(self, call: Call, found: re.Match[str]) -> Answer:
        place = self._place(found)
        if place is None or not self._terms.pushes:
            return _not_found() if place is None else _error(403, _NO_PUSH, DOCUMENTATION)
        return json_answer(self._statistics.traffic(place, call.now_seconds, found["rows"]))

    def _popular(self, call: Call, found: re.Match[str]) -> Answer:
        place = self._place(found)
        if place is None or not self._terms.pushes:
            return _not_found() if place is None else _error(403, _NO_PUSH, DOCUMENTATION)
        referrers = found["popular"] == "referrers"
        rows = self._statistics.referrers if referrers else self._statistics.paths
        return json_answer(rows(place, call.now_seconds))

    def _commit_activity(self, call: Call, found: re.Match[str]) -> Answer:
        place = self._place(found)
        if place is None:
            return _not_found()
        if not self._terms.statistics_ready and place.url not in self._computed:
            self._computed.add(place.url)
            return json_answer({}, status=202)
        return json_answer(self._statistics.commit_activity(place, call.now_seconds))

    def _runs(self, call: Call, found: re.Match[str]) -> Answer:
        place = self._place(found)
        if place is None:
            return _not_found()
        count = self._statistics.run_count(place, call.now_seconds)
        rows, page, last = page_of(range(count), call.query)
        runs = [self._statistics.run(place, call.now_seconds, row) for row in rows]
        address = f"{call.origin}/repositories/{place.id}/actions/runs"
        answer = json_answer({"total_count": count, "workflow_runs": runs})
        return answer.with_headers(link_header(address, call.query, page, last))

    def _contents(self, call: Call, found: re.Match[str]) -> Answer:
        place = self._place(found)
        file = place and self._statistics.file(place, found["path"], call.query.get("ref", "main"))
        return json_answer(file) if file else _not_found()

    def _rate_limit(self, call: Call, caller: str, limit: int) -> Answer:
        core = self._rate(call, caller, limit)
        search = {"limit": 30, "used": 0, "remaining": 30, "reset": int(call.now_seconds) + 60}
        payload = {"resources": {"core": core, "search": search}, "rate": core}
        return json_answer(payload).with_headers(
            {"cache-control": "no-cache", **self._quota_headers(call, caller, limit)}
        )

    def _rate(self, call: Call, caller: str, limit: int, quota: Quota | None = None) -> dict[str, int]:
        quota = quota or self._quota
        used = min(limit, quota.used(caller, call.real_seconds))
        left = quota.seconds_left(caller, call.real_seconds)
        # by the Date header's virtual time, so that reset - date is what has to be waited in real seconds
        return {
            "limit": limit,
            "used": used,
            "remaining": limit - used,
            "reset": int(call.now_seconds) + left,
        }

    def _quota_headers(
        self, call: Call, caller: str, limit: int, quota: Quota | None = None
    ) -> dict[str, str]:
        rate = self._rate(call, caller, limit, quota)
        headers = {f"x-ratelimit-{name}": str(value) for name, value in rate.items()}
        return {**headers, "x-ratelimit-resource": "core"}

    def _spent(self, caller: str) -> Answer:
        who = (
            "127.0.0.1. Authenticated requests get a higher rate limit."
            if caller == ANONYMOUS
            else f"{'user ID 1' if caller == 'token' else caller}."
        )
        return _error(
            403,
            f"API rate limit exceeded for {who}",
            f"{DOCUMENTATION}/overview/rate-limits-for-the-rest-api",
        )

    def _place(self, found: re.Match[str]) -> Place | None:
        if found["repository_id"]:
            return self._by_id.get(int(found["repository_id"]))
        return self._history.places.get(found["full_name"].lower())


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
_NO_PUSH = "Must have push access to repository"
