"""What PokéAPI's payloads say, in SI units."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from connectors.pokeapi.mapping import map_payload
from crosscurrent.errors import Poison
from schemas.mapping import MappedPayload, Measurement
from tests.unit.connectors.mappings.sample_payloads import BY_ENDPOINT, NOW_MS, event_for


def payload_of(endpoint: str) -> Any:
    return copy.deepcopy(BY_ENDPOINT["pokeapi", endpoint].payload)


def mapped(endpoint: str, payload: object) -> MappedPayload:
    return map_payload(event_for("pokeapi", endpoint, payload))


def values(found: MappedPayload) -> dict[str, float]:
    return {one.measure: one.value for one in found.measurements}


def test_pokemon_is_measured_in_metres_and_kilograms() -> None:
    found = mapped("pokemon", payload_of("pokemon"))

    assert found.measurements == [
        Measurement("height", "mud-ball", "m", "gauge", NOW_MS, 0.7),
        Measurement("weight", "mud-ball", "kg", "gauge", NOW_MS, 6.9),
        Measurement("base_special_attack", "mud-ball", "1", "gauge", NOW_MS, 45.0),
    ]


def test_experience_that_nobody_gets_is_left_out() -> None:
    assert "base_experience" not in values(mapped("pokemon", payload_of("pokemon")))
    assert values(mapped("pokemon", payload_of("pokemon") | {"base_experience": 64}))["base_experience"] == 64


@pytest.mark.parametrize(("eighths", "share"), [(0, 0.0), (1, 0.125), (8, 1.0), (-1, None), (None, None)])
def test_gender_rate_becomes_the_share_of_females(eighths: int | None, share: float | None) -> None:
    found = mapped("pokemon_species", payload_of("pokemon_species") | {"gender_rate": eighths})

    assert values(found).get("female_share") == share


def test_thing_is_called_by_its_english_name_where_there_is_one() -> None:
    names = [{"name": "Boule", "language": {"name": "fr"}}]

    assert mapped("ability", payload_of("ability")).things[0].name == "Mud Ball"
    assert mapped("ability", payload_of("ability") | {"names": names}).things[0].name == "mud-ball"
    assert mapped("ability", payload_of("ability") | {"names": []}).things[0].entity_id == "mud-ball"


@pytest.mark.parametrize("base", ["", "https://pokeapi.co", "http://127.0.0.1:9/pokeapi"])
def test_list_is_counted_once_wherever_the_api_is(base: str) -> None:
    rows = [{"name": "mud-ball", "url": f"{base}/api/v2/item/4/"}]
    first = payload_of("resource_list") | {"results": rows}
    second = first | {"previous": f"{base}/api/v2/item?offset=0"}

    assert [
        (one.measure, one.entity_id, one.value) for one in mapped("resource_list", first).measurements
    ] == [("resources", "item", 41.0)]
    assert mapped("resource_list", second) == MappedPayload()


def test_list_hides_nothing_of_what_it_names() -> None:
    assert not mapped("pokemon_list", payload_of("pokemon_list")).things


def test_evolution_chain_names_its_species_from_the_first_on() -> None:
    (thing,) = mapped("evolution_chain", payload_of("evolution_chain")).things

    assert thing.entity_id == "1"
    assert thing.attributes["species"] == ["tad", "frog"]


def test_evolution_chain_without_end_is_refused() -> None:
    links = [{"species": {"name": f"s{n}"}, "evolves_to": []} for n in range(1001)]
    chain = {"species": {"name": "first"}, "evolves_to": links}

    with pytest.raises(Poison, match="1000 species"):
        mapped("evolution_chain", {"id": 1, "chain": chain})


def test_machine_is_called_by_its_item() -> None:
    (thing,) = mapped("machine", payload_of("machine")).things

    assert (thing.entity_id, thing.name) == ("1", "tm00")
