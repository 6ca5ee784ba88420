"""The played GitHub GraphQL API: repositories and their stars, points, and errors inside a 200.

Source: https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence

import orjson

from crosscurrent.embedded.world.exchange import Call, iso_time
from crosscurrent.embedded.world.github_accounts import SITE
from crosscurrent.embedded.world.github_history import GithubHistory
from crosscurrent.embedded.world.github_payload import Place, repository_payload
from crosscurrent.embedded.world.github_stars import StarTimes
from crosscurrent.embedded.world.graphql_query import Field, NotAQuery, Variable, operation_of

PATH = "/graphql"
CONNECTIONS_A_POINT = 100

_CURSOR = "cursor:v2:"
_ROWS_MAX = 100


class _Refusal(Exception):
    """A part of a query that cannot be answered.

    Args:
        kind: ``type`` of the error, or ``code`` of what is wrong with the query itself.
        message: for people.
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class GithubGraphql:
    """Answers queries.

    Args:
        history: what there is at a virtual time.
    """

    def __init__(self, history: GithubHistory) -> None:
        self._history = history

    def answered(self, call: Call, rate: Mapping[str, int]) -> tuple[dict[str, object], int]:
        """Return the answer to a query, and the points it costs.

        Args:
            call: the request.
            rate: what the caller had left before it: ``limit``, ``remaining``, ``reset``.
        """
        try:
            request = orjson.loads(call.body)
            variables = request.get("variables") or {}
            operation = operation_of(request["query"])
        except (ValueError, TypeError, KeyError, AttributeError, NotAQuery):
            return {"errors": [{"message": "Problems parsing JSON, or a query that cannot be read"}]}, 1
        points = max(1, round(sum(map(_connections, operation.selection)) / CONNECTIONS_A_POINT))
        missing = [name for name in operation.required if variables.get(name) is None]
        if missing:
            message = f"Variable ${missing[0]} of a type that is never null was provided invalid value"
            return {"errors": [{"message": message}]}, 1
        try:
            return self._roots(operation.selection, variables, call, {**rate, "cost": points}), points
        except _Refusal as refusal:
            error = {"message": str(refusal), "extensions": {"code": refusal.kind}}
            return {"errors": [error]}, 1

    def _roots(
        self, selection: Sequence[Field], variables: Mapping[str, object], call: Call, rate: Mapping[str, int]
    ) -> dict[str, object]:
        data: dict[str, object] = {}
        errors: list[dict[str, object]] = []
        for root in selection:
            if root.name == "rateLimit":
                left = rate["remaining"] - rate["cost"]
                data[root.key] = _picked(
                    {**rate, "remaining": left, "resetAt": iso_time(rate["reset"])}, root, "RateLimit"
                )
                continue
            if root.name != "repository":
                raise _undefined(root.name, "Query")
            owner, name = (str(_value(root, one, variables)) for one in ("owner", "name"))
            place = self._history.places.get(f"{owner}/{name}".lower())
            if place is None:
                message = f"Could not resolve to a Repository with the name '{owner}/{name}'."
                errors.append({"type": "NOT_FOUND", "path": [root.key], "message": message})
                data[root.key] = None
                continue
            data[root.key] = self._repository(place, root, variables, call)
        return {"data": data, "errors": errors} if errors else {"data": data}

    def _repository(
        self, place: Place, asked: Field, variables: Mapping[str, object], call: Call
    ) -> dict[str, object]:
        hour = self._history.hour_at(place, call.now_seconds)
        plain = _plain(repository_payload(place, self._history.counts(place, hour), detail=True))
        found: dict[str, object] = {}
        for field in asked.selection:
            if field.name == "stargazers":
                stars = StarTimes(self._history, place, hour)
                found[field.key] = _stargazers(stars, field, variables)
            elif field.name not in plain:
                raise _undefined(field.name, "Repository")
            else:
                value = plain[field.name]
                picked = isinstance(value, dict) and field.selection
                found[field.key] = _picked(value, field, field.name) if picked else value  # type: ignore[arg-type]
        return found


def _plain(payload: Mapping[str, object]) -> dict[str, object]:
    """Return a repository of the REST API with the names that GraphQL has for the same."""
    owner, licence = payload["owner"], payload["license"]
    assert isinstance(owner, dict)
    full_name = payload["full_name"]
    return {
        "nameWithOwner": full_name,
        "databaseId": payload["id"],
        "url": f"{SITE}/{full_name}",
        "description": payload["description"],
        "homepageUrl": payload["homepage"],
        "createdAt": payload["created_at"],
        "updatedAt": payload["updated_at"],
        "pushedAt": payload["pushed_at"],
        "isArchived": payload["archived"],
        "isFork": payload["fork"],
        "diskUsage": payload["size"],
        "stargazerCount": payload["stargazers_count"],
        "forkCount": payload["forks_count"],
        "owner": {"login": owner["login"]},
        "primaryLanguage": {"name": payload["language"]},
        "licenseInfo": {"spdxId": licence["spdx_id"]} if isinstance(licence, dict) else None,
        "watchers": {"totalCount": payload["subscribers_count"]},
        # GraphQL counts them apart, where the REST API has one number
        "issues": {"totalCount": payload["open_issues_count"]},
        "pullRequests": {"totalCount": 0},
    }


def _stargazers(stars: StarTimes, asked: Field, variables: Mapping[str, object]) -> dict[str, object]:
    first = _value(asked, "first", variables)
    if not isinstance(first, int) or not 1 <= first <= _ROWS_MAX:
        raise _Refusal("EXCESSIVE_PAGINATION", f"`first` must be 1 to {_ROWS_MAX}, to properly paginate")
    order = asked.arguments.get("orderBy")
    if not isinstance(order, dict) or order.get("direction") != "DESC":
        raise _Refusal("argumentLiteralsIncompatible", "only the newest first is played")
    begin = _place_after(_value(asked, "after", variables))
    end = min(begin + first, len(stars))
    edges = [{"starredAt": iso_time(at)} for at in stars[begin:end]]
    page = {
        "endCursor": _cursor(end) if edges else None,
        "hasNextPage": end < len(stars),
        "startCursor": _cursor(begin + 1) if edges else None,
        "hasPreviousPage": begin > 0,
    }
    return _picked({"edges": edges, "pageInfo": page, "totalCount": len(stars)}, asked, "StargazerConnection")


def _picked(value: Mapping[str, object], asked: Field, kind: str) -> dict[str, object]:
    found: dict[str, object] = {}
    for field in asked.selection:
        if field.name not in value:
            raise _undefined(field.name, kind)
        inner = value[field.name]
        if field.selection and isinstance(inner, dict):
            inner = _picked(inner, field, field.name)
        elif field.selection and isinstance(inner, list):
            inner = [_picked(one, field, field.name) for one in inner]
        found[field.key] = inner
    return found


def _value(asked: Field, name: str, variables: Mapping[str, object]) -> object:
    value = asked.arguments.get(name)
    return variables.get(value.name) if isinstance(value, Variable) else value


def _cursor(number: int) -> str:
    return b64encode(f"{_CURSOR}{number}".encode()).decode()


def _place_after(cursor: object) -> int:
    if cursor is None:
        return 0
    try:
        return int(b64decode(str(cursor)).decode().removeprefix(_CURSOR))
    except ValueError:
        raise _Refusal(
            "INVALID_CURSOR_ARGUMENTS", f"`{cursor}` does not appear to be a valid cursor."
        ) from None


def _connections(asked: Field) -> int:
    own = asked.name in {"stargazers", "watchers", "issues", "pullRequests"}
    return own + sum(map(_connections, asked.selection))


def _undefined(name: str, kind: str) -> _Refusal:
    return _Refusal("undefinedField", f"Field '{name}' doesn't exist on type '{kind}'")
