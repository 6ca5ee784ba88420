"""What a stream processor is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from streams.processor.message import InputMessage, Output, SetAside


class Processor(Protocol):
    """The rules of a processor: values in, values out; the runner does all input and output.

    The runner calls, for each start or new assignment: ``restore`` for every stored item of state, then
    ``refill`` for each message from the refill offset up to the position (in order), then ``process`` once for
    each further message, in order. Now and then, never between ``process`` and the acknowledgement of its
    outputs, it calls ``take_dirty`` and ``positions_payload`` and stores what they give. After a crash messages
    since the last stored checkpoint come again: ``process`` must give the same outputs for them, and may give
    none for what its restored state already contains.

    ``process`` runs in a thread of its own, one call at a time, and may take long: heartbeats and the acknowledgements
    of other processors go on meanwhile. The other methods are called between two calls of it, never beside one.
    """

    name: str
    inputs: tuple[str, ...]
    keeps_state: bool
    """Whether outputs follow from all messages before, and not from the one alone that is processed."""

    def process(self, message: InputMessage) -> Sequence[Output | SetAside]:
        """Return what follows from a message; a ``SetAside`` if a part of it was left out, which its dead letter tells.

        Raises:
            Poison: the message cannot be processed; it is dead-lettered and the next one comes.
            Transient: try the same message again later; the state must be as before the call.
        """
        ...

    def refill(self, message: InputMessage) -> None:
        """Take a message into the windows without giving outputs."""
        ...

    def refill_offset(self, topic: str, partition: int, position: int) -> int:
        """Return the offset from which messages are needed to refill windows; ``position`` if none are."""
        ...

    def take_dirty(self) -> Iterable[tuple[str, bytes]]:
        """Return the items of state changed since the last call, as (key, bytes)."""
        ...

    def positions_payload(self) -> bytes:
        """Return what belongs to the checkpoint itself; small."""
        ...

    def restore(self, key: str, payload: bytes) -> None:
        """Take back an item of state; key ``positions`` is the checkpoint's own."""
        ...
