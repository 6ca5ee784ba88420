"""Message headers: CloudEvents in the Kafka binding's binary mode, and the trace context.

Source: CloudEvents Kafka protocol binding 1.0.2, section 3.2; W3C Trace Context.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import datetime

from opentelemetry.trace import get_current_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from crosscurrent.kafka.rests_on import RESTS_ON, RestsOn

LOGIC = "ce_logic"
"""Header that names the version of the code that made a record."""

_SPEC_VERSION = b"1.0"
_NOT_SAMPLED = 0
_PROPAGATOR = TraceContextTextMapPropagator()


def cloud_event_headers(
    *,
    record_id: str,
    source: str,
    event_type: str,
    time_utc: datetime,
    traceparent: bytes | None = None,
    rests_on: RestsOn | None = None,
    logic: str = "",
) -> dict[str, bytes]:
    """Return the headers of one message.

    Args:
        record_id: id of the record (``ce_id``).
        source: where the event comes from, such as ``/connectors/github`` (``ce_source``).
        event_type: name of the schema, such as ``crosscurrent.RawEvent`` (``ce_type``).
        time_utc: when it happened (``ce_time``).
        traceparent: the trace to go on with; a new one begins if there is none.
        rests_on: the messages that the record follows from (``ce_restson``, an extension attribute).
        logic: version of the code that made the record (``ce_logic``, an extension attribute); left out if empty.
    """
    headers = {
        "ce_specversion": _SPEC_VERSION,
        "ce_id": record_id.encode(),
        "ce_source": source.encode(),
        "ce_type": event_type.encode(),
        "ce_time": time_utc.isoformat().encode(),
        "content-type": b"application/avro",
        "traceparent": traceparent or new_traceparent(),
    }
    if rests_on is not None:
        headers[RESTS_ON] = rests_on.to_header()
    if logic:
        headers[LOGIC] = logic.encode()
    return headers


def new_traceparent() -> bytes:
    """Return the ``traceparent`` of a new trace, not sampled."""
    return _traceparent(_random_id(128), _NOT_SAMPLED)


def child_traceparent(headers: Mapping[str, bytes] | None) -> bytes:
    """Return a ``traceparent`` that goes on with the trace in a message's headers, or begins one."""
    given = (headers or {}).get("traceparent", b"")
    carrier = {"traceparent": given.decode("ascii", "replace")}
    parent = get_current_span(_PROPAGATOR.extract(carrier)).get_span_context()
    return _traceparent(parent.trace_id, parent.trace_flags) if parent.is_valid else new_traceparent()


def _traceparent(trace_id: int, flags: int) -> bytes:
    return f"00-{trace_id:032x}-{_random_id(64):016x}-{flags:02x}".encode()


def _random_id(bits: int) -> int:
    """Return an id that is not 0, which W3C Trace Context (sections 3.2.2.3 and 3.2.2.4) forbids."""
    return random.getrandbits(bits) or 1
