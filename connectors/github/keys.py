"""Natural keys of GitHub's things: names in lower case, as GitHub itself compares them (pure)."""

from __future__ import annotations

import re
from urllib.parse import unquote

from connectors.kit.json_path import JsonNode
from crosscurrent.errors import Poison
from schemas.records import RawEvent

_FULL_NAME = re.compile(r"[^/\s]+/[^/\s]+")
_IN_ADDRESS = re.compile(r"/repos/(?P<full_name>[^/?#\s]+/[^/?#\s]+)")


def repository_key(row: JsonNode, field: str = "full_name") -> str:
    """Return the key of a repository that names itself ``owner/name``.

    Raises:
        Poison: the field is absent or no such name.
    """
    name = row.text(field)
    if not _FULL_NAME.fullmatch(name):
        raise row.misfit("a repository's owner/name", found=f"an object whose {field} is {name!r}")
    return name.lower()


def repository_in(row: JsonNode, field: str = "url") -> str:
    """Return the key of the repository whose address, or one below it, stands in a field.

    Raises:
        Poison: the field is absent or no address in a repository.
    """
    address = row.text(field)
    found = _IN_ADDRESS.search(address)
    if found is None:
        raise row.misfit(
            "an address below /repos/owner/name", found=f"an object whose {field} is {address!r}"
        )
    return found["full_name"].lower()


def repository_asked(event: RawEvent) -> str:
    """Return the key of the repository that a request asked about, for payloads that do not name it.

    Raises:
        Poison: the address names none, as behind GitHub's redirects to ``/repositories/<id>``.
    """
    found = _IN_ADDRESS.search(unquote(event.request_url.partition("?")[0]))
    if found is None:
        raise Poison(
            f"github {event.endpoint}: the request's address is {event.request_url}",
            expected="an address below /repos/owner/name, since the payload does not say whose it is",
            todo="ask by the repository's name",
            source=event.source,
            endpoint=event.endpoint,
        )
    return found["full_name"].lower()
