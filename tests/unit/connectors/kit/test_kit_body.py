"""Bodies within bounds."""

from __future__ import annotations

import gzip
import zlib

import pytest

from connectors.kit.body import Body
from connectors.kit.errors import TooLarge, Truncated
from crosscurrent.errors import Poison

TEXT = b"all that there is to say " * 40


def raw_deflate(content: bytes) -> bytes:
    made = zlib.compressobj(wbits=-15)
    return made.compress(content) + made.flush()


@pytest.mark.parametrize(
    ("coding", "sent"),
    [
        ("", TEXT),
        ("identity", TEXT),
        ("gzip", gzip.compress(TEXT, mtime=0)),
        ("GZIP", gzip.compress(TEXT[:100], mtime=0) + gzip.compress(TEXT[100:], mtime=0)),
        ("deflate", zlib.compress(TEXT)),
        ("deflate", raw_deflate(TEXT)),
    ],
)
@pytest.mark.parametrize("piece_bytes", [1, 7, 10_000])
def test_body_is_whole_however_it_comes(coding: str, sent: bytes, piece_bytes: int) -> None:
    body = Body(coding, 10_000)
    for begin in range(0, len(sent), piece_bytes):
        body.feed(sent[begin : begin + piece_bytes])

    assert body.finish() == TEXT


def test_body_gives_up_a_small_body_that_stands_for_a_huge_one() -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    body = Body("gzip", 1000)

    with pytest.raises(TooLarge, match="1000 bytes") as refused:
        body.feed(bomb)
    assert len(refused.value.partial) == 1001


def test_body_may_be_just_as_large_as_its_bound() -> None:
    body = Body("gzip", len(TEXT))
    body.feed(gzip.compress(TEXT, mtime=0))

    assert body.finish() == TEXT


@pytest.mark.parametrize("cut", [5, 20, -1])
def test_body_whose_coding_ends_early_is_truncated(cut: int) -> None:
    body = Body("gzip", 10_000)
    body.feed(gzip.compress(TEXT, mtime=0)[:cut])

    with pytest.raises(Truncated) as refused:
        body.finish()
    assert TEXT.startswith(refused.value.partial)


def test_body_whose_coding_is_broken_is_truncated() -> None:
    with pytest.raises(Truncated, match="cannot be decoded"):
        Body("gzip", 10_000).feed(b"no gzip at all")


def test_body_refuses_a_coding_that_was_not_asked_for() -> None:
    with pytest.raises(Poison, match="'br'"):
        Body("br", 10_000)
