"""The embedded Kafka without a network, a Java or a broker."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Sequence
from pathlib import Path

import pytest

from crosscurrent.embedded.broker import Kafka, NodePlace, jars
from crosscurrent.embedded.broker.jars import Jar, cache_directory, class_path, locked_jars, resolve_jars
from crosscurrent.embedded.broker.java import find_java
from crosscurrent.embedded.broker.node import new_cluster_id
from crosscurrent.embedded.broker.node_config import (
    java_arguments,
    server_properties,
    to_arguments_file,
    to_properties,
)
from crosscurrent.errors import Fatal, ServerAway, WrongUse

JAR = Jar("org.example", "one", "1.0", hashlib.sha256(b"jar").hexdigest())
PLACE = NodePlace("127.0.0.1", 4711, 4712, Path("/home of/broker"), 512 * 1024 * 1024)


def put_java(home: Path, version: str | None) -> Path:
    """Make a Java that tells its version in its release file, or only when asked."""
    program = home / "bin" / "java"
    program.parent.mkdir(parents=True)
    told = "echo 'openjdk version \"21.0.3\" 2024-04-16' >&2" if version is None else "exit 1"
    program.write_text(f"#!/bin/sh\n{told}\n")
    program.chmod(0o755)
    if version is not None:
        (home / "release").write_text(f'IMPLEMENTOR="x"\nJAVA_VERSION="{version}"\n')
    return program


@pytest.fixture
def one_jar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jars, "locked_jars", lambda: (JAR,))
    monkeypatch.setattr(jars, "kafka_version", lambda: "1.0")


def fetch(content: bytes, asked: list[str]) -> jars.Fetch:
    def put(wanted: Sequence[Jar], directory: Path) -> None:
        for jar in wanted:
            asked.append(jar.file_name)
            (directory / jar.file_name).write_bytes(content)

    return put


def test_java_home_comes_before_the_path(tmp_path: Path) -> None:
    at_home = put_java(tmp_path / "a", "17.0.15")
    on_path = put_java(tmp_path / "b", "21.0.1")
    found = find_java({"JAVA_HOME": str(tmp_path / "a"), "PATH": str(on_path.parent)})
    assert (found.program, found.major, found.found_by) == (at_home, 17, "JAVA_HOME")


def test_java_that_is_too_old_is_passed_over(tmp_path: Path) -> None:
    put_java(tmp_path / "a", "1.8.0_402")
    on_path = put_java(tmp_path / "b", None)
    found = find_java({"JAVA_HOME": str(tmp_path / "a"), "PATH": str(on_path.parent)})
    assert (found.program, found.version) == (on_path, "21.0.3")


def test_java_that_is_too_old_everywhere_is_named_with_what_to_do(tmp_path: Path) -> None:
    put_java(tmp_path / "a", "11.0.2")
    with pytest.raises(WrongUse) as raised:
        find_java({"JAVA_HOME": str(tmp_path / "a"), "PATH": ""})
    assert "(JAVA_HOME) is 11.0.2" in raised.value.found
    assert "Java 17 or newer" in raised.value.expected
    assert "crosscurrent[kafka]" in raised.value.todo


def test_no_java_is_told_with_what_to_do() -> None:
    with pytest.raises(WrongUse, match="no Java on this machine"):
        find_java({"PATH": ""})


def test_lock_names_kafka_and_what_it_logs_with_each_jar_once() -> None:
    names = [f"{jar.group}:{jar.artifact}" for jar in locked_jars()]
    assert {"org.apache.kafka:kafka_2.13", "org.apache.logging.log4j:log4j-slf4j-impl"} <= set(names)
    assert len(set(names)) == len(names)
    assert all(len(jar.sha256) == 64 for jar in locked_jars())


@pytest.mark.usefixtures("one_jar")
def test_jars_are_got_once_and_said(tmp_path: Path) -> None:
    asked: list[str] = []
    said: list[str] = []
    for _ in range(2):
        resolve_jars(tmp_path / "cache" / "kafka", said.append, fetch(b"jar", asked))
    assert asked == ["one-1.0.jar"]
    assert len(said) == 1
    assert class_path(tmp_path) == str(tmp_path / "one-1.0.jar")


@pytest.mark.usefixtures("one_jar")
def test_jar_that_was_damaged_on_disk_is_got_again(tmp_path: Path) -> None:
    asked: list[str] = []
    (tmp_path / "one-1.0.jar").write_bytes(b"dam")
    resolve_jars(tmp_path, lambda _: None, fetch(b"jar", asked))
    assert (tmp_path / "one-1.0.jar").read_bytes() == b"jar"


@pytest.mark.usefixtures("one_jar")
def test_jar_that_is_not_the_locked_one_is_refused_and_not_kept(tmp_path: Path) -> None:
    with pytest.raises(Fatal, match=r"org.example:one:1.0 is not the jar"):
        resolve_jars(tmp_path / "kafka", lambda _: None, fetch(b"other", []))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("one_jar")
def test_maven_without_a_network_ends_in_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mvn = tmp_path / "bin" / "mvn"
    mvn.parent.mkdir()
    mvn.write_text("#!/bin/sh\necho '[ERROR] Unknown host repo.example'\nexit 1\n")
    mvn.chmod(mvn.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{mvn.parent}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(ServerAway) as raised:
        resolve_jars(tmp_path / "kafka", lambda _: None)
    assert "Unknown host" in raised.value.found
    assert "once" in raised.value.expected
    assert "XDG_CACHE_HOME" in raised.value.todo


@pytest.mark.usefixtures("one_jar")
def test_machine_without_maven_and_jgo_is_told_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(WrongUse, match="neither Maven's mvn nor the Python library jgo"):
        resolve_jars(tmp_path / "kafka", lambda _: None)


def test_cache_is_below_the_cache_of_the_user() -> None:
    given = cache_directory({"XDG_CACHE_HOME": "/cache"})
    assert given == Path("/cache/crosscurrent") / f"kafka-{jars.kafka_version()}"
    assert cache_directory({"XDG_CACHE_HOME": "relative"}).parent == Path.home() / ".cache" / "crosscurrent"


def test_node_listens_on_loopback_only_and_keeps_nothing_in_memory_alone() -> None:
    properties = server_properties(PLACE, PLACE.log)
    assert properties["listeners"] == "PLAINTEXT://127.0.0.1:4711,CONTROLLER://127.0.0.1:4712"
    assert properties["log.dirs"] == "/home of/broker/log"
    assert properties["auto.create.topics.enable"] == "false"


def test_heap_is_bounded_and_words_with_spaces_stay_whole() -> None:
    arguments = java_arguments(PLACE, "/a b/one.jar", (), 17)
    assert "-Xmx536870912" in arguments
    assert '"/a b/one.jar"\n' in to_arguments_file(arguments)
    assert not any("unsafe" in word for word in arguments)
    assert any("unsafe" in word for word in java_arguments(PLACE, "", (), 25))
    assert to_properties({"log.dirs": "C:\\log"}) == "log.dirs=C:\\\\log\n"


def test_cluster_is_that_of_the_log_and_none_without_one(tmp_path: Path) -> None:
    assert Kafka().cluster(tmp_path) is None
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "meta.properties").write_text("#\nnode.id=1\ncluster.id=abc\n")
    assert Kafka().cluster(tmp_path) == "abc"


def test_size_is_what_the_log_takes_on_the_disk_not_what_sparse_files_claim(tmp_path: Path) -> None:
    (tmp_path / "t-0").mkdir()
    with (tmp_path / "t-0" / "0.index").open("wb") as file:
        file.truncate(10 * 1024 * 1024)
    (tmp_path / "t-0" / "0.log").write_bytes(b"x" * 100_000)
    assert 100_000 <= Kafka().size_bytes(resident_bytes=5, data=tmp_path) < 1024 * 1024


def test_cluster_id_never_looks_like_an_option() -> None:
    found = {new_cluster_id() for _ in range(500)}
    assert len(found) == 500
    assert all(len(one) == 22 and not one.startswith("-") for one in found)
