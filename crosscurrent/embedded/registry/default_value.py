"""Whether a default, which a schema gives as JSON data, fits its type.

Source: the Avro specification, section "Complex types", table "field default values"; for a union, version 1.12: the
default may fit any branch.
"""

from __future__ import annotations

from collections.abc import Iterable

from crosscurrent.embedded.registry.avro_type import AvroType

DEPTH_MAX = 100

_INT = (-(1 << 31), (1 << 31) - 1)
_LONG = (-(1 << 63), (1 << 63) - 1)
# JSON has no number for them; Avro's own libraries write them as text
_NOT_NUMBERS = ("NaN", "Infinity", "-Infinity", "INF", "-INF")


def misfit(avro: AvroType, value: object) -> str:
    """Return why a value does not fit a type, or the empty string if it does."""
    return _misfit(avro, value, 0)


def _misfit(avro: AvroType, value: object, depth: int) -> str:
    if depth > DEPTH_MAX:
        return f"it is nested deeper than {DEPTH_MAX}"
    match avro.kind:
        case "union":
            if any(not _misfit(branch, value, depth + 1) for branch in avro.branches):
                return ""
            return f"{_shown(value)} fits no branch of the union"
        case "array":
            return _misfit_of_array(avro, value, depth)
        case "map":
            return _misfit_of_map(avro, value, depth)
        case "record":
            return _misfit_of_record(avro, value, depth)
        case _:
            return "" if _is_scalar(avro, value) else f"{_shown(value)} is no {avro.label}"


def _misfit_of_array(avro: AvroType, value: object, depth: int) -> str:
    if not isinstance(value, list):
        return f"{_shown(value)} is no array"
    element = avro.element
    return _first(_misfit(element, item, depth + 1) for item in value) if element else ""


def _misfit_of_map(avro: AvroType, value: object, depth: int) -> str:
    if not isinstance(value, dict):
        return f"{_shown(value)} is no map"
    element = avro.element
    return _first(_misfit(element, item, depth + 1) for item in value.values()) if element else ""


def _misfit_of_record(avro: AvroType, value: object, depth: int) -> str:
    if not isinstance(value, dict):
        return f"{_shown(value)} is no {avro.label}"
    for field in avro.fields:
        if field.name in value:
            problem = _misfit(field.type, value[field.name], depth + 1)
            if problem:
                return f"{field.name}: {problem}"
        elif not field.has_default:
            return f"it lacks {field.name!r} of {avro.label}"
    return ""


def _is_scalar(avro: AvroType, value: object) -> bool:
    match avro.kind:
        case "null":
            return value is None
        case "boolean":
            return isinstance(value, bool)
        case "int":
            return _is_integer(value, _INT)
        case "long":
            return _is_integer(value, _LONG)
        case "float" | "double":
            return (isinstance(value, int | float) and not isinstance(value, bool)) or value in _NOT_NUMBERS
        case "bytes":
            return _is_bytes(value)
        case "fixed":
            return isinstance(value, str) and _is_bytes(value) and len(value) == avro.size_bytes
        case "enum":
            return value in avro.symbols
        case _:
            return isinstance(value, str)


def _is_integer(value: object, bounds: tuple[int, int]) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and bounds[0] <= value <= bounds[1]


def _is_bytes(value: object) -> bool:
    # a byte is written as the character of that number
    return isinstance(value, str) and all(ord(character) < 256 for character in value)


def _first(problems: Iterable[str]) -> str:
    return next((problem for problem in problems if problem), "")


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
