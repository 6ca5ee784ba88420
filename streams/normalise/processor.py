"""The normaliser: a raw event in, one batch of entities and one of observations out. It keeps no state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from crosscurrent.errors import Poison
from schemas.codec import Codec
from schemas.mapping import MapPayload
from schemas.records import RawEvent
from schemas.topics import ENTITIES, OBSERVATIONS, RAW, message_key, topic_name
from streams.normalise.logic import entity_batch, has_payload, observation_batch
from streams.processor.message import InputMessage, Output


class NormaliseProcessor:
    """Applies each source's mapping.

    Args:
        codec: decodes raw events.
        mappings: source name to its mapping.
    """

    name = "normalise"
    keeps_state = False

    def __init__(self, codec: Codec, mappings: Mapping[str, MapPayload]) -> None:
        self._codec = codec
        self._mappings = mappings
        self.inputs = tuple(topic_name(RAW, source) for source in sorted(mappings))

    def process(self, message: InputMessage) -> list[Output]:
        """Return the batches that a raw event gives.

        Raises:
            Poison: the payload does not fit the source's mapping.
            Transient: the schema registry is away.
        """
        event = self._codec.decode(RawEvent, message.value)
        mapping = self._mappings.get(event.source)
        if mapping is None:
            raise Poison(
                f"a raw event of source {event.source!r}",
                expected="one of " + ", ".join(sorted(self._mappings)),
                todo="add the source's connector, or correct its producer",
            )
        if not has_payload(event):
            return []
        mapped = mapping(event)
        key = message_key(event.tenant, event.source)
        outputs = []
        for topic, batch in (
            (ENTITIES, entity_batch(event, mapped.things, mapped.links)),
            (OBSERVATIONS, observation_batch(event, mapped)),
        ):
            if batch is not None:
                outputs.append(
                    Output(
                        topic=topic,
                        key=key,
                        record=batch,
                        record_id=batch.record_id,
                        time_utc=event.observed_at,
                    )
                )
        return outputs

    def refill(self, message: InputMessage) -> None:
        """Do nothing: there are no windows."""

    def refill_offset(self, topic: str, partition: int, position: int) -> int:
        """Return the position: there are no windows."""
        del topic, partition
        return position

    def take_dirty(self) -> Iterable[tuple[str, bytes]]:
        """Return nothing: there is no state."""
        return ()

    def positions_payload(self) -> bytes:
        """Return nothing: the offsets say it all."""
        return b""

    def restore(self, key: str, payload: bytes) -> None:
        """Do nothing: there is no state."""
