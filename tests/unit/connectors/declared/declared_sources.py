"""Small declarations, and events of them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import yaml

from connectors.declared.directory import read_source
from connectors.kit.declaration import Connector
from schemas.records import RawEvent

NOW = datetime(2026, 1, 5, 10, tzinfo=UTC)


def gauges(**more: Any) -> dict[str, Any]:
    """A resource that is asked once for all, with one number a row."""
    resource = {
        "name": "gauges",
        "endpoint": {"path": "/gauges"},
        "entity": {"type": "gauge", "primary_key": "id"},
        "observations": [{"measure": "level", "path": "level", "kind": "gauge", "unit": "m"}],
    }
    return resource | more


def document(*resources: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "title": "Rivers",
        "client": {"base_url": "https://api.rivers.example"},
        "quota": {"type": "documented", "requests": 60},
        "poll_interval_seconds": 60,
        "resources": list(resources) or [gauges()],
    } | more


def declared(folder: Path, *resources: dict[str, Any], **more: Any) -> Connector:
    file = folder / "rivers.yaml"
    file.write_text(yaml.safe_dump(document(*resources, **more), sort_keys=False))
    return read_source(file, ())


def event_of(
    payload: object, *, endpoint: str = "gauges", url: str = "https://other.test/base/gauges"
) -> RawEvent:
    return RawEvent(
        tenant="default",
        record_id="r",
        source="rivers",
        endpoint=endpoint,
        request_method="GET",
        request_url=url,
        request_key=endpoint,
        status=200,
        headers={},
        fetched_at=NOW,
        observed_at=NOW,
        page_index=0,
        poll_id="p",
        payload=orjson.dumps(payload),
    )
