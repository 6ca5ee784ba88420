"""What vendors, proxies and cut connections send in place of a good payload: refused with its place, or borne."""

from __future__ import annotations

import copy
import json
import time
from typing import Any

import pytest

from crosscurrent.errors import Poison
from schemas.mapping import MappedPayload
from schemas.records import RawEvent
from streams.normalise.logic import has_payload
from tests.unit.connectors.mappings.sample_payloads import (
    BY_ENDPOINT,
    SAMPLE_IDS,
    SAMPLES,
    TABLES,
    Sample,
    event_for,
)

SECONDS_MAX = 10.0  # for what takes well under one on an idle machine
MEGABYTE = 1024 * 1024
ONE_OF_EACH = tuple(
    BY_ENDPOINT[pair]
    for pair in (
        ("github", "repository"),
        ("openweathermap", "weather"),
        ("pokeapi", "pokemon"),
        ("spotify", "album"),
    )
)
NO_PAYLOADS = (
    b"", b"   ", b"<html>Bad Gateway</html>", b"null", b"3", b'"text"', b"NaN", b"\xff\xfe{\x00}\x00", b"\x00",
)  # fmt: skip
SOURCE_IDS = [sample.source for sample in ONE_OF_EACH]


def mapped(sample: Sample, payload: object) -> MappedPayload:
    return TABLES[sample.source].map_payload(event_for(sample.source, sample.endpoint, payload))


def refusal(sample: Sample, payload: object) -> Poison:
    with pytest.raises(Poison) as caught:
        mapped(sample, payload)
    return caught.value


def good(sample: Sample) -> bytes:
    return json.dumps(sample.payload).encode()


def changed(sample: Sample, path: str, value: object) -> Any:
    """Return a sample's payload with another value at a path such as ``list.0.dt``; ``...`` deletes it."""
    payload = copy.deepcopy(sample.payload)
    inner: Any = payload
    *steps, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    for step in steps:
        inner = inner[step]
    if value is ...:
        del inner[last]
    else:
        inner[last] = value
    return payload


@pytest.mark.parametrize("sample", SAMPLES, ids=SAMPLE_IDS)
def test_payload_that_is_none_is_refused(sample: Sample) -> None:
    for payload in NO_PAYLOADS:
        error = refusal(sample, payload)

        assert error.facts["path"] == "$", payload
        assert error.found
        assert error.expected
        assert error.todo


@pytest.mark.parametrize("sample", SAMPLES, ids=SAMPLE_IDS)
def test_truncated_payload_is_refused_wherever_it_was_cut(sample: Sample) -> None:
    whole = good(sample)
    for length in {1, len(whole) // 3, len(whole) // 2, len(whole) - 1}:
        assert "not JSON" in refusal(sample, whole[:length]).found


@pytest.mark.parametrize("sample", SAMPLES, ids=SAMPLE_IDS)
def test_array_for_an_object_or_the_reverse_is_refused(sample: Sample) -> None:
    other: object = {"rows": sample.payload} if isinstance(sample.payload, list) else [sample.payload]
    if sample.endpoint == "geocoding_direct":
        return  # a postcode's answer is one place without the array, and both are read alike
    if sample.endpoint in {"geocoding_zip", "contents"}:
        # a folder is a list of what one file is
        assert mapped(sample, other) == mapped(sample, sample.payload)
        return

    assert refusal(sample, other).facts["path"] in {"$", "$.rows"}


@pytest.mark.parametrize("sample", ONE_OF_EACH, ids=SOURCE_IDS)
def test_byte_order_mark_is_skipped(sample: Sample) -> None:
    assert mapped(sample, b"\xef\xbb\xbf" + good(sample)) == mapped(sample, sample.payload)


@pytest.mark.parametrize("sample", ONE_OF_EACH, ids=SOURCE_IDS)
@pytest.mark.parametrize(
    "text", [b'"\xe9"', b'"\xed\xa0\x80"', b'"\\ud800"', b"1e400", b"-1e400", b"Infinity"]
)
def test_text_or_number_that_json_has_not_is_refused(sample: Sample, text: bytes) -> None:
    payload = good(sample)[:-1] + b', "moon": ' + text + b"}"

    assert "not JSON" in refusal(sample, payload).found


@pytest.mark.parametrize("sample", ONE_OF_EACH, ids=SOURCE_IDS)
def test_deep_nesting_is_borne_or_refused_but_never_overflows(sample: Sample) -> None:
    borne = good(sample)[:-1] + b', "moon": ' + b"[" * 900 + b"]" * 900 + b"}"
    refused = good(sample)[:-1] + b', "moon": ' + b"[" * 1_000_000 + b"]" * 1_000_000 + b"}"

    assert mapped(sample, borne) == mapped(sample, sample.payload)
    assert "not JSON" in refusal(sample, refused).found


@pytest.mark.parametrize("sample", ONE_OF_EACH, ids=SOURCE_IDS)
@pytest.mark.parametrize("filling", [b" ", b"x"])
def test_payload_of_50_megabytes_is_mapped_in_bounded_time(sample: Sample, filling: bytes) -> None:
    padding = filling * (50 * MEGABYTE)
    padding = b', "moon": "' + padding + b'"' if filling != b" " else padding
    payload = good(sample)[:-1] + padding + b"}"

    begun = time.perf_counter()
    found = mapped(sample, payload)

    assert found == mapped(sample, sample.payload)
    assert time.perf_counter() - begun < SECONDS_MAX


def test_page_of_too_many_rows_is_refused_before_any_is_mapped() -> None:
    sample = BY_ENDPOINT["github", "issues"]

    error = refusal(sample, b"[" + b"{}," * 60_000 + b"{}]")

    assert "60001 entries" in error.found
    assert "50000" in error.expected


def test_payload_above_the_bound_is_not_decoded() -> None:
    sample = ONE_OF_EACH[0]

    error = refusal(sample, b"[" + b" " * (129 * MEGABYTE))

    assert "bytes" in error.expected
    assert "not JSON" not in error.found


NUMBERS = (
    ("github", "repository", "stargazers_count", "$.stargazers_count"),
    ("github", "repository", "subscribers_count", "$.subscribers_count"),
    ("github", "organisation_repositories", "0.forks_count", "$[0].forks_count"),
    ("github", "user", "followers", "$.followers"),
    ("github", "issues", "1.number", "$[1].number"),
    ("github", "releases", "0.assets.0.download_count", "$[0].assets[0].download_count"),
    ("github", "languages", "Zig", "$.Zig"),
    ("github", "traffic_views", "views.0.count", "$.views[0].count"),
    ("github", "commit_activity", "0.total", "$[0].total"),
    ("github", "code_frequency", "0.1", "$[0][1]"),
    ("openweathermap", "weather", "main.temp", "$.main.temp"),
    ("openweathermap", "weather", "main.pressure", "$.main.pressure"),
    ("openweathermap", "weather", "wind.speed", "$.wind.speed"),
    ("openweathermap", "weather", "visibility", "$.visibility"),
    ("openweathermap", "weather", "rain.1h", "$.rain.1h"),
    ("openweathermap", "weather", "dt", "$.dt"),
    ("openweathermap", "group", "list.0.clouds.all", "$.list[0].clouds.all"),
    ("openweathermap", "air_pollution", "list.0.components.pm2_5", "$.list[0].components.pm2_5"),
    ("openweathermap", "air_pollution", "coord.lat", "$.coord.lat"),
    ("openweathermap", "forecast", "list.0.main.temp", "$.list[0].main.temp"),
    ("openweathermap", "one_call", "current.uvi", "$.current.uvi"),
    ("pokeapi", "pokemon", "height", "$.height"),
    ("pokeapi", "pokemon", "stats.0.base_stat", "$.stats[0].base_stat"),
    ("pokeapi", "pokemon_species", "capture_rate", "$.capture_rate"),
    ("pokeapi", "evolution_chain", "id", "$.id"),
    ("pokeapi", "pokemon_list", "count", "$.count"),
    ("pokeapi_graphql", "pokemon", "data.pokemon.0.height", "$.data.pokemon[0].height"),
    (
        "pokeapi_graphql",
        "pokemon_species",
        "data.pokemonspecies.0.capture_rate",
        "$.data.pokemonspecies[0].capture_rate",
    ),
)
NUMBER_IDS = [f"{source}-{endpoint}-{path}" for source, endpoint, path, _ in NUMBERS]


@pytest.mark.parametrize(("source", "endpoint", "path", "named"), NUMBERS, ids=NUMBER_IDS)
@pytest.mark.parametrize(
    ("value", "called"),
    [
        (None, "null"),
        ("12", "the text '12'"),
        (True, "true"),
        ([], "an array"),
        ({}, "an object"),
    ],
    ids=["null", "text", "boolean", "array", "object"],
)
def test_what_is_no_number_is_refused_with_its_path(
    source: str, endpoint: str, path: str, named: str, value: object, called: str
) -> None:
    sample = BY_ENDPOINT[source, endpoint]

    error = refusal(sample, changed(sample, path, value))

    assert error.facts == {"source": source, "endpoint": endpoint, "path": named}
    assert error.found == f"{source} {endpoint}: {named} is {called}"
    assert "number" in error.expected
    assert f"the mapping of {source}" in error.todo


@pytest.mark.parametrize(
    ("source", "endpoint", "path"),
    [
        ("github", "repository", "stargazers_count"),
        ("github", "release", "assets.0.download_count"),
        ("github", "traffic_views", "views.0.uniques"),
        ("github", "code_frequency", "0.1"),
        ("pokeapi", "pokemon", "weight"),
    ],
)
def test_negative_count_is_refused(source: str, endpoint: str, path: str) -> None:
    sample = BY_ENDPOINT[source, endpoint]

    assert "of 0 or more" in refusal(sample, changed(sample, path, -1)).expected


def test_fraction_is_no_count() -> None:
    sample = BY_ENDPOINT["github", "repository"]

    assert refusal(sample, changed(sample, "stargazers_count", 1.5)).facts["path"] == "$.stargazers_count"
    assert mapped(sample, changed(sample, "stargazers_count", 12.0)) == mapped(sample, sample.payload)


@pytest.mark.parametrize("seconds", [-1, 1e18, 1_772_000_000_000, 4_102_444_800])
def test_time_that_no_vendor_measured_at_is_refused(seconds: float) -> None:
    sample = BY_ENDPOINT["openweathermap", "weather"]

    assert refusal(sample, changed(sample, "dt", seconds)).facts["path"] == "$.dt"


def test_observation_after_the_vendors_clock_is_refused() -> None:
    sample = BY_ENDPOINT["openweathermap", "weather"]
    tomorrow = sample.payload["dt"] + 86_400  # type: ignore[index]

    error = refusal(sample, changed(sample, "dt", tomorrow))

    assert error.facts["path"] == "$.dt"
    assert "vendor's clock" in error.expected


@pytest.mark.parametrize(
    "text", ["2026-02-30T00:00:00Z", "2026-13-01T00:00:00Z", "yesterday", "", "0001-01-01T00:00:00+14:00"]
)
def test_date_that_does_not_exist_is_refused(text: str) -> None:
    sample = BY_ENDPOINT["github", "traffic_views"]

    assert refusal(sample, changed(sample, "views.0.timestamp", text)).facts["path"] == "$.views[0].timestamp"


@pytest.mark.parametrize(
    "path", ["subscribers_count", "license", "description", "owner", "topics", "html_url"]
)
def test_optional_field_may_be_absent(path: str) -> None:
    sample = BY_ENDPOINT["github", "repository"]

    assert len(mapped(sample, changed(sample, path, ...)).measurements) in {4, 5}


@pytest.mark.parametrize(
    "path", ["visibility", "rain", "wind.gust", "wind.deg", "sys", "weather", "timezone"]
)
def test_weather_that_was_not_measured_is_absent(path: str) -> None:
    sample = BY_ENDPOINT["openweathermap", "weather"]

    assert len(mapped(sample, changed(sample, path, ...)).measurements) in {6, 7}


@pytest.mark.parametrize("value", [None, 7, [], {"x": []}, "x" * 10_000])
def test_property_that_does_not_fit_loses_no_measurement(value: object) -> None:
    sample = BY_ENDPOINT["github", "repository"]
    for field in ("description", "homepage", "license", "owner", "topics", "html_url"):
        assert len(mapped(sample, {**changed(sample, "id", 1), field: value}).measurements) == 5


def test_key_that_could_flood_every_index_is_refused() -> None:
    sample = BY_ENDPOINT["github", "repository"]

    assert "500 characters" in refusal(sample, changed(sample, "full_name", "a/" + "b" * 600)).expected


@pytest.mark.parametrize("status", [202, 204, 304])
@pytest.mark.parametrize("source", TABLES)
def test_status_without_a_payload_gives_nothing(source: str, status: int) -> None:
    event = event_for(source, "other", b"")
    answered = RawEvent.from_avro(event.to_avro() | {"status": status})

    assert not has_payload(answered)
