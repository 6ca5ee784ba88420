"""Reads a file that declares a source."""

from __future__ import annotations

from pathlib import Path

import orjson
from pydantic import ValidationError

from connectors.declared.document import SourceDocument
from connectors.declared.problems import Problem, WrongDeclaration, problems_of
from connectors.declared.yaml_text import NotYaml, read_yaml


def read_declaration(file: Path) -> SourceDocument:
    """Return what a file declares.

    Raises:
        WrongDeclaration: it cannot be read, is no YAML, or does not fit the schema; says where and how.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        found = f"a file that cannot be read ({error.__class__.__name__})"
        problem = Problem(found, "a text in UTF-8", "check its name, its rights and its encoding")
        raise WrongDeclaration(file, (problem,)) from error
    try:
        document = read_yaml(text)
    except NotYaml as error:
        problem = Problem(
            error.found, "YAML without aliases, tags and double keys", "correct it there", error.line
        )
        raise WrongDeclaration(file, (problem,)) from error
    try:
        return SourceDocument.model_validate_json(orjson.dumps(document.data), strict=True)
    except ValidationError as error:
        raise WrongDeclaration(file, problems_of(error, document)) from error
