"""What the payloads of a declared source say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from crosscurrent.errors import Poison
from tests.unit.connectors.declared.declared_sources import NOW, declared, event_of, gauges

NOW_MS = round(NOW.timestamp() * 1000)


def observation(**more: Any) -> dict[str, Any]:
    return {"measure": "level", "path": "level", "kind": "gauge"} | more


def measured(folder: Path, payload: object, **more: Any) -> list[tuple[str, int, float]]:
    mapped = declared(folder, gauges(**more)).map_payload(event_of(payload))
    return [(m.entity_id, m.observed_at_ms, m.value) for m in mapped.measurements]


@pytest.mark.parametrize(
    ("selector", "payload"),
    [
        (None, [{"id": "a", "level": 1.5}]),
        (None, {"id": "a", "level": 1.5}),
        ("data.gauges", {"data": {"gauges": [{"id": "a", "level": 1.5}]}}),
        ("data.0", {"data": [{"id": "a", "level": 1.5}]}),
        ("data.*", {"data": {"x": {"id": "a", "level": 1.5}}}),
    ],
)
def test_rows_are_found_where_the_selector_says(
    tmp_path: Path, selector: str | None, payload: object
) -> None:
    endpoint = {"path": "/gauges"} | ({"data_selector": selector} if selector else {})

    assert measured(tmp_path, payload, endpoint=endpoint) == [("a", NOW_MS, 1.5)]


def test_fields_of_an_object_are_rows_with_their_names_and_the_body_around_them(tmp_path: Path) -> None:
    found = measured(
        tmp_path,
        {"base": "EUR", "date": "2026-01-02", "rates": {"AUD": 1.61, "USD": 1.04}},
        endpoint={"path": "/gauges", "data_selector": "rates.*"},
        entity={"primary_key": "{$.base}/{@key}"},
        observed_at={"path": "$.date"},
        observations=[observation(path="@")],
    )

    assert found == [("EUR/AUD", 1_767_312_000_000, 1.61), ("EUR/USD", 1_767_312_000_000, 1.04)]


@pytest.mark.parametrize(
    ("format", "value", "at_ms"),
    [
        ("iso8601", "2026-01-05T09:00:00+01:00", 1_767_600_000_000),
        ("iso8601", "2026-01-05T08:00:00", 1_767_600_000_000),
        ("epoch_seconds", 1_767_600_000, 1_767_600_000_000),
        ("epoch_milliseconds", 1_767_600_000_250, 1_767_600_000_250),
    ],
)
def test_event_time_is_read_as_declared(tmp_path: Path, format: str, value: object, at_ms: int) -> None:  # noqa: A002
    stamp = {"path": "at.0", "format": format}

    assert measured(tmp_path, [{"id": 7, "level": 2, "at": [value]}], observed_at=stamp) == [
        ("7", at_ms, 2.0)
    ]


@pytest.mark.parametrize(
    ("row", "more", "path"),
    [
        ({"id": "a"}, {}, "$[0].level"),
        ({"id": "a", "level": None}, {}, "$[0].level"),
        ({"id": "a", "level": "1.5"}, {}, "$[0].level"),
        ({"id": "a", "level": True}, {}, "$[0].level"),
        ({"id": "a", "level": 1.5}, {"observations": [observation(kind="count")]}, "$[0].level"),
        ({"id": "a", "level": -1}, {"observations": [observation(kind="counter")]}, "$[0].level"),
        ({"id": "a", "level": "nan"}, {"observations": [observation(text=True)]}, "$[0].level"),
        ({"id": "a", "level": 1}, {"observations": [observation(text=True)]}, "$[0].level"),
        ({"id": "a", "level": 4}, {"observations": [observation(path="level.cm")]}, "$[0].level"),
        ({"id": "a", "level": 1e300}, {"observations": [observation(scale=1e300)]}, "$[0].level"),
        ({"level": 1}, {}, "$[0].id"),
        ({"id": "", "level": 1}, {}, "$[0].id"),
        ({"id": 1.5, "level": 1}, {}, "$[0].id"),
        ({"id": "a", "level": 1}, {"observed_at": {"path": "at"}}, "$[0].at"),
        ({"id": "a", "level": 1, "at": "2026-01-05T11:30:00Z"}, {"observed_at": {"path": "at"}}, "$[0].at"),
        ({"id": "a", "level": 1}, {"endpoint": {"path": "/g", "data_selector": "rows"}}, "$"),
        (
            {"id": "a", "level": 1, "at": 1e15},
            {"observed_at": {"path": "at", "format": "epoch_milliseconds"}},
            "$[0].at",
        ),
    ],
)
def test_misfit_names_the_path_in_the_payload(
    tmp_path: Path, row: dict[str, object], more: dict[str, Any], path: str
) -> None:
    with pytest.raises(Poison) as refused:
        measured(tmp_path, [row], **more)

    assert refused.value.facts["path"] == path
    assert "mapping of rivers" in refused.value.todo


def test_number_is_left_out_where_it_may_be_and_brought_into_its_unit(tmp_path: Path) -> None:
    numbers = [
        observation(scale=0.5, text=True),
        observation(measure="flow", path="flow.now", nullable=True),
    ]
    rows = [
        {"id": "a", "level": "3"},
        {"id": "b", "level": "4", "flow": {"now": 9}},
        {"id": "c", "level": "5", "flow": None},
    ]

    found = measured(tmp_path, rows, observations=numbers)

    assert [(key, value) for key, _, value in found] == [("a", 1.5), ("b", 2.0), ("b", 9.0), ("c", 2.5)]


def test_thing_has_what_the_row_tells_of_it_and_no_more(tmp_path: Path) -> None:
    entity = {
        "type": "gauge",
        "primary_key": "{river.id}/{id}",
        "name": "label",
        "url": "https://rivers.example/{id}",
        "attributes": ["river.name", "tags", "depth", "nothing"],
    }
    row = {
        "id": 4,
        "level": 1,
        "label": None,
        "river": {"id": "r", "name": "Rhine"},
        "tags": ["a"],
        "depth": {},
    }

    (thing,) = declared(tmp_path, gauges(entity=entity)).map_payload(event_of([row])).things

    assert (thing.entity_type, thing.entity_id, thing.name) == ("gauge", "r/4", "r/4")
    assert thing.url == "https://rivers.example/4"
    assert thing.attributes == {"river.name": "Rhine", "tags": ["a"]}


def test_key_without_a_type_is_no_thing(tmp_path: Path) -> None:
    mapped = declared(tmp_path, gauges(entity={"primary_key": "id"})).map_payload(
        event_of([{"id": "a", "level": 1}])
    )

    assert (len(mapped.things), [m.entity_id for m in mapped.measurements]) == (0, ["a"])
