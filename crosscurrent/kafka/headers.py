"""Message headers: CloudEvents in the Kafka binding's binary mode, and the trace context.

Source: CloudEvents Kafka protocol binding 1.0.2, section 3.2; W3C Trace Context.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime

_SPEC_VERSION = b"1.0"


def cloud_event_headers(
    *, record_id: str, source: str, event_type: str, time_utc: datetime, traceparent: bytes | None = None
) -> dict[str, bytes]:
    """Return the headers of one message.

    Args:
        record_id: id of the record (``ce_id``).
        source: where the event comes from, such as ``/connectors/github`` (``ce_source``).
        event_type: name of the schema, such as ``crosscurrent.RawEvent`` (``ce_type``).
        time_utc: when it happened (``ce_time``).
        traceparent: the trace to go on with; a new one begins if there is none.
    """
    return {
        "ce_specversion": _SPEC_VERSION,
        "ce_id": record_id.encode(),
        "ce_source": source.encode(),
        "ce_type": event_type.encode(),
        "ce_time": time_utc.isoformat().encode(),
        "content-type": b"application/avro",
        "traceparent": traceparent or new_traceparent(),
    }


def new_traceparent() -> bytes:
    """Return the ``traceparent`` of a new trace, not sampled."""
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-00".encode()


def child_traceparent(headers: Mapping[str, bytes] | None) -> bytes:
    """Return a ``traceparent`` that goes on with the trace in a message's headers, or begins one."""
    parent = (headers or {}).get("traceparent", b"")
    parts = parent.split(b"-")
    if len(parts) != 4 or len(parts[1]) != 32:
        return new_traceparent()
    return b"-".join((parts[0], parts[1], secrets.token_hex(8).encode(), parts[3]))
