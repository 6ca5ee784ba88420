"""Notion's webhooks: they name what has changed, which is then asked for (pure).

Source: https://developers.notion.com/reference/webhooks, /reference/webhooks-events-delivery
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from connectors.kit.webhooks.declaration import Delivery, Ignored, Webhooks
from connectors.notion.endpoints import (
    BLOCK_CHILDREN,
    COMMENTS,
    DATA_SOURCE,
    DATA_SOURCE_QUERY,
    DATABASE,
    PAGE,
    WEBHOOK,
)
from connectors.notion.requests import ALL, dashed
from crosscurrent.errors import Poison
from crosscurrent.settings import WEBHOOK_PORTS

_GONE = "deleted"
_CONTENT = "content_updated"
# a lock says nothing that is collected
_NOT_COLLECTED = frozenset({"page.locked", "page.unlocked"})
_NAMED = {"page": PAGE, "database": DATABASE, "data_source": DATA_SOURCE}


def read_delivery(
    headers: Mapping[str, str], payload: object, body: bytes, targets: Sequence[str]
) -> Delivery | Ignored:
    """Return what a delivery tells, and what to ask because of it.

    Its id is the event's, in the signed body; the attempt's number beside it differs from one attempt to the next.

    Raises:
        Poison: it is no event as the reference has them.
    """
    del headers, body
    event = payload if isinstance(payload, dict) else {}
    kind, identity = event.get("type"), event.get("id")
    thing, _, what = kind.partition(".") if isinstance(kind, str) else ("", "", "")
    entity = _identity(event.get("entity"))
    if not isinstance(identity, str) or not identity or entity is None or not thing:
        raise Poison(
            "a delivery without id, type or entity.id",
            expected="an event as in Notion's reference",
            todo="look at the event at Notion",
            source="notion",
        )
    if kind in _NOT_COLLECTED or (thing not in _NAMED and thing != "comment"):
        return Ignored("other_kind", f"{kind!s:.60} is not collected")
    asks = _asks(thing, what, entity, event.get("data"))
    if not asks or not _is_watched(targets, asks, event.get("data")):
        return Ignored("other_target", f"{thing} {entity} is not among the targets")
    return Delivery((identity,), WEBHOOK, f"{thing}:{entity}", _moment(event.get("timestamp")), asks)


WEBHOOKS: Final = Webhooks(
    port=WEBHOOK_PORTS["notion"],
    signature_header="x-notion-signature",
    read=read_delivery,
    token_field="verification_token",
)


def _asks(thing: str, what: str, entity: str, data: object) -> tuple[tuple[str, str], ...]:
    fields = data if isinstance(data, dict) else {}
    if thing == "comment":
        page = fields.get("page_id")
        return ((COMMENTS, found),) if isinstance(page, str) and (found := dashed(page)) else ()
    if thing == "page":
        # a page in the trash can still be read, and says so
        below = ((BLOCK_CHILDREN, entity),) if what == _CONTENT else ()
        return (PAGE, entity), *below, *_rows_of(fields.get("parent"), what)
    if thing == "data_source" and what != _GONE:
        return (DATA_SOURCE, entity), (DATA_SOURCE_QUERY, entity)
    return ((_NAMED[thing], entity),)


def _rows_of(parent: object, what: str) -> tuple[tuple[str, str], ...]:
    # only a row that comes or goes changes how many there are
    if what not in {"created", _GONE, "undeleted", "moved"} or not isinstance(parent, dict):
        return ()
    source = _identity(parent) if parent.get("type") == "data_source" else None
    found = parent.get("data_source_id")
    source = dashed(found) if source is None and isinstance(found, str) else source
    return ((DATA_SOURCE_QUERY, source),) if source else ()


def _is_watched(targets: Sequence[str], asks: Sequence[tuple[str, str]], data: object) -> bool:
    watched = {dashed(target.partition(":")[2]) for target in targets if target != ALL}
    parent = data.get("parent") if isinstance(data, dict) else None
    named = parent.get("data_source_id") if isinstance(parent, dict) else None
    lies_in = {_identity(parent), dashed(named) if isinstance(named, str) else None} - {None}
    return ALL in targets or not watched.isdisjoint({*lies_in, *(entity for _, entity in asks)})


def _identity(value: object) -> str | None:
    name = value.get("id") if isinstance(value, dict) else None
    return dashed(name) if isinstance(name, str) else None


def _moment(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return moment if moment and moment.tzinfo else None
