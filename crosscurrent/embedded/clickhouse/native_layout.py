"""How long a column is in ClickHouse's Native format, by its type.

Source: https://clickhouse.com/docs/interfaces/formats/Native and the ``serializeBinaryBulk…`` methods of
src/DataTypes/Serializations.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from crosscurrent.embedded.clickhouse.failure import Failure

_FIXED_BYTES = {
    **dict.fromkeys(("Int8", "UInt8", "Bool", "Enum8", "Nothing"), 1),
    **dict.fromkeys(("Int16", "UInt16", "Date", "Enum16", "BFloat16"), 2),
    **dict.fromkeys(("Int32", "UInt32", "Float32", "Date32", "DateTime", "IPv4", "Decimal32", "Time"), 4),
    **dict.fromkeys(("Int64", "UInt64", "Float64", "DateTime64", "Decimal64", "Time64"), 8),
    **dict.fromkeys(("Int128", "UInt128", "UUID", "IPv6", "Decimal128"), 16),
    **dict.fromkeys(("Int256", "UInt256", "Decimal256"), 32),
}
_DECIMAL_BYTES = ((9, 4), (18, 8), (38, 16), (76, 32))
_GEO = {
    "Point": "Tuple(Float64, Float64)",
    "Ring": "Array(Point)",
    "LineString": "Array(Point)",
    "MultiPoint": "Array(Point)",
    "Polygon": "Array(Ring)",
    "MultiLineString": "Array(LineString)",
    "MultiPolygon": "Array(Polygon)",
}
_TYPE = re.compile(r"\s*([A-Za-z]\w*)\s*(?:\((.*)\))?\s*", re.DOTALL)
_U64_BYTES = 8
_GLOBAL_DICTIONARY, _OWN_KEYS = 1 << 8, 1 << 9


class NeedMore(Exception):
    """The column goes on after the bytes that are there."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The layout of a type.

    Attributes:
        kind: ``fixed``, ``string``, ``nullable``, ``array``, ``tuple`` or ``low_cardinality``.
        size: bytes of a value, where it is fixed.
        inner: the layouts within.
    """

    kind: str
    size: int = 0
    inner: tuple[Layout, ...] = ()


def layout_of(type_name: str) -> Layout:
    """Return the layout of a type.

    Raises:
        Failure: the length of such a column cannot be told without its values.
    """
    match = _TYPE.fullmatch(type_name)
    name, inside = (match.group(1), match.group(2) or "") if match else ("", "")
    if name in _GEO:
        return layout_of(_GEO[name])
    if name.startswith("Interval"):
        return Layout("fixed", 8)
    if name in _FIXED_BYTES:
        return Layout("fixed", _FIXED_BYTES[name])
    match name:
        case "Decimal":
            digits = int(inside.split(",")[0])
            return Layout("fixed", next(size for most, size in _DECIMAL_BYTES if digits <= most))
        case "FixedString":
            return Layout("fixed", int(inside))
        case "String":
            return Layout("string")
        case "Nullable" | "LowCardinality":
            kind = "nullable" if name == "Nullable" else "low_cardinality"
            return Layout(kind, inner=(layout_of(inside),))
        case "Array":
            return Layout("array", inner=(layout_of(inside),))
        case "Map":
            return Layout("array", inner=(layout_of(f"Tuple({inside})"),))
        case "Tuple":
            return Layout("tuple", inner=_elements(inside))
        case "Nested":
            return Layout("array", inner=(Layout("tuple", inner=_elements(inside)),))
        case "SimpleAggregateFunction":
            return layout_of(", ".join(_split(inside)[1:]))
    raise Failure(
        48,
        f"The embedded ClickHouse cannot write a column of type {type_name} in the Native format of "
        "client_protocol_version; name another FORMAT, or cast the column (toString)",
        "NOT_IMPLEMENTED",
    )


def column_end(data: bytes, start: int, rows: int, layout: Layout) -> int:
    """Return where a column's data ends.

    Args:
        data: bytes of the format.
        start: where the data begins, after the type's name.
        rows: rows of the block.
        layout: of the column's type.

    Raises:
        NeedMore: that is after the end of ``data``.
    """
    if rows == 0:
        return start
    end = _values_end(data, _prefix_end(start, layout), rows, layout)
    if end > len(data):
        raise NeedMore
    return end


def _prefix_end(start: int, layout: Layout) -> int:
    """Return where the values begin: each dictionary says its version first."""
    if layout.kind == "low_cardinality":
        return start + _U64_BYTES
    for inner in layout.inner:
        start = _prefix_end(start, inner)
    return start


def _values_end(data: bytes, start: int, rows: int, layout: Layout) -> int:
    if rows == 0:
        return start
    match layout.kind:
        case "fixed":
            return start + rows * layout.size
        case "string":
            return _strings_end(data, start, rows)
        case "nullable":
            return _values_end(data, start + rows, rows, layout.inner[0])
        case "array":
            end = start + rows * _U64_BYTES
            return _values_end(data, end, _u64(data, end - _U64_BYTES), layout.inner[0])
        case "tuple":
            # a tuple of nothing has a byte for each row
            end = start if layout.inner else start + rows
            for inner in layout.inner:
                end = _values_end(data, end, rows, inner)
            return end
    return _dictionary_end(data, start, layout.inner[0])


def _dictionary_end(data: bytes, start: int, values: Layout) -> int:
    keys = values.inner[0] if values.kind == "nullable" else values
    flags = _u64(data, start)
    end = start + _U64_BYTES
    for flag in (_GLOBAL_DICTIONARY, _OWN_KEYS):
        if flags & flag:
            end = _values_end(data, end + _U64_BYTES, _u64(data, end), keys)
    return end + _U64_BYTES + _u64(data, end) * (1 << (flags & 0xFF))


def _strings_end(data: bytes, start: int, count: int) -> int:
    end = start
    try:
        for _ in range(count):
            size = data[end]
            end += 1
            if size >= 0x80:
                size, end = varint(data, end - 1)
            end += size
    except IndexError:
        raise NeedMore from None
    return end


def varint(data: bytes, start: int) -> tuple[int, int]:
    """Return a number of variable length and where it ends.

    Raises:
        NeedMore: that is after the end of ``data``.
    """
    value = shift = 0
    for position in range(start, min(start + 10, len(data))):
        value |= (data[position] & 0x7F) << shift
        shift += 7
        if data[position] < 0x80:
            return value, position + 1
    raise NeedMore


def _u64(data: bytes, start: int) -> int:
    if start + _U64_BYTES > len(data):
        raise NeedMore
    return int.from_bytes(data[start : start + _U64_BYTES], "little")


def _elements(inside: str) -> tuple[Layout, ...]:
    """Return the layouts of a tuple's elements, which may have names."""
    layouts = []
    for part in _split(inside):
        named = re.fullmatch(r"(?:[A-Za-z_]\w*|`(?:[^`\\]|\\.|``)*`)\s+(.+)", part, re.DOTALL)
        layouts.append(layout_of(named.group(1) if named else part))
    return tuple(layouts)


def _split(inside: str) -> list[str]:
    """Return the parts between the commas that no bracket and no quote encloses."""
    parts, depth, start = [], 0, 0
    for match in re.finditer(r"'(?:[^'\\]|\\.|'')*'|`(?:[^`\\]|\\.|``)*`|[(),]", inside):
        letter = match.group()
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            parts.append(inside[start : match.start()])
            start = match.end()
    return [part.strip() for part in [*parts, inside[start:]] if part.strip()]
