"""The compose file: what it names exists, every process is there, and a real reader of such files takes it."""

from __future__ import annotations

import shutil
import subprocess
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from crosscurrent.cli.processors import PROCESSORS
from crosscurrent.cli.source_names import source_names
from crosscurrent.settings import load_settings

ROOT = Path(__file__).parents[3]
COMPOSE = ROOT / "docker-compose.yml"
PASSWORD_FILE = "CROSSCURRENT_CLICKHOUSE__PASSWORD_FILE"
# what a person gives, by the end of its name
GIVEN = {"TARGETS": '["anything"]', "CONTACT": "someone@example.org"}


def services() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())["services"]
    return found


def processes() -> dict[str, Any]:
    return {name: service for name, service in services().items() if "build" in service}


def environment(service: Mapping[str, Any]) -> dict[str, str]:
    """Return the environment as in a container where nobody set more than was asked for."""
    variables = {}
    for name, value in service["environment"].items():
        text = GIVEN.get(name.rpartition("__")[2], "given") if value is None else str(value)
        variables[name] = text.partition(":-")[2].removesuffix("}") if text.startswith("${") else text
    return variables


@pytest.mark.parametrize("name", sorted(processes()))
def test_compose_sets_only_what_the_settings_know(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "password").write_text("secret of the file\n")
    variables = environment(processes()[name])
    if PASSWORD_FILE in variables:
        variables[PASSWORD_FILE] = str(tmp_path / "password")
    for variable, value in variables.items():
        monkeypatch.setenv(variable, value)
    settings = load_settings()
    assert settings.bootstrap_servers == "kafka:19092"
    assert settings.registry_url == "http://registry:8081"
    if PASSWORD_FILE in variables:
        assert settings.clickhouse_url == "http://clickhouse:8123"
        assert settings.clickhouse.password.get_secret_value() == "secret of the file"
    known = set(type(settings).model_fields)
    assert {variable.split("_", 1)[1].split("__")[0].lower() for variable in variables} <= known


def test_compose_runs_every_process_once() -> None:
    commands = sorted(service["command"][1:] for service in processes().values())
    assert all(service["command"][0] == "run" for service in processes().values())
    assert commands == sorted(
        [
            ["sink", "clickhouse"],
            *(["worker", name] for name in PROCESSORS),
            *(["connector", name] for name in source_names()),
        ]
    )


def test_compose_polls_only_the_sources_that_are_asked_for() -> None:
    profiles = {
        service["command"][2]: service["profiles"]
        for service in processes().values()
        if service["command"][1] == "connector"
    }
    assert profiles == {name: [name] for name in source_names()}


def test_compose_gives_processes_no_more_than_they_need() -> None:
    for name, service in processes().items():
        assert service["user"] == "10001:10001", name
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
    for name, service in services().items():
        assert service["healthcheck"]["test"], name
        assert service["mem_limit"], name
        assert service["restart"] == "unless-stopped", name
        # nothing is reachable from another machine unless somebody decides so
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", [])), name


def test_compose_publishes_a_servers_ports_only() -> None:
    assert {name for name, service in services().items() if "ports" in service} == {
        "kafka",
        "registry",
        "clickhouse",
    }


def test_image_takes_every_package_of_the_wheel() -> None:
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]
    dockerfile = (ROOT / "deploy/docker/Dockerfile").read_text()
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    for package in packages["wheel"]["packages"]:
        if (ROOT / package).exists():
            assert f"COPY {package} {package}\n" in dockerfile
            assert f"!{package}" in ignored


def test_compose_is_read_by_docker_compose() -> None:
    program = ["docker-compose"] if shutil.which("docker-compose") else ["docker", "compose"]
    read = subprocess.run(
        [*program, "--file", str(COMPOSE), "config", "--services"],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin:/usr/local/bin", "COMPOSE_PROFILES": ",".join(source_names())},
    )
    assert read.returncode == 0, read.stderr
    assert set(read.stdout.split()) == set(services())
