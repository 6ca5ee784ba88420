"""Where secrets may stand, and that no error shows one."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from crosscurrent.errors import WrongUse
from crosscurrent.settings import load_settings

TOKEN = "CROSSCURRENT_SOURCES__GITHUB__TOKEN"
SECRET = "s3cret-that-must-not-show"
SECRET_SETTINGS = (
    "CROSSCURRENT_CLICKHOUSE__PASSWORD",
    "CROSSCURRENT_SOURCES__GITHUB__TOKEN",
    "CROSSCURRENT_SOURCES__NOTION__WEBHOOK_SECRET",
    "CROSSCURRENT_SOURCES__SPOTIFY__CLIENT_SECRET",
)


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def refusal() -> WrongUse:
    with pytest.raises(WrongUse) as caught:
        load_settings()
    error = caught.value
    assert error.expected
    assert error.todo
    assert error.__cause__ is None
    assert SECRET not in f"{error!r} {error}"
    return error


@pytest.mark.parametrize("name", SECRET_SETTINGS)
def test_secret_comes_from_a_file_without_its_newline(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret").write_text(SECRET + "\r\n")
    monkeypatch.setenv(f"{name}_FILE", str(tmp_path / "secret"))
    assert load_settings().secrets() == [SECRET]


def test_path_of_a_secret_may_stand_in_the_env_file_and_in_toml(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(SECRET)
    (tmp_path / ".env").write_text(f"{TOKEN}_FILE=secret\n")
    (tmp_path / "crosscurrent.toml").write_text('[sources.notion]\ntoken_file = "secret"\n')
    assert load_settings().secrets() == [SECRET, SECRET]


@pytest.mark.parametrize("content", [None, b"", b" \n", b"\xff\xfe", b"x" * 70_000])
def test_file_without_a_secret_is_told_by_its_setting_and_path(
    content: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "secret"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setenv(f"{TOKEN}_FILE", str(path))
    assert refusal().found.startswith(f"{TOKEN}_FILE names {path}, which ")


def test_secret_set_in_two_ways_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secret").write_text(SECRET)
    monkeypatch.setenv(f"{TOKEN}_FILE", str(tmp_path / "secret"))
    monkeypatch.setenv(TOKEN, SECRET)
    assert refusal().expected == "one of the two"


def test_secret_comes_from_the_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = {("crosscurrent", "github"): SECRET}
    keyring = SimpleNamespace(get_password=lambda service, name: kept.get((service, name)))
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    monkeypatch.setenv(TOKEN, "keyring:crosscurrent/github")
    assert load_settings().secrets() == [SECRET]
    monkeypatch.setenv(TOKEN, "keyring:crosscurrent/notion")
    assert "crosscurrent/notion, which the keyring does not have" in refusal().found


def test_keyring_that_is_not_there_or_locked_or_asked_for_nothing_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def locked(service: str, name: str) -> str:
        raise RuntimeError(f"{service} {name} {SECRET}")

    monkeypatch.setenv(TOKEN, "keyring:crosscurrent/github")
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert "pip install" in refusal().todo
    monkeypatch.setitem(sys.modules, "keyring", SimpleNamespace(get_password=locked))
    assert "(RuntimeError)" in refusal().found
    monkeypatch.setenv(TOKEN, "keyring:")
    assert "keyring set" in refusal().todo


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CROSSCURRENT_SOURCES__GITHUB__TOKNE", SECRET),
        ("CROSSCURRENT_SOURCES__SPOTIFY", f'{{"client_secret": ["{SECRET}"]}}'),
        ("CROSSCURRENT_SOURCES__GITHUB", f'{{"token": "{SECRET}", "tokens": "{SECRET}"}}'),
        ("CROSSCURRENT_SOURCES", f'{{"github": "{SECRET}"}}'),
        ("CROSSCURRENT_SOURCES", f"[{SECRET}"),
        ("CROSSCURRENT_CLICKHOUSE", f'{{"passwort": "{SECRET}"}}'),
    ],
)
def test_mistyped_setting_does_not_show_what_may_be_a_secret(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    refusal()


def test_value_that_is_no_secret_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CROSSCURRENT_SOURCES__GITHUB__POLL_INTERVAL_SECONDS", "soon")
    assert "POLL_INTERVAL_SECONDS is 'soon'" in refusal().found
