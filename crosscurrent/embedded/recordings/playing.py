"""Which recorded exchange answers a request: several for the same one are played in order, then the last stays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from crosscurrent.embedded.recordings.exchange import RecordedExchange, request_key

NOT_MODIFIED = 304


@dataclass(frozen=True, slots=True)
class Played:
    """What to answer: an exchange, as recorded or as the 304 that its tag allows."""

    exchange: RecordedExchange
    not_modified: bool


class Recordings:
    """All exchanges and how far each request's have been played.

    Args:
        exchanges: in the order in which those of the same request are played.
    """

    def __init__(self, exchanges: Sequence[RecordedExchange]) -> None:
        self.exchanges = tuple(exchanges)
        self._by_request: dict[tuple[str, str], list[RecordedExchange]] = {}
        self._by_address: dict[tuple[str, str], RecordedExchange] = {}
        self._positions: dict[tuple[str, str, bytes | None], int] = {}
        for exchange in exchanges:
            self._by_address[exchange.source, exchange.synthetic_path] = exchange
            if exchange.request_key is not None:
                self._by_request.setdefault((exchange.source, exchange.request_key), []).append(exchange)

    @property
    def sources(self) -> list[str]:
        """The sources there are."""
        return sorted({exchange.source for exchange in self.exchanges})

    def address(self, exchange: RecordedExchange) -> str:
        """Return where to fetch just this exchange, below the server's own address.

        That is the request's own path where no other exchange has it, else a synthetic one.
        """
        key = exchange.request_key
        alone = key is not None and len(self._by_request[exchange.source, key]) == 1
        own = alone and exchange.method == "GET" and exchange.status != NOT_MODIFIED
        return f"/{exchange.source}{exchange.path if own else exchange.synthetic_path}"

    def play(
        self, source: str, method: str, path: str, body: bytes | None, if_none_match: str | None
    ) -> Played | None:
        """Return the answer to a request, or None if nothing was recorded for it.

        Args:
            source: the vendor.
            method: HTTP method.
            path: path with query, from the vendor's host on.
            body: the request's body in canonical JSON, or None.
            if_none_match: the tag that the caller has, or None.
        """
        exact = self._by_address.get((source, path.partition("?")[0]))
        if exact is not None:
            return Played(exact, _has(exact, if_none_match))
        key = (source, request_key(method, path))
        candidates = [
            exchange for exchange in self._by_request.get(key, []) if exchange.request_body in (None, body)
        ]
        if not candidates:
            return None
        position = self._positions.get((*key, body), 0)
        found, played = chosen(candidates, position, if_none_match)
        self._positions[*key, body] = found + 1
        return played


def chosen(
    candidates: Sequence[RecordedExchange], position: int, if_none_match: str | None
) -> tuple[int, Played]:
    """Return which of several exchanges of a request is next, and how it is played.

    A recorded 304 is played only to a caller whose tag it confirms; others get the next one with a body.

    Args:
        candidates: one or more exchanges, in order.
        position: the first not yet played; the last one stays when all were.
        if_none_match: the tag that the caller has, or None.
    """
    begin = min(position, len(candidates) - 1)
    following = range(begin, len(candidates))
    if if_none_match is not None and _confirms(candidates[begin], if_none_match):
        return begin, Played(candidates[begin], not_modified=True)
    full = [place for place in following if candidates[place].status != NOT_MODIFIED]
    earlier = [place for place in range(begin) if candidates[place].status != NOT_MODIFIED]
    # only 304s were recorded: there is nothing better to say
    place = full[0] if full else earlier[-1] if earlier else begin
    exchange = candidates[place]
    return place, Played(exchange, _has(exchange, if_none_match) or exchange.status == NOT_MODIFIED)


def _confirms(exchange: RecordedExchange, tag: str) -> bool:
    recorded = exchange.header("etag")
    return exchange.status == NOT_MODIFIED and (recorded is None or _opaque(recorded) in _tags(tag))


def _has(exchange: RecordedExchange, tag: str | None) -> bool:
    recorded = exchange.header("etag")
    return (
        tag is not None
        and exchange.status == 200
        and recorded is not None
        and _opaque(recorded) in _tags(tag)
    )


def _tags(header: str) -> set[str]:
    return {_opaque(part) for part in header.split(",")}


def _opaque(tag: str) -> str:
    return tag.strip().removeprefix("W/")
