"""Issues, pull requests and milestones (pure)."""

from __future__ import annotations

from connectors.github.keys import repository_in
from connectors.kit.json_path import JsonNode
from connectors.kit.readings import Readings
from schemas.records import RawEvent

_PROPERTIES = (
    "id", "state", "state_reason", "locked", "draft", "merged", "comments", "review_comments", "commits",
    "additions", "deletions", "changed_files", "created_at", "updated_at", "closed_at", "merged_at",
)  # fmt: skip


def map_issue(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map an issue or a pull request: to GitHub every pull request is an issue of the same number."""
    del event
    number = root.whole("number")
    repository = repository_in(root)
    attributes = root.plain(*_PROPERTIES) | {"number": number, "repository": repository}
    author, milestone = root.peek_text("user", "login"), root.peek("milestone", "number")
    attributes |= {"author": author} if author else {}
    attributes |= {"milestone": milestone} if milestone is not None else {}
    attributes["labels"] = [name for name in map(_label, _labels(root)) if name]
    readings.thing(
        "pull_request" if root.has("pull_request") or root.has("head") else "issue",
        f"{repository}#{number}",
        root.peek_text("title"),
        url=root.peek_text("html_url"),
        attributes=attributes,
        version=root.peek_text("updated_at"),
    )


def map_issues(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map a page of issues or pull requests."""
    for row in root.rows():
        map_issue(row, event, readings)


def map_milestone(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map a milestone: how much of it is open, how much done."""
    del event
    number = root.whole("number")
    key = f"{repository_in(root)}/milestones/{number}"
    readings.measure("open_issues", key, root.count("open_issues"))
    readings.measure("closed_issues", key, root.count("closed_issues"))
    readings.thing(
        "milestone",
        key,
        root.peek_text("title"),
        url=root.peek_text("html_url"),
        attributes=root.plain("id", "number", "state", "description", "created_at", "due_on", "closed_at"),
    )


def map_milestones(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map a page of milestones."""
    for row in root.rows():
        map_milestone(row, event, readings)


def _labels(root: JsonNode) -> list[JsonNode]:
    return root.rows("labels") if root.has("labels") else []


def _label(label: JsonNode) -> str | None:
    # a label is an object, or its bare name in some older answers
    return label.value if isinstance(label.value, str) else label.peek_text("name")
