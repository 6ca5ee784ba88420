"""The generated records follow the schemas, and every schema tells what its fields mean."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crosscurrent.embedded.registry.parsing import parse_schema
from schemas import records
from schemas.codec import Codec
from schemas.generate import RECORDS_FILE, load_schema, main, render, schema_names


def test_records_are_not_stale() -> None:
    assert RECORDS_FILE.read_text() == render(), "run `python -m schemas.generate`"


def test_check_fails_when_records_are_stale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stale = tmp_path / "records.py"
    stale.write_text("# something else\n")
    monkeypatch.setattr("schemas.generate.RECORDS_FILE", stale)
    monkeypatch.setattr(sys, "argv", ["schemas.generate", "--check"])
    with pytest.raises(SystemExit, match="does not follow"):
        main()


def test_check_passes_on_what_is_committed() -> None:
    checked = subprocess.run(
        [sys.executable, "-m", "schemas.generate", "--check"], capture_output=True, text=True
    )

    assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.parametrize("name", schema_names())
def test_schema_is_sound_and_every_field_says_what_it_means(name: str) -> None:
    schema = load_schema(name)
    parse_schema(schema)

    assert schema["doc"]
    assert [path for path, field in fields(schema) if not field.get("doc")] == []


def fields(schema: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(schema, list):
        for branch in schema:
            yield from fields(branch, path)
    elif isinstance(schema, dict):
        for field in schema.get("fields", []):
            yield f"{path}.{field['name']}", field
            yield from fields(field["type"], f"{path}.{field['name']}")
        for inner in ("items", "values"):
            yield from fields(schema.get(inner), path)


def test_every_schema_has_a_record_class_and_the_codec_knows_it() -> None:
    assert sorted(Codec.RECORDS.values()) == sorted(schema_names())
    for record_type, name in Codec.RECORDS.items():
        assert record_type.__name__ == load_schema(name)["name"]


@pytest.mark.parametrize("name", records.__all__)
def test_record_class_is_frozen_and_has_a_docstring(name: str) -> None:
    record_type = getattr(records, name)

    assert record_type.__dataclass_params__.frozen
    assert all(field.name in record_type.__doc__ for field in dataclasses.fields(record_type))
