"""The log on disk: what a crash may leave behind, damage, format, and that less is kept than happened."""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest

from crosscurrent.embedded.registry.events import Event, IdsGiven, SchemaRegistered, SettingChanged
from crosscurrent.embedded.registry.journal import FILE_NAME, FORMAT, Journal
from crosscurrent.embedded.registry.store import SUPERFLUOUS_EVENTS_MAX, Store
from crosscurrent.errors import Fatal, WrongUse

EVENTS: list[Event] = [
    SchemaRegistered("s", 1, 1, '"int"', "one"),
    SettingChanged("s", "compatibility", "FULL"),
    SchemaRegistered("ü", 1, 2, '"string"', "two"),
]


def write(folder: Path, events: list[Event]) -> bytes:
    journal = Journal(folder)
    for event in events:
        journal.append(event)
    journal.close()
    return (folder / FILE_NAME).read_bytes()


def read(folder: Path) -> list[Event]:
    journal = Journal(folder)
    journal.close()
    return journal.events


def test_journal_gives_back_what_was_appended(tmp_path: Path) -> None:
    write(tmp_path, EVENTS[:1])
    write(tmp_path, EVENTS[1:])

    assert read(tmp_path) == EVENTS


def test_journal_ignores_a_torn_tail_wherever_it_was_torn(tmp_path: Path) -> None:
    whole = write(tmp_path, EVENTS)
    before_last = whole.rstrip(b"\n").rindex(b"\n") + 1

    for end in range(before_last, len(whole)):
        (tmp_path / FILE_NAME).write_bytes(whole[:end])
        assert read(tmp_path) == EVENTS[:-1]
        assert (tmp_path / FILE_NAME).read_bytes() == whole[:before_last], "the torn part is gone"


def test_journal_goes_on_after_a_torn_tail(tmp_path: Path) -> None:
    whole = write(tmp_path, EVENTS)
    (tmp_path / FILE_NAME).write_bytes(whole[:-9])

    write(tmp_path, EVENTS[2:])

    assert read(tmp_path) == EVENTS


@pytest.mark.parametrize("tail", [b"\0" * 300, b"\0" * 300 + b"\n", b"00000000 {}\n"])
def test_journal_ignores_a_tail_that_the_disk_did_not_get_to_write(tmp_path: Path, tail: bytes) -> None:
    whole = write(tmp_path, EVENTS)
    (tmp_path / FILE_NAME).write_bytes(whole + tail)

    assert read(tmp_path) == EVENTS


def test_journal_refuses_damage_before_its_end_and_changes_nothing(tmp_path: Path) -> None:
    whole = write(tmp_path, EVENTS)
    damaged = whole.replace(b'"FULL"', b'"NONE"')
    (tmp_path / FILE_NAME).write_bytes(damaged)

    with pytest.raises(Fatal, match="line 3 does not fit its checksum"):
        Journal(tmp_path)
    assert (tmp_path / FILE_NAME).read_bytes() == damaged


@pytest.mark.parametrize("content", [b"something else\n", b"something else"])
def test_journal_refuses_a_file_that_is_no_log(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE_NAME).write_bytes(content)

    with pytest.raises(Fatal, match="format"):
        Journal(tmp_path)
    assert (tmp_path / FILE_NAME).read_bytes() == content


def test_journal_refuses_a_newer_format_and_says_so(tmp_path: Path) -> None:
    header = b'{"format":%d}' % (FORMAT + 1)
    (tmp_path / FILE_NAME).write_bytes(b"%08x %b\n" % (zlib.crc32(header), header))

    with pytest.raises(WrongUse, match="newer version"):
        Journal(tmp_path)


def test_journal_refuses_an_event_of_another_version(tmp_path: Path) -> None:
    whole = write(tmp_path, EVENTS)
    line = b'{"event":"schema_blessed","subject":"s"}'
    (tmp_path / FILE_NAME).write_bytes(whole + b"%08x %b\n" % (zlib.crc32(line), line))

    with pytest.raises(Fatal, match="schema_blessed"):
        Journal(tmp_path)


def test_journal_begins_anew_in_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).touch()

    assert read(tmp_path) == []
    assert write(tmp_path, EVENTS).count(b"\n") == len(EVENTS) + 1


def test_journal_is_for_one_process_at_a_time(tmp_path: Path) -> None:
    first = Journal(tmp_path)

    with pytest.raises(WrongUse, match="in use by another registry"):
        Journal(tmp_path)
    first.close()
    assert read(tmp_path) == []


def test_journal_refuses_a_directory_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "data").touch()

    with pytest.raises(WrongUse, match="cannot be used"):
        Journal(tmp_path / "data")


def test_store_drops_what_no_longer_matters_when_it_starts(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.replace(
        [*EVENTS, IdsGiven(9)]
        + [
            SettingChanged("s", "mode", ("READONLY", "READWRITE")[n % 2])
            for n in range(SUPERFLUOUS_EVENTS_MAX + 10)
        ]
    )
    journal.close()
    before = (tmp_path / FILE_NAME).stat().st_size

    Store(tmp_path).close()
    first = Store(tmp_path)
    state = first.state

    assert (tmp_path / FILE_NAME).stat().st_size < before / 10
    assert state.next_id == 9
    assert [state.setting("s", "mode"), state.setting("s", "compatibility")] == ["READWRITE", "FULL"]
    assert state.subjects() == ["s", "ü"]
    first.close()
