"""From the settings to what proves to Kafka who is who."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from crosscurrent.kafka.client import client_config
from crosscurrent.settings import KafkaSettings, Settings

SECURED = KafkaSettings(
    bootstrap_servers="kafka.example:9093",
    security_protocol="SASL_SSL",
    sasl_username="crosscurrent",
    sasl_password=SecretStr("secret"),
    ssl_ca_location=Path("/etc/ca.pem"),
)


def test_client_gets_user_mechanism_and_authority() -> None:
    config = client_config(Settings(kafka=SECURED).brokers)
    assert config["bootstrap.servers"] == "kafka.example:9093"
    assert config["security.protocol"] == "SASL_SSL"
    assert config["sasl.mechanism"] == "SCRAM-SHA-512"
    assert config["sasl.username"] == "crosscurrent"
    assert config["sasl.password"] == "secret"
    assert config["ssl.ca.location"] == "/etc/ca.pem"


def test_embedded_broker_is_reached_without_security() -> None:
    embedded = SECURED.model_copy(update={"bootstrap_servers": None})
    assert "security.protocol" not in client_config(Settings(kafka=embedded).brokers)


def test_access_shows_no_secret_and_is_the_address_as_text() -> None:
    brokers = Settings(kafka=SECURED).brokers
    assert "secret" not in repr(brokers)
    assert str(brokers) == "kafka.example:9093"
    assert "secret" in Settings(kafka=SECURED).secrets()


def test_sasl_without_a_password_is_refused() -> None:
    with pytest.raises(ValidationError, match="needs SASL_USERNAME and SASL_PASSWORD"):
        KafkaSettings(security_protocol="SASL_SSL", sasl_username="crosscurrent")


def test_certificate_without_its_key_is_refused() -> None:
    with pytest.raises(ValidationError, match="go together"):
        KafkaSettings(security_protocol="SSL", ssl_certificate_location=Path("/etc/own.pem"))


def test_password_may_be_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "password").write_text("from a file\n")
    monkeypatch.setenv("CROSSCURRENT_KAFKA__BOOTSTRAP_SERVERS", "kafka.example:9093")
    monkeypatch.setenv("CROSSCURRENT_KAFKA__SECURITY_PROTOCOL", "SASL_SSL")
    monkeypatch.setenv("CROSSCURRENT_KAFKA__SASL_USERNAME", "crosscurrent")
    monkeypatch.setenv("CROSSCURRENT_KAFKA__SASL_PASSWORD_FILE", str(tmp_path / "password"))
    assert Settings().brokers.security["sasl.password"] == "from a file"
