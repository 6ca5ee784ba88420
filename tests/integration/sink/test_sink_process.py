"""The sink as a process between a broker and ClickHouse, in good times and in bad."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from crosscurrent.errors import Transient
from crosscurrent.settings import Settings
from schemas.codec import Codec
from sinks.clickhouse import ClickHouse
from sinks.clickhouse.client import Rows
from sinks.clickhouse.sink import ClickHouseSink
from tests.integration.sink import sample
from tests.integration.sink.conftest import Broker, SinkProcess, both_brokers, make_settings
from tests.integration.sink.fixed_registry import FixedRegistry
from tests.integration.sink.proxy import Proxy
from tests.waiting import wait_until

pytestmark = pytest.mark.integration

MESSAGES = 20


class Tables:
    """Reads what the sink wrote; a table that is not there yet is empty."""

    def __init__(self, settings: Settings) -> None:
        self.client = ClickHouse(settings)
        self.client.create_database()

    def rows(self, sql: str) -> Rows:
        return self.client.query(sql)

    def count(self, table: str) -> int:
        exists = self.rows(f"EXISTS TABLE {table}")[0]["result"]
        return int(self.rows(f"SELECT count() AS n FROM {table}")[0]["n"]) if exists else 0

    def messages(self, topic: str) -> int:
        if not self.count("ingest_ledger"):
            return 0
        sql = f"SELECT sum(messages) AS n FROM ingest_ledger FINAL WHERE _topic = '{topic}'"
        return int(self.rows(sql)[0]["n"])

    def assert_exact(self, batches: int) -> None:
        """Each observation once, rollups equal to a recount, the ledger without a gap."""
        assert self.count("observations") == batches * 12
        assert self.rows("SELECT uniqExact(record_id) AS n FROM observations") == [{"n": batches * 12}]
        assert self.rows("SELECT sum(count) AS n FROM observations_1d") == [{"n": batches * 12}]
        recount = (
            "SELECT toStartOfMinute(observed_at) AS t, series_id AS s, sum(value) AS v FROM observations"
        )
        kept = "SELECT bucket_start AS t, series_id AS s, sum AS v FROM observations_1m"
        assert self.rows(f"{recount} GROUP BY t, s EXCEPT ({kept})") == []
        gaps = self.rows(
            "SELECT _topic, first_offset, lagInFrame(last_offset, 1, -1) OVER (PARTITION BY _cluster, _topic, "
            "_partition ORDER BY first_offset) AS before FROM ingest_ledger FINAL "
            "QUALIFY first_offset != before + 1"
        )
        assert gaps == []


@pytest.fixture
def settings(clickhouse_url: str, broker: Broker) -> Settings:
    return make_settings(clickhouse_url, broker.servers)


@pytest.fixture
def tables(settings: Settings) -> Iterator[Tables]:
    tables = Tables(settings)
    yield tables
    tables.client.command(f"DROP DATABASE {tables.client.database}")
    tables.client.close()


@pytest.fixture
def sink(settings: Settings) -> Iterator[SinkProcess]:
    process = SinkProcess(settings)
    yield process
    process.kill()


@pytest.fixture
def codec() -> Codec:
    return Codec(FixedRegistry())


def publish_observations(broker: Broker, codec: Codec, begin: int, end: int) -> None:
    broker.publish(codec, [("observations", sample.observations(number)) for number in range(begin, end)])


@both_brokers
@pytest.mark.parametrize("moment", ["--die-before-ledger", "--die-before-rollups"])
def test_sink_writes_each_row_once_when_killed_after_the_rows(
    broker: Broker, tables: Tables, sink: SinkProcess, codec: Codec, moment: str
) -> None:
    publish_observations(broker, codec, 0, MESSAGES)
    process = sink.start(moment)
    wait_until(lambda: process.poll() is not None, "the sink kills itself")
    assert tables.count("observations") == MESSAGES * 12
    assert tables.count("ingest_ledger") == 0
    publish_observations(broker, codec, MESSAGES, MESSAGES + 5)
    sink.start()
    wait_until(lambda: tables.messages("observations") == MESSAGES + 5, "everything is in the ledger")
    tables.assert_exact(MESSAGES + 5)
    assert tables.rows("SELECT sum(rows_duplicate) AS n FROM ingest_ledger FINAL") == [{"n": 0}]


def test_sink_goes_on_from_the_ledger_when_the_broker_begins_another_life(
    broker: Broker, tables: Tables, sink: SinkProcess, codec: Codec
) -> None:
    """The sink goes on in place, or its process ends and is started again, as the home does.

    librdkafka does not survive each topic that comes back with another id; its maintainers advise a new client
    (https://github.com/confluentinc/librdkafka/issues/4898).
    """
    process = sink.start()
    publish_observations(broker, codec, 0, MESSAGES)
    wait_until(lambda: tables.messages("observations") == MESSAGES, "the first life is in the ledger")
    broker.stop()
    broker.start("life-2")
    # the end of the first life comes again, at other offsets
    publish_observations(broker, codec, MESSAGES - 5, MESSAGES + 5)

    def second_life_is_in() -> bool:
        nonlocal process
        if process.poll() is not None:
            process = sink.start()
        return tables.messages("observations") == MESSAGES + 10

    wait_until(second_life_is_in, "the second life is in the ledger")
    tables.assert_exact(MESSAGES + 5)
    written = tables.rows(
        "SELECT sum(rows_written) AS w, sum(rows_duplicate) AS d FROM ingest_ledger FINAL "
        "WHERE startsWith(_cluster, 'life-2/') AND _topic = 'observations'"
    )
    assert written == [{"w": 60, "d": 60}]


@both_brokers
def test_sink_writes_the_dead_letter_of_a_poison_message_and_goes_on(
    broker: Broker, tables: Tables, sink: SinkProcess, codec: Codec
) -> None:
    sink.start()
    broker.publish(
        codec, [("raw.github", sample.raw_event(0)), ("raw.github", b"junk"), ("entities", b"\x00" * 9)]
    )
    broker.publish(codec, [("raw.github", sample.raw_event(1)), ("raw.new", sample.raw_event(2))])
    wait_until(
        lambda: tables.count("dead_letters") == 2 and tables.count("raw_events") == 3, "rows and letters"
    )
    letters = tables.rows("SELECT topic, offset, value, stage FROM dead_letters ORDER BY topic DESC")
    assert [(row["topic"], row["offset"], row["stage"]) for row in letters] == [
        ("raw.github", 1, "sink"),
        ("entities", 0, "sink"),
    ]
    assert letters[0]["value"] == "junk"


class SinkThread:
    """The sink in this process, so that its readiness can be asked."""

    def __init__(self, settings: Settings, codec: Codec) -> None:
        self.sink = ClickHouseSink(settings, codec)
        self.failure: BaseException | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            self.sink.run(self._stop)
        except BaseException as error:  # noqa: BLE001 - shown by the test
            self.failure = error

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()
        assert self.failure is None


@pytest.fixture
def proxy(clickhouse_url: str) -> Iterator[Proxy]:
    address = urlsplit(clickhouse_url)
    proxy = Proxy((str(address.hostname), int(address.port or 8123)))
    yield proxy
    proxy.stop()


def through(proxy: Proxy, settings: Settings) -> Settings:
    section = settings.clickhouse.model_copy(update={"url": proxy.url})
    return settings.model_copy(update={"clickhouse": section})


@both_brokers
def test_sink_loses_nothing_when_clickhouse_is_away_for_a_while(
    broker: Broker, tables: Tables, settings: Settings, codec: Codec, proxy: Proxy
) -> None:
    proxy.close_gate()
    running = SinkThread(through(proxy, settings), codec)
    try:
        publish_observations(broker, codec, 0, MESSAGES)
        wait_until(
            lambda: "ClickHouse" in " ".join(running.sink.not_ready()), "it says that ClickHouse is away"
        )
        proxy.open_gate()
        wait_until(lambda: tables.messages("observations") == MESSAGES, "everything is in the ledger")
        wait_until(lambda: running.sink.not_ready() == [], "it is ready")
        proxy.close_gate()
        publish_observations(broker, codec, MESSAGES, 2 * MESSAGES)
        wait_until(lambda: "ClickHouse" in " ".join(running.sink.not_ready()), "it says so again")
        proxy.open_gate()
        wait_until(lambda: tables.messages("observations") == 2 * MESSAGES, "the rest is in the ledger")
    finally:
        proxy.open_gate()
        running.stop()
    tables.assert_exact(2 * MESSAGES)


@pytest.mark.parametrize("table", ["INSERT+INTO+observations+", "INSERT+INTO+ingest_ledger+"])
def test_sink_writes_each_row_once_when_the_answer_to_an_insert_is_lost(
    broker: Broker, tables: Tables, settings: Settings, codec: Codec, proxy: Proxy, table: str
) -> None:
    running = SinkThread(through(proxy, settings), codec)
    try:
        wait_until(lambda: running.sink.not_ready() == [], "it is ready")
        proxy.swallow = table.encode()
        publish_observations(broker, codec, 0, MESSAGES)
        wait_until(lambda: proxy.swallowed >= 1, "answers are lost")
        proxy.swallow = None
        wait_until(lambda: tables.messages("observations") == MESSAGES, "everything is in the ledger")
    finally:
        running.stop()
    tables.assert_exact(MESSAGES)


def test_sink_waits_when_the_registry_is_in_trouble(
    broker: Broker, tables: Tables, settings: Settings, codec: Codec, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = FixedRegistry()
    trouble = threading.Event()
    trouble.set()
    answer = registry.schema_by_id

    def schema_by_id(schema_id: int) -> str:
        if trouble.is_set():
            raise Transient("the registry answers 500", expected="a schema", todo="wait")
        return answer(schema_id)

    monkeypatch.setattr(registry, "schema_by_id", schema_by_id)
    running = SinkThread(settings, Codec(registry))
    try:
        publish_observations(broker, codec, 0, 3)
        wait_until(lambda: "500" in " ".join(running.sink.not_ready()), "it says why it waits")
        trouble.clear()
        wait_until(lambda: tables.messages("observations") == 3, "everything is in the ledger")
    finally:
        running.stop()
    assert tables.count("dead_letters") == 0
