"""Recorded exchanges: a server that plays them, and a writer that keeps new ones without secrets."""

from crosscurrent.embedded.recordings.directory import read_body, read_exchanges
from crosscurrent.embedded.recordings.exchange import RecordedExchange
from crosscurrent.embedded.recordings.playing import Recordings
from crosscurrent.embedded.recordings.writer import Exchange, RecordingWriter

__all__ = ["Exchange", "RecordedExchange", "RecordingWriter", "Recordings", "read_body", "read_exchanges"]
