"""Schema texts to types, with what their references declare.

A schema is kept as it was sent, without white space; what makes it the same as another is its canonical form together
with its references.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from crosscurrent.embedded.registry.avro_type import AvroType, InvalidSchema
from crosscurrent.embedded.registry.canonical import canonical_text
from crosscurrent.embedded.registry.events import Reference
from crosscurrent.embedded.registry.parsing import declared_types
from crosscurrent.embedded.registry.refusal import invalid_schema
from crosscurrent.embedded.registry.state import State, StoredSchema

LATEST = -1
REFERENCES_MAX = 1000
JSON_DEPTH_MAX = 200  # orjson writes 254 levels


@dataclass(frozen=True, slots=True)
class Candidate:
    """A schema as a client sends it.

    Attributes:
        text: the schema.
        references: schemas of other subjects that it uses; version -1 is the latest.
        id: id that it is to have; only for an import.
        version: version that it is to have; only for an import.
    """

    text: str
    references: tuple[Reference, ...] = ()
    id: int | None = None
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Understood:
    """A candidate that keeps Avro's rules.

    Attributes:
        text: the schema as it is kept.
        references: with the numbers of versions that are there.
        identity: digest of what makes it the same as another.
        type: what it declares.
    """

    text: str
    references: tuple[Reference, ...]
    identity: str
    type: AvroType


class SchemaReader:
    """Reads schemas that may use those of other subjects.

    Args:
        state: where those are.
    """

    def __init__(self, state: State) -> None:
        self._state = state

    def understand(self, candidate: Candidate, *, normalize: bool) -> Understood:
        """Return what a candidate says.

        Args:
            candidate: the schema.
            normalize: whether to keep its canonical form instead of its own text.

        Raises:
            Refusal: it breaks Avro's rules, or a reference is not there.
        """
        references = tuple(self._pinned(reference) for reference in candidate.references)
        try:
            root, known = self.types(candidate.text, references)
            canonical = canonical_text(root, external=known)
        except InvalidSchema as error:
            raise invalid_schema(f"Invalid schema: {error}") from error
        named = sorted((one.name, one.subject, one.version) for one in references)
        identity = hashlib.sha256(orjson.dumps([canonical, named])).hexdigest()
        text = canonical if normalize else _compact(candidate.text)
        return Understood(text, references, identity, root)

    def _pinned(self, reference: Reference) -> Reference:
        """Return the reference with the number of a version that is there."""
        versions = self._state.versions(reference.subject)
        for version in reversed(versions):
            if reference.version in (LATEST, version.version):
                return Reference(reference.name, reference.subject, version.version)
        raise invalid_schema(
            f'No schema reference found for subject "{reference.subject}" and version {reference.version}. '
            "Register it first"
        )

    def types(self, text: str, references: Sequence[Reference]) -> tuple[AvroType, dict[str, AvroType]]:
        """Return the type of a schema, and the named types that its references give.

        Raises:
            InvalidSchema: it breaks Avro's rules.
        """
        known: dict[str, AvroType] = {}
        for schema in self._in_order(references):
            declared = declared_types(_json(schema.text), known)[1]
            known |= declared
        return declared_types(_json(text), known)[0], known

    def _in_order(self, references: Sequence[Reference]) -> list[StoredSchema]:
        """Return the schemas that are named, directly or by another, each once and after those that it names."""
        ordered: dict[tuple[str, int], StoredSchema] = {}
        waiting = [(reference, False) for reference in reversed(references)]
        while waiting:
            reference, entered = waiting.pop()
            key = (reference.subject, reference.version)
            version = self._state.version(*key)
            if key in ordered or version is None:
                continue
            if len(ordered) >= REFERENCES_MAX:
                raise InvalidSchema(
                    "", f"more than {REFERENCES_MAX} references", expected="fewer", todo="join some of them"
                )
            if entered:
                ordered[key] = version.schema
            else:
                waiting.append((reference, True))
                waiting += [(inner, False) for inner in reversed(version.schema.references)]
        return list(ordered.values())


def _compact(text: str) -> str:
    schema = orjson.loads(text)
    if isinstance(schema, dict) and schema.keys() == {"type"}:
        schema = schema["type"]  # as Confluent's registry writes {"type": "string"}
    return orjson.dumps(schema).decode()


def _json(text: str) -> object:
    try:
        schema: object = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise InvalidSchema(
            "", f"text that is not JSON ({error})", expected="an Avro schema in JSON"
        ) from error
    _check_depth(schema)
    return schema


def _check_depth(schema: object) -> None:
    """Check that what was read can be walked and written again, level by level."""
    level, depth = [schema], 0
    while level:
        if depth > JSON_DEPTH_MAX:
            raise InvalidSchema(
                "",
                f"JSON nested deeper than {JSON_DEPTH_MAX}",
                expected="a flatter schema",
                todo="declare inner types once and use them by name",
            )
        inner: list[object] = []
        for value in level:
            if isinstance(value, dict):
                inner += value.values()
            elif isinstance(value, list):
                inner += value
        level, depth = inner, depth + 1
