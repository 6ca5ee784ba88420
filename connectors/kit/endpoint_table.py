"""Which endpoint a request asked, for sources where its address alone tells (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

OTHER: Final = "other"
"""The endpoint of a request that a connector does not know."""


@dataclass(frozen=True, slots=True)
class EndpointTable:
    """Our names of a vendor's endpoints, all of which are asked by GET.

    Attributes:
        of_path: patterns of whole paths from the vendor's host on, without query and last slash, to the endpoint;
            the first that fits counts.
        of_kind: folder of recordings to the endpoint, where the address of their requests is not known.
    """

    of_path: tuple[tuple[re.Pattern[str], str], ...]
    of_kind: Mapping[str, str]

    @classmethod
    def of(cls, of_path: Iterable[tuple[str, str]], of_kind: Mapping[str, str]) -> EndpointTable:
        """Return a table from patterns that are not compiled yet."""
        return cls(tuple((re.compile(pattern), endpoint) for pattern, endpoint in of_path), of_kind)

    def __call__(self, method: str, path: str | None, kind: str) -> str:
        """Return our name of the endpoint that a request asked, ``other`` if we have none.

        Args:
            method: HTTP method, in any case.
            path: of the request, from the vendor's host on, with or without a query; None if unknown.
            kind: folder of the recording, which decides where the path is unknown.
        """
        if path is None:
            return self.of_kind.get(kind, OTHER)
        if method.upper() != "GET":
            return OTHER
        asked = path.partition("?")[0].rstrip("/")
        return next((endpoint for pattern, endpoint in self.of_path if pattern.fullmatch(asked)), OTHER)
