"""Random records of the topics, made from their Avro schemas."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from schemas.codec import Codec
from schemas.generate import load_schema

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECONDS = 2**42  # into the year 2109, and as far before 1970
_ITEMS_MAX = 4


def records(record_type: type[Any]) -> st.SearchStrategy[Any]:
    """Return a strategy for records of a type."""
    data = avro_data(load_schema(Codec.RECORDS[record_type]))
    return data.map(record_type.from_avro)


def avro_data(schema: Any) -> st.SearchStrategy[Any]:
    """Return a strategy for what fastavro reads with a schema."""
    if isinstance(schema, list):
        return st.one_of([avro_data(branch) for branch in schema])
    if isinstance(schema, str):
        return _primitive(schema)
    if schema.get("logicalType") == "timestamp-millis":
        return st.integers(-_MILLISECONDS, _MILLISECONDS).map(lambda ms: _EPOCH + timedelta(milliseconds=ms))
    match schema["type"]:
        case "array":
            return st.lists(avro_data(schema["items"]), max_size=_ITEMS_MAX)
        case "map":
            return st.dictionaries(st.text(), avro_data(schema["values"]), max_size=_ITEMS_MAX)
        case "enum":
            return st.sampled_from(schema["symbols"])
        case "record":
            return st.fixed_dictionaries(
                {field["name"]: avro_data(field["type"]) for field in schema["fields"]}
            )
        case primitive:
            return _primitive(primitive)


def _primitive(name: str) -> st.SearchStrategy[Any]:
    return {
        "null": st.none(),
        "boolean": st.booleans(),
        "int": st.integers(-(2**31), 2**31 - 1),
        "long": st.integers(-(2**63), 2**63 - 1),
        "double": st.floats(allow_nan=False),
        "bytes": st.binary(),
        "string": st.text(),
    }[name]
