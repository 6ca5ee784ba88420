"""Commits and branches (pure)."""

from __future__ import annotations

from connectors.github.keys import repository_in
from connectors.kit.json_path import JsonNode
from connectors.kit.readings import Readings
from schemas.records import RawEvent


def map_commit(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map a commit; addresses of people's mail stay out."""
    del event
    repository, sha = repository_in(root), root.text("sha")
    stated = {
        "authored_at": root.peek_text("commit", "author", "date"),
        "committed_at": root.peek_text("commit", "committer", "date"),
        "author": root.peek_text("author", "login") or root.peek_text("commit", "author", "name"),
        "additions": root.peek("stats", "additions"),
        "deletions": root.peek("stats", "deletions"),
    }
    message = root.peek_text("commit", "message") or sha
    attributes: dict[str, object] = {name: value for name, value in stated.items() if value is not None}
    readings.thing(
        "commit",
        f"{repository}@{sha}",
        message.splitlines()[0] if message.strip() else sha,
        url=root.peek_text("html_url"),
        attributes=attributes | {"repository": repository},
    )


def map_commits(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map a page of commits."""
    for row in root.rows():
        map_commit(row, event, readings)


def map_branch(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map a branch and the commit at its head."""
    name, head = root.text("name"), root.child("commit")
    repository = repository_in(head)
    attributes = root.plain("protected") | {"repository": repository, "head": head.text("sha")}
    readings.thing("branch", f"{repository}/branches/{name}", name, attributes=attributes)
    map_commit(head, event, readings)
