"""Keeps the real exchanges of one round of polls as a directory of recordings, without secrets."""

from __future__ import annotations

import asyncio
from collections import deque
from pathlib import Path

from connectors.kit.client import Response
from connectors.kit.declaration import Connector, Poll
from connectors.kit.json_request import Ask
from connectors.kit.page import Page
from connectors.kit.pagination import Trail
from connectors.kit.terms import Purpose
from connectors.kit.wiring import Asking, make_asking, secrets_of
from crosscurrent.clock import SystemClock
from crosscurrent.embedded.recordings import Exchange, RecordingWriter
from crosscurrent.settings import Settings

POLLS_MAX = 500  # a round of a source that names further targets ends somewhere


def record_source(connector: Connector, settings: Settings, directory: Path) -> list[Path]:
    """Return the headers files of what was recorded, errors of the vendor included.

    Args:
        connector: what is asked.
        settings: credential and targets.
        directory: is made if it is not there.

    Raises:
        WrongUse: the source lacks what it needs.
        Transient: the vendor does not answer.
        Fatal: the directory cannot be written.
    """
    return asyncio.run(_record(connector, settings, directory))


async def _record(connector: Connector, settings: Settings, directory: Path) -> list[Path]:
    source = settings.source(connector.name)
    asking = make_asking(connector, source, SystemClock(), home=settings.home, purpose=Purpose.PERSON)
    writer = RecordingWriter(directory, connector.name, secrets_of(source))
    waiting = deque(asking.polls)
    known = {poll.request_key for poll in waiting}
    written: list[Path] = []
    try:
        for _ in range(POLLS_MAX):
            if not waiting:
                break
            poll = waiting.popleft()
            for found in await _record_poll(poll, asking, writer, written):
                following = connector.poll_for(*found) if connector.poll_for else None
                if following and following.request_key not in known:
                    known.add(following.request_key)
                    waiting.append(following)
    finally:
        await asking.close()
    return written


async def _record_poll(
    poll: Poll, asking: Asking, writer: RecordingWriter, written: list[Path]
) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    url: str | None = poll.first_url(asking.base_url, None)
    trail = Trail(poll.pages_max(None))
    while url is not None and trail.enter(poll.sent_url(url)):
        ask = poll.ask(url)
        async with asking.pacer.turn(poll.endpoint) as turn:
            response = await asking.client.ask(ask.url, body=ask.body)
            turn.headers = response.headers
        written.append(writer.write(poll.endpoint, poll.target or "all", _exchange(asking, ask, response)))
        if response.status != 200:
            break
        page = Page(url, response.headers, response.body)
        found += poll.find(page.json) if poll.find else []
        url = poll.pagination.next_url(page)
        url = url and asking.client.without_credential(url)
    return found


def _exchange(asking: Asking, ask: Ask, response: Response) -> Exchange:
    return Exchange(
        "GET" if ask.body is None else "POST",
        asking.client.redacted(ask.url),
        response.status,
        response.headers,
        response.body,
        ask.body or b"",
    )
