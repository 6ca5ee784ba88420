"""What the rules say of two schemas is what an Avro reader does with data."""

from __future__ import annotations

import io
from typing import Any

import fastavro
from hypothesis import HealthCheck, event, given, settings

from crosscurrent.embedded.registry import check_compatibility
from tests.unit.embedded.registry.avro_samples import covering_data, evolutions


@given(evolutions())
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_rules_agree_with_a_reader_of_data_that_meet_every_branch(schemas: tuple[Any, Any]) -> None:
    reader, writer = schemas
    clashes = check_compatibility(reader, writer)
    parsed_reader, parsed_writer = fastavro.parse_schema(reader), fastavro.parse_schema(writer)

    failed = [
        (datum, problem)
        for datum in covering_data(parsed_writer)
        if (problem := reading_problem(parsed_reader, parsed_writer, datum))
    ]
    event("compatible" if not clashes else clashes[0].kind)

    assert bool(failed) == bool(clashes), (clashes, failed)


def reading_problem(reader: Any, writer: Any, datum: Any) -> str:
    out = io.BytesIO()
    fastavro.schemaless_writer(out, writer, datum)
    out.seek(0)
    try:
        fastavro.schemaless_reader(out, writer, reader)
    except (fastavro.read.SchemaResolutionError, ValueError) as error:
        return repr(error) or "refused"
    return ""
