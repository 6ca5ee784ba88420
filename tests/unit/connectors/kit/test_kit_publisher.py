"""Publishing: the registry is waited for, and a clash with it is told."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from connectors.kit.event import Origin, raw_event
from connectors.kit.publisher import Publisher
from crosscurrent.errors import CrosscurrentError, Fatal, Transient
from schemas.codec import Codec
from schemas.records import RawEvent
from tests.contract.connector_bench import MemoryBroker
from tests.integration.sink.fixed_registry import FixedRegistry


@dataclass
class UnsureRegistry(FixedRegistry):
    """A registry that fails a few times first."""

    failures: list[CrosscurrentError] = field(default_factory=list)

    def __post_init__(self) -> None:
        FixedRegistry.__init__(self)

    def register(self, subject: str, schema: str) -> int:
        if self.failures:
            raise self.failures.pop(0)
        return super().register(subject, schema)


def event() -> RawEvent:
    now = datetime(2026, 1, 5, tzinfo=UTC)
    origin = Origin("default", "github", "repository", "repository:a/b", "p")
    return raw_event(
        origin, url="https://a/b", status=200, headers={}, payload=b"{}", page_index=0, fetched_at=now
    )


async def test_publisher_waits_for_a_registry_that_is_away_and_says_so() -> None:
    broker = MemoryBroker()
    registry = UnsureRegistry([Transient("the schema registry answers 500")])
    publisher = Publisher("github", broker, Codec(registry))
    publishing = asyncio.create_task(publisher.publish_event(event()))
    async with asyncio.timeout(20):
        while not publisher.not_ready():  # noqa: ASYNC110 - nobody signals a condition
            await asyncio.sleep(0.005)
        assert publisher.not_ready() == ["github: the schema registry answers 500"]
        await publishing

    assert publisher.not_ready() == []
    assert broker.topics == ["raw.github"]


async def test_publisher_ends_where_the_registry_refuses_the_schema() -> None:
    publisher = Publisher("github", MemoryBroker(), Codec(UnsureRegistry([Fatal("the schema clashes")])))

    with pytest.raises(Fatal, match="clashes"):
        await publisher.publish_event(event())


async def test_publisher_keys_messages_by_tenant_and_request_and_sends_cloud_event_headers() -> None:
    broker = MemoryBroker()
    await Publisher("github", broker, broker.codec).publish_event(event())

    ((topic, key, _, headers),) = broker.messages
    assert (topic, key) == ("raw.github", b"default|github|repository:a/b")
    assert headers["ce_id"] == event().record_id.encode()
    assert headers["ce_source"] == b"/connectors/github"
    assert headers["ce_type"] == b"crosscurrent.RawEvent"
    assert "traceparent" in headers
