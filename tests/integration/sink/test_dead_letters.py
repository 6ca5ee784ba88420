"""Dead letters are listed, shown and published again; what was mended comes in once."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner

from crosscurrent.cli import dead_letters as command
from crosscurrent.errors import WrongUse
from sinks.clickhouse.dead_letters import DeadLetterShelf
from tests.integration.sink.conftest import Broker, make_settings
from tests.integration.sink.fixed_registry import FixedRegistry
from tests.integration.sink.small_world import SmallWorld

pytestmark = pytest.mark.integration

POISON_FIRST = 7


@pytest.fixture(scope="module")
def world(clickhouse_url: str) -> Iterator[SmallWorld]:
    broker = Broker()
    broker.start()
    with pytest.MonkeyPatch.context() as patch:
        world = SmallWorld(make_settings(clickhouse_url, broker.servers), broker, patch)
        world.poll(POISON_FIRST + 2)
        world.process("normalise")
        while world.sink():
            pass
        patch.setenv("CROSSCURRENT_KAFKA__BOOTSTRAP_SERVERS", broker.servers)
        patch.setenv("CROSSCURRENT_CLICKHOUSE__URL", clickhouse_url)
        patch.setenv("CROSSCURRENT_CLICKHOUSE__DATABASE", world.client.database)
        patch.setattr(command, "ConfluentRegistry", lambda _: FixedRegistry())
        yield world
        world.client.command(f"DROP DATABASE {world.client.database}")
        world.close()
    broker.stop()


def run(*words: str) -> str:
    result = CliRunner().invoke(command.app, list(words))
    if result.exception is not None:
        raise result.exception
    return result.stdout


def counts(world: SmallWorld) -> tuple[int, int, int]:
    sql = (
        "SELECT (SELECT count() FROM dead_letters) AS letters, (SELECT count() FROM raw_events) AS raw, "
        "(SELECT count() FROM observations WHERE entity_id = 'org/mended') AS mended"
    )
    row = world.client.query(sql)[0]
    return int(row["letters"]), int(row["raw"]), int(row["mended"])


def test_dead_letter_comes_in_once_when_it_is_replayed_after_the_fix(world: SmallWorld) -> None:
    listed = json.loads(run("list", "--json"))
    assert [(letter["stage"], letter["topic"], letter["offset"]) for letter in listed] == [
        ("normalise", "raw.github", POISON_FIRST)
    ]
    assert counts(world) == (1, POISON_FIRST + 2, 0)
    # not mended yet: it fails again and makes no new letter
    answer = json.loads(run("replay", listed[0]["id"], "--json"))
    assert (answer[0]["topic"], answer[0]["offset"]) == ("raw.github", POISON_FIRST + 2)
    world.process("normalise")
    while world.sink():
        pass
    assert counts(world) == (1, POISON_FIRST + 2, 0)
    for _ in range(2):
        assert "1" in run("replay", "--all", "--stage", "normalise")
        world.process_mended()
        while world.sink():
            pass
        assert counts(world) == (1, POISON_FIRST + 2, 1)


def test_dead_letter_is_shown_with_its_bytes_and_what_they_say(world: SmallWorld) -> None:
    identity = json.loads(run("list", "--json"))[0]["id"]
    shown = json.loads(run("show", identity, "--json"))
    assert shown["found"] == "a payload that is not JSON"
    assert shown["decoded"]["payload"] == "not json"
    assert shown["key"] == "default|github|all"
    assert shown["value"].startswith("hex 00000000")
    assert "a payload that is not JSON" in run("show", identity)
    assert "raw.github-0" in run("list", "--since", "1h", "--topic", "raw.github")
    assert json.loads(run("list", "--stage", "sink", "--json")) == []


@pytest.mark.parametrize("words", [("show", str(uuid.uuid4())), ("replay", str(uuid.uuid4())), ("show", "x")])
def test_dead_letter_that_is_not_there_is_a_clear_error(world: SmallWorld, words: tuple[str, ...]) -> None:
    with pytest.raises(WrongUse, match="dead letter"):
        run(*words)


def test_replay_refuses_what_names_no_letters(world: SmallWorld) -> None:
    for words in (("replay",), ("replay", str(uuid.uuid4()), "--all")):
        with pytest.raises(WrongUse, match="--all"):
            run(*words)


def test_replay_says_why_a_letter_of_a_poll_is_not_published(world: SmallWorld) -> None:
    world.client.command(
        "INSERT INTO dead_letters (tenant, record_id, stage, topic, partition, offset, value, found, failed_at) "
        "VALUES ('default', generateUUIDv4(), 'connector', '', -1, -1, 'a page', 'no page', now64())"
    )
    shelf = DeadLetterShelf(world.settings)
    replayed = shelf.replay(shelf.ids(stage="connector"))
    assert [(one.topic, "makes the poll again" in one.note) for one in replayed] == [("", True)]
    shelf.close()
