"""The live page: what the system sees, for someone without Grafana."""

from crosscurrent.live.app import run

__all__ = ["run"]
