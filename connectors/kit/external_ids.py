"""What another catalogue calls a thing: ids by namespace, each in one form only, so that equal ids are equal texts (pure).

A namespace is a catalogue's name (``isrc``, ``gtin``, ``imdb``, ``wikidata``, ``tvdb``, ``discogs.artist``, ``url``) or,
for the things of a source, ``<source>.<entity type>`` with the thing's key, such as ``spotify.artist``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from crosscurrent.redaction import is_secret_name

URL_CHARACTERS_MAX: Final = 500

ExternalId = tuple[str, str]
"""Namespace and id."""

_ISRC = re.compile(r"[A-Z]{2}[A-Z0-9]{3}\d{7}")
_GTIN = re.compile(r"\d{8}|\d{12,14}")
_IMDB = re.compile(r"(?:co|nm|tt)\d{5,10}")
_WIKIDATA = re.compile(r"Q[1-9]\d{0,11}")
_MBID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_UNSAFE = re.compile(r"[\s\x00-\x1f\"<>\\^`{|}]")
# of these hosts only the pages of things are ids; what is no repository must not be taken for one
_GITHUB_PAGES: Final = frozenset(
    {
        "about", "apps", "collections", "contact", "customer-stories", "enterprise", "events", "explore", "features",
        "issues", "login", "marketplace", "new", "notifications", "orgs", "pricing", "pulls", "search", "security",
        "settings", "site", "sponsors", "stars", "topics", "trending", "users",
    }
)  # fmt: skip


def isrc(text: str | None) -> ExternalId | None:
    """Return a recording's ISRC, without hyphens; None if it is none.

    Source: ISO 3901; ifpi.org, "ISRC Handbook": 12 characters, of which the last seven are digits.
    """
    code = text.replace("-", "").upper() if text else ""
    return ("isrc", code) if _ISRC.fullmatch(code) else None


def gtin(text: str | None) -> ExternalId | None:
    """Return a bar code (EAN, UPC) as a GTIN of 14 digits; None if its check digit does not fit.

    Source: GS1 General Specifications, sections 3.3.2 and 7.9: shorter ones are padded with zeros from the left.
    """
    digits = text.strip() if text else ""
    if not _GTIN.fullmatch(digits) or not int(digits):
        return None
    code = digits.zfill(14)
    weighted = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(code))
    return ("gtin", code) if weighted % 10 == 0 else None


def imdb(text: str | None) -> ExternalId | None:
    """Return an id of IMDb, such as ``tt0137523``; None if it is none."""
    return ("imdb", text) if text and _IMDB.fullmatch(text) else None


def wikidata(text: str | None) -> ExternalId | None:
    """Return an id of Wikidata, such as ``Q42``; None if it is none."""
    return ("wikidata", text) if text and _WIKIDATA.fullmatch(text) else None


def plain(namespace: str) -> Callable[[str | int | float | bool | None], ExternalId | None]:
    """Return what makes an id of a namespace out of a number or a text as it is; nothing out of nothing."""

    def make(value: str | int | float | bool | None) -> ExternalId | None:
        text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
        return (namespace, text) if text and len(text) <= URL_CHARACTERS_MAX else None

    return make


def of_url(address: str | None) -> ExternalId | None:
    """Return what an address stands for: the thing of a known catalogue, else the page itself.

    The page's id is its address without scheme, ``www.``, port of the scheme, fragment and last slash; host in small
    letters. None if it is no page's address, or one that holds a secret.
    """
    if not address or len(address) > URL_CHARACTERS_MAX or _UNSAFE.search(address):
        return None
    try:
        parts = urlsplit(address)
        host, port = (parts.hostname or "").removeprefix("www."), parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or "." not in host or parts.username is not None:
        return None
    path = parts.path.rstrip("/")
    make = _HOSTS.get(host)
    known = make(unquote(path)) if make else None
    if known is not None:
        return known
    if any(is_secret_name(name) for name, _ in parse_qsl(parts.query, keep_blank_values=True)):
        return None
    place = host if port in (None, 80, 443) else f"{host}:{port}"
    return ("url", f"{place}{path}" + (f"?{parts.query}" if parts.query else ""))


def _matching(pattern: str, namespace: str, key: str) -> Callable[[str], ExternalId | None]:
    """Return what reads a path; the namespace and the key are templates over the pattern's groups."""
    compiled = re.compile(pattern)

    def make(path: str) -> ExternalId | None:
        found = compiled.fullmatch(path)
        if found is None:
            return None
        groups = found.groupdict()
        return namespace.format(**groups), key.format(**groups)

    return make


def _repository(path: str) -> ExternalId | None:
    owner, _, name = path.removeprefix("/").partition("/")
    name = name.partition("/")[0].removesuffix(".git")
    if not re.fullmatch(r"[A-Za-z0-9-]{1,39}", owner) or owner.lower() in _GITHUB_PAGES:
        return None
    return ("github.repository", f"{owner}/{name}".lower()) if re.fullmatch(r"[\w.-]{1,100}", name) else None


def _musicbrainz(path: str) -> ExternalId | None:
    found = _MUSICBRAINZ_PATH.fullmatch(path)
    return (f"musicbrainz.{found['type'].replace('-', '_')}", found["id"]) if found else None


_MUSICBRAINZ_PATH = re.compile(
    rf"/(?P<type>area|artist|label|recording|release|release-group|work)/(?P<id>{_MBID})"
)
_TMDB_PATH = r"/(?P<type>movie|tv|person|collection|company|network)/(?P<id>\d{1,12})(?:-[^/]*)?"
_SPOTIFY_PATH = (
    r"(?:/intl-[a-z]{2,5})?/(?P<type>artist|album|track|playlist|show|episode)/(?P<id>[0-9A-Za-z]{22})"
)
_DISCOGS_PATH = r"(?:/[a-z]{2})?/(?P<type>artist|label|release|master)/(?P<id>\d{1,12})(?:-[^/]*)?"
_WIKIDATA_PATH = r"/(?:wiki|entity)/(?P<id>Q[1-9]\d{0,11})"
_IMDB_PATH = r"/(?:name|title|company)/(?P<id>(?:co|nm|tt)\d{5,10})(?:/.*)?"
_HOSTS: Final[Mapping[str, Callable[[str], ExternalId | None]]] = {
    "discogs.com": _matching(_DISCOGS_PATH, "discogs.{type}", "{id}"),
    "github.com": _repository,
    "imdb.com": _matching(_IMDB_PATH, "imdb", "{id}"),
    "musicbrainz.org": _musicbrainz,
    "open.spotify.com": _matching(_SPOTIFY_PATH, "spotify.{type}", "{id}"),
    "themoviedb.org": _matching(_TMDB_PATH, "tmdb.{type}", "{type}/{id}"),
    "wikidata.org": _matching(_WIKIDATA_PATH, "wikidata", "{id}"),
}
