"""Turns a message that cannot be processed into its dead letter."""

from __future__ import annotations

import hashlib
from datetime import datetime

from crosscurrent.errors import Poison
from schemas.identity import record_id
from schemas.records import DeadLetter
from schemas.topics import DEAD_LETTER, message_key, topic_name
from streams.processor.message import InputMessage, Output


def dead_letter(
    message: InputMessage,
    error: Poison,
    *,
    stage: str,
    tenant: str,
    cluster: str,
    now_utc: datetime,
    with_value: bool = True,
) -> Output:
    """Return the dead letter of a message: original bytes, position and reason.

    Without ``with_value`` the bytes are left out, for a message that does not fit into a dead letter; it can still be
    read at its position.

    Its id comes from the stage and the bytes, not from the position: the same message at another offset, as
    after a restart of the embedded broker, is the same dead letter.
    """
    digest = hashlib.sha256(message.value).hexdigest()
    identity = record_id(tenant, "dead-letter", stage, message.topic, digest)
    record = DeadLetter(
        tenant=tenant,
        record_id=identity,
        stage=stage,
        cluster=cluster,
        topic=message.topic,
        partition=message.partition,
        offset=message.offset,
        key=message.key,
        headers=dict(message.headers),
        value=message.value if with_value else b"",
        error=type(error).__name__,
        found=error.found,
        expected=error.expected,
        todo=error.todo,
        failed_at=now_utc,
    )
    return Output(
        topic=topic_name(DEAD_LETTER, stage),
        key=message_key(tenant, stage, identity),
        record=record,
        record_id=identity,
        time_utc=now_utc,
    )
