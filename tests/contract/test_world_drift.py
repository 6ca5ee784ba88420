"""A vendor of the world changes its payloads at a set time: it is told, with the path, and nothing before it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from connectors.registry import CONNECTORS, MAPS
from crosscurrent.clock import ManualClock
from crosscurrent.embedded.world.faults import Fault
from crosscurrent.embedded.world.notion_api import NotionTerms
from crosscurrent.embedded.world.virtual_time import VirtualTime
from crosscurrent.embedded.world.world import World, WorldTerms
from crosscurrent.settings import DriftSettings
from schemas.codec import Codec
from schemas.identity import record_id
from schemas.records import SchemaDrift
from streams.drift import DriftProcessor
from streams.processor import InputMessage
from tests.contract.test_world_payloads_map import SCENARIO, TARGETS, asked
from tests.integration.sink.fixed_registry import FixedRegistry

HOURS_BEFORE = 60
HOUR_SECONDS = 3600
CODEC = Codec(FixedRegistry())
# in the first payload that a connector asks for
NULL_NUMBER = {"github": "$.stargazers_count", "openweathermap": "$.main.temp"}


class Watched:
    """The first thing that a connector polls, hour by hour, and what is told of it."""

    def __init__(self, source: str) -> None:
        self._connector = CONNECTORS[source]
        [self._poll, *_] = self._connector.polls(TARGETS[source])
        self._clock = ManualClock()
        self._time = VirtualTime(SCENARIO.start_seconds, self._clock, speed=0)
        self._world = World(SCENARIO, self._time, WorldTerms(notion=NotionTerms(limit=1_000_000)))
        self._drift = DriftProcessor(CODEC, CONNECTORS, DriftSettings(), MAPS)
        self._hour = 0

    def hour(self, fault: str | None = None) -> Iterator[SchemaDrift]:
        event = asked(self._world, self._connector, self._poll, Fault(fault) if fault else None)
        event = replace(event, record_id=record_id("hour", self._hour))
        value = CODEC.encode(f"raw.{event.source}", event)
        for output in self._drift.process(InputMessage(f"raw.{event.source}", 0, self._hour, None, value)):
            assert isinstance(output.record, SchemaDrift)
            assert CODEC.decode(SchemaDrift, CODEC.encode(output.topic, output.record)) == output.record
            yield output.record
        self._hour += 1
        self._time.advance(HOUR_SECONDS)
        self._clock.advance(HOUR_SECONDS)  # quotas are counted in real time


@pytest.mark.parametrize("source", CONNECTORS)
def test_field_that_a_vendor_adds_is_told_at_once_and_nothing_before(source: str) -> None:
    watched = Watched(source)
    for _ in range(HOURS_BEFORE):
        assert list(watched.hour()) == []
    [record] = watched.hour("new-field")
    assert record.kind == "field_appeared"
    assert record.path.endswith(".unannounced_field")
    assert record.example == '{"since":"today","value":1}'
    assert record.raw_record_id == record_id("hour", HOURS_BEFORE)


@pytest.mark.parametrize("source", NULL_NUMBER)
def test_number_that_a_vendor_sends_as_null_is_told_within_some_payloads(source: str) -> None:
    watched = Watched(source)
    for _ in range(HOURS_BEFORE):
        assert list(watched.hour()) == []
    [record] = [record for _ in range(12) for record in watched.hour("null-number")]
    assert (record.kind, record.path) == ("nulls_risen", NULL_NUMBER[source])
    assert record.first_raw_record_id == record_id("hour", HOURS_BEFORE)
    assert record.payloads_changed < 8
