"""An Avro schema as a graph of types, in which every name is resolved.

Source: the Avro 1.11 specification, sections "Schema declaration" and "Names".
"""

from __future__ import annotations

from dataclasses import dataclass, field

from crosscurrent.errors import WrongUse

PRIMITIVES = frozenset({"null", "boolean", "int", "long", "float", "double", "bytes", "string"})
NAMED_KINDS = frozenset({"record", "enum", "fixed"})


class InvalidSchema(WrongUse):
    """A schema that breaks Avro's rules.

    Args:
        path: JSON pointer to the place in the schema; empty for the whole.
        found: what was there.
        expected: what would have been right.
        todo: what the reader can do now.
    """

    def __init__(self, path: str, found: str, *, expected: str, todo: str = "correct the schema") -> None:
        super().__init__(f"at {path}: {found}" if path else found, expected=expected, todo=todo)
        self.path = path


@dataclass(slots=True, eq=False)
class AvroField:
    """A field of a record.

    Attributes:
        name: as the schema says.
        type: its type.
        aliases: other names by which a reader knows it.
        has_default: whether there is a default, which may be null.
        default: the default as JSON data.
        order: how values sort, if the schema says.
        attributes: doc and whatever else the schema says.
    """

    name: str
    type: AvroType
    aliases: tuple[str, ...] = ()
    has_default: bool = False
    default: object = None
    order: str | None = None
    attributes: dict[str, object] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class AvroType:
    """A type; two are the same only if they are the same object, so that recursive types can be walked.

    Attributes:
        kind: a primitive's name, or ``record``, ``enum``, ``fixed``, ``array``, ``map``, ``union``.
        name: full name of a record, an enum or a fixed; else empty.
        aliases: other full names of a named type.
        fields: of a record.
        symbols: of an enum.
        default_symbol: of an enum, for a symbol that the reader does not know.
        size_bytes: of a fixed.
        element: of an array its items, of a map its values.
        branches: of a union.
        attributes: doc, logical type and whatever else the schema says.
    """

    kind: str
    name: str = ""
    aliases: tuple[str, ...] = ()
    fields: list[AvroField] = field(default_factory=list)
    symbols: tuple[str, ...] = ()
    default_symbol: str | None = None
    size_bytes: int = 0
    element: AvroType | None = None
    branches: tuple[AvroType, ...] = ()
    attributes: dict[str, object] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """What a message calls the type, such as ``record shop.Order``."""
        return f"{self.kind} {self.name}" if self.name else self.kind

    @property
    def short_name(self) -> str:
        """The name without its namespace."""
        return self.name.rpartition(".")[2]
