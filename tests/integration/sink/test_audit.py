"""The audit of a running system, and whether it is drained."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import typer
from typer.testing import CliRunner

from crosscurrent.cli import audit as command
from crosscurrent.cli import sql as sql_command
from crosscurrent.errors import Fatal, ServerAway, Transient, WrongUse
from crosscurrent.settings import KafkaSettings
from sinks.clickhouse.audit import audit
from sinks.clickhouse.drain import wait_until_drained
from tests.integration.sink.conftest import Broker, make_settings
from tests.integration.sink.small_world import PROCESSORS, SmallWorld
from tests.waiting import free_port

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def world(clickhouse_url: str) -> Iterator[SmallWorld]:
    broker = Broker()
    broker.start()
    with pytest.MonkeyPatch.context() as patch:
        world = SmallWorld(make_settings(clickhouse_url, broker.servers), broker, patch)
        world.poll(10)
        world.finish()
        yield world
        world.client.command(f"DROP DATABASE {world.client.database}")
        world.close()
        broker.stop()


def run(world: SmallWorld, monkeypatch: pytest.MonkeyPatch, *words: str) -> tuple[int, str]:
    monkeypatch.setenv("CROSSCURRENT_KAFKA__BOOTSTRAP_SERVERS", world.settings.bootstrap_servers)
    monkeypatch.setenv("CROSSCURRENT_CLICKHOUSE__URL", world.settings.clickhouse_url)
    monkeypatch.setenv("CROSSCURRENT_CLICKHOUSE__DATABASE", world.client.database)
    app = typer.Typer()
    app.command("audit")(command.audit)
    app.command("sql")(sql_command.sql)
    result = CliRunner().invoke(app, list(words))
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout


def test_audit_passes_when_everything_is_in(world: SmallWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    code, output = run(world, monkeypatch, "audit", "--json", "--wait", "5")
    report = json.loads(output)
    assert (code, report["passed"]) == (0, True)
    topics = {topic["topic"]: topic for topic in report["topics"]}
    assert topics["raw.github"]["messages"] == 10
    assert {topic["state"] for topic in topics.values()} == {"complete"}
    code, output = run(world, monkeypatch, "audit")
    assert code == 0
    assert "nothing is missing" in output


def test_audit_names_what_the_sink_has_not_taken_in(
    world: SmallWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.poll(12)
    try:
        code, output = run(world, monkeypatch, "audit", "--json", "--wait", "0.1")
        report = json.loads(output)
        assert code == 1
        assert [(f["check"], f["where"]) for check in report["checks"] for f in check["findings"]] == [
            ("coverage", "raw.github-0")
        ]
        states = {topic["topic"]: (topic["state"], topic["pending"]) for topic in report["topics"]}
        assert states["raw.github"] == ("behind", 2)
        # it waits for the events that it rests on
        assert states["connector-state"] == ("pending", 1)
        with pytest.raises(Fatal, match="normalise lacks 2 of raw"):
            wait_until_drained(world.settings, codec=world.codec, timeout_seconds=0)
    finally:
        world.finish()


def test_drain_returns_when_everything_is_taken_in(world: SmallWorld) -> None:
    wait_until_drained(world.settings, codec=world.codec, timeout_seconds=20)


def test_drain_names_a_processor_that_does_not_run(world: SmallWorld) -> None:
    with pytest.raises(Fatal, match="other lacks"):
        wait_until_drained(
            world.settings, codec=world.codec, timeout_seconds=0, processors=(*PROCESSORS, "other")
        )


def test_audit_says_which_server_is_away(world: SmallWorld) -> None:
    nobody = f"127.0.0.1:{free_port()}"
    kafka = KafkaSettings(bootstrap_servers=nobody)
    with pytest.raises(ServerAway, match=nobody):
        audit(world.settings.model_copy(update={"kafka": kafka}))
    away = world.settings.clickhouse.model_copy(update={"url": f"http://{nobody}"})
    with pytest.raises(Transient, match=nobody):
        audit(world.settings.model_copy(update={"clickhouse": away}))
    empty = world.settings.clickhouse.model_copy(update={"database": "nothing_here"})
    with pytest.raises(Fatal, match="no tables"):
        audit(world.settings.model_copy(update={"clickhouse": empty}))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("SELECT 1 AS one, 'a' AS two",), "one\ttwo\n1\ta\n"),
        (("SELECT 1 AS one;", "--format", "JSONEachRow"), '{"one":1}\n'),
        (("SELECT 1 AS one FORMAT CSV",), "1\n"),
        (("SELECT count() AS n FROM raw_events -- all of them",), "n\n12\n"),
    ],
)
def test_sql_writes_the_answer_in_the_format_asked_for(
    world: SmallWorld, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], expected: str
) -> None:
    assert run(world, monkeypatch, "sql", *words) == (0, expected)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("SELEC 1", "Syntax error"),
        ("SELECT nothing FROM raw_events", "nothing"),
        ("SELECT * FROM not_there", "not_there"),
        ("INSERT INTO raw_events SELECT * FROM raw_events", "readonly"),
        ("DROP TABLE raw_events", "readonly"),
        ("SELECT throwIf(number = 3) FROM numbers(5)", "non-zero"),
        ("SELECT 1 FORMAT Nonsense", "Nonsense"),
        ("SELECT number, throwIf(number = 1500000) FROM numbers(2000000)", "middle of the answer"),
    ],
)
def test_sql_gives_the_words_of_the_engine_when_it_refuses(
    world: SmallWorld, monkeypatch: pytest.MonkeyPatch, query: str, found: str
) -> None:
    with pytest.raises(WrongUse) as refused:
        run(world, monkeypatch, "sql", query)
    assert found.lower() in refused.value.found.lower()
    assert "for url" not in refused.value.found
    assert refused.value.expected
    assert refused.value.todo


def test_sql_says_that_clickhouse_is_away(world: SmallWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    away = world.settings.clickhouse.model_copy(update={"url": nobody})
    settings = world.settings.model_copy(update={"clickhouse": away})
    monkeypatch.setattr(sql_command, "load_settings", lambda: settings)
    with pytest.raises(ServerAway, match="no ClickHouse answers at"):
        run(world, monkeypatch, "sql", "SELECT 1")
