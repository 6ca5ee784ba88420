"""Encodings, frames, checksums and the Native format: everything that turns bytes into bytes."""

from __future__ import annotations

import random
import struct

import pytest

from crosscurrent.embedded.clickhouse.city_hash import city_hash_128
from crosscurrent.embedded.clickhouse.content_encoding import choose_encoding, make_decoder, make_encoder
from crosscurrent.embedded.clickhouse.failure import Failure
from crosscurrent.embedded.clickhouse.native_frames import FrameDecoder, FrameEncoder
from crosscurrent.embedded.clickhouse.native_layout import layout_of
from crosscurrent.embedded.clickhouse.native_revision import NativeRevision

ENCODINGS = ["gzip", "deflate", "br", "zstd", "lz4", ""]
# by go-faster/city, over bytes (i * 7 + n) mod 256
KNOWN_HASHES = {
    8: "9feb346ce8e35a98f2f9f1185545d8ba",
    9: "80885008a99d77f20854364fe84aef88",
    15: "1443b6470aa1c7ff70f998835a684c59",
    16: "4e7e2890890c933d9b6511d6440477c7",
    17: "f0e9ed04b1c7f44e8a17c6d04d5431ae",
    20: "c50d5188dd3f0cd4bc678d2c1155160a",
    24: "3a34086b235ecfbb0cb65080ace6058f",
    25: "7396cd4ed292081bd3383823f829f861",
    31: "99f185112aa9cd7ed42762edf0508928",
    32: "adf0df935f46a6c945c6069d82f7b2fc",
    33: "8a065e613be6ff1135542546810ca846",
    40: "67dc93f5738b71342042215927bfdd08",
    100: "ced681c78ad6c6cf8522ef787e570a9c",
    143: "2306b4d414b0d326e980bd41eb516895",
    144: "9ba176029dbc7f22a99caea46164a108",
    145: "594221bdaeb6df1a9eb4a68bece02725",
    160: "8d2443f7aca2006dcb91be098bba4d35",
    175: "46436148dab729cd91164962bd2c69ec",
    176: "6e705dc8e6483661e684198697a28e51",
    272: "48b20684ded0330910163f6def1291c2",
    273: "19ce612876a4a510070ae0edbfaa93b4",
    300: "3c9b61da9a18081cf9d9975c31955c7b",
    1000: "99dd0d90658d442470f54ed52c308cc0",
    5000: "8442c8b0bc6180c9c42341b18c3a2f68",
    16384: "031d2257b923d6d660e3daef7387dcf4",
}


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("step", [1, 7, 100_000])
def test_encoding_is_undone_whatever_the_pieces(encoding: str, step: int) -> None:
    plain = random.Random(1).randbytes(500) * 10
    encoder, decoder = make_encoder(encoding), make_decoder(encoding)
    packed = encoder.feed(plain[:3000]) + encoder.feed(plain[3000:]) + encoder.end()
    pieces = [packed[at : at + step] for at in range(0, len(packed), step)]
    assert b"".join(decoder.feed(piece) for piece in pieces) + decoder.end() == plain


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "lz4"])
def test_encoding_that_is_cut_off_or_wrong_is_refused(encoding: str) -> None:
    encoder = make_encoder(encoding)
    packed = encoder.feed(b"x" * 5000) + encoder.end()
    cut = make_decoder(encoding)
    with pytest.raises(Failure):
        (cut.feed(packed[: len(packed) // 2]), cut.end())
    wrong = make_decoder(encoding)
    with pytest.raises(Failure):
        (wrong.feed(b"1,x\n2,y\n" * 10), wrong.end())


@pytest.mark.parametrize(
    ("accepted", "chosen"),
    [("gzip", "gzip"), ("gzip, br", "br"), ("br;q=0, gzip;q=0.5", "gzip"), ("", ""), ("identity", "")],
)
def test_encoding_is_chosen_from_what_is_accepted(accepted: str, chosen: str) -> None:
    assert choose_encoding(accepted) == chosen


def test_unknown_encoding_is_refused() -> None:
    with pytest.raises(Failure, match="Unknown compression method: snappy"):
        make_decoder("snappy")


def test_hash_is_that_of_clickhouse() -> None:
    pieces = [bytes((index * 7 + size) % 256 for index in range(size)) for size in KNOWN_HASHES]
    hashes = [struct.unpack("<QQ", value) for value in city_hash_128(pieces)]
    assert [f"{low:016x}{high:016x}" for low, high in hashes] == list(KNOWN_HASHES.values())


@pytest.mark.parametrize("method", ["LZ4", "ZSTD", "NONE"])
def test_frames_are_undone_whatever_the_pieces(method: str) -> None:
    plain = random.Random(2).randbytes(1000) * 50
    packed = FrameEncoder(method).feed(plain)
    decoder = FrameDecoder()
    assert b"".join(decoder.feed(packed[at : at + 777]) for at in range(0, len(packed), 777)) == plain
    assert decoder.end() == b""


def test_frame_that_is_none_is_refused() -> None:
    with pytest.raises(Failure, match="no compressed frames"):
        FrameDecoder().feed(b"1,x\n2,y\n" * 10)
    cut = FrameDecoder()
    cut.feed(FrameEncoder("LZ4").feed(b"x" * 100)[:-1])
    with pytest.raises(Failure, match="cut off"):
        cut.end()


def text(value: bytes) -> bytes:
    return bytes([len(value)]) + value


def u64(*values: int) -> bytes:
    return struct.pack(f"<{len(values)}Q", *values)


COLUMNS = {
    "UInt8": b"\x01\x02",
    "Nullable(String)": b"\x00\x01" + text(b"ab") + text(b""),
    "Array(Tuple(x UInt8, `y z` String))": u64(1, 3) + b"abc" + text(b"p") * 3,
    "LowCardinality(Nullable(String))": u64(1)
    + u64(0x200, 2)
    + text(b"")
    + text(b"q")
    + u64(2)
    + b"\x00\x01",
    "Map(String, Array(UInt16))": u64(0, 1) + text(b"k") + u64(2) + b"\x01\x00\x02\x00",
    "Enum8('a, (b' = 1, 'c' = 2)": b"\x01\x02",
    "Decimal(20, 3)": bytes(32),
    "SimpleAggregateFunction(sum, UInt64)": u64(4, 5),
    "DateTime64(3, 'UTC')": u64(1, 2),
    "Polygon": u64(0, 0),
    "FixedString(3)": b"abcdef",
}


@pytest.mark.parametrize("step", [1, 5, 10_000])
def test_native_block_gets_what_a_later_version_expects(step: int) -> None:
    heads = [text(b"c") + text(name.encode()) for name in COLUMNS]
    block = bytes([len(COLUMNS), 2]) + b"".join(
        head + data for head, data in zip(heads, COLUMNS.values(), strict=True)
    )
    expected = b"\x01\x00\x02\xff\xff\xff\xff\x00" + bytes([len(COLUMNS), 2])
    expected += b"".join(head + b"\x00" + data for head, data in zip(heads, COLUMNS.values(), strict=True))
    reshaping = NativeRevision()
    stream = block * 2
    got = b"".join(reshaping.feed(stream[at : at + step]) for at in range(0, len(stream), step))
    assert got + reshaping.end() == expected * 2


def test_native_column_whose_length_nobody_knows_is_refused() -> None:
    with pytest.raises(Failure, match="cannot write a column of type AggregateFunction"):
        layout_of("AggregateFunction(uniq, UInt64)")
