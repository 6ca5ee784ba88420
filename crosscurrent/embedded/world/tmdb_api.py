"""The played TMDB: two kinds of credentials, pages by number up to 500, changes by day, and its own error numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from crosscurrent.embedded.world.exchange import Answer, Call, conditioned, json_answer
from crosscurrent.embedded.world.film_catalogue import MEDIA, Title, number_of, title_with, titles
from crosscurrent.embedded.world.movement_model import MovementModel
from crosscurrent.embedded.world.quota import Quota
from crosscurrent.embedded.world.routes import Routes
from crosscurrent.embedded.world.scenario import Scenario
from crosscurrent.embedded.world.tmdb_payload import FilmPayloads, page_payload

WINDOW_SECONDS = 1.0
DEFAULT_LIMIT = 50_000
PAGES_MAX = 500
ROWS_A_PAGE = 20
CHANGES_A_PAGE = 100
DAYS_MAX = 14
TRENDING_DAYS = {"day": 1, "week": 7}

_MEDIA = "|".join(MEDIA)
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class TmdbTerms:
    """How the played TMDB treats its callers.

    Attributes:
        credential: the only token or key that is good; any is if None.
        limit: requests a real second; the vendor speaks of 40 to 50.
    """

    credential: str | None = None
    limit: int = DEFAULT_LIMIT


class TmdbApi:
    """Answers TMDB's requests.

    Args:
        scenario: its seed and start.
        terms: how callers are treated.
        movements: of the series that the scenario moves in a way of its own.
    """

    def __init__(self, scenario: Scenario, terms: TmdbTerms, movements: MovementModel | None = None) -> None:
        self._seed = scenario.seed
        self._movements = movements or MovementModel(scenario.seed, 0, ())
        self._start_seconds = scenario.start_seconds
        self._terms = terms
        self._quota = Quota(WINDOW_SECONDS)
        self._routes = Routes(
            (
                (rf"/3/(?P<media>{_MEDIA})/(?P<id>\d+)", self._lookup),
                (rf"/3/(?P<media>{_MEDIA})/popular", self._popular),
                (rf"/3/trending/(?P<media>all|{_MEDIA})/(?P<window>day|week)", self._trending),
                (rf"/3/(?P<media>{_MEDIA})/changes", self._changes),
            ),
            otherwise=_not_found,
        )

    def answer(self, call: Call) -> Answer:
        """Return the response to a request; there are no quota headers, as with the vendor."""
        credential = _credential(call)
        if not credential or self._terms.credential not in (None, credential):
            return _error(401, 7, "Invalid API key: You must be granted a valid key.")
        if self._quota.used(credential, call.real_seconds) >= self._terms.limit:
            limit = self._terms.limit
            message = f"Your request count ({limit + 1}) is over the allowed limit of ({limit})."
            return _error(429, 25, message).with_headers({"retry-after": "1"})
        self._quota.spend(credential, call.real_seconds)
        return conditioned(self._routes.answer(call), call).with_headers(
            {"cache-control": "public, max-age=600"}
        )

    def _lookup(self, call: Call, found: re.Match[str]) -> Answer:
        title = title_with(found["media"], found["id"])
        if title is None:
            return _not_found()
        parts = call.query.get("append_to_response", "").split(",")
        return json_answer(self._payloads(call).lookup(title, parts))

    def _popular(self, call: Call, found: re.Match[str]) -> Answer:
        return self._page(call, self._ranked(titles(found["media"]), call, days=1), typed=False)

    def _trending(self, call: Call, found: re.Match[str]) -> Answer:
        media = MEDIA if found["media"] == "all" else (found["media"],)
        everything = [title for one in media for title in titles(one)]
        return self._page(call, self._ranked(everything, call, TRENDING_DAYS[found["window"]]), typed=True)

    def _ranked(self, everything: list[Title], call: Call, days: int) -> list[Title]:
        """Return titles by their popularity at the same hour of these days: the order moves while pages are read."""
        hours = [self._hour(call) - 24 * day for day in range(days)]

        def rank(title: Title) -> tuple[float, int]:
            numbers = (number_of(self._movements, self._seed, title, "popularity", one) for one in hours)
            return -sum(numbers), title.id

        return sorted(everything, key=rank)

    def _page(self, call: Call, ranked: list[Title], *, typed: bool) -> Answer:
        page = _page_number(call)
        if page is None:
            return _invalid_page()
        payloads = self._payloads(call)
        begin = (page - 1) * ROWS_A_PAGE
        # only the rows of this page are worth writing
        rows: list[object] = list(ranked)
        shown = ranked[begin : begin + ROWS_A_PAGE]
        rows[begin : begin + ROWS_A_PAGE] = [payloads.row(title, typed=typed) for title in shown]
        return json_answer(page_payload(rows, page=page, size=ROWS_A_PAGE))

    def _changes(self, call: Call, found: re.Match[str]) -> Answer:
        page = _page_number(call)
        if page is None:
            return _invalid_page()
        now = datetime.fromtimestamp(call.now_seconds, UTC)
        try:
            end = date.fromisoformat(call.query["end_date"]) if "end_date" in call.query else now.date()
            start = date.fromisoformat(call.query.get("start_date", (end - timedelta(days=1)).isoformat()))
        except ValueError:
            return _error(422, 5, "Invalid parameters: Your request parameters are incorrect.")
        if not timedelta(0) <= end - start <= timedelta(days=DAYS_MAX):
            return _error(422, 20, "Invalid date range: Should be a range no longer than 14 days.")
        rows = self._edited(found["media"], start, end, call.now_seconds)
        return json_answer(page_payload(rows, page=page, size=CHANGES_A_PAGE))

    def _edited(self, media: str, start: date, end: date, now_seconds: float) -> list[object]:
        days = range((start - _EPOCH).days, (end - _EPOCH).days + 1)
        latest: dict[int, int] = {}
        for title in titles(media):
            for day in days:
                second = title.edited_second(self._seed, day)
                if second is not None and day * 86_400 + second <= now_seconds:
                    latest[title.id] = day * 86_400 + second
        newest_first = sorted(latest, key=lambda number: (-latest[number], number))
        # whether an older one is for adults is not always said
        return [
            {
                "id": number,
                "adult": None if number % 11 == 0 else False,
                "softcore": None if number % 11 == 0 else False,
            }
            for number in newest_first
        ]

    def _payloads(self, call: Call) -> FilmPayloads:
        return FilmPayloads(self._seed, self._hour(call), self._movements)

    def _hour(self, call: Call) -> int:
        return int((call.now_seconds - self._start_seconds) // 3600)


def _credential(call: Call) -> str:
    scheme, _, token = call.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else call.query.get("api_key", "")


def _page_number(call: Call) -> int | None:
    text = call.query.get("page", "1")
    number = int(text) if text.isascii() and text.isdigit() else 0
    return number if 1 <= number <= PAGES_MAX else None


def _invalid_page() -> Answer:
    return _error(
        400, 22, "Invalid page: Pages start at 1 and max at 500. They are expected to be an integer."
    )


def _not_found() -> Answer:
    return _error(404, 34, "The resource you requested could not be found.")


def _error(status: int, code: int, message: str) -> Answer:
    return json_answer({"success": False, "status_code": code, "status_message": message}, status=status)
