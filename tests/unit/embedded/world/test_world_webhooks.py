"""What the played vendors send: signed, in the vendors' shapes, and spoilt when asked to."""

from __future__ import annotations

import orjson
import pytest

from connectors.github.connector import GITHUB
from connectors.kit.declaration import Connector
from connectors.kit.webhooks.declaration import Delivery, Ignored
from connectors.kit.webhooks.signature import is_signed
from connectors.notion.connector import NOTION
from crosscurrent.clock import ManualClock
from crosscurrent.embedded.world.default_scenario import default_scenario
from crosscurrent.embedded.world.virtual_time import VirtualTime
from crosscurrent.embedded.world.webhooks import FAULTS, Hook, Hooks, written
from crosscurrent.embedded.world.world import World
from crosscurrent.errors import WrongUse

SECRET = "s3cret-of-the-world"
DAY = 24 * 3600
TARGETS = ("org:quillfen-works", "org:tarnholt", "all")


@pytest.fixture(scope="module")
def world() -> World:
    scenario = default_scenario(1)
    return World(scenario, VirtualTime(scenario.start_seconds, ManualClock(), speed=0.0))


def told(world: World, vendor: str, faults: list[str] | None = None) -> Hook:
    """What waits to be sent a day after somebody has asked for it."""
    hooks = Hooks(world.tells)
    start = world.scenario.start_seconds
    asked = {"vendor": vendor, "url": "http://127.0.0.1:1/", "secret": SECRET, "faults": faults or []}
    hooks.subscribe(asked, start)
    hooks.collect(vendor, start + DAY)
    return hooks.hook(vendor)


@pytest.mark.parametrize("connector", [GITHUB, NOTION], ids=lambda connector: str(connector.name))
def test_each_delivery_is_signed_and_read_by_the_connector(world: World, connector: Connector) -> None:
    webhooks, name = connector.webhooks, connector.name
    assert webhooks is not None
    kinds, read = set(), []
    for happening, secret, attempt in told(world, name).waiting:
        body, headers = written(name, happening, secret, attempt)
        assert is_signed(body, SECRET, headers[webhooks.signature_header])
        read.append(webhooks.read(headers, orjson.loads(body), body, TARGETS))
        kinds.add(happening.kind)

    deliveries = [one for one in read if isinstance(one, Delivery)]
    assert len({one.ids for one in deliveries}) == len(deliveries) > 10
    assert {one.reason for one in read if isinstance(one, Ignored)} <= {"other_target"}
    assert all(one.happened_at is not None for one in deliveries)
    expected = {
        "github": {"issues", "push", "star"},
        "notion": {"page.properties_updated", "comment.created"},
    }
    assert expected[name] <= kinds


def test_delivery_has_the_time_at_which_its_hour_is_shown(world: World) -> None:
    start = world.scenario.start_seconds
    for happening, *_ in told(world, "github").waiting:
        if happening.kind == "star":
            body, headers = written("github", happening, SECRET, 1)
            read = (
                GITHUB.webhooks.read(headers, orjson.loads(body), body, TARGETS) if GITHUB.webhooks else None
            )
            if isinstance(read, Delivery) and read.happened_at is not None:
                assert start < read.happened_at.timestamp() <= start + DAY


def test_each_fault_is_made_once(world: World) -> None:
    hook = told(world, "github", list(FAULTS))
    plain = told(world, "github")

    assert {name: hook.told[name] for name in FAULTS} == dict.fromkeys(FAULTS, 1)
    # a forged one before, a replay after, and a duplicate beside those that are told anyway
    assert len(hook.waiting) == len(plain.waiting) + 3
    assert sum(secret != SECRET for _, secret, _ in hook.waiting) == 1
    identities = [happening.identity for happening, secret, _ in hook.waiting if secret == SECRET]
    assert len(identities) - len(set(identities)) == 1
    assert sum(identity.startswith("replayed") for identity in identities) == 1
    genuine = [one for one in identities if not one.startswith("replayed")]
    assert list(dict.fromkeys(genuine)) != [happening.identity for happening, *_ in plain.waiting]


@pytest.mark.parametrize(
    "asked",
    [
        {"vendor": "tmdb", "url": "http://127.0.0.1:1/", "secret": "s"},
        {"vendor": "github", "url": "", "secret": "s"},
        {"vendor": "github", "url": "http://127.0.0.1:1/", "secret": ""},
        {"vendor": "github", "url": "http://127.0.0.1:1/", "secret": "s", "faults": ["gremlin"]},
    ],
)
def test_hook_that_cannot_be_is_refused(world: World, asked: dict[str, object]) -> None:
    with pytest.raises(WrongUse):
        Hooks(world.tells).subscribe(asked, 0.0)
