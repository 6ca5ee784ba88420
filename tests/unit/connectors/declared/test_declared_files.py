"""What is told about a file that declares no good source, and what it does to the others."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from typer.testing import CliRunner

from connectors.declared.directory import RESERVED, declared_files, read_directory
from connectors.declared.json_schema import schema_text
from connectors.declared.problems import WrongDeclaration
from connectors.declared.read import read_declaration
from connectors.declared.yaml_text import DEPTH_MAX, NODES_MAX, TEXT_BYTES_MAX, NotYaml, read_yaml
from connectors.foreground import run
from connectors.registry import CONNECTORS, all_sources, connector_named
from crosscurrent.cli.doctor import check_sources
from crosscurrent.cli.processors import makers
from crosscurrent.cli.source_names import source_names
from crosscurrent.cli.sources import app
from crosscurrent.embedded.home.options import PARTS
from crosscurrent.errors import WrongUse
from crosscurrent.settings import Settings
from schemas.codec import Codec
from tests.integration.sink.fixed_registry import FixedRegistry
from tests.unit.connectors.declared.declared_sources import declared, document, event_of, gauges

EXAMPLE = Path(__file__).resolve().parents[4] / "docs" / "examples" / "sources.d" / "inaturalist.yaml"
GOOD = EXAMPLE.read_text()


def refusal(folder: Path, text: str) -> WrongDeclaration:
    file = folder / "rivers.yaml"
    file.write_text(text)
    with pytest.raises(WrongDeclaration) as refused:
        read_declaration(file)
    return refused.value


def line_of(text: str) -> int:
    return next(number for number, line in enumerate(GOOD.splitlines(), 1) if text in line)


@pytest.mark.parametrize(
    ("right", "wrong", "found", "todo"),
    [
        ("data_selector: results", "data_selecter: results", "endpoint.data_selecter is no key", "'data_selector'"),
        ("kind: counter", "kind: couter", "resources[0].observations[0].kind is the text 'couter'", "'counter'"),
        ("type: page_number", "type: page_numbers", "paginator.type is 'page_numbers'", "'page_number'"),
        ("limit: 200", "limit: '200'", "resources[1].endpoint.paginator.limit is the text '200'", "Rows of a full page"),
        ("limit: 200", "limt: 200", "resources[1].endpoint.paginator.limt is no key", "'limit'"),
        ("requests: 60", "requests: 0", "quota.requests is the number 0", "Requests allowed"),
        ("base_url: https", "base_url: http", "client.base_url is the text 'http:", "base address"),
        ("/v1/taxa/{target}", "/v1/taxa/{taxon}", "resources[0].endpoint: braces that hold 'taxon'", "write it out"),
        ("{resources.taxon.id}", "{resources.taxa.id}", "{resources.taxa…} in the resource 'in_europe'", "correct the name"),
        ("name: sightings", "name: taxon", "the resource 'taxon' twice", "another name"),
        ("primary_key: id", "primary_key: '{id'", "a brace without its other half", "correct it"),
        ("measure: sightings,", "measure: Sightings,", "measure is the text 'Sightings'", "What is measured"),
        ('pattern: "[0-9]{1,9}"', 'pattern: "^[0-9]+$"', "the pattern '^[0-9]+$'", "leave them out"),
        ('pattern: "[0-9]{1,9}"', 'pattern: "[0-9"', "a pattern that does not compile", "correct it"),
        ("title: iNaturalist", "title: no\ntitle: yes", "the key 'title' a second time", "correct it"),
        ("title: iNaturalist", "title: &t iNaturalist\nx: *t", "the alias *t", "correct it"),
        ("title: iNaturalist", "title: !secret x", "the tag !secret", "correct it"),
        ("title: iNaturalist", "title: [iNaturalist", "expected ',' or ']'", "correct it"),
        ("poll_interval_seconds: 3600", "", "poll_interval_seconds is not there", "add 'poll_interval_seconds'"),
    ],
)  # fmt: skip
def test_error_names_line_path_and_what_to_do(
    tmp_path: Path, right: str, wrong: str, found: str, todo: str
) -> None:
    error = refusal(tmp_path, GOOD.replace(right, wrong, 1))

    assert error.found.startswith(f"{tmp_path}/rivers.yaml:{error.facts['line']}: ")
    assert found in error.found
    assert error.expected
    assert todo in error.todo


@pytest.mark.parametrize("name", ["data_selector: results", "kind: counter", "limit: 200", "requests: 60"])
def test_error_stands_on_the_line_of_its_key(tmp_path: Path, name: str) -> None:
    error = refusal(tmp_path, GOOD.replace(name, "x" + name, 1))

    assert {problem.line for problem in error.problems} <= {line_of(name), line_of(name) - 2}
    assert error.problems[-1].line == line_of(name)


def test_all_that_is_wrong_is_told_at_once_and_what_only_follows_is_not(tmp_path: Path) -> None:
    text = GOOD.replace("kind: counter", "kind: x").replace("title: ", "titel: ")
    error = refusal(tmp_path, text)

    shown = [problem.found.split(" is ")[0] for problem in error.problems]
    assert shown == [
        "titel",
        "title",
        "resources[0].observations[0].kind",
        "resources[1].observations[0].kind",
    ]
    assert len(list(error.each())) == 4


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "an empty file"),
        (b"\xff\xfe\x00", "cannot be read"),
        (b"- 1\n", "the file is an array"),
        (b"a: 1\n---\nb: 2\n", "single document"),
        (b"? [1]\n: 2\n", "a key that is no plain text"),
        (b"a: \x01\n", "special characters are not allowed"),
        (b"[" * (DEPTH_MAX + 1), "inside each other"),
        (b"[" + b"0," * NODES_MAX + b"]", f"more than {NODES_MAX} values"),
        (b"#" * (TEXT_BYTES_MAX + 1), f"more than {TEXT_BYTES_MAX} bytes"),
    ],
)
def test_file_that_is_no_declaration_is_refused_within_bounds(
    tmp_path: Path, content: bytes, found: str
) -> None:
    file = tmp_path / "rivers.yaml"
    file.write_bytes(content)

    with pytest.raises(WrongDeclaration, match=found):
        read_declaration(file)


def test_scalars_are_those_of_json() -> None:
    text = "[no, on, 2026-01-05, 1_000, 0x1F, 0o7, .inf, ~, true, -1, 1.5e3, '1', 12:30]"

    assert read_yaml(text).data == [
        "no", "on", "2026-01-05", "1_000", "0x1F", "0o7", ".inf", None, True, -1, 1500.0, "1", "12:30",
    ]  # fmt: skip
    with pytest.raises(NotYaml):
        read_yaml("a: 1\na: 2")


@pytest.mark.parametrize("header", ["Authorization", "cookie", "User-Agent"])
def test_secret_does_not_belong_into_a_file(tmp_path: Path, header: str) -> None:
    client = {"base_url": "https://api.rivers.example", "headers": {header: "x"}}

    error = refusal(tmp_path, yaml.safe_dump(document(client=client)))

    assert "give the secret as a setting" in error.todo


WRONG: list[Callable[[dict[str, Any]], object]] = [
    lambda file: file.pop("title"),
    lambda file: file.update(more=1),
    lambda file: file["client"].update(base_url="ftp://x"),
    lambda file: file["client"].update(auth={"type": "nothing"}),
    lambda file: file["quota"].update(requests="60"),
    lambda file: file["quota"].update(requests=True),
    lambda file: file["resources"].clear(),
    lambda file: file["resources"][0].update(name="Gauges"),
    lambda file: file["resources"][0]["observations"][0].update(kind="x"),
    lambda file: file["resources"][0]["observations"][0].update(path="a..b"),
    lambda file: file["resources"][0]["endpoint"].update(path="gauges?x=1"),
]


@pytest.mark.parametrize("spoil", WRONG)
def test_json_schema_refuses_what_the_reader_refuses(
    tmp_path: Path, spoil: Callable[[dict[str, Any]], object]
) -> None:
    schema, file = json.loads(schema_text()), copy.deepcopy(document())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(file, schema)
    spoil(file)

    refusal(tmp_path, yaml.safe_dump(file))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(file, schema)


def test_json_schema_takes_the_example_and_describes_every_key() -> None:
    schema = json.loads(schema_text())
    jsonschema.validate(read_yaml(GOOD).data, schema)

    undescribed = [
        f"{model}.{name}"
        for model, part in schema["$defs"].items()
        for name, field in part["properties"].items()
        if "description" not in field and name != "type" and "$ref" not in field
    ]
    assert undescribed == []


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / "rivers.yaml").write_text(yaml.safe_dump(document(gauges())))
    (tmp_path / "broken.yaml").write_text("title: [")
    (tmp_path / "github.yaml").write_text(GOOD)
    (tmp_path / "sink.yaml").write_text(GOOD)
    (tmp_path / "My-API.yaml").write_text(GOOD)
    (tmp_path / "other.yml").write_text(GOOD)
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "folder.yaml").mkdir()
    return tmp_path


def test_broken_file_stops_no_other_source(directory: Path) -> None:
    sources = all_sources(directory)

    assert set(sources.connectors) == {*CONNECTORS, "rivers"} == set(sources.mappings)
    assert sources.connectors["github"] is CONNECTORS["github"]
    assert sources.files == {"rivers": directory / "rivers.yaml"}
    refused = {Path(str(error.facts["file"])).name: error.found for error in sources.refused}
    assert set(refused) == {"broken.yaml", "github.yaml", "sink.yaml", "My-API.yaml", "other.yml"}
    assert "github is a source that comes with Crosscurrent" in refused["github.yaml"]
    assert "sink is the name of a part" in refused["sink.yaml"]


def test_names_are_known_without_reading_a_file(directory: Path) -> None:
    assert set(declared_files(directory, CONNECTORS)) == {"rivers", "broken"}
    assert source_names(directory) == tuple(sorted([*CONNECTORS, "broken", "rivers"]))
    assert source_names(directory / "nowhere") == source_names() == tuple(sorted(CONNECTORS))


def test_names_of_parts_are_reserved() -> None:
    assert set(PARTS) <= RESERVED


def test_one_source_is_read_alone_and_a_wrong_one_says_why(directory: Path) -> None:
    assert connector_named("rivers", directory).title == "Rivers"
    assert connector_named("github", directory) is CONNECTORS["github"]
    with pytest.raises(WrongDeclaration, match=r"broken\.yaml:1"):
        connector_named("broken", directory)
    with pytest.raises(WrongUse, match="declare it in"):
        connector_named("nowhere", directory)


def test_directory_that_is_not_there_declares_nothing(tmp_path: Path) -> None:
    declared = read_directory(tmp_path / "nowhere", CONNECTORS)

    assert (declared.connectors, declared.refused) == ({}, ())


def test_directory_that_cannot_be_read_is_told_of_and_stops_nothing(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("x")

    sources = all_sources(file)

    assert set(sources.connectors) == set(CONNECTORS)
    assert "Not a directory" in sources.refused[0].found
    assert source_names(file) == source_names()


def test_directory_that_was_set_and_is_not_there_is_told_of_by_doctor(tmp_path: Path) -> None:
    found = check_sources(Settings(sources_directory=tmp_path / "nowhere"))

    assert (found[0].check, found[0].verdict) == ("declared sources", "wrong")
    assert "CROSSCURRENT_SOURCES_DIRECTORY" in found[0].todo


def test_normaliser_maps_declared_sources_and_leaves_a_refused_ones_topic_unread(directory: Path) -> None:
    (make,) = makers(["normalise"], Settings(sources_directory=directory))

    topics = make(Codec(FixedRegistry())).inputs

    assert "raw.rivers" in topics
    assert "raw.broken" not in topics


def test_process_of_several_sources_polls_those_whose_files_are_good(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    polled: list[list[str]] = []
    monkeypatch.setattr(
        "connectors.kit.process.run_connectors",
        lambda connectors, settings: polled.append([connector.name for connector in connectors]),
    )
    settings = Settings(sources_directory=directory)

    run(["broken", "rivers", "github"], settings)

    assert polled == [["rivers", "github"]]
    with pytest.raises(WrongDeclaration):
        run(["broken"], settings)


def test_fields_that_are_rows_are_no_drift_and_what_is_mapped_is_known(tmp_path: Path) -> None:
    endpoint = {"path": "/gauges", "data_selector": "rates.*"}
    rates = declared(tmp_path, gauges(endpoint=endpoint, entity={"primary_key": "@key"}))
    assert rates.table is not None

    covered = rates.table.coverage(event_of({"rates": {"EUR": {"level": 1, "spread": 2}}, "note": "x"}))

    assert all_sources(tmp_path).maps["rivers"] == {"gauges": ("$.rates",)}
    assert "level" in str(covered.mapped)
    assert "spread" in str(covered.unknown)


def test_doctor_tells_of_refused_files_and_of_what_a_declared_source_lacks(directory: Path) -> None:
    settings = Settings.model_validate(
        {"sources_directory": directory, "sources": {"rivers": {"enabled": True}}}
    )

    verdicts = [(finding.check, finding.verdict) for finding in check_sources(settings)]

    assert verdicts == [*[("declared source", "wrong")] * 5, ("source rivers", "ok")]


def test_sources_list_shows_declared_ones_and_tells_of_the_others(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CROSSCURRENT_SOURCES_DIRECTORY", str(directory))

    answered = CliRunner().invoke(app, ["list", "--json"])

    rows = {row["source"]: row for row in json.loads(answered.stdout)}
    assert answered.exit_code == 0
    assert rows["rivers"]["declared_in"] == str(directory / "rivers.yaml")
    assert rows["github"]["declared_in"] is None
    assert answered.stderr.count("error: ") == 5


def test_sources_validate_answers_programs_too(directory: Path) -> None:
    good = CliRunner().invoke(app, ["validate", str(directory / "rivers.yaml"), "--json"])
    bad = CliRunner().invoke(app, ["validate", str(directory / "github.yaml"), "--json"])

    assert (good.exit_code, json.loads(good.stdout)["ok"]) == (0, True)
    assert (bad.exit_code, json.loads(bad.stdout)["errors"][0]["todo"]) == (1, "rename the file")
