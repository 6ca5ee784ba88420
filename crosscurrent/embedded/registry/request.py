"""What clients send, from text and JSON to values, refusing what the registry does not do.

Source: the pages of Confluent's Schema Registry API reference.
"""

from __future__ import annotations

from crosscurrent.embedded.registry.events import Reference
from crosscurrent.embedded.registry.reading import LATEST, Candidate
from crosscurrent.embedded.registry.refusal import (
    HIGHEST,
    Refusal,
    invalid_request,
    invalid_schema,
    invalid_subject,
    invalid_version,
    schema_not_found,
)
from crosscurrent.embedded.registry.routing import JsonObject

DEFAULT_CONTEXT = ":.:"
ALL_CONTEXTS = ":*:"
SUBJECT_CHARACTERS_MAX = 1024

_SCHEMA_FIELDS = {"schema", "schemaType", "references", "id", "version", "subject", "guid", "deleted"}
_CONFIG_FIELDS = {"compatibility", "compatibilityLevel", "normalize"}


def subject_in(path: dict[str, str]) -> str:
    """Return the subject of a path.

    Raises:
        Refusal: it is none, or in a context.
    """
    return checked_subject(path["subject"])


def checked_subject(subject: str) -> str:
    """Return a subject without the name of the default context.

    Raises:
        Refusal: it is none, or in another context.
    """
    subject = subject.removeprefix(DEFAULT_CONTEXT)
    if subject.startswith(":."):
        raise invalid_subject(
            f"The specified subject '{subject}' is in a context, and this registry has only the default one. "
            "Leave the context away, or use a registry that has contexts"
        )
    if not subject or len(subject) > SUBJECT_CHARACTERS_MAX or not subject.isprintable():
        raise invalid_subject(
            f"The specified subject '{subject[:80]}' is not a valid subject. "
            f"It has 1 to {SUBJECT_CHARACTERS_MAX} printable characters"
        )
    return subject


def subject_prefix(query: dict[str, str]) -> str:
    """Return the text with which the subjects asked for begin.

    Raises:
        Refusal: it names a context.
    """
    prefix = query.get("subjectPrefix", "").removeprefix(ALL_CONTEXTS).removeprefix(DEFAULT_CONTEXT)
    return checked_subject(prefix) if prefix else ""


def version_in(path: dict[str, str]) -> int:
    """Return the version of a path, or ``LATEST``.

    Raises:
        Refusal: it is none.
    """
    text = path["version"]
    if text in ("latest", "-1"):
        return LATEST
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text[:11]) <= HIGHEST:
        raise invalid_version(text[:80])
    return int(text)


def id_in(path: dict[str, str]) -> int:
    """Return the id of a path.

    Raises:
        Refusal: it cannot be one.
    """
    text = path["id"]
    if not text.isascii() or not text.isdecimal() or len(text) > len(str(HIGHEST)):
        raise Refusal(404, 404, f"HTTP 404 Not Found: {text[:80]!r} is not a schema id")
    if int(text) > HIGHEST:
        raise schema_not_found(int(text))
    return int(text)


def candidate_in(body: JsonObject) -> Candidate:
    """Return the schema of a body.

    Raises:
        Refusal: it is of another type, or a field is wrong.
    """
    _check_type(body)
    _check_fields(body, _SCHEMA_FIELDS, "schema, schemaType, references, id and version")
    text = body.get("schema")
    if not isinstance(text, str) or not text.strip():
        raise invalid_schema("Empty schema. Send the Avro schema as text in the field schema")
    return Candidate(
        text,
        _references(body.get("references")),
        _given_number(body, "id"),
        _given_number(body, "version"),
    )


def config_in(body: JsonObject) -> tuple[str | None, bool | None]:
    """Return level and normalisation of a body, each only if it is given.

    Raises:
        Refusal: a field is wrong.
    """
    _check_fields(body, _CONFIG_FIELDS, "compatibility and normalize")
    level, normalize = body.get("compatibility", body.get("compatibilityLevel")), body.get("normalize")
    if normalize is not None and not isinstance(normalize, bool):
        raise invalid_request("normalize is neither true nor false")
    if level is None and normalize is None:
        raise invalid_request('Neither compatibility nor normalize is given. Send {"compatibility": "FULL"}')
    return (None if level is None else str(level)), normalize


def mode_in(body: JsonObject) -> str:
    """Return the mode of a body; what is none is refused where it is set.

    Raises:
        Refusal: another field is there.
    """
    _check_fields(body, {"mode"}, "mode")
    return str(body.get("mode"))


def _check_type(body: JsonObject) -> None:
    schema_type = body.get("schemaType") or "AVRO"
    if schema_type != "AVRO":
        raise invalid_schema(
            f"Invalid schema type {str(schema_type)[:80]!r}: this registry takes Avro only (schemaType AVRO). "
            "Use a registry that takes the other types"
        )


def _check_fields(body: JsonObject, known: set[str], names: str) -> None:
    # what clients send to say nothing is no reason to refuse
    unknown = sorted(key for key, value in body.items() if key not in known and value not in (None, False))
    if unknown:
        raise invalid_request(f"Unrecognized field: {unknown[0][:80]}. This registry takes {names}")


def _references(given: object) -> tuple[Reference, ...]:
    if given is None:
        return ()
    if not isinstance(given, list):
        raise invalid_request("references is not an array")
    return tuple(_reference(one) for one in given)


def _reference(given: object) -> Reference:
    if isinstance(given, dict):
        name, subject, version = given.get("name"), given.get("subject"), given.get("version")
        if isinstance(name, str) and isinstance(subject, str) and type(version) is int:
            return Reference(name, checked_subject(subject), version)
    raise invalid_request(
        "A reference needs the fields name, subject and version (a number, or -1 for the latest)"
    )


def _given_number(body: JsonObject, name: str) -> int | None:
    number = body.get(name)
    if number is None or number in (-1, 0):  # how Java's client says that it gives none
        return None
    if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= HIGHEST:
        raise invalid_request(f"{name} is not a number between 1 and {HIGHEST}")
    return number
