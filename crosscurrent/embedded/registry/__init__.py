"""The embedded schema registry, and the Avro rules that tell whether a schema can read what another wrote.

The registry speaks the Confluent REST API and keeps what it knows in a log on disk. It takes Avro only and has one
context; metadata, rule sets, aliases of subjects and GUIDs of schemas are refused with a message or not found.
"""

from crosscurrent.embedded.registry.avro_type import InvalidSchema
from crosscurrent.embedded.registry.compatibility import Clash, check_compatibility

__all__ = ["Clash", "InvalidSchema", "check_compatibility"]
