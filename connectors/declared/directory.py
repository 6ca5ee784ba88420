"""The directory of declared sources: one file each, named after the source; cheap to import."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from crosscurrent.errors import WrongUse

if TYPE_CHECKING:
    from connectors.kit.declaration import Connector

FILES_MAX: Final = 1000
SUFFIX: Final = ".yaml"
RESERVED: Final = frozenset(
    {
        "broker",
        "clickhouse",
        "connectors",
        "correlate",
        "detect",
        "drift",
        "live",
        "normalise",
        "registry",
        "sink",
        "world",
    }
)
"""Names that ``up --only`` and other commands understand as something else than a source."""

_SUFFIXES = (SUFFIX, ".yml")  # a file of the other ending is told of, not passed over
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")


@dataclass(frozen=True, slots=True)
class Declared:
    """What a directory declares.

    Attributes:
        connectors: name to connector, of the files that are good.
        files: name to file, of the same.
        refused: one error for each file that is not.
    """

    connectors: dict[str, Connector]
    files: dict[str, Path]
    refused: tuple[WrongUse, ...]


def declared_files(directory: Path, taken: Collection[str]) -> dict[str, Path]:
    """Return name to file of what a directory declares, good or not, without reading any; none if it is not there.

    Args:
        directory: where the files are.
        taken: names of the sources that are programmed.
    """
    try:
        files = _files(directory)
    except WrongUse:
        return {}  # whoever reads the files tells of it
    return {file.stem: file for file in files if _wrong_name(file, taken) is None}


def read_directory(directory: Path, taken: Collection[str]) -> Declared:
    """Return what a directory declares; a file that is not good does not stop the others.

    Args:
        directory: where the files are; none if it is not there.
        taken: names of the sources that are programmed.
    """
    connectors: dict[str, Connector] = {}
    files: dict[str, Path] = {}
    refused: list[WrongUse] = []
    try:
        found = _files(directory)
    except WrongUse as error:
        return Declared({}, {}, (error,))
    for file in found:
        try:
            connectors[file.stem] = read_source(file, taken)
            files[file.stem] = file
        except WrongUse as error:
            refused.append(error)
    return Declared(connectors, files, tuple(refused))


def read_source(file: Path, taken: Collection[str]) -> Connector:
    """Return the connector of one file.

    Args:
        file: named after the source.
        taken: names of the sources that are programmed.

    Raises:
        WrongUse: its name cannot be that of a source, or what it says is wrong: ``problems.WrongDeclaration``.
    """
    wrong = _wrong_name(file, taken)
    if wrong is not None:
        raise wrong
    # only whoever has such a file pays for the YAML reader and the models
    from connectors.declared.connector_of import connector_of
    from connectors.declared.read import read_declaration

    return connector_of(file.stem, read_declaration(file))


def _files(directory: Path) -> list[Path]:
    try:
        found = sorted(file for file in directory.iterdir() if file.suffix in _SUFFIXES and file.is_file())
    except FileNotFoundError:
        return []
    except OSError as error:
        raise WrongUse(
            f"{directory} cannot be read ({error.strerror})",
            expected="a directory of files that declare sources",
            todo="correct CROSSCURRENT_SOURCES_DIRECTORY, or the rights of the directory",
            file=str(directory),
        ) from error
    if len(found) > FILES_MAX:
        raise WrongUse(
            f"{directory} holds {len(found)} files",
            expected=f"at most {FILES_MAX} that declare sources",
            todo="move what is not needed elsewhere",
            file=str(directory),
        )
    return found


def _wrong_name(file: Path, taken: Collection[str]) -> WrongUse | None:
    name = file.stem
    if file.suffix != SUFFIX or not _NAME.fullmatch(name):
        return WrongUse(
            f"{file}: a name that no source can have",
            expected="small letters, digits and _, beginning with a letter, then .yaml",
            todo="rename the file: its name is the source's, as in raw.<name>",
            file=str(file),
        )
    if name in taken or name in RESERVED:
        what = (
            "a source that comes with Crosscurrent" if name in taken else "the name of a part of Crosscurrent"
        )
        return WrongUse(
            f"{file}: {name} is {what}",
            expected="a name of its own",
            todo="rename the file",
            file=str(file),
        )
    return None
