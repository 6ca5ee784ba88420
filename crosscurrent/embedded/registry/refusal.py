"""What the registry refuses, with the error codes of Confluent's API.

Source: the error codes on the pages of Confluent's Schema Registry API reference, and the messages its clients show.
"""

from __future__ import annotations

from crosscurrent.errors import CrosscurrentError

HIGHEST = (1 << 31) - 1


class Refusal(CrosscurrentError):
    """A request that is answered with an error.

    Args:
        status: HTTP status.
        code: the API's own number.
        message: for a person.
    """

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message, status=status, code=code)
        self.status = status
        self.code = code
        self.message = message


def subject_not_found(subject: str) -> Refusal:
    """Return the answer for a subject that has no version."""
    return Refusal(404, 40401, f"Subject '{subject}' not found.")


def version_not_found(version: int | str) -> Refusal:
    """Return the answer for a version that the subject does not have."""
    return Refusal(404, 40402, f"Version {version} not found.")


def schema_not_found(schema_id: int | None = None) -> Refusal:
    """Return the answer for a schema that is not there."""
    return Refusal(404, 40403, "Schema not found" if schema_id is None else f"Schema {schema_id} not found")


def subject_soft_deleted(subject: str) -> Refusal:
    """Return the answer for deleting a subject that is deleted."""
    return Refusal(
        404, 40404, f"Subject '{subject}' was soft deleted. Set permanent=true to delete permanently"
    )


def subject_not_soft_deleted(subject: str) -> Refusal:
    """Return the answer for deleting for good what was not deleted before."""
    return Refusal(404, 40405, f"Subject '{subject}' was not deleted first before being permanently deleted")


def version_soft_deleted(subject: str, version: int) -> Refusal:
    """Return the answer for deleting a version that is deleted."""
    return Refusal(
        404,
        40406,
        f"Subject '{subject}' Version {version} was soft deleted. Set permanent=true to delete permanently",
    )


def version_not_soft_deleted(subject: str, version: int) -> Refusal:
    """Return the answer for deleting a version for good that was not deleted before."""
    return Refusal(
        404,
        40407,
        f"Subject '{subject}' Version {version} was not deleted first before being permanently deleted",
    )


def compatibility_not_configured(subject: str) -> Refusal:
    """Return the answer for a subject that has no level of its own."""
    return Refusal(404, 40408, f"Subject '{subject}' does not have subject-level compatibility configured")


def mode_not_configured(subject: str) -> Refusal:
    """Return the answer for a subject that has no mode of its own."""
    return Refusal(404, 40409, f"Subject '{subject}' does not have subject-level mode configured")


def incompatible(message: str) -> Refusal:
    """Return the answer for a schema that clashes with earlier ones."""
    return Refusal(409, 409, message)


def invalid_schema(message: str) -> Refusal:
    """Return the answer for a schema that cannot be taken."""
    return Refusal(422, 42201, message)


def invalid_version(version: str) -> Refusal:
    """Return the answer for a version that is none."""
    return Refusal(
        422,
        42202,
        f"The specified version '{version}' is not a valid version id. "
        f'Allowed values are between [1, 2^31-1] and the string "latest"',
    )


def invalid_compatibility(levels: tuple[str, ...]) -> Refusal:
    """Return the answer for a level that is none."""
    return Refusal(
        422, 42203, f"Invalid compatibility level. Valid values are {', '.join(levels)} (any case)"
    )


def invalid_mode(modes: tuple[str, ...]) -> Refusal:
    """Return the answer for a mode that is none."""
    return Refusal(422, 42204, f"Invalid mode. Valid values are {', '.join(modes)} (any case)")


def not_permitted(message: str) -> Refusal:
    """Return the answer for what the mode forbids."""
    return Refusal(422, 42205, message)


def reference_exists(subject: str, version: int, referrer: str) -> Refusal:
    """Return the answer for deleting what another schema names."""
    return Refusal(
        422,
        42206,
        f"One or more references exist to the schema {{subject={subject},version={version}}}: "
        f"{referrer} names it. Delete that first",
    )


def invalid_subject(message: str) -> Refusal:
    """Return the answer for a subject that cannot be."""
    return Refusal(422, 42208, message)


def invalid_request(message: str) -> Refusal:
    """Return the answer for a body whose fields are wrong."""
    return Refusal(422, 422, message)


def store_failed(reason: object) -> Refusal:
    """Return the answer for a change that could not be kept."""
    return Refusal(
        500,
        50001,
        f"Error in the backend data store: {reason}. Nothing was changed. Free space or correct the "
        "rights of the data directory and try again",
    )
