"""The one place where Faust apps are made.

Faust's known traps are avoided by construction (trackers of faust-streaming): concurrency is 1 and events are
acknowledged by our own checkpoints (issue 606); its exactly-once flag stays off (136, 177, 323, 440, 517); its
tables are not used, so neither changelog recovery (373, 176, 596, 597, 651) nor RocksDB is in play.
"""

from __future__ import annotations

from pathlib import Path

import faust

# Faust imports itself when something of it is first used; a worker is to do that before it connects to anything
import faust.app.base
import faust.transport.drivers.aiokafka

from crosscurrent.errors import WrongUse
from crosscurrent.settings import Settings

_BUFFERED_EVENTS_MAX = 1024
_COMMIT_INTERVAL_SECONDS = 0.5
_HEARTBEATS_PER_SESSION = 3.0
_FETCH_BYTES_MAX = 8 * 1024 * 1024


def consumer_group(processor: str) -> str:
    """Return the consumer group of a processor."""
    return f"crosscurrent-{processor}"


def make_app(processor: str, settings: Settings) -> faust.App:
    """Return the Faust app of one processor, with a consumer group of its own.

    Raises:
        WrongUse: the home cannot be written.
    """
    session_seconds = settings.kafka.session_timeout_seconds
    return faust.App(
        consumer_group(processor),
        broker="kafka://" + settings.bootstrap_servers.replace(",", ";"),
        broker_session_timeout=session_seconds,
        broker_heartbeat_interval=session_seconds / _HEARTBEATS_PER_SESSION,
        broker_commit_interval=_COMMIT_INTERVAL_SECONDS,
        consumer_auto_offset_reset="earliest",
        consumer_max_fetch_size=_FETCH_BYTES_MAX,
        stream_buffer_maxsize=_BUFFERED_EVENTS_MAX,
        stream_wait_empty=False,
        topic_disable_leader=True,
        topic_allow_declare=False,
        web_enabled=False,
        store="memory://",
        datadir=str(_data_directory(processor, settings)),
    )


def _data_directory(processor: str, settings: Settings) -> Path:
    """Return the directory that Faust insists on; without tables nothing is kept in it."""
    directory = settings.home / "run" / f"faust-{processor}"
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WrongUse(
            f"{directory} cannot be made: {error.strerror}",
            expected="a home that this user may write to",
            todo="set CROSSCURRENT_HOME to such a directory",
        ) from error
    return directory
