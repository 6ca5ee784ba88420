"""Deployments (pure)."""

from __future__ import annotations

from connectors.github.keys import repository_in
from connectors.kit.json_path import JsonNode
from connectors.kit.readings import Readings
from schemas.records import RawEvent


def map_deployment(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map a deployment."""
    del event
    repository, number = repository_in(root), root.whole("id")
    environment = root.peek_text("environment")
    readings.thing(
        "deployment",
        f"{repository}/deployments/{number}",
        f"{environment} of {repository}" if environment else None,
        attributes=root.plain("sha", "ref", "task", "environment", "description", "created_at", "updated_at")
        | {"repository": repository},
    )


def map_deployments(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map a page of deployments."""
    for row in root.rows():
        map_deployment(row, event, readings)
