"""What a connector remembers of a request between two polls, as the ``state`` of ``connector-state`` (pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from connectors.kit.change_rate import ChangeHistory
from connectors.kit.conditional import Validators
from connectors.kit.declaration import FOUND_MAX, Found
from connectors.kit.presence import Presence
from crosscurrent.errors import Poison


@dataclass(frozen=True, slots=True)
class KnownPage:
    """A page that was published.

    Attributes:
        url: canonical address, without credential.
        validators: of its version.
        next_url: the page after it, which a 304 does not tell; ``None`` if it was the last.
        digest: of what it said; ``None`` if that is not known.
        published_at_ms: our wall clock when it was published, milliseconds since the epoch; ``None`` where that
            does not matter.
        keys: of the things on it, where what vanishes from the list is told; ``None`` if they are not known.
    """

    url: str
    validators: Validators
    next_url: str | None
    digest: str | None = None
    published_at_ms: int | None = None
    keys: tuple[str, ...] | None = None

    def to_row(self) -> list[str | int | Sequence[str] | None]:
        """Return the page as the state stores it; what is unknown at the end is left out."""
        row = [self.url, self.validators.etag, self.validators.last_modified, self.next_url]
        more = [self.digest, self.published_at_ms, self.keys]
        while more and more[-1] is None:
            more.pop()
        return [*row, *more]

    @classmethod
    def from_row(cls, row: Sequence[object]) -> KnownPage:
        """Return the page of a stored row; an older one ends earlier.

        Raises:
            ValueError: the row is none of a page.
        """
        url, etag, modified, following, digest, published, keys = (*row, None, None, None)[:7]
        return cls(
            str(url),
            Validators(_text(etag), _text(modified)),
            _text(following),
            _text(digest),
            None if published is None else int(str(published)),
            tuple(str(key) for key in keys) if isinstance(keys, list) else None,
        )


@dataclass(frozen=True, slots=True)
class StoredQuota:
    """What is left of the vendor's window.

    Attributes:
        limit: requests allowed in the window; 0 if unknown.
        remaining: requests left.
        reset_at_ms: end of the window by our wall clock, milliseconds since the epoch.
    """

    limit: int
    remaining: int
    reset_at_ms: int


@dataclass(frozen=True, slots=True)
class RequestState:
    """Where one request stands.

    Attributes:
        polls: polls that were finished; the number of the next one.
        cursor: from where the next poll goes on, JSON; ``None`` if there is none.
        pages: of the last poll.
        found: further targets that its payloads named.
        quota: as last heard.
        changes: what its polls saw of how often it changes.
        presence: what is missing from what it shows.
    """

    polls: int = 0
    cursor: str | None = None
    pages: tuple[KnownPage, ...] = ()
    found: tuple[Found, ...] = ()
    quota: StoredQuota | None = None
    changes: ChangeHistory = field(default_factory=ChangeHistory)
    presence: Presence = field(default_factory=Presence)

    def page(self, url: str) -> KnownPage | None:
        """Return what is known of a page by its canonical address."""
        return next((page for page in self.pages if page.url == url), None)

    def with_found(self, found: tuple[Found, ...]) -> RequestState:
        """Return the state with further targets, each once and at most ``FOUND_MAX``."""
        return replace(self, found=tuple(dict.fromkeys((*self.found, *found)))[:FOUND_MAX])

    def to_json(self) -> str:
        """Return the state as JSON; what is empty is left out."""
        fields = {
            "polls": self.polls,
            "cursor": self.cursor,
            "pages": [page.to_row() for page in self.pages],
            "found": self.found,
            "quota": self.quota and [self.quota.limit, self.quota.remaining, self.quota.reset_at_ms],
            "looked_at_ms": self.changes.looked_at_ms,
            "spans_ms": self.changes.spans_ms,
            "layout": self.presence.layout,
            "missing": self.presence.missing,
            "gone": self.presence.gone,
        }
        return orjson.dumps({name: value for name, value in fields.items() if value}).decode()

    @classmethod
    def from_json(cls, text: str) -> RequestState:
        """Return the state in a text.

        Raises:
            Poison: the text is no such state.
        """
        try:
            fields = orjson.loads(text)
            quota = fields.get("quota")
            return cls(
                polls=int(fields.get("polls", 0)),
                cursor=_text(fields.get("cursor")),
                pages=tuple(KnownPage.from_row(row) for row in fields.get("pages", [])),
                found=tuple((str(endpoint), str(target)) for endpoint, target in fields.get("found", [])),
                quota=StoredQuota(*(int(number) for number in quota)) if quota else None,
                changes=_changes(fields.get("looked_at_ms"), fields.get("spans_ms", [])),
                presence=_presence(fields),
            )
        except (ValueError, TypeError, AttributeError) as error:
            raise Poison(
                f"a connector state that cannot be read: {text[:80]!r}",
                expected="JSON as this version of the connector kit writes it",
                todo="nothing: the request is polled from its beginning; its records keep their ids",
            ) from error


def _changes(looked_at_ms: object, spans_ms: Sequence[object]) -> ChangeHistory:
    at_ms = None if looked_at_ms is None else int(str(looked_at_ms))
    return ChangeHistory(tuple(int(str(span)) for span in spans_ms), at_ms)


def _presence(fields: Mapping[str, Any]) -> Presence:
    missing = {str(key): int(str(at)) for key, at in fields.get("missing", {}).items()}
    return Presence(str(fields.get("layout", "")), missing, tuple(str(key) for key in fields.get("gone", ())))


def _text(value: object) -> str | None:
    return None if value is None else str(value)
