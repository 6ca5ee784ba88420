"""The way of one payload, from the vendor's answer to a row and to a subscriber: the place to start reading.

Everything is real but the vendor: the connector, the broker, the registry, Faust, the sink and ClickHouse's engine,
each a process of its own, as `crosscurrent up` starts them.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import clickhouse_connect
import pytest
from confluent_kafka import Consumer, Message
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext

from schemas.identity import observation_id, series_id
from tests.e2e.running_home import RunningHome, World, running
from tests.waiting import wait_until

pytestmark = pytest.mark.integration

REPOSITORY = "quillfen-works/sailbench"
PARTS = ("broker", "registry", "clickhouse", "sink", "normalise", "github")
RAW, ENTITIES, OBSERVATIONS = "raw.github", "entities", "observations"
SECONDS_MAX = 60.0


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    world = World()
    yield world
    world.close()


@pytest.fixture(scope="module")
def home(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHome]:
    github = {"TARGETS": json.dumps([REPOSITORY]), "POLL_INTERVAL_SECONDS": "0.2"}
    home = RunningHome(tmp_path_factory.mktemp("home"), world.url, {"github": github}, only=PARTS)
    with running(home):
        yield home


class Subscriber:
    """Somebody else's program: reads topics with Confluent's own client and the registry."""

    def __init__(self, home: RunningHome) -> None:
        self._servers = home.settings.bootstrap_servers
        self._deserialize = AvroDeserializer(SchemaRegistryClient({"url": home.settings.registry_url}))

    def first(self, topic: str, *, endpoint: str | None = None) -> tuple[Message, dict[str, Any]]:
        """Return the first message of a topic with its value, of that endpoint if one is named."""
        consumer = Consumer(
            {
                "bootstrap.servers": self._servers,
                "group.id": f"reader-of-{topic}",
                "auto.offset.reset": "earliest",
                # the embedded broker makes a join wait half of it
                "session.timeout.ms": 1500,
                "heartbeat.interval.ms": 500,
                "enable.auto.commit": False,
            }
        )
        consumer.subscribe([topic])
        try:
            deadline = time.monotonic() + SECONDS_MAX
            while time.monotonic() < deadline:
                message = consumer.poll(0.2)
                if message is None or message.error():
                    continue
                value = self._deserialize(message.value(), SerializationContext(topic, MessageField.VALUE))
                assert isinstance(value, dict)
                if endpoint in (None, value.get("endpoint")):
                    return message, value
        finally:
            consumer.close()
        raise AssertionError(f"nothing came on {topic}")


def headers_of(message: Message) -> dict[str, bytes]:
    return dict(message.headers() or [])


def trace_of(message: Message) -> bytes:
    return headers_of(message)["traceparent"].split(b"-")[1]


def test_payload_becomes_a_row_and_a_message_on_its_way(world: World, home: RunningHome) -> None:
    # 1. what the vendor answers
    answered = world.get(f"/github/repos/{REPOSITORY}", {"Authorization": "Bearer played"})
    stars = json.loads(answered)["stargazers_count"]

    # 2. the connector published it as received, with its provenance and without the credential
    subscriber = Subscriber(home)
    raw_message, raw = subscriber.first(RAW, endpoint="repository")
    assert raw["payload"] == answered
    assert (raw["status"], raw["request_url"]) == (200, f"{world.url}/github/repos/{REPOSITORY}")
    assert b"played" not in raw_message.value()

    # 3. as a CloudEvent whose id is the record's, keyed by the tenant first
    assert headers_of(raw_message)["ce_id"].decode() == str(raw["record_id"])
    assert raw_message.key().decode().startswith("default|")

    # 4. the normaliser made the thing of it
    _, entities = subscriber.first(ENTITIES)
    assert REPOSITORY in {entity["name"] for entity in entities["entities"]}

    # 5. and its measurements, one batch a payload, in the same trace
    observations_message, observations = subscriber.first(OBSERVATIONS)
    measured = [series["measure"] for series in observations["series"]]
    value = observations["value"][observations["series_index"].index(measured.index("stargazers"))]
    assert value == stars
    assert str(observations["raw_record_id"]) == str(raw["record_id"])
    assert trace_of(observations_message) == trace_of(raw_message)

    # 6. the sink wrote all three, each row with the place it came from
    database = home.settings.clickhouse
    client = clickhouse_connect.get_client(
        host="127.0.0.1", port=database.embedded_port, database=database.database
    )
    raw_rows = f"SELECT payload, _topic, _offset FROM raw_events WHERE record_id = '{raw['record_id']}'"
    wait_until(lambda: client.query(raw_rows).result_rows, "the raw event is a row")
    assert client.query(raw_rows).result_rows == [(answered.decode(), RAW, raw_message.offset())]

    # 7. an observation's id follows from its series and its time
    series = series_id("default", "github", "stargazers", REPOSITORY, "1")
    wait_until(
        lambda: client.query(f"SELECT 1 FROM observations WHERE series_id = '{series}'").result_rows, "a row"
    )
    ((identity, at_ms, found),) = client.query(
        "SELECT toString(record_id), toUnixTimestamp64Milli(observed_at), value FROM observations "
        f"WHERE series_id = '{series}'"
    ).result_rows
    assert (identity, found) == (observation_id(series, at_ms), stars)

    # 8. the rollups hold it
    ((count, last),) = client.query(
        f"SELECT count, last FROM observations_1d WHERE series_id = '{series}'"
    ).result_rows
    assert (count, last) == (1, stars)

    # 9. asking again costs nothing: the vendor answers 304, which is counted and publishes nothing
    spared = "SELECT sum(not_modified) FROM connector_runs WHERE request_key LIKE 'repository:%'"
    wait_until(lambda: client.query(spared).result_rows[0][0] > 0, "a poll was answered 304")
    assert client.query("SELECT uniqExact(record_id) = count() FROM raw_events").result_rows == [(True,)]

    # 10. and every offset of every topic is accounted for
    audit = home.command("audit", "--json")
    assert (audit.returncode, json.loads(audit.stdout)["passed"]) == (0, True), audit.stdout + audit.stderr
