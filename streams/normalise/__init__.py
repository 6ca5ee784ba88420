"""Raw events to entities and observations."""

from streams.normalise.processor import NormaliseProcessor

__all__ = ["NormaliseProcessor"]
