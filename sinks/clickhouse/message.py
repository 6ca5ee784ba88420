"""A message as the sink handles it, and a stretch of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

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
