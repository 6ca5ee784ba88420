"""Users and organisations (pure)."""

from __future__ import annotations

from connectors.kit.external_ids import of_url, plain
from connectors.kit.json_path import JsonNode
from connectors.kit.readings import Readings
from schemas.records import RawEvent

_PROPERTIES = ("id", "company", "blog", "location", "bio", "description", "created_at", "site_admin")
_ORGANISATION = "Organization"


def map_account(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map a user or an organisation; a row of a list lacks the counts."""
    del event
    login = root.text("login")
    key = login.lower()
    readings.measure("followers", key, root.optional_count("followers"), kind="counter")
    readings.measure("public_repos", key, root.optional_count("public_repos"))
    kind = "organisation" if root.peek("type") == _ORGANISATION else "user"
    readings.thing(
        kind,
        key,
        root.peek_text("name") or login,
        url=root.peek_text("html_url"),
        attributes=root.plain(*_PROPERTIES),
    )
    readings.link(kind, key, of_url(root.peek_text("blog")), root, "blog", relation="refers")
    twitter = plain("twitter")(root.peek_text("twitter_username"))
    readings.link(kind, key, twitter, root, "twitter_username")


def map_account_list(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map a page of accounts."""
    for row in root.rows():
        map_account(row, event, readings)


def map_stargazers(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map a page of accounts that starred, which stand below ``user`` if the times were asked for."""
    for row in root.rows():
        map_account(row.child("user") if row.has("starred_at") else row, event, readings)


def map_contributors(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map a page of contributors, without the anonymous ones, who have an e-mail address in place of a login."""
    for row in root.rows():
        if row.has("login"):
            map_account(row, event, readings)
