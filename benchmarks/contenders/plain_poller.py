"""A poller as one writes it first: everything at a fixed interval, page by page, without conditional requests.

It is a straw baseline, and the common one: `while True`, `get`, `sleep`. Its requests take no time here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import httpx

from benchmarks.cost_world import ADDRESS, GITHUB, Watched, Wire

PAGE_ROWS = 50


async def watch(what: Watched, wire: Wire, seconds: float, vendor: str, interval: float) -> None:
    """Poll one vendor for some seconds.

    Args:
        what: is watched.
        wire: to the vendors.
        seconds: how long.
        vendor: which.
        interval: between the beginnings of two rounds, seconds.
    """
    loop = asyncio.get_running_loop()
    begin, rounds = loop.time(), 0
    async with httpx.AsyncClient(transport=wire, base_url=f"{ADDRESS}/{vendor}") as client:
        while rounds * interval < seconds:
            headers = {"authorization": f"Bearer {await _token(client, vendor)}"}
            for address in addresses(what, vendor):
                await _pages(client, address, headers)
            rounds += 1
            await asyncio.sleep(begin + rounds * interval - loop.time())


def addresses(what: Watched, vendor: str) -> Iterator[str]:
    """Yield the first address of everything that is asked: the same as our connectors ask."""
    if vendor == GITHUB:
        for name in what.repositories:
            yield f"/repos/{name}"
            yield f"/repos/{name}/events"
            yield f"/repos/{name}/issues?state=all&sort=updated&direction=asc&per_page=100"
            yield f"/repos/{name}/releases"
        return
    for key in what.playlists:
        yield f"/v1/playlists/{key}"
        yield f"/v1/playlists/{key}/items?limit={PAGE_ROWS}"


async def _pages(client: httpx.AsyncClient, address: str, headers: dict[str, str]) -> None:
    following: str | None = address
    while following:
        response = await client.get(following, headers=headers)
        following = None
        if response.is_success:
            payload = response.json()
            in_body = payload.get("next") if isinstance(payload, dict) else None
            following = in_body or response.links.get("next", {}).get("url")


async def _token(client: httpx.AsyncClient, vendor: str) -> str:
    if vendor == GITHUB:
        return "token-of-the-benchmark"
    form = {"grant_type": "client_credentials"}
    response = await client.post("/api/token", data=form, auth=("app-of-the-benchmark", "secret"))
    return str(response.json()["access_token"])
