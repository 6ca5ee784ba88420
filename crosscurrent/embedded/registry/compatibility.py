"""Whether data written with one Avro schema can be read with another. Pure, and without recursion.

Source: the Avro 1.11 specification, section "Schema resolution". Logical types play no part in it.

Which type of the writer meets which type of the reader is settled by kind and name alone, so it is enough to visit
each pair that can meet once: a recursive schema needs no bound but the number of its pairs.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from crosscurrent.embedded.registry.avro_type import AvroField, AvroType
from crosscurrent.embedded.registry.parsing import parse_schema

CLASHES_MAX = 100  # a reader of messages needs no more

_PROMOTIONS = {
    "int": ("long", "float", "double"),
    "long": ("float", "double"),
    "float": ("double",),
    "string": ("bytes",),
    "bytes": ("string",),
}


@dataclass(frozen=True, slots=True)
class Clash:
    """One reason why data cannot be read.

    Attributes:
        path: JSON pointer into the reader's schema; empty for the whole.
        message: what the writer has, what the reader lacks, and what would help.
        kind: the reason in the words of Avro's Java library, such as ``TYPE_MISMATCH``.
    """

    path: str
    message: str
    kind: str


_Pair = tuple[AvroType, AvroType, str]


def check_compatibility(reader: object, writer: object) -> list[Clash]:
    """Return why data written with one schema cannot be read with another; empty if it can.

    Args:
        reader: schema as JSON data, with every type that it names.
        writer: the same for what was written.

    Raises:
        InvalidSchema: one of them breaks Avro's rules.
    """
    return clashes_between(parse_schema(reader), parse_schema(writer))


def clashes_between(reader: AvroType, writer: AvroType) -> list[Clash]:
    """Return why data written with one type cannot be read with another, at most ``CLASHES_MAX`` reasons."""
    clashes: list[Clash] = []
    waiting: deque[_Pair] = deque([(reader, writer, "")])
    # the types live as long as this function, so their ids are their own
    seen: set[tuple[int, int]] = set()
    while waiting and len(clashes) < CLASHES_MAX:
        pair = waiting.popleft()
        met = (id(pair[0]), id(pair[1]))
        if met not in seen:
            seen.add(met)
            for outcome in _compare(*pair):
                if isinstance(outcome, Clash):
                    clashes.append(outcome)
                else:
                    waiting.append(outcome)
    return clashes[:CLASHES_MAX]


def _compare(reader: AvroType, writer: AvroType, path: str) -> Iterator[Clash | _Pair]:
    """Yield what clashes here, and the pairs within that meet."""
    if writer.kind == "union":
        yield from ((reader, branch, path) for branch in writer.branches)
    elif reader.kind == "union":
        yield from _compare_branches(reader, writer, path)
    elif reader.kind != writer.kind:
        if reader.kind not in _PROMOTIONS.get(writer.kind, ()):
            yield Clash(
                path, f"{writer.label} was written and cannot be read as {reader.label}", "TYPE_MISMATCH"
            )
    elif reader.name and not _names_match(reader, writer):
        yield Clash(
            path,
            f"{writer.label} was written and the reader calls it {reader.name}; give the reader the alias",
            "NAME_MISMATCH",
        )
    else:
        yield from _compare_same_kind(reader, writer, path)


def _compare_same_kind(reader: AvroType, writer: AvroType, path: str) -> Iterator[Clash | _Pair]:
    if reader.element and writer.element:
        yield reader.element, writer.element, f"{path}/{'items' if reader.kind == 'array' else 'values'}"
    elif reader.kind == "record":
        yield from _compare_fields(reader, writer, path)
    elif reader.kind == "enum":
        yield from _compare_symbols(reader, writer, path)
    elif reader.size_bytes != writer.size_bytes:
        yield Clash(
            f"{path}/size",
            f"{writer.label} of {writer.size_bytes} bytes was written and the reader has {reader.size_bytes}",
            "FIXED_SIZE_MISMATCH",
        )


def _compare_branches(reader: AvroType, writer: AvroType, path: str) -> Iterator[Clash | _Pair]:
    index = _matching_branch(reader, writer)
    if index is None:
        branches = ", ".join(branch.label for branch in reader.branches)
        yield Clash(
            path,
            f"{writer.label} was written and the reader's union has only {branches}",
            "MISSING_UNION_BRANCH",
        )
    else:
        yield reader.branches[index], writer, f"{path}/{index}"


def _matching_branch(reader: AvroType, writer: AvroType) -> int | None:
    """Return the branch that reads the writer's type: the one of the same name and kind, else the first that can."""
    alike = [
        index
        for index, branch in enumerate(reader.branches)
        if branch.kind == writer.kind and (not branch.name or _names_match(branch, writer))
    ]
    for index in alike:
        if reader.branches[index].name == writer.name:
            return index
    if alike:
        return alike[0]
    promotions = _PROMOTIONS.get(writer.kind, ())
    return next((index for index, branch in enumerate(reader.branches) if branch.kind in promotions), None)


def _names_match(reader: AvroType, writer: AvroType) -> bool:
    return reader.short_name == writer.short_name or writer.name in reader.aliases


def _compare_fields(reader: AvroType, writer: AvroType, path: str) -> Iterator[Clash | _Pair]:
    written = {field.name: field for field in writer.fields}
    for index, field in enumerate(reader.fields):
        source = _written_field(field, written)
        if source:
            yield field.type, source.type, f"{path}/fields/{index}/type"
        elif not field.has_default:
            yield Clash(
                f"{path}/fields/{index}",
                f"field {field.name!r} of {reader.label} was not written and the reader has no default for it",
                "READER_FIELD_MISSING_DEFAULT_VALUE",
            )


def _written_field(field: AvroField, written: dict[str, AvroField]) -> AvroField | None:
    names = (field.name, *field.aliases)
    return next((written[name] for name in names if name in written), None)


def _compare_symbols(reader: AvroType, writer: AvroType, path: str) -> Iterator[Clash]:
    missing = [symbol for symbol in writer.symbols if symbol not in reader.symbols]
    if missing and reader.default_symbol is None:
        yield Clash(
            f"{path}/symbols",
            f"{writer.label} has symbols that the reader does not know and has no default for: "
            + ", ".join(missing),
            "MISSING_ENUM_SYMBOLS",
        )
