"""The spool keeps what the broker did not take: in order, bounded, whole or not at all, and secret where it is asked to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from connectors.kit.spool import Spool, SpoolFull, spool_bytes, spool_directory
from connectors.kit.spool_seal import Seal
from crosscurrent.errors import Fatal

ROOM = 1_000_000
RECORDS = [b"first", b"", b"third" * 1000]


def waiting(spool: Spool) -> list[bytes]:
    return [record for _, record in spool.waiting()]


def files(directory: Path) -> list[Path]:
    return sorted(directory.glob("*.spool"))


def filled(directory: Path, seal: Seal | None = None) -> Spool:
    spool = Spool(directory, ROOM, seal)
    for record in RECORDS:
        spool.append(record)
    return spool


def test_spool_gives_back_in_order_what_was_put_in_also_after_a_restart(tmp_path: Path) -> None:
    assert waiting(filled(tmp_path)) == RECORDS
    again = Spool(tmp_path, ROOM)
    again.append(b"fourth")
    assert waiting(again) == [*RECORDS, b"fourth"]


def test_spool_forgets_what_is_done_and_is_empty_when_all_is(tmp_path: Path) -> None:
    spool = filled(tmp_path)
    places = [place for place, _ in spool.waiting()]
    spool.done(places[0])
    assert waiting(spool) == RECORDS[1:]
    spool.append(b"fourth")
    spool.done(places[2])
    assert waiting(spool) == [b"fourth"]
    spool.done(next(place for place, _ in spool.waiting()))
    assert spool.is_empty
    assert spool.bytes_on_disk == 0
    spool.append(b"fifth")
    assert waiting(spool) == [b"fifth"]


def test_spool_keeps_every_whole_record_wherever_the_last_one_was_cut_off(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "whole", ROOM)
    for record in RECORDS[:2]:
        spool.append(record)
    kept = spool.bytes_on_disk
    spool.append(b"the last")
    (path,) = files(tmp_path / "whole")
    content = path.read_bytes()
    for size in range(kept, len(content)):
        torn = tmp_path / f"torn-{size}"
        torn.mkdir()
        (torn / path.name).write_bytes(content[:size])
        again = Spool(torn, ROOM)
        assert waiting(again) == RECORDS[:2]
        again.append(b"after")
        assert waiting(Spool(torn, ROOM)) == [*RECORDS[:2], b"after"]


def test_spool_passes_over_a_last_record_whose_bytes_did_not_reach_the_disk(tmp_path: Path) -> None:
    filled(tmp_path)
    (path,) = files(tmp_path)
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    assert waiting(Spool(tmp_path, ROOM)) == RECORDS[:2]


def test_spool_goes_on_in_further_files_and_removes_those_that_are_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.kit.spool._FILE_BYTES_MAX", 100)
    spool = Spool(tmp_path, ROOM)
    records = [bytes([number]) * 60 for number in range(9)]
    for record in records:
        spool.append(record)
    assert len(files(tmp_path)) == 5
    assert waiting(spool) == records == waiting(Spool(tmp_path, ROOM))
    places = [place for place, _ in spool.waiting()]
    spool.done(places[4])
    assert len(files(tmp_path)) == 3
    assert waiting(spool) == records[5:]


def test_spool_takes_no_more_than_its_bound_and_leaves_a_reserve(tmp_path: Path) -> None:
    spool = Spool(tmp_path, 1000)
    spool.append(bytes(800))
    with pytest.raises(SpoolFull, match="no room"):
        spool.append(bytes(150), reserve=0.1)
    spool.append(bytes(150))
    with pytest.raises(SpoolFull, match="1000 bytes"):
        spool.append(bytes(150))
    assert [len(record) for record in waiting(spool)] == [800, 150]


def test_spool_is_whole_after_a_write_that_the_disk_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = filled(tmp_path)
    write = os.write

    def half(handle: int, content: memoryview) -> int:
        write(handle, content[: len(content) // 2])
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("connectors.kit.spool.os.write", half)
        with pytest.raises(SpoolFull, match="No space left"):
            spool.append(b"does not fit")
    spool.append(b"fits")
    assert waiting(Spool(tmp_path, ROOM)) == [*RECORDS, b"fits"]


def test_spool_with_a_key_shows_nothing_and_opens_with_that_key_only(tmp_path: Path) -> None:
    filled(tmp_path, Seal("a key", "github"))
    (path,) = files(tmp_path)
    assert b"first" not in path.read_bytes()
    assert waiting(Spool(tmp_path, ROOM, Seal("a key", "github"))) == RECORDS
    for wrong in (Seal("another", "github"), Seal("a key", "notion")):
        with pytest.raises(Fatal, match="cannot be decrypted"):
            waiting(Spool(tmp_path, ROOM, wrong))


def test_spool_is_readable_by_its_user_only_and_its_size_is_told_by_source(tmp_path: Path) -> None:
    spool = filled(spool_directory(tmp_path, "default", "github"))
    drained = filled(spool_directory(tmp_path, "default", "notion"))
    drained.done(list(drained.waiting())[-1][0])
    filled(spool_directory(tmp_path, "other", "github"))
    assert spool_directory(tmp_path, "default", "github").stat().st_mode & 0o077 == 0
    assert spool_bytes(tmp_path, "default") == {"github": spool.bytes_on_disk}


def test_spool_holds_what_was_promised_when_the_process_is_killed(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from connectors.kit.spool import Spool\n"
        f"spool = Spool(Path({str(tmp_path)!r}), {ROOM})\n"
        "for number in range(10**6):\n"
        "    spool.append(b'%d ' % number * 50); print(number, flush=True)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for _ in range(40):
        process.stdout.readline()
    with pytest.raises(SpoolFull):
        Spool(tmp_path, ROOM).append(b"there is one owner")
    process.send_signal(signal.SIGKILL)
    promised = 40 + len(process.stdout.read().split("\n")[:-1])
    process.wait()
    found = waiting(Spool(tmp_path, ROOM))
    assert found == [b"%d " % number * 50 for number in range(len(found))]
    assert promised <= len(found) <= promised + 1


def test_spool_that_cannot_be_written_takes_nothing_and_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    spool = Spool(tmp_path / "file" / "github", ROOM)
    assert spool.is_empty
    with pytest.raises(SpoolFull):
        spool.append(b"anything")


def test_spool_leaves_nothing_behind_where_it_was_never_needed(tmp_path: Path) -> None:
    assert Spool(tmp_path / "spool" / "github", ROOM).is_empty
    assert list(tmp_path.iterdir()) == []
