"""Reading a JSON payload so that whatever does not fit is named by its path in the payload (pure).

A mapping asks a node for what it needs: ``row.count("stargazers_count")``. What is there in another form raises
``Poison`` with the path (``$[3].stargazers_count``), what was found and what was expected. There are three ways to
ask, since vendors differ in what they leave out:

- ``number``: the vendor always sends it, so absence and null are errors;
- ``optional_number``: it may be absent, but a null is an error (a number stood there);
- ``nullable_number``: the vendor documents or shows that it may be null or absent.

What is only kept as a property of a thing is read by ``plain`` and ``peek``, which leave out what does not fit: no
measurement is lost over a homepage.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final, cast

import orjson

from crosscurrent.errors import Poison
from schemas.records import RawEvent

PAYLOAD_BYTES_MAX: Final = 128 * 1024 * 1024
ROWS_MAX: Final = 50_000
KEY_CHARACTERS_MAX: Final = 500
PROPERTY_CHARACTERS_MAX: Final = 500
PROPERTY_ITEMS_MAX: Final = 50
WHOLE_MAX: Final = 2**63 - 1
EPOCH_SECONDS_END: Final = (
    4_102_444_800  # 2100-01-01: no vendor measures later, so a larger number is no second
)
_SHOWN_CHARACTERS_MAX = 40
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_ABSENT: Final = object()


class JsonNode:
    """A value in a payload that knows where it stands.

    Args:
        value: decoded JSON.
        event: the payload's event, for the facts of an error.
        parent: the node around it; None for the whole payload.
        step: name or index of the value in its parent.
    """

    __slots__ = ("_parent", "_step", "event", "value")

    def __init__(
        self, value: object, event: RawEvent, parent: JsonNode | None = None, step: str | int = ""
    ) -> None:
        self.value = value
        self.event = event
        self._parent = parent
        self._step = step

    @property
    def path(self) -> str:
        """Where the value stands, such as ``$.list[0].dt``."""
        if self._parent is None:
            return "$"
        step = f"[{self._step}]" if isinstance(self._step, int) else f".{self._step}"
        return self._parent.path + step

    def has(self, name: str) -> bool:
        """Return whether an object has a field that is not null."""
        return self._fields().get(name) is not None

    @property
    def missing(self) -> bool:
        """Whether nothing stands here, or a null."""
        return self.value is None or self.value is _ABSENT

    def member(self, step: str) -> JsonNode:
        """Return whatever stands in a field of an object, or at an index of an array, even if that is nothing.

        Raises:
            Poison: this value is neither, or an array and the step no index.
        """
        if isinstance(self.value, list) and step.isascii() and step.isdigit():
            return self.entry(int(step))
        return JsonNode(self._fields().get(step, _ABSENT), self.event, self, step)

    def child(self, name: str) -> JsonNode:
        """Return the object in a field.

        Raises:
            Poison: it is absent or no object.
        """
        node = JsonNode(self._fields().get(name, _ABSENT), self.event, self, name)
        node._fields()
        return node

    def nullable_child(self, name: str) -> JsonNode | None:
        """Return the object in a field, or None if it is absent or null.

        Raises:
            Poison: it is something else.
        """
        return self.child(name) if self._fields().get(name) is not None else None

    def rows(self, name: str | None = None) -> list[JsonNode]:
        """Return the entries of an array: this value's, or a field's.

        Raises:
            Poison: it is absent, no array, or has more than ``ROWS_MAX`` entries.
        """
        node = self if name is None else JsonNode(self._fields().get(name, _ABSENT), self.event, self, name)
        if not isinstance(node.value, list):
            raise node.misfit("an array")
        if len(node.value) > ROWS_MAX:
            raise node.misfit(f"at most {ROWS_MAX} entries", found=f"an array of {len(node.value)} entries")
        return [JsonNode(value, self.event, node, index) for index, value in enumerate(node.value)]

    def fields(self) -> Iterator[tuple[str, JsonNode]]:
        """Yield the names and values of an object.

        Raises:
            Poison: it is no object, or has more than ``ROWS_MAX`` fields.
        """
        fields = self._fields()
        if len(fields) > ROWS_MAX:
            raise self.misfit(f"at most {ROWS_MAX} fields", found=f"an object of {len(fields)} fields")
        for name, value in fields.items():
            if len(name) > KEY_CHARACTERS_MAX:
                expected = f"names of at most {KEY_CHARACTERS_MAX} characters"
                raise self.misfit(expected, found=f"an object with a name of {len(name)}")
            yield name, JsonNode(value, self.event, self, name)

    def text(self, name: str) -> str:
        """Return a text that is not empty and fit for a key.

        Raises:
            Poison: it is absent, null, no text, empty, or longer than ``KEY_CHARACTERS_MAX``.
        """
        value = self._fields().get(name, _ABSENT)
        if isinstance(value, str) and 0 < len(value) <= KEY_CHARACTERS_MAX:
            return value
        raise self._misfit_at(name, value, f"a text of 1 to {KEY_CHARACTERS_MAX} characters")

    def number(self, name: str) -> float:
        """Return a finite number.

        Raises:
            Poison: it is absent, null or no such number.
        """
        return self._number(name, self._fields().get(name, _ABSENT))

    def optional_number(self, name: str) -> float | None:
        """Return a finite number, or None if the field is absent; ``Poison`` if it is null or no number."""
        value = self._fields().get(name, _ABSENT)
        return None if value is _ABSENT else self._number(name, value)

    def nullable_number(self, name: str) -> float | None:
        """Return a finite number, or None if the field is absent or null; ``Poison`` if it is no number."""
        value = self._fields().get(name)
        return None if value is None else self._number(name, value)

    def count(self, name: str) -> float:
        """Return a whole number of 0 or more.

        Raises:
            Poison: it is absent, null or no such number.
        """
        return self._count(name, self._fields().get(name, _ABSENT))

    def optional_count(self, name: str) -> float | None:
        """Return a whole number of 0 or more, or None if absent; ``Poison`` if it is null or another value."""
        value = self._fields().get(name, _ABSENT)
        return None if value is _ABSENT else self._count(name, value)

    def nullable_count(self, name: str) -> float | None:
        """Return a whole number of 0 or more, or None if absent or null; ``Poison`` if it is another value."""
        value = self._fields().get(name)
        return None if value is None else self._count(name, value)

    def whole(self, name: str) -> int:
        """Return a whole number of 0 or more as an int: an id.

        Raises:
            Poison: it is absent, null, no such number, or above ``WHOLE_MAX``.
        """
        value = self._fields().get(name, _ABSENT)
        # not by way of a float, which would round an id of 17 digits
        whole = value if type(value) is int and value >= 0 else int(self._count(name, value))
        if whole > WHOLE_MAX:
            raise self._misfit_at(name, value, f"a whole number of at most {WHOLE_MAX}")
        return whole

    def epoch_ms(self, name: str) -> int:
        """Return a time given in epoch seconds as milliseconds since the epoch, UTC.

        Raises:
            Poison: it is absent, null, no number, or no time from 1970 to 2099.
        """
        return JsonNode(self._fields().get(name, _ABSENT), self.event, self, name).as_epoch_ms()

    def moment_ms(self, name: str) -> int:
        """Return a time given as ISO 8601 text as milliseconds since the epoch; without a zone it is UTC.

        Raises:
            Poison: it is absent, null, no text, or no date that exists.
        """
        return self._moment(name, self._fields().get(name, _ABSENT))

    def nullable_moment_ms(self, name: str) -> int | None:
        """Return an ISO 8601 time as milliseconds since the epoch, or None if absent or null."""
        value = self._fields().get(name)
        return None if value is None else self._moment(name, value)

    def entry(self, index: int) -> JsonNode:
        """Return an entry of an array.

        Raises:
            Poison: it is no array or has no such entry.
        """
        if not isinstance(self.value, list):
            raise self.misfit("an array")
        value = self.value[index] if index < len(self.value) else _ABSENT
        return JsonNode(value, self.event, self, index)

    def as_number(self) -> float:
        """Return this value as a finite number.

        Raises:
            Poison: it is no such number.
        """
        if not _is_number(self.value):
            raise self.misfit("a number")
        return self._finite(cast(float, self.value))

    def as_epoch_ms(self) -> int:
        """Return this value, in epoch seconds, as milliseconds since the epoch, UTC.

        Raises:
            Poison: it is no number, or no time from 1970 to 2099.
        """
        seconds = self.as_number()
        if not 0 <= seconds < EPOCH_SECONDS_END:
            raise self.misfit("epoch seconds between 1970 and 2100")
        return round(seconds * 1000)

    def as_moment_ms(self) -> int:
        """Return this value, ISO 8601 text, as milliseconds since the epoch; without a zone it is UTC.

        Raises:
            Poison: it is no text, or no date that exists.
        """
        if isinstance(self.value, str):
            try:
                moment = datetime.fromisoformat(self.value)
                moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
                seconds = moment.timestamp()
            except (ValueError, OverflowError):
                seconds = -1.0
            if 0 <= seconds < EPOCH_SECONDS_END:
                return round(seconds * 1000)
        raise self.misfit("an ISO 8601 time between 1970 and 2100")

    def plain(self, *names: str) -> dict[str, object]:
        """Return the fields that hold plain values or lists of them, cut to a bound; others are left out."""
        fields = self.value if isinstance(self.value, dict) else {}
        found: dict[str, object] = {}
        for name in names:
            value = fields.get(name)
            plain = _plain_items(value) if type(value) is list else _plain_scalar(value)
            if plain is not None:
                found[name] = plain
        return found

    def peek(self, *steps: str) -> str | int | float | bool | None:
        """Return the plain value at a path below, or None if there is none, whatever stands in its way."""
        value: object = self.value
        for step in steps:
            value = value.get(step) if isinstance(value, dict) else None
        return _plain_scalar(value)

    def peek_text(self, *steps: str) -> str | None:
        """Return the text at a path below, or None if there is none or it is empty."""
        value = self.peek(*steps)
        return value if isinstance(value, str) and value else None

    def misfit(self, expected: str, *, found: str | None = None) -> Poison:
        """Return the error that says that this value does not fit.

        Args:
            expected: what would have fitted.
            found: what is there, if it is not the value itself.
        """
        event = self.event
        return Poison(
            f"{event.source} {event.endpoint}: {self.path} is {found or described(self.value)}",
            expected=expected,
            todo=f"look at the payload in the dead letter; if the vendor changed its API, correct the mapping "
            f"of {event.source} and replay",
            source=event.source,
            endpoint=event.endpoint,
            path=self.path,
        )

    def _fields(self) -> dict[str, object]:
        if isinstance(self.value, dict):
            return self.value
        raise self.misfit("an object")

    def _number(self, name: str, value: object) -> float:
        if not _is_number(value):
            raise self._misfit_at(name, value, "a number")
        return JsonNode(value, self.event, self, name)._finite(cast(float, value))

    def _finite(self, value: float) -> float:
        number = float(value)
        if not math.isfinite(number):
            raise self.misfit("a finite number")
        return number

    def _count(self, name: str, value: object) -> float:
        # bool is an int to Python, but no number in JSON
        if type(value) is int and value >= 0:
            return float(value)
        if isinstance(value, float) and value >= 0 and value.is_integer():
            return abs(value)  # -0.0 is 0
        raise self._misfit_at(name, value, "a whole number of 0 or more")

    def _moment(self, name: str, value: object) -> int:
        return JsonNode(value, self.event, self, name).as_moment_ms()

    def _misfit_at(self, name: str, value: object, expected: str) -> Poison:
        return JsonNode(value, self.event, self, name).misfit(expected)


def read_json(event: RawEvent) -> JsonNode:
    """Return the payload of an event.

    A byte order mark before it is skipped, as RFC 8259 section 8.1 allows.

    Raises:
        Poison: it is empty, too large, or not JSON in UTF-8: then the message says from where on.
    """
    payload = event.payload
    if len(payload) > PAYLOAD_BYTES_MAX:
        raise _unreadable(event, f"{len(payload)} bytes", f"at most {PAYLOAD_BYTES_MAX} bytes")
    try:
        return JsonNode(orjson.loads(payload.removeprefix(_BYTE_ORDER_MARK)), event)
    except orjson.JSONDecodeError as error:
        found = f"not JSON ({error.msg} at character {error.pos} of {len(payload)} bytes)"
        raise _unreadable(event, found, "JSON in UTF-8") from error


def described(value: object) -> str:
    """Return a JSON value in a few words, for an error."""
    if value is _ABSENT:
        return "absent"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        shown = value if len(value) <= _SHOWN_CHARACTERS_MAX else value[:_SHOWN_CHARACTERS_MAX] + "…"
        return f"the text {shown!r}"
    if isinstance(value, int | float):
        return f"the number {value!r}"
    return "an array" if isinstance(value, list) else "an object"


def _is_number(value: object) -> bool:
    # bool is an int to Python, but no number in JSON
    return isinstance(value, int | float) and not isinstance(value, bool)


def _plain_items(items: list[object]) -> list[object] | None:
    plain: list[object] = [_plain_scalar(item) for item in items[:PROPERTY_ITEMS_MAX]]
    return None if None in plain else plain


def _plain_scalar(value: object) -> str | int | float | bool | None:
    if type(value) is str:
        return value if len(value) <= PROPERTY_CHARACTERS_MAX else value[:PROPERTY_CHARACTERS_MAX]
    return value if isinstance(value, int | float) else None


def _unreadable(event: RawEvent, found: str, expected: str) -> Poison:
    return Poison(
        f"{event.source} {event.endpoint}: $ (the payload) is {found}",
        expected=expected,
        todo="look at the payload in the dead letter; if the connection cut it short, the next poll brings it whole",
        source=event.source,
        endpoint=event.endpoint,
        path="$",
    )
