"""The embedded broker, behind one seam."""

from crosscurrent.embedded.broker.metadata import cluster_id
from crosscurrent.embedded.broker.protocol import EmbeddedBroker
from crosscurrent.embedded.broker.tansu import Tansu

__all__ = ["BROKERS", "EmbeddedBroker", "Tansu", "cluster_id"]

BROKERS: dict[str, EmbeddedBroker] = {"tansu": Tansu()}
