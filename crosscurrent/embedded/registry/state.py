"""What the registry knows, in memory: the events applied in their order. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from crosscurrent.embedded.registry.events import (
    Event,
    IdsGiven,
    Reference,
    SchemaRegistered,
    SettingChanged,
    SettingName,
    VersionsDeleted,
    VersionsPurged,
)


@dataclass(frozen=True, slots=True)
class StoredSchema:
    """A schema under its id.

    Attributes:
        id: the id in every message.
        text: the schema.
        identity: digest of what makes it the same as another.
        references: schemas of other subjects that it uses.
    """

    id: int
    text: str
    identity: str
    references: tuple[Reference, ...]


@dataclass(frozen=True, slots=True)
class SubjectVersion:
    """A version of a subject.

    Attributes:
        subject: subject.
        version: its number there, from 1.
        schema: what it is.
        deleted: whether it was deleted softly.
    """

    subject: str
    version: int
    schema: StoredSchema
    deleted: bool = False


class State:
    """Subjects, schemas and settings."""

    def __init__(self) -> None:
        self.next_id = 1
        self._subjects: dict[str, dict[int, SubjectVersion]] = {}
        self._schemas: dict[int, StoredSchema] = {}
        self._ids: dict[str, int] = {}
        self._settings: dict[tuple[str | None, SettingName], str] = {}

    def subjects(self, *, deleted: bool = False, only_deleted: bool = False) -> list[str]:
        """Return the subjects that have a version of that kind, sorted."""
        return sorted(
            subject
            for subject in self._subjects
            if (self.versions(subject, deleted=True) if deleted or only_deleted else self.versions(subject))
            and not (only_deleted and self.versions(subject))
        )

    def versions(self, subject: str, *, deleted: bool = False) -> list[SubjectVersion]:
        """Return the versions of a subject, oldest first; with the deleted ones if asked."""
        versions = self._subjects.get(subject, {})
        return [versions[number] for number in sorted(versions) if deleted or not versions[number].deleted]

    def version(self, subject: str, number: int) -> SubjectVersion | None:
        """Return a version, deleted or not, if it is there."""
        return self._subjects.get(subject, {}).get(number)

    def schema(self, schema_id: int) -> StoredSchema | None:
        """Return the schema of an id, if it is there."""
        return self._schemas.get(schema_id)

    def id_of(self, identity: str) -> int | None:
        """Return the id of a schema, if it is there."""
        return self._ids.get(identity)

    def uses(self, schema_id: int, *, deleted: bool = False) -> list[SubjectVersion]:
        """Return the versions that have a schema, by subject and number."""
        return [
            version
            for subject in sorted(self._subjects)
            for version in self.versions(subject, deleted=deleted)
            if version.schema.id == schema_id
        ]

    def referrers(self, subject: str, number: int, *, deleted: bool = False) -> list[SubjectVersion]:
        """Return the versions that name a version, by subject and number."""
        return [
            version
            for other in sorted(self._subjects)
            for version in self.versions(other, deleted=deleted)
            if any((one.subject, one.version) == (subject, number) for one in version.schema.references)
        ]

    def setting(self, subject: str | None, name: SettingName) -> str | None:
        """Return a setting of a subject, or everyone's, if it was made."""
        return self._settings.get((subject, name))

    def apply(self, event: Event) -> None:
        """Change what the event says."""
        match event:
            case SchemaRegistered():
                self._register(event)
            case VersionsDeleted():
                self._delete(event)
            case VersionsPurged():
                self._purge(event)
            case SettingChanged(value=None):
                self._settings.pop((event.subject, event.name), None)
            case SettingChanged(value=str(value)):
                self._settings[(event.subject, event.name)] = value
            case IdsGiven():
                self.next_id = max(self.next_id, event.next_id)

    def events(self) -> Iterator[Event]:
        """Yield the fewest events that lead here."""
        yield IdsGiven(self.next_id)
        for versions in self._subjects.values():
            for one in versions.values():
                schema = one.schema
                yield SchemaRegistered(
                    one.subject, one.version, schema.id, schema.text, schema.identity, schema.references
                )
        for subject, versions in self._subjects.items():
            deleted = tuple(number for number, one in versions.items() if one.deleted)
            if deleted:
                yield VersionsDeleted(subject, deleted)
        # after the deletions, which take settings away
        for (owner, name), value in self._settings.items():
            yield SettingChanged(owner, name, value)

    def _register(self, event: SchemaRegistered) -> None:
        schema = self._schemas.setdefault(
            event.id, StoredSchema(event.id, event.text, event.identity, event.references)
        )
        # an import may give one schema several ids; the lowest one is for all who register it later
        self._ids[event.identity] = min(event.id, self._ids.get(event.identity, event.id))
        self.next_id = max(self.next_id, event.id + 1)
        versions = self._subjects.setdefault(event.subject, {})
        versions[event.version] = SubjectVersion(event.subject, event.version, schema)

    def _delete(self, event: VersionsDeleted) -> None:
        versions = self._subjects[event.subject]
        for number in event.versions:
            versions[number] = replace(versions[number], deleted=True)
        if not self.versions(event.subject):
            # a subject that comes again begins with everyone's settings
            for name in ("compatibility", "normalize", "mode"):
                self._settings.pop((event.subject, name), None)

    def _purge(self, event: VersionsPurged) -> None:
        versions = self._subjects[event.subject]
        gone = [versions.pop(number).schema for number in event.versions]
        if not versions:
            del self._subjects[event.subject]
        for schema in gone:
            if not self.uses(schema.id, deleted=True):
                self._forget(schema)

    def _forget(self, schema: StoredSchema) -> None:
        self._schemas.pop(schema.id, None)
        left = [other.id for other in self._schemas.values() if other.identity == schema.identity]
        if left:
            self._ids[schema.identity] = min(left)
        else:
            self._ids.pop(schema.identity, None)
