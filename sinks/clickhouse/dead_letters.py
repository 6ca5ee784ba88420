"""What could not be processed, from ``dead_letters``: listed, shown, and published again."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from crosscurrent.errors import Transient, WrongUse
from crosscurrent.kafka import Producer, make_producer
from crosscurrent.settings import Settings
from sinks.clickhouse.client import ClickHouse, Rows
from sinks.clickhouse.presence import require_tables

LIST_LIMIT = 50
REPLAY_MAX = 100_000

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_READ_ONLY = {"readonly": 2}
_PAGE = 200  # letters whose bytes are held at a time
_FILTER = (
    "({stage:String} = '' OR stage = {stage:String}) AND ({topic:String} = '' OR topic = {topic:String}) "
    "AND failed_at >= {since:DateTime64(3, 'UTC')}"
)
_LIST_SQL = f"""
SELECT toString(record_id) AS id, tenant, stage, topic, partition, offset, failed_at, error, found,
       length(value) AS bytes
FROM dead_letters WHERE {_FILTER}
ORDER BY failed_at DESC, record_id LIMIT {{limit:UInt32}}
"""
_IDS_SQL = f"""
SELECT toString(record_id) AS id FROM dead_letters WHERE {_FILTER}
ORDER BY failed_at, topic, partition, offset, record_id LIMIT {{limit:UInt32}}
"""
# header values are bytes, which the client library reads as such only as hexadecimal digits
_LETTERS_SQL = """
SELECT toString(record_id) AS id, tenant, stage, cluster, topic, partition, offset, isNull(key) AS has_no_key,
       ifNull(key, '') AS key_bytes, mapKeys(headers) AS header_names,
       arrayMap(text -> hex(text), mapValues(headers)) AS header_values, value AS value_bytes,
       error, found, expected, todo, failed_at, _cluster, _topic, _partition, _offset, ingested_at
FROM dead_letters WHERE record_id IN (SELECT arrayJoin({ids:Array(UUID)}))
"""


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter with its bytes.

    Attributes:
        id: its ``record_id``.
        stage: stage that gave up.
        topic: topic of the original message; empty if there was none.
        partition: its partition, -1 if there was no message.
        offset: its offset, -1 if there was no message.
        key: its key, if it had one.
        headers: its headers.
        value: its bytes.
        columns: the other columns of the row.
    """

    id: str
    stage: str
    topic: str
    partition: int
    offset: int
    key: bytes | None
    headers: Mapping[str, bytes]
    value: bytes
    columns: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Replayed:
    """Where a dead letter went.

    Attributes:
        id: its ``record_id``.
        stage: stage that had given up.
        topic: topic it was published to; empty if there is none.
        partition: partition there, -1 if none.
        offset: offset there, -1 if none.
        note: why it was not published; empty if it was.
    """

    id: str
    stage: str
    topic: str = ""
    partition: int = -1
    offset: int = -1
    note: str = ""


class DeadLetterShelf:
    """The dead letters that ClickHouse holds.

    Args:
        settings: where ClickHouse and Kafka are.

    Raises:
        Transient: ClickHouse does not answer or is in trouble.
        Fatal: ClickHouse has no tables.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client = ClickHouse(settings)
        require_tables(self._client)

    def newest(
        self,
        *,
        stage: str | None = None,
        topic: str | None = None,
        since: datetime | None = None,
        limit: int = LIST_LIMIT,
    ) -> Rows:
        """Return what is known of the newest letters, without their bytes, newest first."""
        return self._client.query(
            _LIST_SQL, {**_filter(stage, topic, since), "limit": limit}, settings=_READ_ONLY
        )

    def ids(
        self, *, stage: str | None = None, topic: str | None = None, since: datetime | None = None
    ) -> list[str]:
        """Return the ids of the letters, oldest first, ``REPLAY_MAX`` at most."""
        rows = self._client.query(
            _IDS_SQL, {**_filter(stage, topic, since), "limit": REPLAY_MAX}, settings=_READ_ONLY
        )
        return [str(row["id"]) for row in rows]

    def letters(self, ids: Sequence[str]) -> list[Letter]:
        """Return letters with their bytes, in the order of the ids.

        Raises:
            WrongUse: an id is not one, or no letter has it.
        """
        wanted = list(dict.fromkeys(_canonical(identity) for identity in ids))
        rows = self._client.query(
            _LETTERS_SQL, {"ids": wanted}, settings=_READ_ONLY, binary=("key_bytes", "value_bytes")
        )
        found = {str(row["id"]): _letter(row) for row in rows}
        missing = [identity for identity in wanted if identity not in found]
        if missing:
            raise WrongUse(
                f"no dead letter {', '.join(missing[:5])}",
                expected="the id of a letter that is there",
                todo="see them with `crosscurrent dead-letters list`",
            )
        return [found[identity] for identity in wanted]

    def replay(self, ids: Sequence[str]) -> list[Replayed]:
        """Publish letters again where they were, and return where each went.

        Nothing is published if one of the ids is not there. A letter that fails again makes no new one, for its
        id comes from its bytes.

        Raises:
            WrongUse: an id is not one, or no letter has it.
            Transient: the broker did not acknowledge.
        """
        pages = [ids[begin : begin + _PAGE] for begin in range(0, len(ids), _PAGE)]
        for page in pages if len(pages) > 1 else ():
            self.letters(page)
        producer = make_producer(self._settings)
        try:
            return [
                replayed for page in pages for replayed in asyncio.run(_publish(producer, self.letters(page)))
            ]
        finally:
            producer.close()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


async def _publish(producer: Producer, letters: Sequence[Letter]) -> list[Replayed]:
    waiting = [
        await producer.enqueue(letter.topic, key=letter.key, value=letter.value, headers=letter.headers)
        for letter in letters
        if not _why_not(letter)
    ]
    answers = iter(await asyncio.gather(*waiting, return_exceptions=True))
    replayed = []
    for letter in letters:
        if note := _why_not(letter):
            replayed.append(Replayed(letter.id, letter.stage, note=note))
            continue
        answer = next(answers)
        if isinstance(answer, BaseException):
            raise _unsent(letter, len(replayed), answer) from answer
        place = (answer.topic, answer.partition, answer.offset)
        replayed.append(Replayed(letter.id, letter.stage, *place))
    return replayed


def _why_not(letter: Letter) -> str:
    """Return why a letter cannot be published again; empty if it can."""
    if not letter.topic:
        return "there is no message to publish: the connector makes the poll again by itself"
    if not letter.value:
        return "its bytes were too many for a dead letter: the message can be read at its position only"
    return ""


def _unsent(letter: Letter, done: int, reason: BaseException) -> Transient:
    return Transient(
        f"dead letter {letter.id} was not published again, after {done} that were: {reason}",
        expected="an acknowledgement of the broker",
        todo="check the broker with `crosscurrent status`, then replay again: what comes twice is written once",
    )


def _filter(stage: str | None, topic: str | None, since: datetime | None) -> dict[str, object]:
    return {"stage": stage or "", "topic": topic or "", "since": since or _BEGINNING}


def _canonical(identity: str) -> str:
    try:
        return str(UUID(identity))
    except ValueError as error:
        raise WrongUse(
            f"dead letter {identity!r}",
            expected="an id as `crosscurrent dead-letters list` shows it",
            todo="copy the whole id",
        ) from error


def _letter(row: Mapping[str, Any]) -> Letter:
    taken = {"id", "stage", "topic", "partition", "offset", "has_no_key", "key_bytes", "value_bytes"}
    taken |= {"header_names", "header_values"}
    headers = zip(row["header_names"], row["header_values"], strict=True)
    return Letter(
        id=str(row["id"]),
        stage=str(row["stage"]),
        topic=str(row["topic"]),
        partition=int(row["partition"]),
        offset=int(row["offset"]),
        key=None if row["has_no_key"] else bytes(row["key_bytes"]),
        headers={str(name): bytes.fromhex(value) for name, value in headers},
        value=bytes(row["value_bytes"]),
        columns={name: value for name, value in row.items() if name not in taken},
    )
