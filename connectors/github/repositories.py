"""Repositories: what grows and shrinks about them (pure)."""

from __future__ import annotations

from connectors.github.keys import repository_asked, repository_key
from connectors.kit.external_ids import of_url
from connectors.kit.json_path import JsonNode
from connectors.kit.readings import Readings
from schemas.records import RawEvent

_PROPERTIES = (
    "id", "description", "language", "homepage", "topics", "visibility", "private", "fork", "archived",
    "disabled", "is_template", "default_branch", "created_at", "updated_at", "pushed_at",
)  # fmt: skip


def map_repository(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map a repository.

    Stars and forks mostly grow, so they are counters: what can move together with anything is how many came,
    and the rare fall is an increment that is not known.
    """
    del event
    key = _thing(root, readings)
    measure_counts(root, key, readings)


def measure_counts(root: JsonNode, key: str, readings: Readings) -> None:
    """Measure what is counted of a repository."""
    readings.measure("stargazers", key, root.count("stargazers_count"), kind="counter")
    readings.measure("forks", key, root.count("forks_count"), kind="counter")
    readings.measure("open_issues", key, root.count("open_issues_count"))
    readings.measure("size", key, root.count("size"), unit="kB")
    # only the repository itself has it, not a row of a list
    readings.measure("subscribers", key, root.optional_count("subscribers_count"), kind="counter")


def map_repositories(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map a page of repositories."""
    for row in root.rows():
        map_repository(row, event, readings)


def map_search_repositories(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map the repositories that a search found, as things only."""
    del event
    for row in root.rows("items"):
        _thing(row, readings)


def map_languages(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map how much code of each language a repository holds."""
    repository = repository_asked(event)
    for language, _ in root.fields():
        readings.measure("code_size", f"{repository}/languages/{language}", root.count(language), unit="B")


def _thing(row: JsonNode, readings: Readings) -> str:
    key = repository_key(row)
    attributes = row.plain(*_PROPERTIES)
    owner, licence = row.peek_text("owner", "login"), row.peek_text("license", "spdx_id")
    attributes |= {"owner": owner} if owner else {}
    attributes |= {"license": licence} if licence else {}
    readings.thing(
        "repository",
        key,
        row.text("full_name"),
        url=row.peek_text("html_url"),
        attributes=attributes,
        version=row.peek_text("updated_at"),
    )
    homepage = of_url(row.peek_text("homepage"))
    readings.link("repository", key, homepage, row, "homepage", relation="refers")
    return key
