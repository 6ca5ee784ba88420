"""What `doctor` says of the broker of a home."""

from __future__ import annotations

from pathlib import Path

import pytest

from crosscurrent.clock import SystemClock
from crosscurrent.embedded.broker import kafka
from crosscurrent.embedded.home.broker_choice import note_broker
from crosscurrent.embedded.home.checks import Finding, check_machine
from crosscurrent.embedded.home.layout import Layout


def finding(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> Finding:
    monkeypatch.setattr("crosscurrent.embedded.home.checks.WHEELS", ("json",))
    (found,) = [one for one in check_machine(layout, SystemClock()) if one.check == "embedded broker"]
    return found


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout.of(tmp_path / "home")
    layout.make()
    note_broker(layout, "kafka")
    return layout


def put_java(directory: Path, version: str) -> Path:
    (directory / "bin").mkdir(parents=True)
    (directory / "bin" / "java").touch(mode=0o755)
    (directory / "release").write_text(f'JAVA_VERSION="{version}"\n')
    return directory


def test_doctor_names_java_and_who_gets_the_jars(
    layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(put_java(tmp_path / "java", "21.0.2")))
    monkeypatch.setattr(kafka, "are_there", lambda _directory: False)
    monkeypatch.setattr(kafka, "fetcher", lambda: ("mvn", None))
    found = finding(layout, monkeypatch)
    assert found.verdict == "ok"
    assert "on Java 21.0.2" in found.found
    assert "mvn gets them at the first start" in found.found


def test_doctor_says_what_to_do_when_java_is_too_old(
    layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(put_java(tmp_path / "java", "11.0.2")))
    monkeypatch.setenv("PATH", "")
    found = finding(layout, monkeypatch)
    assert found.verdict == "wrong"
    assert "11.0.2" in found.found
    assert "crosscurrent[kafka]" in found.todo
