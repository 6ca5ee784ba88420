"""Which handler answers which path.

Paths are matched as they were sent and decoded segment by segment, because a subject may hold a slash.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote

from crosscurrent.embedded.registry.refusal import Refusal

JsonObject = dict[str, object]


@dataclass(frozen=True, slots=True)
class Call:
    """A request as a handler sees it.

    Attributes:
        path: what stands for the names in the pattern.
        query: parameters of the query, the last one of each name.
        body: the JSON object that was sent; empty if there was none.
    """

    path: dict[str, str]
    query: dict[str, str] = field(default_factory=dict)
    body: JsonObject = field(default_factory=dict)

    def flag(self, name: str) -> bool:
        """Return whether a parameter is true; anything but ``true`` is not."""
        return self.query.get(name, "").lower() == "true"

    def number(self, name: str, default: int) -> int:
        """Return a parameter that is a whole number.

        Raises:
            Refusal: it is none.
        """
        text = self.query.get(name, "")
        if not text:
            return default
        try:
            return int(text)
        except ValueError as error:
            raise Refusal(400, 400, f"Parameter {name}={text!r} is not a whole number") from error


Handler = Callable[[Call], object]


@dataclass(frozen=True, slots=True)
class Route:
    """A path with its methods.

    Attributes:
        pattern: segments, of which those in braces are names.
        handlers: handler by method.
    """

    pattern: str
    handlers: dict[str, Handler]


class Router:
    """Finds the handler of a request.

    Args:
        routes: in the order in which they are tried.
    """

    def __init__(self, routes: Sequence[Route]) -> None:
        self._routes = [(_segments(route.pattern), route.handlers) for route in routes]

    def find(self, method: str, raw_path: str) -> tuple[Handler, dict[str, str]]:
        """Return the handler and what stands for the names.

        Raises:
            Refusal: there is no such path, or it does not take the method.
        """
        segments = [unquote(segment) for segment in _segments(raw_path)]
        for pattern, handlers in self._routes:
            names = _match(pattern, segments)
            if names is not None:
                handler = handlers.get("GET" if method == "HEAD" else method)
                if handler is None:
                    raise Refusal(405, 405, f"HTTP 405 Method Not Allowed: use {', '.join(handlers)}")
                return handler, names
        raise Refusal(404, 404, "HTTP 404 Not Found")


def _segments(path: str) -> list[str]:
    return [segment for segment in path.strip("/").split("/") if segment]


def _match(pattern: list[str], segments: list[str]) -> dict[str, str] | None:
    if len(pattern) != len(segments):
        return None
    names: dict[str, str] = {}
    for expected, segment in zip(pattern, segments, strict=True):
        if expected.startswith("{"):
            names[expected[1:-1]] = segment
        elif expected != segment:
            return None
    return names
