"""What one round of a request says about what is still there (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from connectors.kit.declaration import Poll
from connectors.kit.errors import Refused
from connectors.kit.presence import Complete, Keys, keys_in
from connectors.kit.state import KnownPage, RequestState
from crosscurrent.errors import CrosscurrentError, Poison
from schemas.mapping import MapPayload
from schemas.records import RawEvent


def keys_of_page(map_payload: MapPayload, event: RawEvent, complete: Complete, *, room: int) -> Keys | None:
    """Return the keys of the things that a page shows, in their order.

    Args:
        map_payload: the source's mapping, so that the keys are those of the entities.
        event: the page.
        complete: which things.
        room: how many may still be remembered.

    Returns:
        ``None`` if the page cannot be mapped or shows more than may be remembered: then the round says nothing.
    """
    try:
        things = map_payload(event).things
    except Poison:
        return None
    keys = dict.fromkeys(thing.entity_id for thing in things if thing.entity_type == complete.entity_type)
    return tuple(keys) if len(keys) <= room else None


def is_gone(poll: Poll, error: CrosscurrentError) -> bool:
    """Return whether the vendor says by an error that the one thing asked about is gone."""
    statuses = poll.complete.gone_statuses if poll.complete is not None else frozenset()
    return isinstance(error, Refused) and error.facts.get("code") in statuses


def after_round(
    state: RequestState, before: RequestState, whole: Sequence[KnownPage] | None, now_ms: int
) -> tuple[RequestState, dict[str, int]]:
    """Return a state with what is missing after a round, and what is gone: key to when it was missed first.

    Args:
        state: after the round.
        before: before it.
        whole: pages of the round if it was whole; ``None`` if it was not.
        now_ms: our clock when it began, milliseconds since the epoch.
    """
    pages = None if whole is None else [page.keys for page in whole]
    seen = keys_in(page.keys for page in state.pages) if pages is None else keys_in(pages)
    known = keys_in(page.keys for page in before.pages)
    layout = None if pages is None else [keys for keys in pages if keys is not None]
    if pages is not None and layout is not None and len(layout) < len(pages):
        layout = None
    presence, gone = before.presence.after(known, layout, seen, now_ms)
    state = replace(state, presence=presence)
    if gone and not whole:
        # a thing that is back is published anew
        state = replace(state, pages=())
    return state, gone
