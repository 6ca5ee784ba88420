"""What of Faust's known defects is avoided by construction stays avoided: docs/guarantees.md names these tests."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import faust
import pytest
from faust.types.enums import ProcessingGuarantee

import streams
from crosscurrent.settings import Settings
from streams.app import make_app

STREAMS = Path(streams.__file__).parent
SOURCES = sorted(STREAMS.rglob("*.py"))


@pytest.fixture
def app(tmp_path: Path) -> faust.App:
    return make_app("normalise", Settings(home=tmp_path))


def calls(name: str) -> list[ast.Call]:
    """Return every call of a method or function of that name in the stage."""
    nodes = [node for path in SOURCES for node in ast.walk(ast.parse(path.read_text()))]
    return [
        node
        for node in nodes
        if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", None)) == name
    ]


def test_agents_run_with_concurrency_one_and_take_events_without_acknowledging_them() -> None:
    (agent,) = calls("agent")
    concurrency = {keyword.arg: keyword.value for keyword in agent.keywords}["concurrency"]
    assert isinstance(concurrency, ast.Constant)
    assert concurrency.value == 1
    assert len(calls("noack")) == 1
    assert not calls("commit")


def test_exactly_once_flag_is_off(app: faust.App) -> None:
    assert app.conf.processing_guarantee == ProcessingGuarantee.AT_LEAST_ONCE
    assert not [path for path in SOURCES if "processing_guarantee" in path.read_text()]


def test_no_tables_no_changelogs_no_rocksdb(app: faust.App) -> None:
    assert not [path for path in SOURCES if re.search(r"app\.(Set)?(Global)?Table\(", path.read_text())]
    assert not app.tables.data
    assert str(app.conf.store) == "memory:"
    assert not [
        path for path in SOURCES if re.search(r"import rocksdb|rocksdict|rocksdb://", path.read_text())
    ]


def test_no_topics_of_fausts_own_and_a_bounded_buffer(app: faust.App) -> None:
    assert app.conf.topic_disable_leader
    assert not app.conf.topic_allow_declare
    assert 0 < app.conf.stream_buffer_maxsize <= 1024
    assert app.conf.stream_wait_empty is False


def test_faust_itself_still_commits_over_an_event_in_progress_at_the_head(app: faust.App) -> None:
    """The defect is there (issue 606), so the reasons for concurrency 1 are; when this fails, think again (ADR 2)."""
    consumer = app.transport.create_consumer(
        _ignore, on_partitions_revoked=_ignore, on_partitions_assigned=_ignore
    )
    place = faust.types.TP("raw.github", 0)
    consumer._committed_offset[place] = 2585
    consumer._acked[place] = [2586, 2587]
    consumer._acked_index[place] = {2586, 2587}
    assert consumer._new_offset(place) == 2588


async def _ignore(*_: object) -> None:
    """Nothing is read in these tests."""
