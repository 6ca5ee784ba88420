"""The processor: which payloads are learned from, and that it gives the same after a restart."""

from __future__ import annotations

import zlib
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest

from crosscurrent.settings import DriftSettings
from schemas.codec import Codec
from schemas.records import RawEvent, SchemaDrift
from streams.drift import DriftProcessor
from streams.drift.processor import STORED_AFTER_MESSAGES, STORED_AFTER_PAYLOADS
from streams.drift.shape import REMEMBERED_MAX
from streams.processor import InputMessage
from tests.integration.sink.fixed_registry import FixedRegistry

SETTINGS = DriftSettings(warm_up_payloads=5)
START = datetime(2026, 3, 1, tzinfo=UTC)
CODEC = Codec(FixedRegistry())


def processor() -> DriftProcessor:
    return DriftProcessor(CODEC, ("github", "tmdb"), SETTINGS)


def message(number: int, payload: object, **more: object) -> InputMessage:
    # the same answer twice would be none
    body = orjson.dumps({**payload, "number": number}) if isinstance(payload, dict) else payload
    fields: dict[str, Any] = {
        "tenant": "default",
        "record_id": str(UUID(int=number + (number << 100))),
        "source": "github",
        "endpoint": "repository",
        "request_method": "GET",
        "request_url": "https://api.example/",
        "request_key": "repository:a/b",
        "status": 200,
        "headers": {},
        "fetched_at": START + timedelta(seconds=number),
        "observed_at": START + timedelta(seconds=number),
        "page_index": 0,
        "poll_id": "poll",
        "cursor": None,
        "payload": body,
        **more,
    }
    event = RawEvent(**fields)
    return InputMessage("raw.github", 0, number, b"k", CODEC.encode("raw.github", event))


def feed(to: DriftProcessor, numbers: range, payload: object, **more: object) -> list[SchemaDrift]:
    outputs = [output for number in numbers for output in to.process(message(number, payload, **more))]
    assert all(output.topic == "schema-drift" for output in outputs)
    return [output.record for output in outputs if isinstance(output.record, SchemaDrift)]


def test_record_names_where_what_and_the_raw_event() -> None:
    drift = processor()
    feed(drift, range(20), {"stars": 5})
    [record] = feed(drift, range(20, 21), {"stars": 5, "unannounced_field": {"since": "today"}})
    assert (record.source, record.endpoint, record.kind) == ("github", "repository", "field_appeared")
    assert record.path == "$.unannounced_field"
    assert record.example == '{"since":"today"}'
    assert record.raw_record_id == record.first_raw_record_id == str(UUID(int=20 + (20 << 100)))
    assert record.first_seen_at == record.observed_at == START + timedelta(seconds=20)
    assert record.request_key == "repository:a/b"


def restarted(before: DriftProcessor, log: list[InputMessage], stored: dict[str, bytes]) -> DriftProcessor:
    """Return a new process with what a checkpoint stores and what is refilled from the log."""
    stored |= dict(before.take_dirty())
    position = len(log)
    begin = before.refill_offset("raw.github", 0, position)
    after = processor()
    for key, state in stored.items():
        after.restore(key, state)
    after.restore("positions", b"")
    for one in log[begin:position]:
        after.refill(one)
    return after


def test_restart_at_any_message_gives_the_same_records_with_the_same_ids() -> None:
    payloads: list[object] = [{"stars": 5, "owner": {"id": 1}}] * 20
    payloads += [{"stars": None, "fresh": 1}] * 10 + [{"stars": "5", "owner": {"id": 1}}] * 10

    def records(*restarts: int) -> list[SchemaDrift]:
        drift, found = processor(), list[SchemaDrift]()
        log, stored = list[InputMessage](), dict[str, bytes]()
        for number, payload in enumerate(payloads):
            if number in restarts:
                drift = restarted(drift, log, stored)
                # what is in the state may come again
                for again in range(max(0, number - 3), number):
                    assert feed(drift, range(again, again + 1), payloads[again]) == []
            found += feed(drift, range(number, number + 1), payload)
            log.append(message(number, payload))
        return found

    undisturbed = records()
    assert {record.kind for record in undisturbed} == {
        "field_appeared",
        "field_vanished",
        "nulls_risen",
        "type_changed",
    }
    assert all(records(at, at + 5, at + 7) == undisturbed for at in range(1, len(payloads), 3))


def test_shape_is_stored_after_some_payloads_and_at_once_when_it_changed() -> None:
    drift = processor()
    feed(drift, range(3, STORED_AFTER_PAYLOADS + 2), {"a": 1})
    assert list(drift.take_dirty()) == []
    assert drift.refill_offset("raw.github", 0, 90) == 3
    feed(drift, range(STORED_AFTER_PAYLOADS + 2, STORED_AFTER_PAYLOADS + 3), {"a": 1})
    assert [key for key, _ in drift.take_dirty()] == ["default|github|repository|0"]
    assert drift.refill_offset("raw.github", 0, 90) == 90
    assert len(feed(drift, range(30, 31), {"a": 1, "b": 1})) == 1
    assert [key for key, _ in drift.take_dirty()] == ["default|github|repository|0"]
    assert list(drift.take_dirty()) == []


def test_shape_that_is_seldom_seen_is_stored_before_much_would_have_to_be_read_again() -> None:
    drift = processor()
    feed(drift, range(1), {"a": 1}, endpoint="releases")
    feed(drift, range(1, STORED_AFTER_MESSAGES + 1), {"a": 1})
    assert len(list(drift.take_dirty())) == 2
    assert STORED_AFTER_MESSAGES < REMEMBERED_MAX


def test_endpoints_and_tenants_are_learned_for_themselves() -> None:
    drift = processor()
    feed(drift, range(20), {"a": 1})
    assert feed(drift, range(20, 40), {"b": 1}, endpoint="releases") == []
    assert feed(drift, range(40, 60), {"b": 1}, tenant="other") == []


@pytest.mark.parametrize(
    ("payload", "more"),
    [(b"<html>", {}), (b'{"a": ', {}), ({"message": "no"}, {"status": 500}), (b"", {"status": 304})],
)
def test_payload_that_is_none_changes_nothing(payload: object, more: dict[str, object]) -> None:
    drift = processor()
    feed(drift, range(20), {"a": 1})
    drift.take_dirty()
    assert feed(drift, range(20, 60), payload, **more) == []
    assert list(drift.take_dirty()) == []
    assert drift.refill_offset("raw.github", 0, 60) == 60


def test_message_that_is_no_raw_event_is_passed_over() -> None:
    assert processor().process(InputMessage("raw.github", 0, 0, None, b"\x00\x00\x00")) == []


def test_same_answer_to_the_same_request_counts_once() -> None:
    drift = processor()
    feed(drift, range(20), {"a": 1})
    same = message(0, {"a": 1, "b": 1})
    found = [len(drift.process(message(number, same_payload(same)))) for number in range(20, 30)]
    assert found == [1] + [0] * 9
    assert feed(drift, range(30, 31), {"a": 1}, request_key="repository:c/d") == []


def same_payload(of: InputMessage) -> bytes:
    return CODEC.decode(RawEvent, of.value).payload


@pytest.mark.parametrize("state", [b"", b"CCD1rest", b"CCS1rest", b"CCS1" + zlib.compress(b'{"name": []}')])
def test_state_that_cannot_be_read_is_learned_anew(state: bytes) -> None:
    drift = processor()
    drift.restore("default|github|repository|0", state)
    assert feed(drift, range(20), {"a": 1}) == []
    assert len(feed(drift, range(20, 21), {"a": 1, "b": 1})) == 1
