"""Which broker a home has, and what it takes to change it."""

from __future__ import annotations

from pathlib import Path

import pytest

from crosscurrent.embedded.home.broker_choice import BrokerChoice, choose_broker, note_broker, noted_broker
from crosscurrent.embedded.home.events import HomeEvent, Report
from crosscurrent.embedded.home.layout import Layout
from crosscurrent.embedded.home.move import leave_broker, set_aside
from crosscurrent.embedded.home.options import HomeOptions
from crosscurrent.embedded.home.plan import Plan
from crosscurrent.embedded.home.state import BrokerState, HomeState, write_state
from crosscurrent.errors import WrongUse
from crosscurrent.settings import Settings


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout.of(tmp_path)
    layout.make()
    return layout


def test_new_home_has_tansu_unless_another_is_asked_for(layout: Layout) -> None:
    assert choose_broker(layout, HomeOptions()) == BrokerChoice("tansu")
    assert choose_broker(layout, HomeOptions(broker="kafka")) == BrokerChoice("kafka")


def test_home_keeps_its_broker_when_none_is_asked_for(layout: Layout) -> None:
    note_broker(layout, "kafka")
    assert choose_broker(layout, HomeOptions()) == BrokerChoice("kafka")


def test_home_older_than_the_note_has_tansu(layout: Layout) -> None:
    write_state(layout, HomeState(7, broker=BrokerState()))
    assert noted_broker(layout) == "tansu"


def test_other_broker_without_a_move_says_how_to_move(layout: Layout) -> None:
    note_broker(layout, "tansu")
    with pytest.raises(WrongUse) as raised:
        choose_broker(layout, HomeOptions(broker="kafka"))
    assert "has the embedded broker tansu, not kafka" in raised.value.found
    assert raised.value.todo.endswith("`crosscurrent up --broker kafka --move`")


def test_move_names_the_broker_that_is_left(layout: Layout) -> None:
    note_broker(layout, "tansu")
    chosen = choose_broker(layout, HomeOptions(broker="kafka", move=True))
    assert chosen == BrokerChoice("kafka", moves_from="tansu")
    again = choose_broker(layout, HomeOptions(broker="tansu", move=True))
    assert again == BrokerChoice("tansu")


def test_damaged_note_is_told_and_not_guessed(layout: Layout) -> None:
    layout.broker_file.write_text("{")
    with pytest.raises(WrongUse, match=r"broker\.json cannot be read"):
        noted_broker(layout)


def test_move_without_a_broker_is_refused() -> None:
    with pytest.raises(WrongUse, match="--move without a broker"):
        HomeOptions(move=True).check()


def test_log_that_is_left_takes_the_place_of_one_kept_before(layout: Layout) -> None:
    events: list[HomeEvent] = []
    for content in ("first", "second"):
        layout.data("broker").mkdir()
        (layout.data("broker") / "log").write_text(content)
        set_aside(layout, events.append)
    assert (layout.data("broker.moved") / "log").read_text() == "second"
    assert not layout.data("broker").exists()
    assert "broker.moved" in events[-1].detail


@pytest.mark.parametrize("drained", [True, False])
async def test_log_is_left_only_once_all_of_it_was_taken_in(layout: Layout, drained: bool) -> None:
    layout.data("broker").mkdir()
    plans: list[Plan] = []

    async def prepare(name: str) -> None:
        (layout.data("broker") / "prepared").write_text(name)

    async def run(plan: Plan, report: Report) -> bool:
        plans.append(plan)
        report(HomeEvent("ready"))
        report(HomeEvent("notice", detail="told"))
        return drained

    events: list[HomeEvent] = []
    left = await leave_broker(
        Settings(home=layout.root),
        HomeOptions(sources=("github",), broker="tansu", move=True, world=True),
        layout,
        leaves="kafka",
        prepare=prepare,
        report=events.append,
        run_until_drained=run,
    )
    assert left is drained
    assert layout.data("broker").exists() is not drained
    (plan,) = plans
    assert [spec.name for spec in plan.specs] == [
        *("broker", "registry", "clickhouse", "restore", "sink", "normalise+detect", "correlate+drift"),
    ]
    assert plan.drain is not None
    # whoever waits for the home to be ready waits for the second start, not for this one
    assert {event.kind for event in events} == {"notice"}
