"""Gives a broker that forgot its topics what processors and connectors need, from the tables."""

from sinks.clickhouse.restore.restore import restore_broker

__all__ = ["restore_broker"]
