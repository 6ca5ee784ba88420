"""What is asked of TMDB for each target (pure)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date

from connectors.kit.declaration import Found, Poll
from connectors.kit.history import Windows
from connectors.kit.pagination import PageNumber
from connectors.kit.presence import Complete
from connectors.tmdb.date_window import DateWindow
from connectors.tmdb.endpoints import CHANGES, LISTS, LOOKUPS, TRENDING
from crosscurrent.errors import WrongUse

PAGES_MAX = 500  # the vendor shows no more, whatever total_pages says
LIST_PAGES_MAX = 5
LIST_INTERVAL_MULTIPLE = 6
CHANGES_INTERVAL_MULTIPLE = 6  # a day of films has more than a hundred pages

_GONE = frozenset({404})
_MEDIA = "|".join(LOOKUPS)
_LOOKUP = re.compile(rf"(?P<media>{_MEDIA}):(?P<id>[1-9]\d{{0,8}})")
_TRENDING = re.compile(rf"trending:(?P<media>all|{_MEDIA}):(?P<window>day|week)")
_POPULAR = re.compile(rf"popular:(?P<media>{_MEDIA})")
_CHANGES = re.compile(rf"changes:(?P<media>{_MEDIA})(?::(?P<first_day>\d{{4}}-\d{{2}}-\d{{2}}))?")


def polls(targets: Sequence[str]) -> list[Poll]:
    """Return the requests for films, shows, people, what is trending or popular, and changes.

    Raises:
        WrongUse: a target is none of these, or a date that does not exist.
    """
    return [_poll_of(target) for target in targets]


def poll_for(endpoint: str, target: str) -> Poll:
    """Return the lookup of what a list names, with its ids elsewhere.

    Args:
        endpoint: of the lookup.
        target: the id.
    """
    complete = Complete(endpoint, _GONE)
    parameters = {"append_to_response": "external_ids"}
    return Poll(endpoint, target, f"/3/{endpoint}/{target}", parameters, complete=complete)


def _poll_of(target: str) -> Poll:
    lookup = _LOOKUP.fullmatch(target)
    if lookup:
        return poll_for(LOOKUPS[lookup["media"]], lookup["id"])
    trending = _TRENDING.fullmatch(target)
    if trending:
        media, window = trending["media"], trending["window"]
        return _list(TRENDING, f"{media}:{window}", f"/3/trending/{media}/{window}", media)
    popular = _POPULAR.fullmatch(target)
    if popular:
        return _list(LISTS[popular["media"]], "popular", f"/3/{popular['media']}/popular", popular["media"])
    changes = _CHANGES.fullmatch(target)
    if changes and _exists(changes["first_day"]):
        return _changes(changes["media"], changes["first_day"] or "")
    raise WrongUse(
        f"the TMDB target {target[:80]!r}",
        expected="movie:550, tv:1396 or person:62, trending:all:day, popular:movie, or changes:movie:2026-01-31",
        todo="correct CROSSCURRENT_SOURCES__TMDB__TARGETS",
        source="tmdb",
    )


def _list(endpoint: str, target: str, path: str, media: str) -> Poll:
    pages = PageNumber(last_field="total_pages", pages_max=LIST_PAGES_MAX)
    return Poll(endpoint, target, path, {}, LIST_INTERVAL_MULTIPLE, pages, find=_finder(media))


def _changes(media: str, first_day: str) -> Poll:
    pages = PageNumber(last_field="total_pages", pages_max=PAGES_MAX)
    cursor = DateWindow(first_day, PAGES_MAX)
    path = f"/3/{media}/changes"
    # two days of films have up to 300 pages, a fortnight more than the vendor shows
    history = Windows("start_date", "end_date", days=1, form="day")
    return Poll(
        CHANGES[media], first_day, path, {}, CHANGES_INTERVAL_MULTIPLE, pages, cursor, history=history
    )


def _finder(media: str) -> Callable[[object], Sequence[Found]]:
    """Return what names the lookups of a list's rows: a row knows less than its lookup."""

    def find(payload: object) -> list[Found]:
        rows = payload.get("results") if isinstance(payload, dict) else None
        found: list[Found] = []
        for row in rows if isinstance(rows, list) else []:
            number = row.get("id") if isinstance(row, dict) else None
            kind = row.get("media_type") if media == "all" and isinstance(row, dict) else media
            if isinstance(number, int) and number > 0 and kind in LOOKUPS:
                found.append((LOOKUPS[kind], str(number)))
        return found

    return find


def _exists(day: str | None) -> bool:
    try:
        return day is None or date.fromisoformat(day).isoformat() == day
    except ValueError:
        return False
