"""Releases and how often their files were downloaded (pure)."""

from __future__ import annotations

import re
from urllib.parse import unquote

from connectors.github.keys import repository_in
from connectors.kit.json_path import JsonNode
from connectors.kit.readings import Readings
from schemas.records import RawEvent

_ASSET_ADDRESS = re.compile(r"/releases/download/(?P<tag>.+)/[^/]+")


def map_release(root: JsonNode, event: RawEvent, readings: Readings, *, measured: bool = True) -> None:
    """Map a release and the files attached to it; their downloads only if it is known when they were so many."""
    del event
    repository, tag = repository_in(root), root.text("tag_name")
    key = f"{repository}@{tag}"
    attributes = root.plain(
        "draft", "prerelease", "created_at", "published_at", "target_commitish", "tag_name"
    )
    readings.thing(
        "release",
        key,
        root.peek_text("name") or tag,
        url=root.peek_text("html_url"),
        attributes=attributes | {"id": root.whole("id"), "repository": repository},
    )
    # drafts and the oldest releases lack the list
    for asset in root.rows("assets") if root.has("assets") else ():
        _map_asset(asset, key, readings, measured=measured)


def map_releases(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map a page of releases."""
    for row in root.rows():
        map_release(row, event, readings)


def map_release_asset(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map a file on its own: which release it belongs to says only where it is downloaded from."""
    del event
    address = root.text("browser_download_url")
    found = _ASSET_ADDRESS.search(address)
    if found is None:
        raise root.misfit(
            "an address with /releases/download/<tag>/<file>",
            found=f"an object whose browser_download_url is {address!r}",
        )
    _map_asset(root, f"{repository_in(root)}@{unquote(found['tag'])}", readings)


def map_release_assets(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map the files of a release."""
    for row in root.rows():
        map_release_asset(row, event, readings)


def _map_asset(asset: JsonNode, release: str, readings: Readings, *, measured: bool = True) -> None:
    name = asset.text("name")
    key = f"{release}/{name}"
    if measured:
        readings.measure("downloads", key, asset.count("download_count"), kind="counter")
    readings.thing(
        "release_asset",
        key,
        asset.peek_text("label") or name,
        url=asset.peek_text("browser_download_url"),
        attributes=asset.plain("id", "content_type", "size", "state", "created_at", "updated_at")
        | {"release": release},
    )
