"""The normaliser: a raw event in, one batch of entities and one of observations out. It keeps no state."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from crosscurrent.errors import Poison
from schemas.codec import Codec
from schemas.mapping import MapPayload
from schemas.records import RawEvent
from schemas.topics import ENTITIES, OBSERVATIONS, RAW, message_key, topic_name
from streams.normalise.logic import (
    entity_batch,
    from_the_future,
    has_payload,
    observation_batch,
    without_future,
)
from streams.processor.message import InputMessage, Output, SetAside


class NormaliseProcessor:
    """Applies each source's mapping.

    Args:
        codec: decodes raw events.
        mappings: source name to its mapping.
        versions: source name to the version of its mapping, which rows then name.
        ahead_seconds_max: how far after its arrival a measurement may claim to have been made.
    """

    name = "normalise"
    keeps_state = False

    def __init__(
        self,
        codec: Codec,
        mappings: Mapping[str, MapPayload],
        versions: Mapping[str, str] | None = None,
        ahead_seconds_max: float = math.inf,
    ) -> None:
        self._versions = versions or {}
        self._codec = codec
        self._ahead_seconds_max = ahead_seconds_max
        self._mappings = mappings
        self.inputs = tuple(topic_name(RAW, source) for source in sorted(mappings))

    def process(self, message: InputMessage) -> list[Output | SetAside]:
        """Return the batches that a raw event gives.

        A measurement from the future would close windows and silence its series, so it is left out, and told.

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
        mapped, future = without_future(event, mapping(event), self._ahead_seconds_max)
        key = message_key(event.tenant, event.source)
        outputs: list[Output | SetAside] = []
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
                        logic=self._versions.get(event.source, ""),
                    )
                )
        if future:
            from streams.instruments import FUTURE

            FUTURE.labels(event.source).inc(len(future))
            outputs.append(SetAside(from_the_future(event, future)))
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
