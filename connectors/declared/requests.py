"""What a declared source is asked for (pure)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from urllib.parse import parse_qsl, urlsplit

from connectors.declared.document import Endpoint, Incremental, Resource, SourceDocument
from connectors.declared.expression import TARGET
from connectors.declared.paging import pagination_of
from connectors.declared.parts import Scalar
from connectors.kit.cursor import Since
from connectors.kit.declaration import FOUND_MAX, Found, Poll
from connectors.kit.endpoint_table import OTHER
from connectors.kit.targets import checked_targets

TARGET_CHARACTERS_MAX = 200
# looks ahead: what stands in a path as it is (RFC 3986 section 3.3), in parts of which none is empty, . or ..
_SAFE = (
    rf"(?=[A-Za-z0-9._~:@!$&'()*+,;=/-]{{1,{TARGET_CHARACTERS_MAX}}}\Z)"
    r"(?!/)(?!.*/\Z)(?!.*//)(?!(?:.*/)?\.{1,2}(?:/|\Z))"
)
_BRACES = re.compile(r"\{[^{}]*\}")


class Requests:
    """The polls of a declared source, and which of them an address belongs to.

    Args:
        source: name of the source.
        document: what is declared.
    """

    def __init__(self, source: str, document: SourceDocument) -> None:
        self._source = source
        self._document = document
        self._resources = {resource.name: resource for resource in document.resources}
        self._addresses = {
            name: Address(resource.endpoint, self._target_pattern(resource))
            for name, resource in self._resources.items()
        }
        # of two that fit, the one that says more is meant
        self._by_detail = sorted(self._addresses.items(), key=lambda item: item[1].detail, reverse=True)

    def polls(self, targets: Sequence[str]) -> list[Poll]:
        """Return the polls for the targets in the settings.

        Raises:
            WrongUse: a target cannot be asked for.
        """
        asked = self._checked(targets)
        return [
            self.poll_for(resource.name, target)
            for resource in self._document.resources
            if resource.endpoint.parent is None
            for target in (asked if resource.endpoint.asked == TARGET else [""])
        ]

    def poll_for(self, endpoint: str, target: str) -> Poll:
        """Return the poll of one resource about one target; empty if it is asked once for all."""
        resource, client = self._resources[endpoint], self._document.client
        said = resource.endpoint
        paginator = client.paginator if said.paginator is None else said.paginator
        return Poll(
            endpoint,
            target,
            _filled(said.path, target),
            {name: _filled(_plain(value), target) for name, value in said.params.items()},
            interval_multiple=resource.every,
            pagination=pagination_of(paginator, said.data_selector or ""),
            cursor=_cursor(said.incremental, said.data_selector or ""),
            find=self._finder(resource),
        )

    def endpoint_of(self, method: str, path: str | None, kind: str) -> str:
        """Return the resource that a recorded exchange asked, ``other`` if it is none of them."""
        if path is None:
            return kind if kind in self._resources else OTHER
        fits = (name for name, address in self._by_detail if address.fits(path))
        return next(fits, OTHER) if method.upper() == "GET" else OTHER

    def target_of(self, endpoint: str, url: str) -> str | None:
        """Return what a request asked about, by its address; None if that does not say it."""
        return self._addresses[endpoint].target(url)

    def _target_pattern(self, resource: Resource) -> str:
        targets = self._document.targets
        return targets.pattern if targets is not None and resource.endpoint.asked == TARGET else ".+"

    def _finder(self, resource: Resource) -> Callable[[object], Sequence[Found]] | None:
        children = [
            (child.name, child.endpoint.parent[1].split("."))
            for child in self._document.resources
            if child.endpoint.parent is not None and child.endpoint.parent[0] == resource.name
        ]
        if not children:
            return None
        selector = resource.endpoint.data_selector or ""

        def find(payload: object) -> list[Found]:
            found = [
                (child, target)
                for row in _rows(payload, selector)
                for child, path in children
                if (target := _name(_at(row, path))) is not None
            ]
            return found[:FOUND_MAX]

        return find

    def _checked(self, targets: Sequence[str]) -> list[str]:
        said = self._document.targets
        if said is None:
            return checked_targets(self._source, targets, r"(?!)", "no targets: there is nothing to choose")
        # the declared pattern, of what may stand in a path
        return checked_targets(self._source, targets, f"{_SAFE}(?:{said.pattern})", said.help)


class Address:
    """Tells the addresses of one endpoint from others, and reads from them what was asked about.

    Args:
        endpoint: what is declared.
        target: regular expression of what it may be asked about.
    """

    def __init__(self, endpoint: Endpoint, target: str) -> None:
        self._path = _pattern(endpoint.path, target)
        self._parameters = {name: _pattern(_plain(value), target) for name, value in endpoint.params.items()}
        self.detail = (len(_BRACES.sub("", endpoint.path)), len(endpoint.params))

    def fits(self, url: str) -> bool:
        """Return whether a request with this address asked this endpoint, whatever its base address."""
        query = _query(url)
        return self._path_match(url) is not None and all(
            pattern.fullmatch(query.get(name, "")) for name, pattern in self._parameters.items()
        )

    def target(self, url: str) -> str | None:
        """Return what an address asks about; None if it does not say it."""
        query = _query(url)
        matches = [self._path_match(url)]
        matches += [pattern.fullmatch(query.get(name, "")) for name, pattern in self._parameters.items()]
        found = (match["target"] for match in matches if match and "target" in match.re.groupindex)
        return next(found, None)

    def _path_match(self, url: str) -> re.Match[str] | None:
        # the settings may put any base address before it
        path = urlsplit(url).path
        return next((m for start in _slashes(path) if (m := self._path.fullmatch(path, start))), None)


def _slashes(path: str) -> Iterator[int]:
    return (index for index in range(len(path) - 1, -1, -1) if path[index] == "/")


def _pattern(text: str, target: str) -> re.Pattern[str]:
    before, _, after = text.partition("{")
    if not after:
        return re.compile(re.escape(text))
    return re.compile(f"{re.escape(before)}(?P<target>{target}){re.escape(after.partition('}')[2])}")


def _query(url: str) -> Mapping[str, str]:
    return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))


def _filled(text: str, target: str) -> str:
    return _BRACES.sub(lambda _: target, text)


def _plain(value: Scalar) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _cursor(incremental: Incremental | None, rows: str) -> Since | None:
    if incremental is None:
        return None
    return Since(
        incremental.cursor_path,
        parameter=incremental.start_param,
        rows=rows,
        ascending=tuple((name, _plain(value)) for name, value in incremental.ascending_params.items()),
        newest_first=tuple((name, _plain(value)) for name, value in incremental.newest_first_params.items()),
        look_back_seconds=incremental.look_back_seconds,
    )


def _rows(payload: object, selector: str) -> list[object]:
    steps = [step for step in selector.split(".") if step and step != "*"]
    found = _at(payload, steps)
    if selector.endswith("*"):
        return list(found.values()) if isinstance(found, dict) else []
    return found if isinstance(found, list) else [found]


def _at(value: object, steps: Sequence[str]) -> object:
    for step in steps:
        if isinstance(value, list) and step.isascii() and step.isdigit():
            value = value[int(step)] if int(step) < len(value) else None
        else:
            value = value.get(step) if isinstance(value, dict) else None
    return value


def _name(value: object) -> str | None:
    # bool is an int to Python, but no number in JSON
    text = str(value) if type(value) in (str, int) else ""
    return text if re.fullmatch(f"{_SAFE}.+", text) else None
