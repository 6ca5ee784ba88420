"""The answers below ``/schemas`` and ``/subjects``: thin over the catalog.

Source: the pages of Confluent's Schema Registry API reference.
"""

from __future__ import annotations

from crosscurrent.embedded.registry.catalog import Catalog
from crosscurrent.embedded.registry.paging import page
from crosscurrent.embedded.registry.reading import LATEST
from crosscurrent.embedded.registry.refusal import (
    Refusal,
    subject_not_found,
)
from crosscurrent.embedded.registry.request import (
    candidate_in,
    id_in,
    subject_in,
    subject_prefix,
    version_in,
)
from crosscurrent.embedded.registry.routing import Call, JsonObject, Route
from crosscurrent.embedded.registry.state import State, StoredSchema, SubjectVersion

RESOLVED = "resolved"


class SchemaEndpoints:
    """Schemas by id and by subject.

    Args:
        catalog: what registers, finds and deletes.
        state: what is listed.
    """

    def __init__(self, catalog: Catalog, state: State) -> None:
        self._catalog = catalog
        self._state = state

    def routes(self) -> list[Route]:
        """Return the paths that are answered here."""
        one = "subjects/{subject}/versions/{version}"
        return [
            Route("schemas/types", {"GET": self.types}),
            Route("schemas", {"GET": self.schemas}),
            Route("schemas/ids/{id}", {"GET": self.schema}),
            Route("schemas/ids/{id}/schema", {"GET": self.schema_text}),
            Route("schemas/ids/{id}/subjects", {"GET": self.schema_subjects}),
            Route("schemas/ids/{id}/versions", {"GET": self.schema_versions}),
            Route("subjects", {"GET": self.subjects}),
            Route("subjects/{subject}", {"POST": self.find, "DELETE": self.delete_subject}),
            Route("subjects/{subject}/versions", {"GET": self.versions, "POST": self.register}),
            Route(one, {"GET": self.version, "DELETE": self.delete_version}),
            Route(f"{one}/schema", {"GET": self.version_text}),
            Route(f"{one}/referencedby", {"GET": self.referenced_by}),
            Route("compatibility/subjects/{subject}/versions", {"POST": self.compatible_with_all}),
            Route("compatibility/subjects/{subject}/versions/{version}", {"POST": self.compatible_with_one}),
        ]

    def types(self, _: Call) -> object:
        """Return the schema types that are taken."""
        return ["AVRO"]

    def schemas(self, call: Call) -> object:
        """Return all versions, or the latest of each subject."""
        prefix, deleted = subject_prefix(call.query), call.flag("deleted")
        found: list[SubjectVersion] = []
        for subject in self._state.subjects(deleted=deleted):
            if subject.startswith(prefix):
                versions = self._state.versions(subject, deleted=deleted)
                found += versions[-1:] if call.flag("latestOnly") else versions
        return [_described(version) for version in page(found, call)]

    def schema(self, call: Call) -> object:
        """Return the schema of an id."""
        schema = self._catalog.schema(id_in(call.path))
        answer: JsonObject = {"schema": self._formatted(schema, call)} | _references(schema)
        if call.flag("fetchMaxId"):
            answer["maxId"] = self._state.next_id - 1
        return answer

    def schema_text(self, call: Call) -> object:
        """Return the schema of an id, bare."""
        return self._formatted(self._catalog.schema(id_in(call.path)), call).encode()

    def schema_subjects(self, call: Call) -> object:
        """Return the subjects that have a schema."""
        return page(sorted({version.subject for version in self._uses(call)}), call)

    def schema_versions(self, call: Call) -> object:
        """Return the versions that a schema is."""
        uses = self._uses(call)
        return page([{"subject": one.subject, "version": one.version} for one in uses], call)

    def subjects(self, call: Call) -> object:
        """Return the subjects."""
        prefix = subject_prefix(call.query)
        subjects = self._state.subjects(deleted=call.flag("deleted"), only_deleted=call.flag("deletedOnly"))
        return page([subject for subject in subjects if subject.startswith(prefix)], call)

    def find(self, call: Call) -> object:
        """Return the version of a subject that a schema is."""
        found = self._catalog.find(
            subject_in(call.path),
            candidate_in(call.body),
            normalize=call.flag("normalize"),
            deleted=call.flag("deleted"),
        )
        return _described(found)

    def delete_subject(self, call: Call) -> object:
        """Delete a subject and return the numbers of its versions."""
        return self._catalog.delete_subject(subject_in(call.path), permanent=call.flag("permanent"))

    def versions(self, call: Call) -> object:
        """Return the numbers of a subject's versions."""
        only_deleted = call.flag("deletedOnly")
        subject = subject_in(call.path)
        versions = self._catalog.versions(subject, deleted=call.flag("deleted") or only_deleted)
        numbers = [one.version for one in versions if one.deleted or not only_deleted]
        if not numbers:
            raise subject_not_found(subject)
        return page(numbers, call)

    def register(self, call: Call) -> object:
        """Make a schema a version of a subject and return its id."""
        registered = self._catalog.register(
            subject_in(call.path), candidate_in(call.body), normalize=call.flag("normalize")
        )
        return {"id": registered.schema.id}

    def version(self, call: Call) -> object:
        """Return a version of a subject."""
        version = self._version(call)
        return _described(version) | {"schema": self._formatted(version.schema, call)}

    def version_text(self, call: Call) -> object:
        """Return the schema of a version, bare."""
        return self._formatted(self._version(call).schema, call).encode()

    def delete_version(self, call: Call) -> object:
        """Delete a version and return its number."""
        return self._catalog.delete_version(
            subject_in(call.path), version_in(call.path), permanent=call.flag("permanent")
        )

    def referenced_by(self, call: Call) -> object:
        """Return the ids of the schemas that name a version."""
        version = self._version(call)
        referrers = self._state.referrers(version.subject, version.version, deleted=call.flag("deleted"))
        return page(sorted({referrer.schema.id for referrer in referrers}), call)

    def compatible_with_one(self, call: Call) -> object:
        """Return whether a schema may follow a version under the subject's level."""
        subject, number = subject_in(call.path), version_in(call.path)
        try:
            against = [self._catalog.version(subject, number)]
        except Refusal:
            if number != LATEST:
                raise
            against = []  # the first version of a subject clashes with nothing
        return self._compatible(call, subject, against)

    def compatible_with_all(self, call: Call) -> object:
        """Return whether a schema may be the next version under the subject's level."""
        subject = subject_in(call.path)
        return self._compatible(call, subject, self._state.versions(subject))

    def _compatible(self, call: Call, subject: str, against: list[SubjectVersion]) -> JsonObject:
        messages = self._catalog.clashes(
            subject, candidate_in(call.body), against, normalize=call.flag("normalize")
        )
        answer: JsonObject = {"is_compatible": not messages}
        return answer | {"messages": messages} if call.flag("verbose") else answer

    def _version(self, call: Call) -> SubjectVersion:
        return self._catalog.version(
            subject_in(call.path), version_in(call.path), deleted=call.flag("deleted")
        )

    def _uses(self, call: Call) -> list[SubjectVersion]:
        schema = self._catalog.schema(id_in(call.path))
        return self._state.uses(schema.id, deleted=call.flag("deleted"))

    def _formatted(self, schema: StoredSchema, call: Call) -> str:
        # other formats are those of other schema types; Confluent's registry ignores them for Avro, too
        resolved = call.query.get("format") == RESOLVED
        return self._catalog.resolved_text(schema) if resolved else schema.text


def _described(version: SubjectVersion) -> JsonObject:
    schema = version.schema
    described: JsonObject = {
        "subject": version.subject,
        "version": version.version,
        "id": schema.id,
        "schema": schema.text,
    }
    return described | _references(schema)


def _references(schema: StoredSchema) -> JsonObject:
    if not schema.references:
        return {}
    return {
        "references": [
            {"name": one.name, "subject": one.subject, "version": one.version} for one in schema.references
        ]
    }
