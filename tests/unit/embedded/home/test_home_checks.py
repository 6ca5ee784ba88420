"""What the doctor says of machines and configurations that are not well."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from crosscurrent.cli.doctor import check_sources, examine
from crosscurrent.cli.source_names import source_names
from crosscurrent.clock import ManualClock
from crosscurrent.embedded.home.checks import Finding, check_machine, check_servers
from crosscurrent.embedded.home.layout import Layout
from crosscurrent.embedded.home.state import HomeState, write_state
from crosscurrent.settings import ClickHouseSettings, Settings, SourceSettings


def finding(findings: list[Finding], check: str) -> Finding:
    return next(found for found in findings if found.check == check)


def test_doctor_finds_a_home_that_is_newer_and_a_clock_that_went_back(tmp_path: Path) -> None:
    layout = Layout.of(tmp_path)
    layout.make()
    clock = ManualClock()
    write_state(layout, HomeState(1, written_at=clock.now_utc().timestamp() + 3600))
    layout.format_file.write_text('{"format": 99}')
    findings = check_machine(layout, clock)
    assert finding(findings, "home").verdict == "wrong"
    assert "written by a newer version" in finding(findings, "home").found
    assert finding(findings, "clock").verdict == "wrong"
    assert finding(findings, "packages") == Finding("packages", "ok", "17 can be imported")


def test_doctor_names_a_port_that_is_taken_and_its_setting(tmp_path: Path) -> None:
    with socket.socket() as taker:
        taker.bind(("127.0.0.1", 0))
        taker.listen()
        clickhouse = ClickHouseSettings(embedded_port=taker.getsockname()[1])
        findings = check_servers(Settings(home=tmp_path, clickhouse=clickhouse), Layout.of(tmp_path))
    found = finding(findings, "port of ClickHouse")
    assert found.verdict == "wrong"
    assert "CROSSCURRENT_CLICKHOUSE__EMBEDDED_PORT" in found.todo


def test_doctor_finds_a_server_that_is_away(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
        settings = Settings(home=tmp_path, clickhouse=ClickHouseSettings(url=url))
        found = finding(check_servers(settings, Layout.of(tmp_path)), "ClickHouse")
    assert found.verdict == "wrong"
    assert "CROSSCURRENT_CLICKHOUSE__" in found.todo


def test_doctor_finds_a_source_without_its_credential_and_one_that_is_none(tmp_path: Path) -> None:
    sources = {name: SourceSettings(enabled=True) for name in ("openweathermap", "pokeapi", "nosuch")}
    findings = check_sources(Settings(home=tmp_path, sources=sources))
    verdicts = {found.check: found.verdict for found in findings}
    assert verdicts == {"source nosuch": "wrong", "source openweathermap": "wrong", "source pokeapi": "ok"}
    assert "CROSSCURRENT_SOURCES__OPENWEATHERMAP__TOKEN" in finding(findings, "source openweathermap").todo


def test_doctor_says_which_setting_is_not_valid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CROSSCURRENT_LIVE__PORT", "many")
    (found,) = examine()
    assert found.verdict == "wrong"
    assert "CROSSCURRENT_LIVE__PORT is 'many'" in found.found


def test_source_names_are_those_of_the_registry() -> None:
    from connectors.registry import CONNECTORS

    assert source_names() == tuple(sorted(CONNECTORS))
