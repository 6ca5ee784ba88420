"""``crosscurrent sources`` against the played vendors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from crosscurrent.cli.sources import app
from crosscurrent.embedded.recordings import read_body, read_exchanges
from crosscurrent.errors import WrongUse
from tests.integration.connectors.conftest import KEY, SAILBENCH, TOKEN, World

pytestmark = pytest.mark.integration


class Command:
    """The command line with settings in its environment."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._environment: dict[str, str] = {}

    def set(self, source: str, **settings: object) -> None:
        for name, value in settings.items():
            text = json.dumps(value) if isinstance(value, list) else str(value)
            self._environment[f"CROSSCURRENT_SOURCES__{source.upper()}__{name.upper()}"] = text

    def __call__(self, *words: str) -> Result:
        return CliRunner().invoke(app, [*words], env=self._environment)

    def json(self, *words: str) -> tuple[int, Any]:
        result = self(*words, "--json")
        return result.exit_code, json.loads(result.stdout)


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.chdir(tmp_path)
    return Command(tmp_path)


def test_list_says_what_can_be_collected_and_what_is_missing(command: Command) -> None:
    command.set("github", enabled=True, targets=["a/b"])
    code, rows = command.json("list")

    by_name = {row["source"]: row for row in rows}
    assert code == 0
    assert set(by_name) >= {"github", "openweathermap", "pokeapi"}
    assert by_name["github"]["targets"] == ["a/b"]
    assert (by_name["github"]["enabled"], by_name["github"]["configured"]) == (True, True)
    assert by_name["openweathermap"]["missing"] == ["CROSSCURRENT_SOURCES__OPENWEATHERMAP__TOKEN"]
    assert "evolution_chain" in by_name["pokeapi"]["endpoints"]
    assert "openweathermap" in command("list").stdout


def test_check_asks_once_and_tells_quota_and_mapping(command: Command, world: World) -> None:
    command.set("github", base_url=f"{world.url}/github", token=TOKEN, targets=[SAILBENCH])
    before = sum(world.requests("github").values())
    code, result = command.json("check", "github")

    assert (code, result["ok"], result["status"]) == (0, True, 200)
    assert sum(world.requests("github").values()) == before + 1
    assert result["quota_remaining"] > 0
    assert result["entities"] >= 1
    assert result["observations"] >= 3
    payload = result["payload"]
    assert 0 < payload["mapped_share"] < 1
    assert "$.stargazers_count" in payload["mapped"]
    assert payload["ignored"]["$.node_id"]


def test_check_names_the_paths_that_the_mapping_does_not_know(command: Command, world: World) -> None:
    command.set("github", base_url=f"{world.url}/github", token=TOKEN, targets=[SAILBENCH])
    world.fault("github", "new-field")
    result = command("check", "github")

    assert result.exit_code == 0
    assert "are mapped (" in result.stdout
    assert "$.unannounced_field.since" in result.stdout


def test_check_fails_with_a_credential_that_is_refused(command: Command, world: World) -> None:
    command.set("openweathermap", base_url=f"{world.url}/openweathermap", token="wr0ng-key")
    result = command("check", "openweathermap")

    assert result.exit_code == 1
    assert "401" in result.stderr
    assert "wr0ng" not in result.output


def test_check_fails_where_the_mapping_does_not_hold(command: Command, world: World) -> None:
    command.set("pokeapi", base_url=f"{world.url}/pokeapi")
    world.fault("pokeapi", "not-json")
    code, result = command.json("check", "pokeapi")

    assert (code, result["ok"], result["status"]) == (1, False, 200)
    assert result["error"]["todo"]


def test_check_without_a_needed_credential_says_what_to_set(command: Command) -> None:
    code, result = command.json("check", "openweathermap")

    assert (code, result["away"]) == (1, False)
    assert "CROSSCURRENT_SOURCES__OPENWEATHERMAP__TOKEN" in result["error"]["todo"]


def test_check_tells_a_vendor_that_is_away_from_one_that_refuses(command: Command) -> None:
    command.set("pokeapi", base_url="http://127.0.0.1:9")
    code, result = command.json("check", "pokeapi")

    assert (code, result["away"]) == (3, True)


def test_check_refuses_a_source_that_is_none(command: Command) -> None:
    assert isinstance(command("check", "nowhere").exception, WrongUse)


def test_record_keeps_a_round_of_exchanges_without_secrets(
    command: Command, world: World, tmp_path: Path
) -> None:
    command.set("openweathermap", base_url=f"{world.url}/openweathermap", token=KEY, targets=["2643743", "1"])
    result = command("record", "openweathermap", "kept")

    exchanges = read_exchanges(tmp_path / "kept")
    assert result.exit_code == 0
    assert {e.endpoint_kind for e in exchanges} == {"weather", "air_pollution", "forecast"}
    assert {e.status for e in exchanges if "id=1" in (e.path or "")} == {404}
    assert all(json.loads(read_body(e)) for e in exchanges)
    assert [f for f in (tmp_path / "kept").rglob("*") if f.is_file() and KEY.encode() in f.read_bytes()] == []
