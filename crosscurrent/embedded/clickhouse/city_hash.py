"""CityHash128 of many pieces at once: the checksum of ClickHouse's compressed frames.

Each step of the hash needs the one before, so a piece cannot be split; but many pieces go side by side, one numpy
operation for all of them. This is version 1.0.2, which ClickHouse keeps; later versions give other values.

Source: CityHash 1.0.2 by Google (``city.cc``), and contrib/cityhash102 in ClickHouse.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_Words = NDArray[np.uint64]

_MASK = (1 << 64) - 1
_K0, _K1, _K2, _K3 = 0xC3A5C85C97CB3127, 0xB492B66FBE98F273, 0x9AE16A3B2F90404F, 0xC949D7C7509E6557
_MIX = 0x9DDFEA08EB382D69
_ROUND_BYTES = 128
_ROUND_WORDS = _ROUND_BYTES // 8
_K1_WORD = np.uint64(_K1)


@dataclass(slots=True)
class _State:
    """The seven words that a piece's rounds work on."""

    x: int
    y: int
    z: int
    v: tuple[int, int]
    w: tuple[int, int]


def city_hash_128(pieces: Sequence[bytes]) -> list[bytes]:
    """Return the sixteen bytes of each piece's hash, as ClickHouse writes them.

    Args:
        pieces: each of eight bytes or more, as every frame is.
    """
    hashes = [b""] * len(pieces)
    long: list[int] = []
    for index, piece in enumerate(pieces):
        if len(piece) - 16 < _ROUND_BYTES:
            hashes[index] = _packed(*_short(piece))
        else:
            long.append(index)
    # the longest first, so that those still at work are always the first ones
    long.sort(key=lambda index: -len(pieces[index]))
    for index, state in zip(long, _after_rounds([pieces[index] for index in long]), strict=True):
        hashes[index] = _packed(*_finished(pieces[index][16:], state))
    return hashes


def _after_rounds(pieces: Sequence[bytes]) -> list[_State]:
    """Return the state of each piece after all its full rounds."""
    if not pieces:
        return []
    rounds = np.array([(len(piece) - 16) // _ROUND_BYTES for piece in pieces])
    words = np.zeros((len(pieces), int(rounds[0]), _ROUND_WORDS), dtype=np.uint64)
    for index, piece in enumerate(pieces):
        body = np.frombuffer(piece, dtype="<u8", count=int(rounds[index]) * _ROUND_WORDS, offset=16)
        words[index, : rounds[index]] = body.reshape(-1, _ROUND_WORDS)
    starts = [_start(piece) for piece in pieces]
    columns = [(s.x, s.y, s.z, s.v[0], s.v[1], s.w[0], s.w[1]) for s in starts]
    state = np.array(columns, dtype=np.uint64).T.copy()
    for number in range(words.shape[1]):
        active = int(np.count_nonzero(rounds > number))
        step = words[:active, number].T
        now = list(state[:, :active])
        now = _half_round(now, step[:8])
        now = _half_round(now, step[8:])
        for row, values in enumerate(now):
            state[row, :active] = values
    return [
        _State(int(x), int(y), int(z), (int(v0), int(v1)), (int(w0), int(w1)))
        for x, y, z, v0, v1, w0, w1 in state.T
    ]


def _half_round(state: list[_Words], words: _Words) -> list[_Words]:
    x, y, z, v0, v1, w0, w1 = state
    x = _turned(x + y + v0 + words[2], 37) * _K1_WORD
    y = _turned(y + v1 + words[6], 42) * _K1_WORD
    x = x ^ w1
    y = y ^ v0
    z = _turned(z ^ w0, 33)
    v0, v1 = _weak(words[0:4], v1 * _K1_WORD, x + w0)
    w0, w1 = _weak(words[4:8], z + w1, y)
    return [z, y, x, v0, v1, w0, w1]


def _weak(words: _Words, a: _Words, b: _Words) -> tuple[_Words, _Words]:
    a = a + words[0]
    b = _turned(b + a + words[3], 21)
    before = a
    a = a + words[1] + words[2]
    return a + words[3], b + _turned(a, 44) + before


def _turned(value: _Words, bits: int) -> _Words:
    return (value >> np.uint64(bits)) | (value << np.uint64(64 - bits))


def _start(piece: bytes) -> _State:
    x, y = _word(piece, 0) ^ _K3, _word(piece, 8)
    body = piece[16:]
    z = len(body) * _K1 & _MASK
    v0 = (_turn(y ^ _K1, 49) * _K1 + _word(body, 0)) & _MASK
    v1 = (_turn(v0, 42) * _K1 + _word(body, 8)) & _MASK
    w0 = (_turn(y + z, 35) * _K1 + x) & _MASK
    w1 = _turn(x + _word(body, 88), 53) * _K1 & _MASK
    return _State(x, y, z, (v0, v1), (w0, w1))


def _finished(body: bytes, state: _State) -> tuple[int, int]:
    x, y, z, (v0, v1), (w0, w1) = state.x, state.y, state.z, state.v, state.w
    y = (y + _turn(w0, 37) * _K0 + z) & _MASK
    x = (x + _turn(v0 + z, 49) * _K0) & _MASK
    for done in range(32, len(body) % _ROUND_BYTES + 32, 32):
        at = len(body) - done
        y = (_turn(y - x, 42) * _K0 + v1) & _MASK
        w0 = (w0 + _word(body, at + 16)) & _MASK
        x = (_turn(x, 49) * _K0 + w0) & _MASK
        w0 = (w0 + v0) & _MASK
        v0, v1 = _weak_one(body, at, v0, v1)
    x, y = _hash16(x, v0), _hash16(y, w0)
    return (_hash16(x + v1, w1) + y) & _MASK, _hash16(x + w1, y + v1)


def _weak_one(body: bytes, at: int, a: int, b: int) -> tuple[int, int]:
    first, second, third, fourth = (_word(body, at + 8 * index) for index in range(4))
    a += first
    b = _turn(b + a + fourth, 21)
    before = a
    a += second + third
    return (a + fourth) & _MASK, (b + _turn(a, 44) + before) & _MASK


def _short(piece: bytes) -> tuple[int, int]:
    if len(piece) < 16:
        a, b = _word(piece, 0) ^ (len(piece) * _K0 & _MASK), _word(piece, len(piece) - 8) ^ _K1
        return _murmur(b"", a, b)
    return _murmur(piece[16:], _word(piece, 0) ^ _K3, _word(piece, 8))


def _murmur(body: bytes, a: int, b: int) -> tuple[int, int]:
    size = len(body)
    if size <= 16:
        a = _shift_mix(a * _K1) * _K1 & _MASK
        c = (b * _K1 + _hash_to_16(body)) & _MASK
        d = _shift_mix(a + (_word(body, 0) if size >= 8 else c))
    else:
        c = _hash16(_word(body, size - 8) + _K1, a)
        d = _hash16(b + size, c + _word(body, size - 16))
        a = (a + d) & _MASK
        for at in range(0, size - 16, 16):
            a = (a ^ _shift_mix(_word(body, at) * _K1) * _K1 & _MASK) * _K1 & _MASK
            b ^= a
            c = (c ^ _shift_mix(_word(body, at + 8) * _K1) * _K1 & _MASK) * _K1 & _MASK
            d ^= c
    a, b = _hash16(a, c), _hash16(d, b)
    return a ^ b, _hash16(b, a)


def _hash_to_16(body: bytes) -> int:
    size = len(body)
    if size > 8:
        a, b = _word(body, 0), _word(body, size - 8)
        return _hash16(a, _turn(b + size, size)) ^ b
    if size >= 4:
        a = int.from_bytes(body[:4], "little")
        return _hash16(size + (a << 3), int.from_bytes(body[-4:], "little"))
    if size:
        y = body[0] + (body[size >> 1] << 8)
        z = size + (body[-1] << 2)
        return _shift_mix(y * _K2 ^ z * _K3) * _K2 & _MASK
    return _K2


def _hash16(low: int, high: int) -> int:
    low, high = low & _MASK, high & _MASK
    a = (low ^ high) * _MIX & _MASK
    a ^= a >> 47
    b = (high ^ a) * _MIX & _MASK
    b ^= b >> 47
    return b * _MIX & _MASK


def _shift_mix(value: int) -> int:
    value &= _MASK
    return value ^ (value >> 47)


def _turn(value: int, bits: int) -> int:
    value &= _MASK
    return ((value >> bits) | (value << (64 - bits))) & _MASK


def _word(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 8], "little")


def _packed(low: int, high: int) -> bytes:
    return low.to_bytes(8, "little") + high.to_bytes(8, "little")
