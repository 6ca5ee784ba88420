"""A new value of a text that has few of them is told; of ids, names and free text nothing is."""

from __future__ import annotations

import random

import pytest

from streams.drift.finding import Finding
from streams.drift.shape import Shape
from streams.drift.snapshot import ShapeName, decode_name, encode, fill
from streams.drift.words import WORDS_MAX
from tests.unit.streams.drift.test_drift_shape import TERMS, WARM_UP, Endpoint

QUIET = 2 * WARM_UP
STATES = ("open", "closed")


def issue(number: int, state: str | None = None) -> dict[str, object]:
    chance = random.Random(number)
    return {"rows": [{"state": state or chance.choice(STATES), "kind": "issue"} for _ in range(3)]}


def told(endpoint: Endpoint, payload: object) -> list[tuple[str, str, str, str]]:
    return [(one.kind, one.path, one.expected, one.found) for one in endpoint.send(payload)]


def learned() -> Endpoint:
    endpoint = Endpoint()
    assert endpoint.send_many(issue, QUIET + 8) == []
    return endpoint


def test_new_value_of_an_enumeration_is_told_with_those_that_there_were() -> None:
    ((kind, path, expected, found),) = told(learned(), issue(0, "merged"))

    assert (kind, path, found) == ("range_left", "$.rows[].state", "merged")
    assert expected.startswith("one of closed, open in ")


def test_new_value_is_told_once_with_its_example_and_chance() -> None:
    endpoint = learned()
    (finding,) = endpoint.send(issue(0, "merged"))
    again = [one for number in range(QUIET) for one in endpoint.send(issue(number, "merged"))]

    assert isinstance(finding, Finding)
    assert (finding.example, finding.payloads_changed, again) == ('"merged"', 1, [])
    assert 0 < finding.chance < 1 / QUIET


def test_value_that_comes_while_others_still_come_is_not_told() -> None:
    endpoint = Endpoint()
    seen = [f"state{letter}" for letter in "abcdef" for _ in range(WARM_UP)]

    assert endpoint.send_many(lambda number: issue(number, seen[number]), len(seen)) == []


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("state", [f"free{n}x" for n in range(WORDS_MAX + 3)]),
        ("state", ["two words"]),
        ("state", ["5f2b80cdb8242"]),
        ("login", ["ada", "bram"]),
        ("full_name", ["ada", "bram"]),
        ("created_at", ["today", "yesterday"]),
        ("nodeId", ["ada", "bram"]),
    ],
)
def test_ids_names_and_free_text_are_left_alone(field: str, values: list[str]) -> None:
    endpoint = Endpoint()
    for number in range(QUIET * 3):
        assert endpoint.send({field: values[number % len(values)], "n": 1}) == []

    assert endpoint.send({field: "another", "n": 1}) == []


def test_field_that_had_some_new_values_has_no_few() -> None:
    endpoint = learned()
    for number, word in enumerate(("merged", "locked", "draft", "stale", "spam")):
        for payload in range(QUIET + 8):
            endpoint.send(issue(number * 1000 + payload, word))

    assert [one for one in endpoint.send(issue(1, "last")) if one.path == "$.rows[].state"] == []


def test_what_was_learned_outlives_a_restart() -> None:
    endpoint = learned()
    name = ShapeName("default", "github", "issues", 0)
    read, state = decode_name(encode(name, endpoint.shape))
    endpoint.shape = Shape(TERMS)
    fill(endpoint.shape, state)

    assert read == name
    assert [path for _, path, *_ in told(endpoint, issue(0, "merged"))] == ["$.rows[].state"]


def test_state_of_before_there_were_words_is_read() -> None:
    endpoint = learned()
    _, state = decode_name(encode(ShapeName("default", "github", "issues", 0), endpoint.shape))
    fill(Shape(TERMS), state | {"root": without_words(state["root"])})


def without_words(node: list[object]) -> list[object]:
    *kept, children, _ = node
    assert isinstance(children, list)
    return [*kept, [without_words(child) for child in children]]
