"""The state of a detector as bytes: a version, named numbers as JSON, then the arrays.

``b"CCD2"``, the length of the JSON as 4 bytes, the JSON, the arrays in the order in which the JSON lists their names
and lengths; everything little-endian. JSON numbers are written with as many digits as bring back the same bits.
"""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from crosscurrent.errors import Fatal

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from streams.detect.detector import SeriesDetector

MAGIC = b"CCD2"
_LENGTH = struct.Struct("<I")
_PARTS = ("context", "flatline", "level_tail", "context_tail", "quiet", "stretch")
_DTYPES: dict[str, np.dtype[Any]] = {"f4": np.dtype("<f4"), "f8": np.dtype("<f8"), "u4": np.dtype("<u4")}

Arrays = dict[str, "NDArray[Any]"]


def encode(detector: SeriesDetector) -> bytes:
    """Return the state of a detector as bytes."""
    arrays = _arrays_of(detector)
    header = {
        "kind": detector.kind,
        "numbers": _numbers_of(detector),
        "recent": detector.context.recent,
        "arrays": [[name, array.dtype.str[1:], array.size] for name, array in arrays.items()],
    }
    text = orjson.dumps(header)
    return b"".join(
        [MAGIC, _LENGTH.pack(len(text)), text, *(np.ascontiguousarray(a).tobytes() for a in arrays.values())]
    )


def decode(payload: bytes) -> tuple[dict[str, Any], Arrays]:
    """Return the named numbers and the arrays of a payload.

    Raises:
        Fatal: the payload is damaged, or of a version that this one does not know.
    """
    if payload[: len(MAGIC)] != MAGIC:
        raise _unreadable(f"begins with {payload[:4]!r}", "it was written by another version")
    try:
        start = len(MAGIC) + _LENGTH.size
        (length,) = _LENGTH.unpack(payload[len(MAGIC) : start])
        header = orjson.loads(payload[start : start + length])
        arrays: Arrays = {}
        offset = start + length
        for name, code, size in header["arrays"]:
            dtype = _DTYPES[code]
            arrays[name] = np.frombuffer(payload, dtype=dtype, count=size, offset=offset).copy()
            offset += size * dtype.itemsize
    except (struct.error, ValueError, KeyError, TypeError) as error:
        raise _unreadable(f"cannot be read: {error}", "it was cut short or altered") from error
    if offset != len(payload):
        raise _unreadable(f"has {len(payload)} bytes instead of {offset}", "it was cut short or altered")
    return header, arrays


def fill(detector: SeriesDetector, header: dict[str, Any], arrays: Arrays) -> None:
    """Put a decoded state into a new detector."""
    numbers = header["numbers"]
    _fill(detector, numbers["detector"], detector.NUMBERS)
    forecast = detector.forecast
    _fill(forecast, numbers["forecast"], forecast.NUMBERS)
    _fill(forecast.plain, numbers["plain"], forecast.plain.NUMBERS)
    _fill(forecast.seasonal, numbers["seasonal"], forecast.seasonal.NUMBERS)
    forecast.drift.restore(numbers["drift"])
    for part in _PARTS:
        target = getattr(detector, part)
        _fill(target, numbers[part], target.NUMBERS)
    forecast.profile.levels = arrays["profile_levels"].tolist()
    forecast.profile.days = arrays["profile_days"].tolist()
    detector.level_tail.counts = arrays["level_counts"]
    detector.context_tail.counts = arrays["context_counts"]
    detector.context.recent = list(header["recent"])
    detector.context.recall(arrays["contexts"], arrays["last_used"])


def _numbers_of(detector: SeriesDetector) -> dict[str, dict[str, Any]]:
    forecast = detector.forecast
    numbers: dict[str, dict[str, Any]] = {
        "detector": _take(detector, detector.NUMBERS),
        "forecast": _take(forecast, forecast.NUMBERS),
        "plain": _take(forecast.plain, forecast.plain.NUMBERS),
        "seasonal": _take(forecast.seasonal, forecast.seasonal.NUMBERS),
        "drift": forecast.drift.numbers(),
    }
    for part in _PARTS:
        target = getattr(detector, part)
        numbers[part] = _take(target, target.NUMBERS)
    return numbers


def _arrays_of(detector: SeriesDetector) -> Arrays:
    context = detector.context
    return {
        "profile_levels": np.array(detector.forecast.profile.levels),
        "profile_days": np.array(detector.forecast.profile.days),
        "level_counts": detector.level_tail.counts,
        "context_counts": detector.context_tail.counts,
        "contexts": context.contexts[:, : context.used].ravel(),
        "last_used": context.last_used[: context.used],
    }


def _take(part: object, names: tuple[str, ...]) -> dict[str, Any]:
    """Return named numbers; what is not finite has a word, for JSON has no number for it."""
    return {name: _written(getattr(part, name)) for name in names}


def _fill(part: object, numbers: dict[str, Any], names: tuple[str, ...]) -> None:
    for name in names:
        value = numbers[name]
        setattr(part, name, float(value) if isinstance(value, str) else value)


def _written(value: float) -> float | str:
    return value if math.isfinite(value) else str(value)


def _unreadable(found: str, why: str) -> Fatal:
    return Fatal(
        f"the stored state of a detector {found}: {why}",
        expected=f"a payload that begins with {MAGIC!r}",
        todo="delete the state of this series; it warms up again",
    )
