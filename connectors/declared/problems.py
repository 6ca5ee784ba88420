"""What is wrong with a declaration, in three parts, with the path and the line where it stands (pure)."""

from __future__ import annotations

import re
import types
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from connectors.declared.document import SourceDocument
from connectors.declared.yaml_text import Document, Location
from connectors.kit.json_path import described
from crosscurrent.errors import WrongUse

_SHOWN_MAX = 5


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a file.

    Attributes:
        found: what is there, with the path in the file.
        expected: what would fit.
        todo: what to do.
        line: where, from 1; None if no line is to blame.
    """

    found: str
    expected: str
    todo: str
    line: int | None = None


class WrongDeclaration(WrongUse):
    """A file that declares no source.

    Args:
        file: which.
        problems: all that is wrong with it; at least one.
    """

    def __init__(self, file: Path, problems: tuple[Problem, ...]) -> None:
        self.file = file
        self.problems = problems
        first, more = problems[0], len(problems) - _SHOWN_MAX
        found = "; ".join(problem.found for problem in problems[:_SHOWN_MAX])
        super().__init__(
            f"{where(file, first)}: {found}" + (f"; and {more} more" if more > 0 else ""),
            expected=first.expected,
            todo=first.todo,
            file=str(file),
            line=first.line,
        )

    def each(self) -> Iterator[WrongUse]:
        """Yield every problem as an error of its own."""
        for problem in self.problems:
            yield WrongUse(
                f"{where(self.file, problem)}: {problem.found}", expected=problem.expected, todo=problem.todo
            )


def where(file: Path, problem: Problem) -> str:
    """Return a problem's place as editors and terminals understand it: ``file:line``."""
    return str(file) if problem.line is None else f"{file}:{problem.line}"


def problems_of(error: ValidationError, document: Document) -> tuple[Problem, ...]:
    """Return what the models find wrong, in the order of the file."""
    errors = error.errors()
    found = [_problem(details, document) for details in errors if not _follows(details, errors)]
    return tuple(sorted(found, key=lambda problem: (problem.line or 0, problem.found)))


def _follows(details: ErrorDetails, errors: list[ErrorDetails]) -> bool:
    """Return whether an array only seems too short because its entries are wrong."""
    around = details["loc"]
    return details["type"] == "too_short" and any(
        other is not details and other["loc"][: len(around)] == around for other in errors
    )


def _problem(details: ErrorDetails, document: Document) -> Problem:
    location, model = _place(details["loc"], document.data)
    path, line = _shown(location), document.line(location)
    context: dict[str, Any] = details.get("ctx") or {}
    match details["type"]:
        case "extra_forbidden":
            return _unknown_key(location, path, line, model)
        case "missing":
            description = _description(model, str(location[-1]))
            return Problem(
                f"{path} is not there", description or "a value", f"add {location[-1]!r} there", line
            )
        case "declaration":
            found = f"{path}: {context['found']}" if path else str(context["found"])
            return Problem(found, str(context["expected"]), str(context["todo"]), line)
        case "union_tag_not_found":
            return Problem(
                f"{path} has no `type`", "`type`: one of " + _tags(location), "add `type` there", line
            )
        case "union_tag_invalid":
            found, expected = str(context.get("tag")), str(context.get("expected_tags"))
            near = _nearest(found, [tag.strip(" '") for tag in expected.split(",")])
            return Problem(
                f"{path}.type is {found!r}", "one of " + expected, near or "give one of these", line
            )
        case "literal_error":
            expected = str(context["expected"])
            near = _nearest(str(details["input"]), [one.strip("'") for one in re.split(r", | or ", expected)])
            return Problem(
                f"{path} is {described(details['input'])}", expected, near or "give one of these", line
            )
    expected = details["msg"].removeprefix("Input should be ")
    description = _description(model, str(location[-1])) if location else ""
    return Problem(
        f"{path or 'the file'} is {described(details['input'])}",
        expected[0].lower() + expected[1:],
        f"correct it ({location[-1]}: {description})" if description else "correct it",
        line,
    )


def _unknown_key(location: Location, path: str, line: int | None, model: type[BaseModel]) -> Problem:
    known = list(model.model_fields)
    return Problem(
        f"{path} is no key of a declared source",
        "of " + ", ".join(known),
        _nearest(str(location[-1]), known) or "leave it out",
        line,
    )


def _nearest(found: str, known: list[str]) -> str:
    near = get_close_matches(found, known, n=1)
    return f"did you mean {near[0]!r}?" if near else ""


def _place(loc: Location, data: object) -> tuple[Location, type[BaseModel]]:
    """Return the location in the file, without the tags that the models put in, and the model around its end."""
    location: list[str | int] = []
    model: type[BaseModel] = SourceDocument
    candidates: tuple[type[BaseModel], ...] = (SourceDocument,)
    for index, step in enumerate(loc):
        last = index == len(loc) - 1
        if len(candidates) > 1 and isinstance(data, dict) and data.get("type") == step:
            candidates = tuple(one for one in candidates if step in _types_of(one))
            continue
        if candidates:
            model = candidates[0]
        location.append(step)
        data = _below(data, step)
        if isinstance(step, str):
            field = model.model_fields.get(step)
            if not last:
                candidates = tuple(_models_in(field.annotation)) if field is not None else ()
    return tuple(location), model


def _below(data: object, step: str | int) -> object:
    if isinstance(data, dict):
        return data.get(step)
    return data[step] if isinstance(data, list) and isinstance(step, int) and step < len(data) else None


def _models_in(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) in (Annotated, Union, types.UnionType, tuple):
        for argument in get_args(annotation):
            yield from _models_in(argument)


def _types_of(model: type[BaseModel]) -> tuple[object, ...]:
    field = model.model_fields.get("type")
    return get_args(field.annotation) if field is not None else ()


def _tags(location: Location) -> str:
    _, model = _place(location, None)
    field = model.model_fields.get(str(location[-1]))
    models = _models_in(field.annotation) if field is not None else ()
    return ", ".join(str(tag) for one in models for tag in _types_of(one))


def _description(model: type[BaseModel], name: str) -> str:
    field = model.model_fields.get(name)
    return (field.description or "").rstrip(".") if field is not None else ""


def _shown(location: Location) -> str:
    text = ""
    for step in location:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text
