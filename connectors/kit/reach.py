"""Where a vendor may lead us: never into the network that we stand in.

The base address is the user's own word, so that it may be on loopback. Any other address comes from an answer, of a
redirect or a next page: who answers could make us ask the metadata service of a cloud, or a router.

Source: RFC 6890 (special-purpose addresses), by way of ``ipaddress``; OWASP, "Server-Side Request Forgery Prevention".
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Iterable
from urllib.parse import urlsplit
from urllib.request import getproxies

from connectors.kit.errors import BadAnswer

Resolve = Callable[[str], Awaitable[Iterable[str]]]
"""Returns the addresses of a host name; none if it has none."""

_RESOLVE_SECONDS_MAX = 10.0
_LOCAL_NAMES = ("localhost", ".localhost", ".local", ".internal")


async def resolve(host: str) -> list[str]:
    """Return the addresses of a host; none if it has none, or a proxy finds them."""
    if getproxies():
        return []
    try:
        async with asyncio.timeout(_RESOLVE_SECONDS_MAX):
            found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, TimeoutError, UnicodeError):
        # it cannot be asked then either, which is told as that
        return []
    return [str(address[0]) for *_, address in found]


async def check_reach(url: str, shown: str, find: Resolve) -> None:
    """Look whether an address that an answer named may be asked.

    Args:
        url: the address.
        shown: the same, without secrets.
        find: resolves a host name.

    Raises:
        BadAnswer: it is, or resolves to, an address that is not public.
    """
    host = (urlsplit(url).hostname or "").rstrip(".").lower()
    named = host == _LOCAL_NAMES[0] or host.endswith(_LOCAL_NAMES[1:])
    addresses = [host] if _address(host) else await find(host)
    if named or any(not is_public(address) for address in addresses):
        raise _private(shown)


def check_peer(peer: object, shown: str) -> None:
    """Look at the address that was connected to: a name may have resolved to another one meanwhile.

    Args:
        peer: address and port, as the connection says; nothing is checked if it says none.
        shown: what was asked, without secrets.

    Raises:
        BadAnswer: it is not public.
    """
    address = peer[0] if isinstance(peer, tuple) and peer else None
    if isinstance(address, str) and not getproxies() and not is_public(address):
        raise _private(shown)


def is_public(text: str) -> bool:
    """Return whether an address is one of the public internet."""
    address = _address(text)
    if isinstance(address, ipaddress.IPv6Address):
        # an IPv4 address in the clothes of IPv6 is what it wears
        address = address.ipv4_mapped or address.sixtofour or address
    return address is not None and address.is_global and not address.is_multicast


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        pass
    try:
        # 127.1, 0x7f000001 and 2130706433 are addresses too, to whoever connects
        return ipaddress.IPv4Address(socket.inet_aton(text)) if text[:1].isdigit() else None
    except (OSError, ValueError):
        return None


def _private(shown: str) -> BadAnswer:
    return BadAnswer(
        f"an answer that leads to {shown}, which is not on the public internet",
        reason="private_address",
        expected="the vendor's own address, or a public one",
        todo="check the base address; if the vendor is in your network, name the address where it ends",
    )
