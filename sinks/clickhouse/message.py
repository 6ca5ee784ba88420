"""A message as the sink handles it, and a stretch of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from crosscurrent.kafka.headers import LOGIC

_LOGIC_CHARACTERS_MAX = 64

TopicPartitionKey: TypeAlias = tuple[str, int]
"""(topic, partition)."""


@dataclass(frozen=True, slots=True)
class SinkMessage:
    """One Kafka message with the life of the broker its offset belongs to.

    Attributes:
        cluster: life of the broker and the topic, ``<cluster id>/<topic id>``.
        topic: its topic.
        partition: its partition.
        offset: its offset.
        key: its key, if it has one.
        value: its value; ``None`` for a tombstone.
        headers: its headers; the last of each name.
    """

    cluster: str
    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def place(self) -> TopicPartitionKey:
        """The partition it came from."""
        return self.topic, self.partition

    @property
    def size_bytes(self) -> int:
        """Bytes of key and value."""
        return len(self.key or b"") + len(self.value or b"")


def logic_of(message: SinkMessage) -> str:
    """Return the version of the code that made a message's record; empty if it does not say."""
    return message.headers.get(LOGIC, b"").decode("ascii", "replace")[:_LOGIC_CHARACTERS_MAX]


@dataclass(slots=True)
class Stretch:
    """The messages of one partition that are written together.

    Attributes:
        cluster: life of the broker and the topic.
        topic: the topic.
        partition: the partition.
        first_offset: the offset after the stretch before; may be smaller than the first message's.
        messages: at least one, in the order of their offsets.
    """

    cluster: str
    topic: str
    partition: int
    first_offset: int
    messages: list[SinkMessage]

    @property
    def place(self) -> TopicPartitionKey:
        """The partition it came from."""
        return self.topic, self.partition

    @property
    def last_offset(self) -> int:
        """Offset of the last message."""
        return self.messages[-1].offset
