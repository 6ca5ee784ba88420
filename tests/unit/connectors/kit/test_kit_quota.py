"""What a vendor still allows."""

from __future__ import annotations

import pytest

from connectors.kit.quota import (
    DocumentedRate,
    HeaderQuota,
    Remaining,
    read_remaining,
    retry_after_seconds,
)

DATE = "Mon, 05 Jan 2026 00:00:00 GMT"
DATE_SECONDS = 1_767_571_200
QUOTA = HeaderQuota()


@pytest.mark.parametrize(
    ("reset", "seconds"),
    [
        (str(DATE_SECONDS + 90), 90),
        (str((DATE_SECONDS + 90) * 1000), 90),  # some write milliseconds
        ("90", 90),
        (str(DATE_SECONDS - 5), 0),
        (str(DATE_SECONDS + 10**8), 3600),  # nonsense must not stop everything
        ("soon", 3600),
    ],
)
def test_reset_counts_from_the_vendors_own_clock(reset: str, seconds: float) -> None:
    headers = {"date": DATE, "x-ratelimit-remaining": "7", "x-ratelimit-reset": reset}

    assert read_remaining(QUOTA, headers, 1000.0) == Remaining(0, 7, 1000.0 + seconds)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7),
        ("Mon, 05 Jan 2026 00:02:00 GMT", 120),
        ("Sun, 04 Jan 2026 00:00:00 GMT", 0),
        ("99999999", 3600),
        ("later", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str, seconds: float | None) -> None:
    assert retry_after_seconds({"retry-after": value, "date": DATE}) == seconds


@pytest.mark.parametrize("requests", [0.5, 1, 2, 2.5, 3, 10, 19, 60, 900])
def test_documented_rate_spaces_requests_so_that_no_window_sees_more(requests: float) -> None:
    for spacing in (DocumentedRate(requests, 60).spacing(), DocumentedRate(requests, 60).live_spacing()):
        times = [max(0, number - spacing.at_once + 1) * spacing.seconds for number in range(3000)]

        assert max(sum(begin <= at < begin + 60 for at in times) for begin in times[:60]) <= max(1, requests)


def test_documented_rate_leaves_a_person_some_requests_that_the_poll_cannot_take() -> None:
    everything, live = DocumentedRate(60).spacing(), DocumentedRate(60).live_spacing()

    assert (everything.at_once, live.at_once) == (9, 6)
    assert live.seconds > everything.seconds
