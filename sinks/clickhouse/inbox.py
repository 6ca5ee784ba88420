"""Messages that were read and wait to be written, bounded by their bytes."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from sinks.clickhouse.message import SinkMessage, Stretch, TopicPartitionKey


@dataclass(slots=True)
class _Waiting:
    cluster: str
    first_offset: int
    messages: deque[SinkMessage] = field(default_factory=deque)
    bytes: int = 0
    held: bool = False


class Inbox:
    """Keeps for each partition the messages after its ledger's end, in order.

    Partitions that are *held* (their next message waits for others) do not count towards ``ready_bytes``, so
    that they never stop the others; they are paused as long as they are held.
    """

    def __init__(self) -> None:
        self._places: dict[TopicPartitionKey, _Waiting] = {}

    @property
    def ready_bytes(self) -> int:
        """Bytes of the messages that can be written."""
        return sum(waiting.bytes for waiting in self._places.values() if not waiting.held)

    @property
    def ready_messages(self) -> int:
        """Messages that can be written."""
        return sum(len(waiting.messages) for waiting in self._places.values() if not waiting.held)

    @property
    def held(self) -> set[TopicPartitionKey]:
        """Partitions whose next message waits for others."""
        return {place for place, waiting in self._places.items() if waiting.held}

    def open(self, place: TopicPartitionKey, cluster: str, next_offset: int) -> None:
        """Begin a partition whose ledger ends before ``next_offset``."""
        self._places[place] = _Waiting(cluster, next_offset)

    def close(self, places: Iterable[TopicPartitionKey]) -> None:
        """Forget partitions and what waits of them."""
        for place in places:
            self._places.pop(place, None)

    def is_open(self, place: TopicPartitionKey) -> bool:
        """Return whether a partition was begun."""
        return place in self._places

    def cluster(self, place: TopicPartitionKey) -> str | None:
        """Return the life in which a partition was begun."""
        waiting = self._places.get(place)
        return waiting.cluster if waiting else None

    def end(self, place: TopicPartitionKey) -> int:
        """Return the smallest offset that is not here yet, of a partition that was begun."""
        waiting = self._places[place]
        return waiting.messages[-1].offset + 1 if waiting.messages else waiting.first_offset

    def begin(self, place: TopicPartitionKey) -> int:
        """Return the offset after the last one that was taken to be written, of a partition that was begun."""
        return self._places[place].first_offset

    def add(self, message: SinkMessage) -> bool:
        """Take a message in and return whether it was wanted: one of a begun partition, not seen yet."""
        waiting = self._places.get(message.place)
        if waiting is None or message.offset < self.end(message.place):
            return False
        waiting.messages.append(message)
        waiting.bytes += message.size_bytes
        return True

    def take(self, *, held: bool) -> list[Stretch]:
        """Return and remove everything that waits.

        Args:
            held: whether the partitions that are held are taken too, to try them again.
        """
        stretches = []
        for (topic, partition), waiting in self._places.items():
            if not waiting.messages or (waiting.held and not held):
                continue
            messages = list(waiting.messages)
            stretches.append(Stretch(waiting.cluster, topic, partition, waiting.first_offset, messages))
            waiting.first_offset = messages[-1].offset + 1
            waiting.messages.clear()
            waiting.bytes = 0
        return stretches

    def put_back(self, stretch: Stretch, *, held: bool) -> None:
        """Put messages before all others of their partition, unless it was given away meanwhile."""
        waiting = self._places.get(stretch.place)
        if waiting is None or waiting.cluster != stretch.cluster:
            return
        waiting.messages.extendleft(reversed(stretch.messages))
        waiting.bytes += sum(message.size_bytes for message in stretch.messages)
        waiting.first_offset = stretch.first_offset
        waiting.held = held

    def release(self, place: TopicPartitionKey) -> None:
        """Let a partition that was held go on."""
        if place in self._places:
            self._places[place].held = False
