"""The scenario of the how-to is one, plays, and means what the page says."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path
from typing import Any

import pytest

from crosscurrent.embedded.world.faults import KINDS
from crosscurrent.embedded.world.scenario_file import load_scenario
from crosscurrent.embedded.world.scenario_form import Form

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "write-a-scenario.md"
TEXT = PAGE.read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


@pytest.fixture(autouse=True)
def written_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tides.toml").write_text(blocks("toml")[0])


def test_how_to_scenario_means_what_the_page_says() -> None:
    shown = io.StringIO()
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(shown):
        for block in blocks("python"):
            exec(compile(block, str(PAGE), "exec"), names)

    last = shown.getvalue().splitlines()[-1]
    assert f"prints `{last}`" in TEXT


def test_how_to_scenario_shows_every_table_and_fault() -> None:
    scenario = load_scenario("tides.toml")
    assert scenario.links
    assert scenario.shifts
    assert scenario.outages
    assert len(scenario.faults) == 51
    assert {name for name in KINDS if f"`{name}`" not in TEXT} == set()
    tables = {
        name for name in Form.model_fields if name not in {"name", "description", "seed", "start", "hours"}
    }
    assert {name for name in tables if f"[{name}]" not in TEXT} == set()
