"""The check of the schemas against their history: what breaks a reader fails, what does not passes."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from schemas import check
from schemas.generate import AVRO_FOLDER, load_schema, schema_names
from schemas.subjects import HISTORY_FOLDER, versions

Change = Callable[[dict[str, Any]], None]
NAME = "anomaly"


@pytest.fixture
def own_schemas(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the schemas and their history, which the check looks at instead."""
    shutil.copytree(AVRO_FOLDER, tmp_path / "avro")
    shutil.copytree(HISTORY_FOLDER, tmp_path / "history")
    monkeypatch.setattr("schemas.generate.AVRO_FOLDER", tmp_path / "avro")
    monkeypatch.setattr("schemas.subjects.HISTORY_FOLDER", tmp_path / "history")
    monkeypatch.setattr("schemas.check.HISTORY_FOLDER", tmp_path / "history")
    return tmp_path


def change(folder: Path, how: Change) -> None:
    path = folder / "avro" / f"{NAME}.avsc"
    schema = json.loads(path.read_text())
    how(schema)
    path.write_text(json.dumps(schema))


def exit_code(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> object:
    monkeypatch.setattr(sys, "argv", ["schemas.check", *arguments])
    with pytest.raises(SystemExit) as raised:
        check.main()
    return raised.value.code


def test_committed_schemas_pass() -> None:
    assert check.check_history() == []
    assert all(versions(name) for name in schema_names())


def add_with_default(schema: dict[str, Any]) -> None:
    schema["fields"].append({"name": "later", "type": ["null", "string"], "default": None, "doc": "New."})


def drop_a_field(schema: dict[str, Any]) -> None:
    schema["fields"].pop()


def widen(schema: dict[str, Any]) -> None:
    schema["fields"].append({"name": "count", "type": "long", "default": 0, "doc": "New."})


def say_it_better(schema: dict[str, Any]) -> None:
    schema["doc"] = "Said better."


@pytest.mark.parametrize("allowed", [add_with_default, drop_a_field, widen, say_it_better])
def test_change_that_readers_survive_passes_once_it_is_committed(
    own_schemas: Path, monkeypatch: pytest.MonkeyPatch, allowed: Change
) -> None:
    change(own_schemas, allowed)

    assert exit_code(monkeypatch) == 1, "it is not in the history yet"
    assert exit_code(monkeypatch, "--commit") == 0
    assert exit_code(monkeypatch) == 0
    assert [path.name for path in versions(NAME)][-2:] == [
        f"{len(versions(NAME)) - 1}.avsc",
        f"{len(versions(NAME))}.avsc",
    ]


def add_without_default(schema: dict[str, Any]) -> None:
    schema["fields"].append({"name": "needed", "type": "string", "doc": "New."})


def rename_a_field(schema: dict[str, Any]) -> None:
    schema["fields"][0]["name"] = "customer"


def change_a_type(schema: dict[str, Any]) -> None:
    schema["fields"][0]["type"] = "int"


def rename_the_record(schema: dict[str, Any]) -> None:
    schema["name"] = "Oddity"


@pytest.mark.parametrize("breaking", [add_without_default, rename_a_field, change_a_type, rename_the_record])
def test_change_that_breaks_a_reader_fails_even_if_it_is_committed(
    own_schemas: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], breaking: Change
) -> None:
    change(own_schemas, breaking)

    assert exit_code(monkeypatch, "--commit") == 1
    assert f"{NAME} " in capsys.readouterr().out
    assert {problem.schema for problem in check.check_history()} == {NAME}
    assert any("cannot read version 1" in problem.message for problem in check.check_history())


def test_field_dropped_and_added_again_is_held_against_every_version(
    own_schemas: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(own_schemas, add_with_default)
    exit_code(monkeypatch, "--commit")
    change(own_schemas, drop_a_field)
    exit_code(monkeypatch, "--commit")
    change(
        own_schemas, lambda schema: schema["fields"].append({"name": "later", "type": "int", "default": 0})
    )
    exit_code(monkeypatch, "--commit")

    problems = check.check_history()
    assert problems, "the last version alone would not show it"
    assert all("version" in problem.message and problem.path for problem in problems)


def test_schema_without_history_fails(own_schemas: Path) -> None:
    shutil.rmtree(own_schemas / "history" / NAME)

    assert [problem.schema for problem in check.check_history()] == [NAME]
    assert "--commit" in check.check_history()[0].message


def test_history_is_of_schemas_that_are_there() -> None:
    assert sorted(path.name for path in HISTORY_FOLDER.iterdir()) == list(schema_names())
    assert all(json.loads(versions(name)[-1].read_text()) == load_schema(name) for name in schema_names())
