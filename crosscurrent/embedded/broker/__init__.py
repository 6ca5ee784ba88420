"""The embedded broker, behind one seam."""

from crosscurrent.embedded.broker.kafka import Kafka
from crosscurrent.embedded.broker.metadata import cluster_id
from crosscurrent.embedded.broker.node_config import NodePlace
from crosscurrent.embedded.broker.protocol import EmbeddedBroker
from crosscurrent.embedded.broker.tansu import Tansu

__all__ = ["BROKERS", "EmbeddedBroker", "Kafka", "NodePlace", "Tansu", "cluster_id"]

BROKERS: dict[str, EmbeddedBroker] = {"tansu": Tansu(), "kafka": Kafka()}
