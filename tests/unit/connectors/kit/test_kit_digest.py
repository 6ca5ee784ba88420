"""What two answers have in common that say the same."""

from __future__ import annotations

import orjson
import pytest

from connectors.kit.digest import PARSED_BYTES_MAX, content_digest


@pytest.mark.parametrize(
    ("left", "right", "volatile"),
    [
        (b'{"a": 1, "b": 2}', b'{"b":2,"a":1}', ()),
        (b'{"a": 1, "request_id": "x"}', b'{"a": 1, "request_id": "y"}', ("request_id",)),
        (b'{"a": 1, "request_id": "x"}', b'{"a": 1}', ("request_id",)),
        (b'{"sys": {"id": 1, "sunset": 9}}', b'{"sys": {"id": 2, "sunset": 9}}', ("sys.id",)),
        (b'{"rows": [{"at": 1, "n": 5}]}', b'{"rows": [{"at": 2, "n": 5}]}', ("rows.at",)),
        (
            b'[{"icon": {"file": {"url": "x"}}, "rows": [{"file": {"url": "p"}}]}]',
            b'[{"icon": {"file": {"url": "y"}}, "rows": [{"file": {"url": "q"}}]}]',
            ("**.file.url",),
        ),
        (b"<html>", b"<html>", ("a",)),
    ],
)
def test_digest_is_that_of_an_answer_that_says_the_same(
    left: bytes, right: bytes, volatile: tuple[str, ...]
) -> None:
    assert content_digest(left, volatile) == content_digest(right, volatile)


@pytest.mark.parametrize(
    ("left", "right", "volatile"),
    [
        (b'{"dt": 1}', b'{"dt": 2}', ("request_id",)),
        (b'{"a": 1}', b'{"a": 1.0}', ()),
        (b"[1, 2]", b"[2, 1]", ()),
        (b'{"id": 1, "sys": {"id": 1}}', b'{"id": 2, "sys": {"id": 1}}', ("sys.id",)),
        (b'{"sys": "id 1"}', b'{"sys": "id 2"}', ("sys.id",)),
        (b"<html>1", b"<html>2", ("a",)),
        (b"{} ", b"{} x", ()),
    ],
)
def test_digest_differs_where_an_answer_says_something_else(
    left: bytes, right: bytes, volatile: tuple[str, ...]
) -> None:
    assert content_digest(left, volatile) != content_digest(right, volatile)


def test_digest_of_a_very_large_or_very_deep_body_is_that_of_its_bytes() -> None:
    large = orjson.dumps({"text": "x" * PARSED_BYTES_MAX})
    deep = b"[" * 1000 + b"]" * 1000

    assert content_digest(large, ("text",)) != content_digest(orjson.dumps({}), ("text",))
    assert content_digest(deep, ("**.a",)) == content_digest(deep, ("**.a",))
