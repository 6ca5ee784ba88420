"""The seam to the embedded broker, without a broker."""

from __future__ import annotations

import asyncio
import struct
from pathlib import Path

import pytest

from crosscurrent.embedded.broker import BROKERS, Tansu, cluster_id
from crosscurrent.embedded.broker.tansu import binary
from crosscurrent.errors import WrongUse


def test_tansu_listens_and_advertises_on_the_same_loopback_address() -> None:
    command = list(Tansu().command(host="127.0.0.1", port=4711, cluster="life", data=Path()))
    assert command.count("tcp://127.0.0.1:4711") == 2
    assert command[command.index("--cluster-id") + 1] == "life"


def test_tansu_is_measured_by_its_memory() -> None:
    assert Tansu().size_bytes(resident_bytes=123, data=Path()) == 123


def test_brokers_are_found_by_the_name_the_command_line_uses() -> None:
    assert {name: broker.name for name, broker in BROKERS.items()} == {"tansu": "tansu", "kafka": "kafka"}


def test_binary_says_what_to_do_when_there_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CALF_TANSU_BIN", str(tmp_path / "absent"))
    with pytest.raises(WrongUse) as raised:
        binary()
    assert "CROSSCURRENT_KAFKA__BOOTSTRAP_SERVERS" in raised.value.todo


@pytest.mark.parametrize(
    "answer",
    [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"", struct.pack(">i", 8) + b"\0\0\0\1\x7f\xff\xff\xff"],
)
async def test_cluster_id_raises_when_the_server_is_no_kafka(answer: bytes) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        with pytest.raises(OSError, match="Kafka"):
            await cluster_id("127.0.0.1", server.sockets[0].getsockname()[1], timeout_seconds=2.0)
