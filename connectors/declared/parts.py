"""What the models of a declaration are made of: their base, their errors, and the texts that they share."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from connectors.declared.expression import PATH_PATTERN

NAME_PATTERN = r"^[a-z][a-z0-9_]{0,62}$"
_PLAIN_PATH_PATTERN = r"^[^\s.{}@$*]+(\.[^\s.{}@$*]+)*$"

Name = Annotated[str, Field(pattern=NAME_PATTERN)]
FieldPlace = Annotated[str, Field(pattern=PATH_PATTERN, max_length=200)]
PlainPath = Annotated[str, Field(pattern=_PLAIN_PATH_PATTERN, max_length=200)]
Parameter = Annotated[str, Field(pattern=r"^[^\s&=?#]+$", max_length=100)]
Scalar = str | int | float | bool


class Part(BaseModel):
    """A part of a declaration: frozen, and a key that it does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def wrong(found: str, expected: str, todo: str) -> PydanticCustomError:
    """Return the error of a value that does not fit, in three parts, for a validator."""
    return PydanticCustomError("declaration", "{found}", {"found": found, "expected": expected, "todo": todo})
