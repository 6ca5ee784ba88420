"""The examples of the REST API's documentation, asked by curl.

Source: "Schema Registry API Usage Examples" in Confluent's documentation, "Schema Registry Api reference" in
Karapace's README. The schemas are our own; requests and the form of the answers are those of the pages.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.registry.registry_process import CONTENT_TYPE, running_registry

pytestmark = pytest.mark.integration

STRING = '{"schema": "{\\"type\\": \\"string\\"}"}'
OBJ = {"type": "record", "name": "Obj", "fields": [{"name": "age", "type": "int"}]}


@pytest.fixture
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_registry(tmp_path_factory.mktemp("registry")) as (api, _):
        yield api.url


def curl(method: str, address: str, data: str | None = None) -> Any:
    body = ["-H", f"Content-Type: {CONTENT_TYPE}", "--data", data] if data is not None else []
    ran = subprocess.run(
        ["curl", "--silent", "--show-error", "--max-time", "20", "-X", method, *body, address],
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(ran.stdout)


def test_examples_of_confluent_are_answered_as_the_page_says(url: str) -> None:
    assert curl("POST", f"{url}/subjects/Kafka-key/versions", STRING) == {"id": 1}
    assert curl("POST", f"{url}/subjects/Kafka-value/versions", STRING) == {"id": 1}
    assert sorted(curl("GET", f"{url}/subjects")) == ["Kafka-key", "Kafka-value"]
    assert curl("GET", f"{url}/schemas/ids/1") == {"schema": '"string"'}
    assert curl("GET", f"{url}/schemas/types") == ["AVRO"]
    assert curl("GET", f"{url}/schemas/ids/1/versions") == [
        {"subject": "Kafka-key", "version": 1},
        {"subject": "Kafka-value", "version": 1},
    ]
    assert curl("GET", f"{url}/subjects/Kafka-value/versions") == [1]
    version = {"subject": "Kafka-value", "version": 1, "id": 1, "schema": '"string"'}
    assert curl("GET", f"{url}/subjects/Kafka-value/versions/1") == version
    assert curl("GET", f"{url}/subjects/Kafka-value/versions/1/schema") == "string"
    assert curl("GET", f"{url}/subjects/Kafka-value/versions/latest") == version
    assert curl("POST", f"{url}/subjects/Kafka-key", STRING) == version | {"subject": "Kafka-key"}
    latest = f"{url}/compatibility/subjects/Kafka-value/versions/latest"
    assert curl("POST", latest, STRING) == {"is_compatible": True}
    verbose = curl("POST", f"{latest}?verbose=true", '{"schema": "{\\"type\\": \\"int\\"}"}')
    assert verbose["is_compatible"] is False
    assert len(verbose["messages"]) == 1
    assert curl("GET", f"{url}/config") == {"compatibilityLevel": "BACKWARD"}
    assert curl("PUT", f"{url}/config", '{"compatibility": "NONE"}') == {"compatibility": "NONE"}
    backward = '{"compatibility": "BACKWARD"}'
    assert curl("PUT", f"{url}/config/Kafka-value", backward) == {"compatibility": "BACKWARD"}
    assert curl("DELETE", f"{url}/config/Kafka-value") == {"compatibilityLevel": "BACKWARD"}
    assert curl("DELETE", f"{url}/subjects/Kafka-value/versions/1") == 1
    assert curl("DELETE", f"{url}/subjects/Kafka-value/versions/1?permanent=true") == 1
    assert curl("DELETE", f"{url}/subjects/Kafka-key/versions/latest") == 1
    assert curl("DELETE", f"{url}/subjects/Kafka-key?permanent=true") == [1]
    assert curl("GET", f"{url}/subjects?deleted=true") == []


def test_examples_of_karapace_are_answered_as_the_page_says(url: str) -> None:
    body = json.dumps({"schema": json.dumps(OBJ)})
    assert curl("POST", f"{url}/subjects/test-key/versions", body) == {"id": 1}
    other_type = json.dumps({"schemaType": "JSON", "schema": '{"type": "object"}'})
    refused = curl("POST", f"{url}/subjects/test-key-json-schema/versions", other_type)
    assert refused["error_code"] == 42201, "the one example that this registry does not follow"
    assert curl("GET", f"{url}/subjects") == ["test-key"]
    assert curl("GET", f"{url}/subjects/test-key/versions") == [1]
    fetched = curl("GET", f"{url}/schemas/ids/1")
    assert json.loads(fetched.pop("schema")) == OBJ
    assert fetched == {}
    for version in ("1", "latest"):
        found = curl("GET", f"{url}/subjects/test-key/versions/{version}")
        assert json.loads(found.pop("schema")) == OBJ
        assert found == {"subject": "test-key", "version": 1, "id": 1}
    latest = f"{url}/compatibility/subjects/test-key/versions/latest"
    assert curl("POST", latest, body) == {"is_compatible": True}
    assert curl("GET", f"{url}/config") == {"compatibilityLevel": "BACKWARD"}
    assert curl("PUT", f"{url}/config", '{"compatibility": "NONE"}') == {"compatibility": "NONE"}
    full = '{"compatibility": "FULL"}'
    assert curl("PUT", f"{url}/config/test-key", full) == {"compatibility": "FULL"}
    assert curl("DELETE", f"{url}/subjects/test-key/versions/10")["error_code"] == 40402
    assert curl("DELETE", f"{url}/subjects/test-key") == [1]
