"""What is told of the shape of payloads, and what is not."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from streams.drift.finding import EXAMPLE_CHARACTERS_MAX, Finding
from streams.drift.sequential import Terms
from streams.drift.shape import PATHS_MAX, Shape
from streams.drift.snapshot import ShapeName, decode_name, encode, fill

WARM_UP = 20
TERMS = Terms(WARM_UP, math.log(1e6))
Make = Callable[[int], Any]


class Endpoint:
    """Feeds payloads to a shape; each has an id of its own."""

    def __init__(self, maps: tuple[str, ...] = ()) -> None:
        self.shape = Shape(TERMS, maps)
        self.sent = 0

    def send(self, payload: object) -> list[Finding]:
        self.sent += 1
        return self.shape.look(payload, identity(self.sent), self.sent)

    def send_many(self, make: Make, count: int) -> list[Finding]:
        return [finding for number in range(count) for finding in self.send(make(number))]


def identity(number: int) -> str:
    # as record ids are: all of the digits differ
    return str(UUID(int=random.Random(number).getrandbits(128)))


def ordinary(number: int) -> dict[str, Any]:
    """Payload with optional fields, nulls, growing counts and ids."""
    chance = random.Random(number)
    rows = [
        {
            "id": 10_000 + number * 10 + row,
            "name": f"row {row}",
            "stars": 40 + number // 3 + row,
            "license": None if chance.random() < 0.4 else {"key": "mit"},
            "temperature": round(285 + 8 * math.sin(number / 5), 2),
        }
        for row in range(4)
    ]
    if chance.random() < 0.3:
        rows[0]["description"] = "optional"
    return {"rows": rows, "total": 4 + number}


def told(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(finding.kind, finding.path) for finding in findings]


@pytest.fixture
def known() -> Endpoint:
    endpoint = Endpoint()
    assert endpoint.send_many(ordinary, 100) == []
    return endpoint


def changed(**fields: object) -> Make:
    def make(number: int) -> dict[str, Any]:
        payload = ordinary(100 + number)
        for row in payload["rows"]:
            row |= fields
        return payload

    return make


def test_nothing_is_told_of_two_thousand_ordinary_payloads() -> None:
    assert Endpoint().send_many(ordinary, 2000) == []


def test_fresh_start_tells_nothing_until_the_shape_has_settled() -> None:
    endpoint = Endpoint()
    findings = endpoint.send_many(lambda number: {f"field_{number}_{kind}": 1 for kind in "ab"}, WARM_UP)
    assert findings == []


def test_new_field_is_told_at_once_and_once_with_an_example(known: Endpoint) -> None:
    [finding] = known.send(changed(owner={"login": "a", "plan": {"name": "pro"}})(0))
    assert (finding.kind, finding.path) == ("field_appeared", "$.rows[].owner")
    assert finding.example == '{"login":"a","plan":{"name":"pro"}}'
    assert (finding.payloads_changed, finding.first_id) == (1, identity(101))
    assert 0 < finding.chance < 0.2
    assert known.send_many(changed(owner={"login": "b", "plan": {"name": "free"}}), 50) == []


def test_required_field_that_stays_away_is_told_and_when_it_comes_back(known: Endpoint) -> None:
    def without(number: int) -> dict[str, Any]:
        payload = ordinary(200 + number)
        for row in payload["rows"]:
            del row["name"]
        return payload

    [finding] = known.send_many(without, 30)
    assert (finding.kind, finding.path) == ("field_vanished", "$.rows[].name")
    assert (finding.payloads_before, finding.payloads_changed) == (100, 5)
    assert finding.first_id == identity(101)
    assert finding.chance <= 1e-6
    assert told(known.send_many(lambda number: ordinary(300 + number), 30)) == [
        ("field_appeared", "$.rows[].name")
    ]


def test_field_that_comes_and_goes_is_told_once(known: Endpoint) -> None:
    def swinging(number: int) -> dict[str, Any]:
        payload = ordinary(200 + number)
        if number % 300 < 20:
            for row in payload["rows"]:
                del row["name"]
        return payload

    assert told(known.send_many(swinging, 1500)) == [
        ("field_vanished", "$.rows[].name"),
        ("field_appeared", "$.rows[].name"),
    ]


def test_field_that_came_back_to_stay_is_told_when_it_goes_again(known: Endpoint) -> None:
    def without(number: int) -> dict[str, Any]:
        payload = ordinary(number)
        del payload["total"]
        return payload

    known.send_many(without, 20)
    assert told(known.send_many(ordinary, 500)) == [("field_appeared", "$.total")]
    assert told(known.send_many(without, 20)) == [("field_vanished", "$.total")]


def test_same_answer_again_is_no_further_evidence_but_lets_the_shape_settle() -> None:
    endpoint = Endpoint()
    endpoint.send(ordinary(0))
    for number in range(2, 60):
        endpoint.shape.look_again(identity(number))
    assert endpoint.shape.has_seen(identity(59))
    endpoint.sent = 100
    # of the rate of anything one payload says little
    assert "nulls_risen" not in {kind for kind, _ in told(endpoint.send_many(changed(stars=None), 15))}
    assert told(endpoint.send(changed(brand_new=1)(20))) == [("field_appeared", "$.rows[].brand_new")]


def test_optional_field_may_stay_away(known: Endpoint) -> None:
    def without(number: int) -> dict[str, Any]:
        payload = ordinary(200 + number)
        payload["rows"][0].pop("description", None)
        return payload

    assert known.send_many(without, 300) == []


def test_changed_type_is_told_at_once_with_an_example(known: Endpoint) -> None:
    [finding] = known.send(changed(stars="many")(0))
    assert (finding.kind, finding.path) == ("type_changed", "$.rows[].stars")
    assert (finding.expected, finding.found, finding.example) == ("number", "string", '"many"')


def test_first_object_where_only_nulls_stood_is_no_change_of_type() -> None:
    endpoint = Endpoint()
    endpoint.send_many(lambda _: {"license": None}, 50)
    assert endpoint.send({"license": {"key": "mit"}}) == []


def test_nulls_in_a_field_that_never_had_one_are_told(known: Endpoint) -> None:
    [finding] = known.send_many(changed(stars=None), 20)
    assert (finding.kind, finding.path, finding.example) == ("nulls_risen", "$.rows[].stars", "null")
    assert finding.payloads_changed == 5


def test_null_rate_that_jumps_is_told_and_its_usual_swing_is_not(known: Endpoint) -> None:
    assert told(known.send_many(changed(license=None), 60)) == [("nulls_risen", "$.rows[].license")]


def test_single_null_is_not_told(known: Endpoint) -> None:
    assert known.send(changed(stars=None)(0)) == []
    assert known.send_many(ordinary, 50) == []


def test_another_unit_is_told_as_a_range_that_is_left(known: Endpoint) -> None:
    [finding] = known.send_many(changed(temperature=12.5), 20)
    assert (finding.kind, finding.path) == ("range_left", "$.rows[].temperature")
    assert finding.found == "12.5 to 12.5 in 5 of the last 5"
    assert finding.example == "12.5"
    # from now on this is the range
    assert known.send_many(changed(temperature=13.0), 60) == []
    assert told(known.send_many(changed(temperature=290.0), 60)) == [("range_left", "$.rows[].temperature")]


def test_single_wild_value_neither_is_told_nor_widens_the_range(known: Endpoint) -> None:
    assert known.send(changed(temperature=1e9)(0)) == []
    assert known.send_many(lambda number: ordinary(101 + number), 60) == []
    assert told(known.send_many(changed(temperature=12.5), 30)) == [("range_left", "$.rows[].temperature")]


def test_keys_that_are_data_are_one_path() -> None:
    endpoint = Endpoint()
    payload = {
        "by_id": {identity(1): {"a": 1}, identity(2): {"a": 2}},
        "by_day": {"2026-01-01": 1},
        "by_country": {"DE": [1], "FR": [2]},
        "properties": {"Due date": {"type": "date"}},
    }
    endpoint.send(payload)
    paths = {node.path for node in endpoint.shape.root.below()}
    assert {"$.by_id.*.a", "$.by_day.*", "$.by_country.*[]", "$.properties.*.type"} <= paths
    assert len(paths) == 12


def test_map_with_names_for_keys_is_recognised_as_they_come_and_go() -> None:
    endpoint = Endpoint()
    findings = endpoint.send_many(lambda number: {f"language{number * 2 + k}": 10 for k in range(2)}, 400)
    assert endpoint.shape.root.is_map
    assert endpoint.shape.path_count < 10
    assert findings == []


def test_fields_of_a_settled_map_are_told_a_few_times_at_most() -> None:
    endpoint = Endpoint()
    endpoint.send_many(lambda _: {"python": 1, "c": 2, "rust": 3}, 50)
    findings = endpoint.send_many(lambda number: {"python": 1, "c": 2, "rust": 3, f"new{number}": 4}, 50)
    assert 1 <= len(findings) <= 5


def test_declared_map_never_tells_of_its_keys() -> None:
    endpoint = Endpoint(maps=("$",))
    endpoint.send_many(lambda _: {"python": 1, "c": 2, "rust": 3}, 50)
    assert endpoint.send({"python": 1, "zig": 4}) == []


def test_paths_are_bounded_and_what_is_beyond_is_told_once() -> None:
    endpoint = Endpoint()
    wide = {f"f{number}": {"text": "a"} if number % 2 else number for number in range(PATHS_MAX)}
    assert told(endpoint.send(wide)) == [("paths_exceeded", "$")]
    assert endpoint.send(wide) == []
    assert endpoint.shape.path_count == PATHS_MAX


def test_example_is_short_and_holds_no_secret(known: Endpoint) -> None:
    secret = {
        "access_token": "s3cret-value-1",
        "contact": {"email": "someone@example.org"},
        "note": "write to me@example.org, bearer abcdef1234567890",
        "long": "x" * 5000,
    }
    [finding] = known.send(changed(extra=secret)(0))
    assert finding.example is not None
    assert len(finding.example) <= EXAMPLE_CHARACTERS_MAX
    assert not [word for word in ("s3cret", "example.org", "abcdef123") if word in finding.example]


def test_deep_payload_is_looked_at_to_a_bound() -> None:
    deep: object = 1
    for _ in range(500):
        deep = {"in": [deep]}
    endpoint = Endpoint()
    endpoint.send(deep)
    assert endpoint.shape.path_count < 70


def test_shape_goes_on_as_before_when_it_was_stored_in_between(known: Endpoint) -> None:
    known.send_many(changed(stars=None, temperature=12.5), 2)
    name = ShapeName("default", "github", "repository", 3)
    stored_name, state = decode_name(encode(name, known.shape))
    again = Endpoint()
    again.sent = known.sent
    fill(again.shape, state)
    assert stored_name == name
    assert again.shape.has_seen(identity(102))
    assert not again.shape.has_seen(identity(1000))
    make = changed(stars=None, temperature=12.5, brand_new=1)
    assert known.send_many(make, 40) == again.send_many(make, 40)
    assert encode(name, known.shape) == encode(name, again.shape)
