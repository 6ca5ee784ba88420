"""Raw events whose payloads hold a planted coupling, breaks and poison."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import orjson

from schemas.codec import Record
from schemas.identity import record_id
from schemas.records import RawEvent
from tests.integration.sink.sample import MINUTE_MS, START, START_MS, raw_event

LAG = 2
BREAK_AT = 150


def event(number: int, payload: bytes) -> RawEvent:
    at = START + timedelta(minutes=number)
    identity = record_id("default", "raw", number, payload)
    return replace(raw_event(0), record_id=identity, payload=payload, fetched_at=at, observed_at=at)


def minutes(count: int, *, seed: int = 5, first: int = 0) -> list[tuple[str, Record | bytes]]:
    """Return an event a minute: ``follow`` goes where ``lead`` went two minutes before, ``alone`` breaks once."""
    rng = np.random.default_rng(seed)
    lead = rng.standard_normal(count + LAG)
    noise = rng.standard_normal((count, 2))
    messages: list[tuple[str, Record | bytes]] = []
    for index in range(count):
        at = START_MS + (first + index) * MINUTE_MS
        points = [
            ("lead", "gauge", at, float(lead[index + LAG])),
            ("follow", "gauge", at, float(lead[index] + 0.2 * noise[index, 0])),
            ("alone", "gauge", at, float(noise[index, 1] + (40.0 if index == BREAK_AT else 0.0))),
        ]
        messages.append(("raw.github", event(first + index, orjson.dumps(points))))
    return messages
