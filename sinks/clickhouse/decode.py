"""Message values to records, and how many rows each will make."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from crosscurrent.errors import Poison, WrongUse
from schemas.codec import Codec, Record
from schemas.records import CorrelationBatch, EntityBatch, ObservationBatch
from sinks.clickhouse.message import SinkMessage, Stretch


@dataclass(slots=True)
class Decoded:
    """A message with what it says, or why that cannot be told.

    Attributes:
        message: the message.
        record: what it says; ``None`` where ``error`` is set.
        error: why it cannot be processed.
        lost: whether it rests on messages that are gone and never became rows, so that it is not written.
    """

    message: SinkMessage
    record: Record | None
    error: Poison | None = None
    lost: bool = False

    @property
    def row_count(self) -> int:
        """Rows that the record will make, for the size of a batch."""
        if isinstance(self.record, ObservationBatch):
            return len(self.record.value)
        if isinstance(self.record, EntityBatch):
            return len(self.record.entities)
        if isinstance(self.record, CorrelationBatch):
            return 1 + len(self.record.pairs)
        return 1


@dataclass(slots=True)
class DecodedStretch:
    """A stretch with its decoded messages, in the same order."""

    stretch: Stretch
    decoded: list[Decoded]


def decode_message(codec: Codec, message: SinkMessage) -> Decoded:
    """Return a message decoded, or marked with the reason why it cannot be.

    Raises:
        Transient: the schema registry cannot be asked now.
    """
    try:
        return Decoded(message, codec.decode_topic(message.topic, message.value))
    except Poison as error:
        return Decoded(message, None, error)
    except WrongUse as error:
        return Decoded(message, None, Poison(error.found, expected=error.expected, todo=error.todo))


def cut(stretches: Sequence[DecodedStretch], rows_max: int) -> Iterator[list[DecodedStretch]]:
    """Yield the stretches in parts of at most ``rows_max`` rows; a single message may have more.

    A stretch may be divided over parts; its pieces follow each other without a gap.
    """
    part: list[DecodedStretch] = []
    rows = 0
    for whole in stretches:
        begin = 0
        first_offset = whole.stretch.first_offset
        for end, decoded in enumerate(whole.decoded):
            if rows and rows + decoded.row_count > rows_max:
                if end > begin:
                    part.append(_piece(whole, begin, end, first_offset))
                    first_offset = part[-1].stretch.last_offset + 1
                yield part
                part, rows, begin = [], 0, end
            rows += decoded.row_count
        part.append(_piece(whole, begin, len(whole.decoded), first_offset))
    if part:
        yield part


def _piece(whole: DecodedStretch, begin: int, end: int, first_offset: int) -> DecodedStretch:
    stretch = whole.stretch
    messages = stretch.messages[begin:end]
    piece = Stretch(stretch.cluster, stretch.topic, stretch.partition, first_offset, messages)
    return DecodedStretch(piece, whole.decoded[begin:end])
