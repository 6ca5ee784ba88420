"""Stores and loads a processor's state on the ``processor-state`` topic."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from crosscurrent.clock import Clock
from crosscurrent.errors import Poison
from crosscurrent.kafka import Acknowledged, Producer, cloud_event_headers, high_watermarks, read_to_end
from crosscurrent.kafka_access import Brokers
from schemas.codec import Codec
from schemas.identity import record_id
from schemas.records import ProcessorState
from schemas.topics import PROCESSOR_STATE, message_key, topic_name
from streams.processor.patience import until_done

POSITIONS = "positions"

_PARTITION = 0  # one worker holds the whole state of a processor; dividing it belongs to scaling out


@dataclass(slots=True)
class LoadedState:
    """What was stored for one processor.

    Attributes:
        items: state key to payload, the newest of each.
        input_offsets: topic-partition to the next offset to process; empty in a new life of the broker.
        refill_offsets: topic-partition to the offset from which windows are refilled.
        vouch_offsets: topic-partition to the offset after the last record that any of this rests on.
        checkpoint: number of the newest checkpoint, -1 if there is none.
    """

    items: dict[str, bytes] = field(default_factory=dict)
    input_offsets: dict[str, int] = field(default_factory=dict)
    refill_offsets: dict[str, int] = field(default_factory=dict)
    vouch_offsets: dict[str, int] = field(default_factory=dict)
    checkpoint: int = -1


class CheckpointStore:
    """Reads and writes one processor's state.

    Args:
        processor: its name.
        tenant: tenant of the state.
        bootstrap_servers: the brokers.
        cluster: life of the broker, whose offsets the checkpoints mean.
        producer: publishes the state.
        codec: encodes it.
        clock: stamps it.
    """

    def __init__(
        self,
        processor: str,
        *,
        tenant: str,
        bootstrap_servers: Brokers,
        cluster: str,
        producer: Producer,
        codec: Codec,
        clock: Clock,
    ) -> None:
        self._processor = processor
        self._tenant = tenant
        self._bootstrap_servers = bootstrap_servers
        self._cluster = cluster
        self._producer = producer
        self._codec = codec
        self._clock = clock
        self._topic = topic_name(PROCESSOR_STATE)

    def load(self) -> LoadedState:
        """Return what is stored; positions of another life of the broker are left out.

        Raises:
            ServerAway: the broker does not answer.
        """
        loaded = LoadedState()
        ends = high_watermarks(self._bootstrap_servers, [self._topic])
        for message in read_to_end(self._bootstrap_servers, dict.fromkeys(ends, 0)):
            try:
                state = self._codec.decode(ProcessorState, message.value())
            except Poison:
                continue  # not ours to judge: the sink dead-letters it
            if state.processor == self._processor and state.tenant == self._tenant:
                self._take(loaded, state)
        return loaded

    def _take(self, loaded: LoadedState, state: ProcessorState) -> None:
        loaded.checkpoint = max(loaded.checkpoint, state.checkpoint)
        loaded.items[state.state_key] = state.payload
        same_life = state.cluster == self._cluster
        if same_life:
            for place, offset in state.vouch_offsets.items():
                loaded.vouch_offsets[place] = max(offset, loaded.vouch_offsets.get(place, 0))
        if state.state_key == POSITIONS:
            loaded.input_offsets = state.input_offsets if same_life else {}
            loaded.refill_offsets = state.refill_offsets if same_life else {}

    async def store(
        self,
        checkpoint: int,
        *,
        items: Iterable[tuple[str, bytes]],
        positions_payload: bytes,
        input_offsets: dict[str, int],
        refill_offsets: dict[str, int],
        vouch_offsets: dict[str, int],
    ) -> int:
        """Write the items and, once they are acknowledged, the positions; return the bytes written.

        Raises:
            Transient: the broker did not acknowledge.
        """
        states = [self._state(checkpoint, key, payload, vouch_offsets) for key, payload in items]
        await asyncio.gather(*[await self._enqueue(*encoded) for encoded in await self._encoded(states)])
        positions = self._state(
            checkpoint, POSITIONS, positions_payload, vouch_offsets, input_offsets, refill_offsets
        )
        for encoded in await self._encoded([positions]):
            await (await self._enqueue(*encoded))
        return sum(len(state.payload) for state in (*states, positions))

    async def _encoded(self, states: Sequence[ProcessorState]) -> list[tuple[ProcessorState, bytes]]:
        """Return the states with their bytes; in a thread, as the registry may have to be asked."""

        def encode() -> list[tuple[ProcessorState, bytes]]:
            return [(state, self._codec.encode(self._topic, state)) for state in states]

        return await until_done(lambda: asyncio.to_thread(encode))

    def _state(
        self,
        checkpoint: int,
        key: str,
        payload: bytes,
        vouch_offsets: dict[str, int],
        input_offsets: dict[str, int] | None = None,
        refill_offsets: dict[str, int] | None = None,
    ) -> ProcessorState:
        return ProcessorState(
            tenant=self._tenant,
            record_id=record_id(
                self._tenant, "processor-state", self._processor, self._cluster, key, checkpoint
            ),
            processor=self._processor,
            partition=_PARTITION,
            state_key=key,
            checkpoint=checkpoint,
            cluster=self._cluster,
            input_offsets=input_offsets or {},
            refill_offsets=refill_offsets or {},
            vouch_offsets=vouch_offsets,
            payload=payload,
            written_at=self._clock.now_utc(),
        )

    async def _enqueue(self, state: ProcessorState, value: bytes) -> asyncio.Future[Acknowledged]:
        headers = cloud_event_headers(
            record_id=state.record_id,
            source=f"/streams/{state.processor}",
            event_type="crosscurrent.ProcessorState",
            time_utc=state.written_at,
        )
        key = message_key(state.tenant, state.processor, state.state_key)
        return await self._producer.enqueue(self._topic, key=key, value=value, headers=headers)
