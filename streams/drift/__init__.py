"""The shape of payloads, learned; what changes in it is told."""

from streams.drift.processor import DriftProcessor

__all__ = ["DriftProcessor"]
