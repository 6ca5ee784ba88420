"""Connectors: what brings the payloads of web APIs onto ``raw.<source>``."""

from connectors.foreground import run

__all__ = ["run"]
