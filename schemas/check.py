"""Holds the schemas against their committed history: contracts evolve, never break."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass

from crosscurrent.embedded.registry import check_compatibility
from schemas.generate import load_schema, schema_names
from schemas.subjects import HISTORY_FOLDER, versions


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a schema may not be released as it is.

    Attributes:
        schema: Avro file name without ending.
        path: where in the schema.
        message: what clashes.
    """

    schema: str
    path: str
    message: str


def check_history() -> list[Problem]:
    """Return what is wrong: a schema that is not in the history, or cannot read what an earlier version wrote."""
    problems: list[Problem] = []
    for name in schema_names():
        current = load_schema(name)
        past = [json.loads(path.read_text()) for path in versions(name)]
        if not past or past[-1] != current:
            problems.append(
                Problem(
                    name,
                    "",
                    "differs from its last committed version: run `python -m schemas.check --commit`",
                )
            )
        for number, earlier in enumerate(past, start=1):
            problems += [
                Problem(name, clash.path, f"cannot read version {number}: {clash.message}")
                for clash in check_compatibility(current, earlier)
            ]
    return problems


def commit_history() -> list[str]:
    """Add each changed schema to the history as its next version and return their names."""
    committed = []
    for name in schema_names():
        past = versions(name)
        if past and json.loads(past[-1].read_text()) == load_schema(name):
            continue
        folder = HISTORY_FOLDER / name
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(load_schema(name), indent=2, ensure_ascii=False) + "\n"
        (folder / f"{len(past) + 1}.avsc").write_text(text)
        committed.append(name)
    return committed


def main() -> None:
    """Check; with ``--commit`` write new versions first. Exits 1 if something is wrong."""
    if "--commit" in sys.argv[1:]:
        for name in commit_history():
            sys.stdout.write(f"committed {name}\n")
    problems = check_history()
    for problem in problems:
        sys.stdout.write(f"{problem.schema} {problem.path}: {problem.message}\n")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
