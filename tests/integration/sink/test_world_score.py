"""The score of a run: rows in ClickHouse against a scenario's truth."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from crosscurrent.demo.score import Score, take_score
from crosscurrent.demo.score_report import score_data, score_lines
from crosscurrent.embedded.world.scenario_file import parse_scenario
from crosscurrent.embedded.world.truth import truth
from crosscurrent.settings import Settings
from sinks.clickhouse import ClickHouse, migrate, query_rows
from tests.integration.sink.conftest import make_settings

WIND = "openweathermap.wind_speed:2179537"
STARS = "github.stargazers:quillfen-works/sailbench"
WATCHERS = "github.subscribers:quillfen-works/sailbench"
ARTIST = "spotify.popularity:fMt4xhDTeNFNbhJI000000"
FILM = "tmdb.popularity:movie/990001"
OTHER_FILM = "tmdb.popularity:movie/990002"
SCENARIO = f"""
name = "scored"
[[couplings]]
leads = "{WIND}"
follows = "{STARS}"
lag_hours = 3
strength = 0.9
[[couplings]]
leads = "{ARTIST}"
follows = "{FILM}"
lag_hours = 5
strength = -0.9
[[breaks]]
series = "{ARTIST}"
kind = "level"
at_hour = 100
size = 30
[[breaks]]
series = "{FILM}"
kind = "flatline"
at_hour = 150
until_hour = 180
[[breaks]]
series = "{OTHER_FILM}"
kind = "level"
at_hour = 230
size = 30
"""
START = datetime(2026, 1, 5, tzinfo=UTC)
WHERE = "'life', 'topic', 0, 0"


def at(hour: float) -> str:
    return (START + timedelta(hours=hour)).strftime("%Y-%m-%d %H:%M:%S")


class Tables:
    """Writes rows as a run would have left them."""

    def __init__(self, client: ClickHouse, settings: Settings) -> None:
        self._client = client
        self._settings = settings
        self._tenant = uuid.uuid4().hex

    def pair(
        self, left: str, right: str, lag_hours: int, coefficient: float, *, end: int, sure: bool = True
    ) -> None:
        """A pair in the window that ends in an hour."""
        window = uuid.uuid5(uuid.NAMESPACE_OID, f"{self._tenant} {end}")
        self._client.command(
            "INSERT INTO correlation_windows (tenant, record_id, window_end, _cluster, _topic, _partition, _offset) "
            f"VALUES ('{self._tenant}', '{window}', '{at(end)}', {WHERE})"
        )
        self._client.command(
            "INSERT INTO correlations (tenant, record_id, window_record_id, left, right, lag_seconds, coefficient, "
            "significant, window_end, _cluster, _topic, _partition, _offset) VALUES "
            f"('{self._tenant}', generateUUIDv4(), '{window}', '{left}', '{right}', {lag_hours * 3600}, "
            f"{coefficient}, {sure}, '{at(end)}', {WHERE})"
        )

    def values(self, series: str, hours: int) -> None:
        """An observation for each hour."""
        source, measure, entity = _parts(series)
        self._client.command(
            "INSERT INTO observations (tenant, record_id, source, measure, entity_id, observed_at, value, "
            "_cluster, _topic, _partition, _offset) "
            f"SELECT '{self._tenant}', generateUUIDv4(), '{source}', '{measure}', '{entity}', "
            f"toDateTime64('{at(0)}', 3, 'UTC') + toIntervalHour(number), 1, {WHERE} FROM numbers({hours})"
        )

    def alarm(self, series: str, hour: float) -> None:
        """An anomaly."""
        source, measure, entity = _parts(series)
        self._client.command(
            "INSERT INTO anomalies (tenant, record_id, source, measure, entity_id, observed_at, "
            "_cluster, _topic, _partition, _offset) VALUES "
            f"('{self._tenant}', generateUUIDv4(), '{source}', '{measure}', '{entity}', '{at(hour)}', {WHERE})"
        )

    def score(self) -> Score:
        """What the run found."""
        planted = truth(parse_scenario(SCENARIO, "the test"))
        return take_score(query_rows(self._settings), self._tenant, planted)


def _parts(series: str) -> tuple[str, str, str]:
    head, _, entity = series.partition(":")
    source, _, measure = head.partition(".")
    return source, measure, entity


@pytest.fixture(scope="module")
def settings(clickhouse_url: str) -> Settings:
    return make_settings(clickhouse_url)


@pytest.fixture(scope="module")
def client(settings: Settings) -> Iterator[ClickHouse]:
    client = ClickHouse(settings)
    migrate(client)
    yield client
    client.command(f"DROP DATABASE {client.database}")
    client.close()


@pytest.fixture
def tables(client: ClickHouse, settings: Settings) -> Tables:
    tables = Tables(client, settings)
    for series in (WIND, STARS, ARTIST, FILM, OTHER_FILM):
        tables.values(series, 200)
    return tables


def test_score_finds_a_coupling_in_either_direction_and_says_how_far_its_lag_is_off(tables: Tables) -> None:
    tables.pair(STARS, WIND, -3, 0.7, end=128)
    tables.pair(STARS, WIND, -3, 0.7, end=144)
    tables.pair(ARTIST, FILM, 7, -0.5, end=160)
    wind, artist = tables.score().couplings
    assert (wind.found, wind.found_lag_hours, wind.windows, wind.delay_hours) == (True, 3.0, 2, 128.0)
    assert (artist.found, artist.found_lag_hours, artist.lag_hours) == (True, 7.0, 5)
    assert "+2 h off" in "\n".join(score_lines(tables.score()))


def test_score_does_not_take_the_wrong_sign_or_what_is_not_significant(tables: Tables) -> None:
    tables.pair(ARTIST, FILM, 5, 0.8, end=128)
    tables.pair(WIND, STARS, 3, 0.8, end=128, sure=False)
    score = tables.score()
    assert score.recall == 0.0
    # the pair is there, but it is not what was planted: a right pair with a wrong sign is not counted as false
    assert (score.pairs, score.true_pairs) == (1, 1)


def test_score_tells_false_pairs_from_what_follows_from_the_truth(tables: Tables) -> None:
    tables.pair(WIND, STARS, 3, 0.8, end=128)
    tables.pair(WATCHERS, WIND, -3, 0.8, end=128)
    tables.pair(WIND, FILM, 1, 0.4, end=128)
    tables.pair(WIND, FILM, 1, 0.4, end=144)
    score = tables.score()
    assert score.false_pairs == ((WIND, FILM, 2),)
    assert score.precision == pytest.approx(2 / 3)


def test_score_counts_an_alarm_for_its_break_only(tables: Tables) -> None:
    tables.alarm(ARTIST, 99)  # before
    tables.alarm(ARTIST, 102)
    tables.alarm(ARTIST, 126)  # after more than a day
    tables.alarm(FILM, 178)  # while it lasts
    tables.alarm(WIND, 102)  # another series
    score = tables.score()
    level, flatline, later = score.breaks
    assert (level.found, level.delay_hours) == (True, 2.0)
    assert (flatline.found, flatline.delay_hours) == (True, 28.0)
    assert (later.reached, later.found) == (False, False)
    assert (score.alarms, score.false_alarms, score.breaks_recall) == (5, 3, 1.0)


def test_score_of_an_empty_run_says_that_nothing_was_watched(client: ClickHouse, settings: Settings) -> None:
    score = Tables(client, settings).score()
    lines = score_lines(score)
    assert [one.watched for one in score.couplings] == [False, False]
    assert sum("not watched" in line for line in lines) == 2
    assert sum("the run did not get there" in line for line in lines) == 3
    assert score_data(score)["precision"] is None
