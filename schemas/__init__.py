"""The wire contract: Avro schemas, typed records, topics, codec."""
