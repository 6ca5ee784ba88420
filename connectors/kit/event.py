"""Makes the record of a page, and the dead letter of what cannot be one (pure)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from connectors.kit.quota import vendor_seconds
from connectors.kit.readings import RETURNED_HEADER
from crosscurrent.errors import CrosscurrentError
from schemas.identity import record_id
from schemas.records import DeadLetter, RawEvent

STAGE = "connector"
DEAD_LETTER_BYTES_CUT = 512 * 1024  # what any broker takes

# quota headers tell about the request and not about the data, so they are left to the metrics
_HEADERS_KEPT = frozenset(
    {
        "age",
        "cache-control",
        "content-language",
        "content-type",
        RETURNED_HEADER,
        "date",
        "etag",
        "expires",
        "last-modified",
        "link",
        "location",
        "retry-after",
        "x-github-delivery",
        "x-github-event",
        "x-github-media-type",
        "x-poll-interval",
    }
)


@dataclass(frozen=True, slots=True)
class Origin:
    """Of which request a page is an answer.

    Attributes:
        tenant: tenant of the records.
        source: name of the source.
        endpoint: name of the endpoint.
        request_key: what is polled.
        poll_id: the poll.
        cursor: with which the poll was made; ``None`` if it has none.
        method: HTTP method.
    """

    tenant: str
    source: str
    endpoint: str
    request_key: str
    poll_id: str
    cursor: str | None = None
    method: str = "GET"


def poll_id(tenant: str, source: str, request_key: str, number: object) -> str:
    """Return the id of a poll: the one after the last that was stored, so a poll made again keeps it."""
    return record_id(tenant, "poll", source, request_key, number)


def raw_event(
    origin: Origin,
    *,
    url: str,
    status: int,
    headers: Mapping[str, str],
    payload: bytes,
    page_index: int,
    fetched_at: datetime,
    undated_at: datetime | None = None,
) -> RawEvent:
    """Return the record of a page.

    Its id has the vendor's time and not ours, so that the same answer fetched again is the same record.

    Args:
        origin: of which request it is an answer.
        url: address of the page, without secrets; of a POST with the page and the digest of the body behind ``#``.
        status: HTTP status.
        headers: of the answer, lower-case names, without secrets.
        payload: body, content coding undone.
        page_index: position in its poll, from 0.
        fetched_at: our clock when the answer was complete.
        undated_at: when an answer without ``Date`` was observed; ``fetched_at`` if ``None``.
    """
    date = headers.get("date")
    seconds = vendor_seconds(date)
    parts = urlsplit(url)
    identity = record_id(
        origin.tenant,
        origin.source,
        origin.endpoint,
        origin.request_key,
        f"{parts.path}?{parts.query}" + (f"#{parts.fragment}" if parts.fragment else ""),
        date if seconds is not None else "",
        hashlib.sha256(payload).hexdigest(),
    )
    return RawEvent(
        tenant=origin.tenant,
        record_id=identity,
        source=origin.source,
        endpoint=origin.endpoint,
        request_method=origin.method,
        request_url=url,
        request_key=origin.request_key,
        status=status,
        headers={name: value for name, value in headers.items() if name in _HEADERS_KEPT},
        fetched_at=fetched_at,
        observed_at=(undated_at or fetched_at) if seconds is None else datetime.fromtimestamp(seconds, UTC),
        page_index=page_index,
        poll_id=origin.poll_id,
        cursor=origin.cursor,
        payload=payload,
    )


def dead_letter(
    origin: Origin, error: CrosscurrentError, value: bytes, *, url: str, failed_at: datetime
) -> DeadLetter:
    """Return the dead letter of an answer that cannot be published; there is no message, so no position.

    Args:
        origin: of which request it is an answer.
        error: why not.
        value: the bytes that came.
        url: address of the page, without secrets.
        failed_at: our clock.
    """
    digest = hashlib.sha256(value).hexdigest()
    provenance = {
        "source": origin.source,
        "endpoint": origin.endpoint,
        "request_key": origin.request_key,
        "request_url": url,
        "poll_id": origin.poll_id,
    }
    return DeadLetter(
        tenant=origin.tenant,
        record_id=record_id(origin.tenant, "dead-letter", STAGE, origin.source, origin.request_key, digest),
        stage=STAGE,
        cluster="",
        topic="",
        partition=-1,
        offset=-1,
        key=None,
        headers={name: text.encode() for name, text in provenance.items()},
        value=value,
        error=type(error).__name__,
        found=error.found,
        expected=error.expected,
        todo=error.todo,
        failed_at=failed_at,
    )


def cut(letter: DeadLetter) -> DeadLetter:
    """Return a dead letter small enough for any broker, which says what is missing."""
    kept = letter.value[:DEAD_LETTER_BYTES_CUT]
    changes = {
        "value": kept,
        "found": f"{letter.found} (the first {len(kept)} of {len(letter.value)} bytes are kept here)",
    }
    return DeadLetter.from_avro(letter.to_avro() | changes)
