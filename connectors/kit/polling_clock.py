"""The clock by which a source is polled: the machine's, or a faster one for a vendor that is played on this machine."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from crosscurrent.clock import Clock, FasterClock, SystemClock
from crosscurrent.errors import WrongUse
from crosscurrent.settings import Settings, source_variable


def clock_of(settings: Settings, source: str) -> Clock:
    """Return the clock of a source's intervals, rests and waits.

    Raises:
        WrongUse: time is to run faster for a vendor that is not on this machine.
    """
    clock = SystemClock()
    if settings.polling_speed == 1:
        return clock
    base_url = settings.source(source).base_url
    if base_url is None or not _is_here(base_url):
        raise WrongUse(
            f"CROSSCURRENT_POLLING_SPEED {settings.polling_speed:g} and {source} at "
            f"{base_url or 'the address of its vendor'}, who would be asked so many times too often",
            expected=f"{source_variable(source, 'base_url')} on this machine, such as http://127.0.0.1:8070/{source}",
            todo="unset CROSSCURRENT_POLLING_SPEED, or play the vendor",
            source=source,
        )
    return FasterClock(settings.polling_speed, clock)


def _is_here(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        # a name may lead anywhere
        return host == "localhost"
