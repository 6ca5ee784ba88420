"""Our sink as ``crosscurrent run sink clickhouse`` runs it: ledger, look-ups and rollups on."""

from __future__ import annotations

from confluent_kafka import Message

from benchmarks.contenders.mark import take_place
from crosscurrent.settings import load_settings
from crosscurrent.telemetry import configure_logging
from sinks import clickhouse
from sinks.clickhouse import consumer
from sinks.clickhouse.message import SinkMessage
from sinks.clickhouse.subscription import sink_message


def main() -> None:
    mark = take_place(__doc__)
    names = vars(consumer)

    def first_message(message: Message, cluster: str) -> SinkMessage:
        mark.first_message()
        names["sink_message"] = sink_message
        return sink_message(message, cluster)

    names["sink_message"] = first_message
    configure_logging("info", process="sink.clickhouse")
    clickhouse.run(load_settings())


if __name__ == "__main__":
    main()
