"""The schema registry as the codec asks it: Confluent's client with retries and our errors."""

from __future__ import annotations

import json

import stamina
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.error import SchemaRegistryError
from httpx import HTTPError

from crosscurrent.errors import Fatal, Poison, Transient
from schemas.generate import load_schema
from schemas.subjects import subjects

_ATTEMPTS = 6
_TIMEOUT_SECONDS = 20.0
_NOT_FOUND = 40403
_INCOMPATIBLE = 409


class ConfluentRegistry:
    """A ``schemas.codec.SchemaRegistry`` over the Confluent REST API.

    Args:
        url: address of the registry.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._client = SchemaRegistryClient({"url": url})

    def register(self, subject: str, schema: str) -> int:
        """Return the id of the schema under the subject, registering it if it is new.

        Raises:
            Transient: the registry does not answer or is in trouble.
            Fatal: the schema clashes with an earlier version of the subject.
        """
        try:
            return int(self._register(subject, schema))
        except SchemaRegistryError as error:
            if error.http_status_code == _INCOMPATIBLE:
                raise Fatal(
                    f"the schema for {subject} clashes with an earlier version: {error.error_message}",
                    expected="a change that readers of earlier versions survive",
                    todo="run `crosscurrent schemas check`, and give new fields a default",
                    subject=subject,
                ) from error
            raise self._transient(error) from error
        except HTTPError as error:
            raise self._transient(error) from error

    def schema_by_id(self, schema_id: int) -> str:
        """Return the schema text of an id.

        Raises:
            Poison: the registry does not know the id.
            Transient: the registry does not answer or is in trouble.
        """
        try:
            return self._get(schema_id)
        except SchemaRegistryError as error:
            if error.error_code == _NOT_FOUND:
                raise Poison(
                    f"schema id {schema_id}, which the registry at {self._url} does not know",
                    expected="an id that this registry gave",
                    todo="check that producer and consumer use the same registry",
                    code=schema_id,
                ) from error
            raise self._transient(error) from error
        except HTTPError as error:
            raise self._transient(error) from error

    @stamina.retry(on=HTTPError, attempts=_ATTEMPTS, timeout=_TIMEOUT_SECONDS)
    def _register(self, subject: str, schema: str) -> int:
        return int(self._client.register_schema(subject, Schema(schema, "AVRO")))

    @stamina.retry(on=HTTPError, attempts=_ATTEMPTS, timeout=_TIMEOUT_SECONDS)
    def _get(self, schema_id: int) -> str:
        return str(self._client.get_schema(schema_id).schema_str)

    def _transient(self, error: Exception) -> Transient:
        return Transient(
            f"the schema registry at {self._url} answers: {error}",
            expected="a Confluent-compatible registry",
            todo="check that it runs (`crosscurrent status`) and CROSSCURRENT_SCHEMA_REGISTRY__URL",
        )


def register_all(registry: ConfluentRegistry) -> dict[str, int]:
    """Register the schema of every topic that is not a source's own and return subject to id.

    The subjects of ``raw.<source>`` are registered by the first event of the source.

    Raises:
        Transient: the registry does not answer or is in trouble.
        Fatal: a schema clashes with an earlier version.
    """
    fixed = [subject for subject in subjects() if "<" not in subject.topic]
    return {
        subject.subject: registry.register(subject.subject, json.dumps(load_schema(subject.schema)))
        for subject in fixed
    }
