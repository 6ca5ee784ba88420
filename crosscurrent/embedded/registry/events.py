"""What can happen to the registry, as it is kept on disk.

The state is the events applied in their order. An event is a whole change: it is on disk or it is not.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

from crosscurrent.errors import Fatal

SettingName = Literal["compatibility", "normalize", "mode"]


@dataclass(frozen=True, slots=True)
class Reference:
    """A schema of another subject, whose named types may be used.

    Attributes:
        name: name that the client gives it; for Avro the full name of a type.
        subject: subject of the other schema.
        version: its version there.
    """

    name: str
    subject: str
    version: int


@dataclass(frozen=True, slots=True)
class SchemaRegistered:
    """A schema became a version of a subject.

    Attributes:
        subject: subject.
        version: its number there, from 1.
        id: the id that every subject shares.
        text: the schema.
        identity: digest of what makes the schema the same as another.
        references: schemas of other subjects that it uses.
    """

    subject: str
    version: int
    id: int
    text: str
    identity: str
    references: tuple[Reference, ...] = ()


@dataclass(frozen=True, slots=True)
class VersionsDeleted:
    """Versions were deleted softly: they no longer count but can be looked up by id."""

    subject: str
    versions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class VersionsPurged:
    """Versions that were deleted softly are gone for good."""

    subject: str
    versions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SettingChanged:
    """A setting has a new value.

    Attributes:
        subject: whose; none for everyone's.
        name: which setting.
        value: what it is now; none takes it away.
    """

    subject: str | None
    name: SettingName
    value: str | None


@dataclass(frozen=True, slots=True)
class IdsGiven:
    """Ids below this one were given, even if no schema has them any longer."""

    next_id: int


Event = SchemaRegistered | VersionsDeleted | VersionsPurged | SettingChanged | IdsGiven

_TYPES: dict[str, type[Event]] = {
    "schema_registered": SchemaRegistered,
    "versions_deleted": VersionsDeleted,
    "versions_purged": VersionsPurged,
    "setting_changed": SettingChanged,
    "ids_given": IdsGiven,
}
_NAMES = {event_type: name for name, event_type in _TYPES.items()}


def to_json(event: Event) -> dict[str, object]:
    """Return the event as JSON data."""
    return {"event": _NAMES[type(event)], **asdict(event)}


def from_json(data: dict[str, object]) -> Event:
    """Return the event in JSON data.

    Raises:
        Fatal: it is none that this version knows.
    """
    fields = {key: tuple(value) if isinstance(value, list) else value for key, value in data.items()}
    name = str(fields.pop("event", ""))
    try:
        if "references" in fields:
            fields["references"] = tuple(Reference(**reference) for reference in data["references"])  # type: ignore[attr-defined]
        return _TYPES[name](**fields)  # type: ignore[arg-type]
    except (KeyError, TypeError) as error:
        raise Fatal(
            f"an event {name!r} in the registry's log that cannot be read ({error})",
            expected="one of " + ", ".join(_TYPES),
            todo="use the version of Crosscurrent that wrote the data directory",
        ) from error
