"""Schemas and their versions: registering, looking up, deleting, holding one against others.

Every method runs to its end before another begins (the server calls them from one thread), so that of many clients
that register one schema at once, all get the same id.
"""

from __future__ import annotations

from collections.abc import Sequence

from crosscurrent.embedded.registry.canonical import canonical_text
from crosscurrent.embedded.registry.events import (
    SchemaRegistered,
    VersionsDeleted,
    VersionsPurged,
)
from crosscurrent.embedded.registry.evolution import Earlier, clashes_at, held_against
from crosscurrent.embedded.registry.policy import Policy
from crosscurrent.embedded.registry.reading import LATEST, Candidate, SchemaReader, Understood
from crosscurrent.embedded.registry.refusal import (
    HIGHEST,
    incompatible,
    not_permitted,
    reference_exists,
    schema_not_found,
    subject_not_found,
    subject_not_soft_deleted,
    subject_soft_deleted,
    version_not_found,
    version_not_soft_deleted,
    version_soft_deleted,
)
from crosscurrent.embedded.registry.state import StoredSchema, SubjectVersion
from crosscurrent.embedded.registry.store import Store


class Catalog:
    """The schemas of all subjects.

    Args:
        store: where they are kept.
        policy: what may be registered.
    """

    def __init__(self, store: Store, policy: Policy) -> None:
        self._store = store
        self._policy = policy
        self._reader = SchemaReader(store.state)

    def version(self, subject: str, number: int, *, deleted: bool = False) -> SubjectVersion:
        """Return a version of a subject.

        Args:
            subject: subject.
            number: version, or ``LATEST``.
            deleted: whether one that was deleted softly will do.

        Raises:
            Refusal: it is not there.
        """
        versions = self.versions(subject, deleted=deleted)
        if number == LATEST:
            return versions[-1]
        for version in versions:
            if version.version == number:
                return version
        raise version_not_found(number)

    def versions(self, subject: str, *, deleted: bool = False) -> list[SubjectVersion]:
        """Return the versions of a subject, oldest first, at least one.

        Raises:
            Refusal: there is none.
        """
        versions = self._store.state.versions(subject, deleted=deleted)
        if not versions:
            raise subject_not_found(subject)
        return versions

    def schema(self, schema_id: int) -> StoredSchema:
        """Return the schema of an id, even if its versions were deleted softly.

        Raises:
            Refusal: there is none.
        """
        schema = self._store.state.schema(schema_id)
        if schema is None:
            raise schema_not_found(schema_id)
        return schema

    def resolved_text(self, schema: StoredSchema) -> str:
        """Return a schema with the types of its references within it."""
        return canonical_text(self._reader.types(schema.text, schema.references)[0])

    def find(
        self, subject: str, candidate: Candidate, *, normalize: bool = False, deleted: bool = False
    ) -> SubjectVersion:
        """Return the version of a subject that a schema is.

        Raises:
            Refusal: the subject or the schema is not there, or the schema cannot be read.
        """
        versions = self.versions(subject, deleted=deleted)
        identity = self._understand(subject, candidate, normalize).identity
        # the latest one, if it was registered again after it was deleted
        for version in reversed(versions):
            if version.schema.identity == identity:
                return version
        raise schema_not_found()

    def register(self, subject: str, candidate: Candidate, *, normalize: bool = False) -> SubjectVersion:
        """Return the version that a schema is, after making it one if it was none.

        Raises:
            Refusal: the schema cannot be read or clashes, the mode forbids it, or it could not be kept.
        """
        understood = self._understand(subject, candidate, normalize)
        for version in reversed(self._store.state.versions(subject)):
            if version.schema.identity == understood.identity and candidate.id in (None, version.schema.id):
                return version
        self._policy.check_registrable(subject, imported=candidate.id is not None)
        if candidate.id is None:
            number, schema_id = self._place(subject, understood)
        else:
            number, schema_id = self._place_of_import(subject, candidate, candidate.id, understood)
        registered = SchemaRegistered(
            subject, number, schema_id, understood.text, understood.identity, understood.references
        )
        self._store.commit(registered)
        return self.version(subject, number)

    def clashes(
        self,
        subject: str,
        candidate: Candidate,
        against: Sequence[SubjectVersion],
        *,
        normalize: bool = False,
    ) -> list[str]:
        """Return what of a schema clashes with versions under the subject's level.

        Args:
            subject: subject.
            candidate: the schema.
            against: versions, oldest first.
            normalize: whether to normalise it first.

        Raises:
            Refusal: the schema cannot be read.
        """
        understood = self._understand(subject, candidate, normalize)
        return self._clashes(self._policy.level(subject), understood, against)

    def delete_subject(self, subject: str, *, permanent: bool = False) -> list[int]:
        """Delete all versions and return their numbers.

        Raises:
            Refusal: there is nothing to delete so, another schema names one, the mode forbids it, or it
                could not be kept.
        """
        self._policy.check_writable(subject)
        every, live = self.versions(subject, deleted=True), self._store.state.versions(subject)
        if permanent and live:
            raise subject_not_soft_deleted(subject)
        if not permanent and not live:
            raise subject_soft_deleted(subject)
        return self._delete(subject, every if permanent else live, permanent=permanent)

    def delete_version(self, subject: str, number: int, *, permanent: bool = False) -> int:
        """Delete a version and return its number.

        Raises:
            Refusal: there is nothing to delete so, another schema names it, the mode forbids it, or it
                could not be kept.
        """
        self._policy.check_writable(subject)
        # the latest of those that such a deletion can be about
        version = self.version(subject, number, deleted=number != LATEST or permanent)
        if permanent and not version.deleted:
            raise version_not_soft_deleted(subject, version.version)
        if not permanent and version.deleted:
            raise version_soft_deleted(subject, version.version)
        return self._delete(subject, [version], permanent=permanent)[0]

    def _delete(self, subject: str, versions: Sequence[SubjectVersion], *, permanent: bool) -> list[int]:
        numbers = tuple(version.version for version in versions)
        for number in numbers:
            # what was deleted softly is still looked up by id, and then needs what it names
            named_by = self._store.state.referrers(subject, number, deleted=permanent)
            outside = [one for one in named_by if one.subject != subject or one.version not in numbers]
            if outside:
                referrer = f"version {outside[0].version} of subject {outside[0].subject}"
                raise reference_exists(subject, number, referrer)
        self._store.commit(
            VersionsPurged(subject, numbers) if permanent else VersionsDeleted(subject, numbers)
        )
        return list(numbers)

    def _place(self, subject: str, understood: Understood) -> tuple[int, int]:
        """Return version and id of a new version, if it may become one."""
        state, level = self._store.state, self._policy.level(subject)
        clashes = self._clashes(level, understood, state.versions(subject))
        if clashes:
            raise incompatible(
                "Schema being registered is incompatible with an earlier schema for subject "
                f'"{subject}" at compatibility level {level}: ' + "; ".join(clashes)
            )
        schema_id = state.id_of(understood.identity) or state.next_id
        if schema_id > HIGHEST:
            raise not_permitted(f"No id is left: they end at {HIGHEST}")
        return self._next_version(subject), schema_id

    def _place_of_import(
        self, subject: str, candidate: Candidate, schema_id: int, understood: Understood
    ) -> tuple[int, int]:
        """Return version and id of an imported version, if they are free."""
        state = self._store.state
        taken = state.schema(schema_id)
        if taken and taken.identity != understood.identity:
            raise not_permitted(f"Overwrite new schema with id {schema_id} is not permitted.")
        number = candidate.version or self._next_version(subject)
        there = state.version(subject, number)
        if there and (there.schema.id != schema_id or not there.deleted):
            raise not_permitted(
                f"Overwrite version {number} of subject {subject} with id {schema_id} is not permitted."
            )
        return number, schema_id

    def _next_version(self, subject: str) -> int:
        every = self._store.state.versions(subject, deleted=True)
        return every[-1].version + 1 if every else 1

    def _clashes(self, level: str, new: Understood, versions: Sequence[SubjectVersion]) -> list[str]:
        # earlier schemas are read only if the level looks at them
        schemas = {one.version: one.schema for one in held_against(level, versions)}
        earlier = [
            Earlier(number, self._reader.types(schema.text, schema.references)[0])
            for number, schema in schemas.items()
        ]
        return clashes_at(level, new.type, earlier)

    def _understand(self, subject: str, candidate: Candidate, normalize: bool) -> Understood:
        return self._reader.understand(candidate, normalize=normalize or self._policy.normalises(subject))
