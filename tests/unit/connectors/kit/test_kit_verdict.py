"""What an answer means for what comes next."""

from __future__ import annotations

import pytest

from connectors.kit.errors import Refused
from connectors.kit.verdict import asks_to_wait, failure, is_good
from crosscurrent.errors import Transient

OWN_LIMIT = (
    b'{"error": "Your requests are exceeding the allowable rate limit (22.3, limit is 22.0 per 20 seconds)."}'
)
BUSY = b'{"error": "The MusicBrainz web server is currently busy. Please try again later."}'
WORDS = b'{"message": "You have exceeded a secondary rate limit."}'


@pytest.mark.parametrize(
    ("status", "headers", "body", "waits"),
    [
        (429, {}, b"", True),
        (403, {"retry-after": "60"}, b"", True),
        (403, {"x-ratelimit-remaining": "0"}, b"", True),
        (403, {"x-ratelimit-remaining": "17"}, WORDS, True),
        (403, {"x-ratelimit-remaining": "17"}, b"Resource not accessible", False),
        (503, {"retry-after": "5"}, b"", True),
        (503, {}, b"", False),
        (503, {}, OWN_LIMIT, True),
        (503, {"retry-after": "0"}, BUSY, False),
        (503, {"retry-after": "20"}, BUSY, True),
        (200, {"x-ratelimit-remaining": "0"}, b"", False),
        (401, {}, b"", False),
    ],
)
def test_answer_asks_to_wait(status: int, headers: dict[str, str], body: bytes, waits: bool) -> None:
    assert asks_to_wait(status, headers, body) is waits


@pytest.mark.parametrize("status", [500, 502, 503, 504, 408, 425])
def test_answer_of_a_server_in_trouble_is_asked_for_again(status: int) -> None:
    assert isinstance(failure(status, b"", url="u", source="x"), Transient)


@pytest.mark.parametrize(
    ("status", "credential"),
    [(401, True), (403, True), (404, False), (410, False), (451, False), (422, False)],
)
def test_answer_that_will_not_change_leaves_the_target(status: int, credential: bool) -> None:
    error = failure(status, b'{"message":\n "Not  Found"}', url="https://api.test/a", source="github")

    assert isinstance(error, Refused)
    assert error.credential is credential
    assert "https://api.test/a" in error.found
    assert '"Not Found"' in error.found
    assert ("TOKEN" in error.todo) is credential


def test_good_is_data_or_nothing_new() -> None:
    assert [status for status in (200, 204, 206, 304, 301, 404, 500) if is_good(status)] == [
        200,
        204,
        206,
        304,
    ]
