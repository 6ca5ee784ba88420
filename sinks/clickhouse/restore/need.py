"""Which messages a processor still needs, in terms of where their rows come from. Pure.

A state says: in life L, everything before these offsets is in me. The log of L began with messages that it was
given again (``replayed_messages`` maps these to where their rows come from), went on with its own, and was
followed by the logs of later lives. What came before and was not given again to L is in the state already.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sinks.clickhouse.vouchers import cluster_id


@dataclass(frozen=True, slots=True)
class Segment:
    """The messages of one topic that rows name as their origin, of one partition in one life.

    Attributes:
        cluster: life of the broker and the topic.
        partition: partition.
    """

    cluster: str
    partition: int


@dataclass(slots=True)
class Reader:
    """A processor with where it stands.

    Attributes:
        tenant: tenant of its state.
        processor: its name.
        cluster_id: life whose offsets are meant; empty if nothing is known.
        input_offsets: topic-partition to the next offset to process.
        refill_offsets: topic-partition to the offset from which windows are read back.
    """

    tenant: str
    processor: str
    cluster_id: str = ""
    input_offsets: dict[str, int] = field(default_factory=dict)
    refill_offsets: dict[str, int] = field(default_factory=dict)

    def window_offsets(self) -> dict[str, int]:
        """Return from where everything must be there: the windows, or the position where there are none."""
        return {
            place: min(position, self.refill_offsets.get(place, position))
            for place, position in self.input_offsets.items()
        }


def needed_from(
    segments: Iterable[Segment],
    *,
    life: str,
    offsets: Mapping[int, int],
    sequences: Mapping[str, int],
    replayed: Mapping[Segment, int],
) -> dict[Segment, int]:
    """Return for each segment of a topic from which offset on it is needed; those that are not are left out.

    Args:
        segments: what there is.
        life: cluster id of the life that the offsets mean; everything is needed if it is not a known one.
        offsets: partition of the topic to the first offset needed in that life; 0 where it says nothing.
        sequences: cluster id to place in the order of lives.
        replayed: segment to the first offset among the messages that the life was given again at or after
            ``offsets``.
    """
    known = sequences.get(life)
    needed = {}
    for segment in segments:
        sequence = sequences.get(cluster_id(segment.cluster), 0)
        if known is None or sequence > known:
            needed[segment] = 0
        elif cluster_id(segment.cluster) == life:
            needed[segment] = offsets.get(segment.partition, 0)
        elif segment in replayed:
            needed[segment] = replayed[segment]
    return needed


def partition_offsets(offsets: Mapping[str, int], topic: str) -> dict[int, int]:
    """Return partition to offset, of one topic.

    Args:
        offsets: ``topic-partition`` to offset.
        topic: the topic.
    """
    places = ((*name.rpartition("-"), offset) for name, offset in offsets.items())
    return {int(partition): offset for name, _, partition, offset in places if name == topic}


class Landing:
    """Where messages that are given again land, for one reader and one of its needs.

    Args:
        needed: segment to the first offset needed.
    """

    def __init__(self, needed: Mapping[Segment, int]) -> None:
        self.needed = needed
        self.first: dict[int, int] = {}

    def note(self, segment: Segment, origin_offset: int, partition: int, offset: int) -> None:
        """Take note of a message that landed."""
        begin = self.needed.get(segment)
        if begin is not None and origin_offset >= begin:
            self.first[partition] = min(offset, self.first.get(partition, offset))
