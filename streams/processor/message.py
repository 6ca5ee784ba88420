"""What goes into a processor and what comes out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from crosscurrent.errors import Poison
from schemas.codec import Record


@dataclass(frozen=True, slots=True)
class InputMessage:
    """A message as the broker gave it.

    Attributes:
        topic: topic it was on.
        partition: partition of the topic.
        offset: offset in the partition.
        key: its key, if any.
        value: its value, Avro in the Confluent wire format.
        headers: its headers.
    """

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes
    headers: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Output:
    """A record to publish.

    Attributes:
        topic: topic to publish on.
        key: message key, beginning with the tenant.
        record: the record, which has a ``record_id``.
        record_id: its id, for the CloudEvents header.
        time_utc: when it happened, for the CloudEvents header.
        logic: version of the code that made it; empty if nobody asks.
    """

    topic: str
    key: bytes
    record: Record
    record_id: str
    time_utc: datetime
    logic: str = ""


@dataclass(frozen=True, slots=True)
class SetAside:
    """A message that was processed, and of which a dead letter is to tell something all the same.

    Attributes:
        reason: what was left out of it, and why.
    """

    reason: Poison


def outputs_of(results: Iterable[Output | SetAside]) -> list[Output]:
    """Return the records among what a processor gave."""
    return [result for result in results if isinstance(result, Output)]
