"""The jars of Apache Kafka, resolved once from their Maven coordinates and kept outside every home.

``kafka_jars.lock`` names each jar with its checksum, so what Maven or jgo brings is what was tested, whatever mirror it
came from. Who downloads, from where and with which proxy is theirs: their own configuration counts.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from crosscurrent.errors import CrosscurrentError, Fatal, ServerAway, WrongUse

Say = Callable[[str], None]
Fetch = Callable[[Sequence["Jar"], Path], None]
"""Puts jars into a directory, each under its file name."""

_LOCK = "kafka_jars.lock"
_KAFKA = "org.apache.kafka:kafka_2.13"
_FETCH_SECONDS_MAX = 600.0
_WORDS_MAX = 300


@dataclass(frozen=True, slots=True)
class Jar:
    """One jar.

    Attributes:
        group: Maven group id.
        artifact: Maven artifact id.
        version: its version.
        sha256: checksum of the file, hexadecimal.
    """

    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def file_name(self) -> str:
        """Name of the file."""
        return f"{self.artifact}-{self.version}.jar"


def locked_jars() -> tuple[Jar, ...]:
    """Return all jars of the broker, in the order of the lock, which is that of the class path."""
    text = resources.files(__package__).joinpath(_LOCK).read_text()
    jars = []
    for line in text.splitlines():
        coordinates, _, checksum = line.partition(" sha256:")
        group, artifact, version = coordinates.split(":")
        jars.append(Jar(group, artifact, version, checksum))
    return tuple(jars)


def kafka_version() -> str:
    """Return the version of Kafka in the lock."""
    return next(jar.version for jar in locked_jars() if f"{jar.group}:{jar.artifact}" == _KAFKA)


def cache_directory(environment: Mapping[str, str] = os.environ) -> Path:
    """Return where jars are kept, for all homes of this user: below ``XDG_CACHE_HOME``.

    Source: XDG Base Directory Specification, "Environment variables": it is ``~/.cache`` if unset or not absolute.
    """
    given = Path(environment.get("XDG_CACHE_HOME", ""))
    root = given if given.is_absolute() else Path.home() / ".cache"
    return root / "crosscurrent" / f"kafka-{kafka_version()}"


def class_path(directory: Path) -> str:
    """Return the class path of the jars in a cache directory."""
    return os.pathsep.join(str(directory / jar.file_name) for jar in locked_jars())


def resolve_jars(directory: Path, say: Say, fetch: Fetch | None = None) -> None:
    """See to it that the directory holds all jars, intact; at once if it does already.

    Args:
        directory: the cache.
        say: told in a line what takes its time.
        fetch: brings them; Maven's ``mvn``, or the library jgo, whichever is there if None.

    Raises:
        WrongUse: there is neither, or the cache cannot be written.
        ServerAway: a jar is not to be had, such as without a network.
        Fatal: a jar differs from the one in the lock.
    """
    if are_there(directory):
        return
    fetch = fetch or fetcher()[1]
    say(f"getting Apache Kafka {kafka_version()} from its Maven coordinates, once for this machine")
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=directory.parent, prefix="kafka-partial-") as partial:
            fetch(locked_jars(), Path(partial))
            _take(Path(partial), directory)
    except OSError as error:
        raise WrongUse(
            f"Kafka's jars cannot be kept in {directory} ({error.strerror or error})",
            expected="a cache directory of this user, on a disk with 60 MB of room",
            todo="make room or correct its permissions, or set XDG_CACHE_HOME to another directory",
        ) from error


def are_there(directory: Path) -> bool:
    """Return whether a directory holds all jars, intact."""
    return all(_is_intact(directory / jar.file_name, jar) for jar in locked_jars())


def fetcher() -> tuple[str, Fetch]:
    """Return what gets jars on this machine, by name.

    Raises:
        WrongUse: there is nothing.
    """
    if shutil.which("mvn"):
        return "mvn", fetch_by_maven
    if importlib.util.find_spec("jgo"):
        return "jgo", fetch_by_jgo
    raise WrongUse(
        "neither Maven's mvn nor the Python library jgo on this machine",
        expected="one of them, to get Apache Kafka's jars",
        todo="`pip install 'crosscurrent[kafka]'`, or install Maven; or start without `--broker kafka`",
    )


def _take(partial: Path, directory: Path) -> None:
    """Move what was fetched to its place, if it is what the lock says."""
    for jar in locked_jars():
        if not _is_intact(partial / jar.file_name, jar):
            raise Fatal(
                f"{jar.group}:{jar.artifact}:{jar.version} is not the jar that was tested with this version",
                expected=f"a file with the SHA-256 {jar.sha256}",
                todo="look at the mirror that Maven is configured to use; delete the jar from its local repository",
            )
    directory.mkdir(exist_ok=True)
    for jar in locked_jars():
        (partial / jar.file_name).replace(directory / jar.file_name)


def _is_intact(path: Path, jar: Jar) -> bool:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == jar.sha256
    except OSError:
        return False


def fetch_by_maven(jars: Sequence[Jar], directory: Path) -> None:
    """Get jars with ``mvn``, which uses its own settings, mirrors and local repository.

    Raises:
        ServerAway: it could not get them.
    """
    project = directory / "pom.xml"
    project.write_text(_project(jars))
    command = ["mvn", "--batch-mode", "--quiet", "--file", str(project), "dependency:copy-dependencies"]
    command += [f"-DoutputDirectory={directory}", "-DexcludeTransitive=true", "-Dmdep.useBaseVersion=true"]
    try:
        result = subprocess.run(
            command, capture_output=True, text=True, timeout=_FETCH_SECONDS_MAX, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _not_to_be_had(f"mvn did not end ({type(error).__name__})") from error
    if result.returncode != 0:
        errors = [line for line in result.stdout.splitlines() if "ERROR" in line] or ["no word of why"]
        raise _not_to_be_had(f"mvn: {errors[0][:_WORDS_MAX]}")


def fetch_by_jgo(jars: Sequence[Jar], directory: Path) -> None:
    """Get jars with the library jgo, which needs no Maven.

    Raises:
        ServerAway: it could not get them.
    """
    maven = importlib.import_module("jgo.maven").MavenContext()
    for jar in jars:
        try:
            component = maven.project(jar.group, jar.artifact).at_version(jar.version)
            found = component.artifact().resolve()
        # whatever it or the HTTP library below it raises: it has no error type of its own
        except Exception as error:
            raise _not_to_be_had(f"jgo: {str(error)[:_WORDS_MAX]}") from error
        shutil.copyfile(found, directory / jar.file_name)


def _project(jars: Sequence[Jar]) -> str:
    dependencies = "".join(
        f"<dependency><groupId>{jar.group}</groupId><artifactId>{jar.artifact}</artifactId>"
        f"<version>{jar.version}</version>"
        "<exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions></dependency>"
        for jar in jars
    )
    return (
        '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
        "<groupId>crosscurrent</groupId><artifactId>kafka</artifactId><version>1</version>"
        f"<dependencies>{dependencies}</dependencies></project>"
    )


def _not_to_be_had(found: str) -> CrosscurrentError:
    return ServerAway(
        f"Apache Kafka's jars are not to be had ({found})",
        expected="a network on which Maven's repository, or the mirror in Maven's settings, can be reached, once",
        todo="try again there; or copy the cache of a machine that has them: the directory kafka-… below "
        "XDG_CACHE_HOME/crosscurrent; or start without `--broker kafka`",
    )
