"""What a new user is told who has not set up an account yet."""

from __future__ import annotations

import pytest

from connectors.kit.check import check_source
from connectors.registry import CONNECTORS
from crosscurrent.errors import WrongUse
from crosscurrent.settings import Settings

NEEDED = {
    "musicbrainz": ("CONTACT",),
    "notion": ("TOKEN",),
    "openweathermap": ("TOKEN",),
    "spotify": ("CLIENT_ID", "CLIENT_SECRET"),
    "tmdb": ("TOKEN",),
}


@pytest.mark.parametrize(("source", "settings"), NEEDED.items())
def test_check_says_which_setting_is_missing_and_where_to_get_it(
    source: str, settings: tuple[str, ...]
) -> None:
    error = check_source(CONNECTORS[source], Settings()).error

    assert isinstance(error, WrongUse)
    for name in settings:
        assert f"CROSSCURRENT_SOURCES__{source.upper()}__{name}" in error.todo
    assert CONNECTORS[source].account_help in error.todo


@pytest.mark.parametrize("source", CONNECTORS)
def test_connector_says_where_its_account_comes_from(source: str) -> None:
    text = CONNECTORS[source].account_help
    assert "https://" in text or text.startswith("no account")


def test_check_without_an_optional_credential_says_what_one_would_give() -> None:
    away = Settings.model_validate({"sources": {"github": {"base_url": "http://127.0.0.1:9"}}})
    result = check_source(CONNECTORS["github"], away)

    assert "CROSSCURRENT_SOURCES__GITHUB__TOKEN" in result.advice
    assert "60 requests an hour" in result.advice
    assert "read access" in result.advice
