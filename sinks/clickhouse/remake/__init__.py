"""Makes what follows from ``raw_events`` again and holds the tables against it."""

from sinks.clickhouse.remake.remake import Normalise, Remake
from sinks.clickhouse.remake.report import RemakeReport

__all__ = ["Normalise", "Remake", "RemakeReport"]
