"""Confluent's own Python client as a judge: registry client, serialiser and deserialiser."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from confluent_kafka.schema_registry import Schema, SchemaReference, SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.common.schema_registry_client import (
    ConfigCompatibilityLevel,
    ServerConfig,
)
from confluent_kafka.schema_registry.error import SchemaRegistryError
from confluent_kafka.serialization import MessageField, SerializationContext

from tests.integration.registry.registry_process import record, running_registry

pytestmark = pytest.mark.integration

PERSON = record({"name": "name", "type": "string"}, name="Person")
OLDER = record(
    {"name": "name", "type": "string"}, {"name": "age", "type": "int", "default": 0}, name="Person"
)
ADDRESS = record({"name": "street", "type": "string"}, name="shop.Address")
ORDER = record({"name": "to", "type": "shop.Address"}, {"name": "count", "type": "int"}, name="shop.Order")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_registry(tmp_path_factory.mktemp("registry")) as (api, _):
        yield api.url


@pytest.fixture
def client(url: str) -> SchemaRegistryClient:
    # a client of its own for each test: it keeps what it has seen
    return SchemaRegistryClient({"url": url})


def avro(schema: Any, *references: SchemaReference) -> Schema:
    return Schema(json.dumps(schema), "AVRO", list(references))


def value_of(topic: str) -> SerializationContext:
    return SerializationContext(topic, MessageField.VALUE)


def test_client_registers_and_looks_up(client: SchemaRegistryClient, url: str) -> None:
    schema_id = client.register_schema("people-value", avro(PERSON))

    other = SchemaRegistryClient({"url": url})
    assert json.loads(other.get_schema(schema_id).schema_str) == PERSON
    assert other.lookup_schema("people-value", avro(PERSON)).schema_id == schema_id
    latest = other.get_latest_version("people-value")
    assert (latest.subject, latest.version, latest.schema_id) == ("people-value", 1, schema_id)
    assert other.get_version("people-value", 1).schema_id == schema_id
    assert other.get_versions("people-value") == [1]
    assert "people-value" in other.get_subjects()
    assert len(other.get_subjects(offset=0, limit=1)) == 1
    assert other.get_subjects_by_schema_id(schema_id) == ["people-value"]
    assert [one.version for one in other.get_schema_versions(schema_id)] == [1]
    assert other.get_schema_types() == ["AVRO"]
    assert other.get_contexts() == ["."]


def test_client_sees_the_errors_of_the_api(client: SchemaRegistryClient) -> None:
    client.register_schema("strict-value", avro(PERSON))
    attempts: dict[int, Callable[[], Any]] = {
        40401: lambda: client.get_versions("nobody"),
        40402: lambda: client.get_version("strict-value", 7),
        40403: lambda: client.get_schema(4711),
        42201: lambda: client.register_schema("strict-value", Schema("{", "AVRO")),
        409: lambda: client.register_schema("strict-value", avro(record("age", name="Person"))),
    }

    for code, attempt in attempts.items():
        with pytest.raises(SchemaRegistryError) as raised:
            attempt()
        assert raised.value.error_code == code


def test_client_tests_compatibility(client: SchemaRegistryClient) -> None:
    client.register_schema("tested-value", avro(PERSON))
    broken = avro(record("age", name="Person"))

    assert client.test_compatibility("tested-value", avro(OLDER)) is True
    assert client.test_compatibility("tested-value", broken) is False
    assert client.test_compatibility("tested-value", broken, version=1) is False
    assert client.test_compatibility_all_versions("tested-value", avro(OLDER)) is True


def test_client_sets_levels_and_modes(client: SchemaRegistryClient) -> None:
    client.set_compatibility("set-value", "FULL")
    assert client.get_compatibility("set-value") == "FULL"
    client.set_config("set-value", ServerConfig(compatibility=ConfigCompatibilityLevel.NONE))
    config = client.get_config("set-value")
    assert config.compatibility_level == ConfigCompatibilityLevel.NONE
    client.set_config("set-value", config)
    assert client.delete_config("set-value").compatibility_level == ConfigCompatibilityLevel.NONE
    assert client.get_compatibility() == "BACKWARD"
    assert client.get_global_mode() == "READWRITE"
    assert client.update_mode("set-value", "READONLY") == "READONLY"
    assert client.get_mode("set-value") == "READONLY"
    assert client.delete_mode("set-value") == "READONLY"


def test_client_deletes(client: SchemaRegistryClient) -> None:
    client.register_schema("gone-value", avro(PERSON))
    client.register_schema("gone-value", avro(OLDER))

    assert client.delete_version("gone-value", 1) == 1
    assert client.delete_version("gone-value", 1, permanent=True) == 1
    assert client.delete_subject("gone-value") == [2]
    assert "gone-value" not in client.get_subjects()
    assert "gone-value" in client.get_subjects(deleted=True)
    assert client.delete_subject("gone-value", permanent=True) == [2]
    assert "gone-value" not in client.get_subjects(deleted=True)


def test_serialiser_and_deserialiser_give_back_the_record(url: str) -> None:
    write = AvroSerializer(SchemaRegistryClient({"url": url}), json.dumps(PERSON))
    read = AvroDeserializer(SchemaRegistryClient({"url": url}))

    value = write({"name": "Ada"}, value_of("friends"))

    assert value[:1] == b"\x00"
    assert read(value, value_of("friends")) == {"name": "Ada"}


def test_reader_with_a_later_schema_gets_its_default(url: str) -> None:
    write = AvroSerializer(SchemaRegistryClient({"url": url}), json.dumps(PERSON))
    read = AvroDeserializer(SchemaRegistryClient({"url": url}), json.dumps(OLDER))

    assert read(write({"name": "Ada"}, value_of("elders")), value_of("elders")) == {"name": "Ada", "age": 0}


def test_serialiser_with_the_latest_version_does_not_register(client: SchemaRegistryClient) -> None:
    client.register_schema("latest-value", avro(OLDER))
    conf = {"auto.register.schemas": False, "use.latest.version": True}
    write = AvroSerializer(client, json.dumps(PERSON), conf=conf)

    value = write({"name": "Ada", "age": 36}, value_of("latest"))

    assert AvroDeserializer(client)(value, value_of("latest")) == {"name": "Ada", "age": 36}
    assert client.get_versions("latest-value") == [1]


def test_serialiser_and_deserialiser_follow_references(url: str, client: SchemaRegistryClient) -> None:
    client.register_schema("address", avro(ADDRESS))
    reference = SchemaReference("shop.Address", "address", 1)
    order = {"to": {"street": "Storgata"}, "count": 2}
    write = AvroSerializer(client, avro(ORDER, reference), conf={"normalize.schemas": True})

    value = write(order, value_of("orders"))

    fresh = SchemaRegistryClient({"url": url})
    assert AvroDeserializer(fresh)(value, value_of("orders")) == order
    latest = fresh.get_latest_version("orders-value")
    assert latest.schema.references[0].subject == "address"
    assert fresh.get_referenced_by("address", 1) == [latest.schema_id]
