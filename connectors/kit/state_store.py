"""Reads what was stored of a source's requests from ``connector-state``."""

from __future__ import annotations

import structlog

from connectors.kit.polled import Standing
from connectors.kit.state import RequestState
from crosscurrent.errors import Poison
from crosscurrent.kafka import high_watermarks, read_to_end
from crosscurrent.kafka_access import Brokers
from schemas.codec import Codec
from schemas.records import ConnectorState
from schemas.topics import CONNECTOR_STATE, message_key

_LOG = structlog.get_logger()


def load_states(
    bootstrap_servers: Brokers, codec: Codec, *, tenant: str, source: str
) -> dict[str, ConnectorState]:
    """Return the last state of each request of a source, by request key.

    Args:
        bootstrap_servers: the brokers.
        codec: decodes.
        tenant: tenant of the states wanted.
        source: name of the source.

    Raises:
        ServerAway: the broker does not answer.
        Transient: the registry cannot be asked now.
    """
    ends = high_watermarks(bootstrap_servers, [CONNECTOR_STATE])
    starts = dict.fromkeys((place for place, end in ends.items() if end > 0), 0)
    own = message_key(tenant, source, "")
    last: dict[str, bytes] = {}
    for message in read_to_end(bootstrap_servers, starts) if starts else ():
        key = message.key() or b""
        if key.startswith(own) and message.value() is not None:
            last[key.removeprefix(own).decode("utf-8", "replace")] = message.value()
    states = {}
    for request_key, value in last.items():
        try:
            states[request_key] = codec.decode(ConnectorState, value)
        except Poison as error:
            _LOG.warning("connector_state_unreadable", request_key=request_key, error=str(error))
    return states


def standing_of(stored: ConnectorState, cluster: str) -> Standing:
    """Return where a request stands by its stored state.

    Offsets of another life of the broker are left out: a state from there was vouched for before it came here.

    Args:
        stored: as read.
        cluster: present life of the broker.
    """
    try:
        state = RequestState.from_json(stored.state)
    except Poison as error:
        _LOG.warning("connector_state_unreadable", request_key=stored.request_key, error=str(error))
        return Standing()
    return Standing(state, dict(stored.vouch_offsets) if stored.cluster == cluster else {})
