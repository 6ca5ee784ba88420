"""Workflow runs, their jobs, and checks: how long they took (pure)."""

from __future__ import annotations

from connectors.github.keys import repository_in
from connectors.kit.json_path import JsonNode
from connectors.kit.readings import Readings
from schemas.records import RawEvent

_PROPERTIES = (
    "name",
    "head_branch",
    "head_sha",
    "event",
    "status",
    "conclusion",
    "run_number",
    "run_attempt",
)
_COMPLETED = "completed"


def map_workflow_runs(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map a page of workflow runs, as things."""
    del event
    for row in root.rows("workflow_runs"):
        map_workflow_run(row, readings)


def map_workflow_run(row: JsonNode, readings: Readings) -> None:
    """Map a workflow run, as a thing."""
    repository, number = repository_in(row), row.whole("id")
    attributes = row.plain(*_PROPERTIES, "workflow_id", "path", "created_at", "run_started_at", "updated_at")
    readings.thing(
        "workflow_run",
        f"{repository}/actions/runs/{number}",
        row.peek_text("name"),
        url=row.peek_text("html_url"),
        attributes=attributes | {"repository": repository},
        version=row.peek_text("updated_at"),
    )


def map_workflow_jobs(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map the jobs of a workflow run: a series is a job by its name, over the runs."""
    del event
    for row in root.rows("jobs"):
        workflow = row.peek_text("workflow_name")
        _map_timed(row, f"jobs/{workflow}" if workflow else "jobs", "job", readings)


def map_check_runs(root: JsonNode, event: RawEvent, readings: Readings) -> None:
    """Map the checks of a commit: a series is a check by its app and name, over the commits."""
    del event
    for row in root.rows("check_runs"):
        app = row.peek_text("app", "slug")
        _map_timed(row, f"checks/{app}" if app else "checks", "check", readings)


def _map_timed(row: JsonNode, group: str, what: str, readings: Readings) -> None:
    repository, name = repository_in(row), row.text("name")
    key = f"{repository}/{group}/{name}"
    attributes = row.plain(*_PROPERTIES, "id", "started_at", "completed_at") | {"repository": repository}
    readings.thing(what, key, name, url=row.peek_text("html_url"), attributes=attributes)
    started, completed = row.nullable_moment_ms("started_at"), row.nullable_moment_ms("completed_at")
    # a job that was skipped or cancelled in the queue has an end before its begin
    if row.peek("status") == _COMPLETED and started is not None and completed is not None:
        seconds = (completed - started) / 1000
        if seconds >= 0:
            readings.measure(f"{what}_duration", key, seconds, unit="s", at_ms=completed)
