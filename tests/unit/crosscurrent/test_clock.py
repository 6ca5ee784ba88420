"""A clock that runs faster than the machine's, and who may live by it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connectors.kit.polling_clock import clock_of
from crosscurrent.clock import FasterClock, ManualClock, SystemClock
from crosscurrent.errors import WrongUse
from crosscurrent.settings import Settings, SourceSettings


async def test_faster_clock_passes_so_many_seconds_in_a_real_one() -> None:
    real = ManualClock()
    clock = FasterClock(1200.0, real)
    began_utc, began_seconds = clock.now_utc(), clock.monotonic_seconds()
    real.advance(3)
    assert clock.now_utc() - began_utc == timedelta(hours=1)
    assert clock.monotonic_seconds() - began_seconds == 3600
    assert clock.loop_seconds(300) == 0.25

    await clock.sleep(1800)

    assert real.monotonic_seconds() == 4.5


def _settings(base_url: str | None, speed: float) -> Settings:
    return Settings(polling_speed=speed, sources={"github": SourceSettings(base_url=base_url)})


def test_polling_is_by_the_machines_clock_unless_a_speed_is_set() -> None:
    assert isinstance(clock_of(_settings(None, 1), "github"), SystemClock)
    for host in ("127.0.0.1:8070", "localhost:8070", "[::1]:8070"):
        assert isinstance(clock_of(_settings(f"http://{host}/github", 7200), "github"), FasterClock)


@pytest.mark.parametrize("base_url", [None, "https://api.github.com", "http://127.0.0.1.example.org"])
def test_vendor_that_is_not_on_this_machine_is_never_polled_faster(base_url: str | None) -> None:
    with pytest.raises(WrongUse, match="POLLING_SPEED") as refused:
        clock_of(_settings(base_url, 2), "github")
    assert "CROSSCURRENT_SOURCES__GITHUB__BASE_URL" in refused.value.expected
