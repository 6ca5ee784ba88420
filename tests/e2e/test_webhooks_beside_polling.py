"""Webhooks from the played vendors to rows, beside polling: signed, spoilt, and each record once."""

from __future__ import annotations

import json
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from functools import partial
from urllib.parse import quote, quote_plus

import pytest

from crosscurrent.embedded.world.default_scenario import default_scenario
from crosscurrent.embedded.world.notion_payload import Objects
from tests.e2e.planted_secrets import forms, places_with
from tests.e2e.running_home import RunningHome, World, running
from tests.waiting import free_ports, wait_until

pytestmark = pytest.mark.integration

REPOSITORY = "quillfen-works/sailbench"
SECRETS = {"github": "gh+h00k/s3cret=", "notion": "secret_n0tion+h00k/"}
CITY = str(default_scenario(1).cities[0].id)
# each with characters that other forms escape
CREDENTIALS = {
    "github": {"TOKEN": "gh+t0ken/that=must not show"},
    "notion": {"TOKEN": "ntn+t0ken/that=must not show"},
    "openweathermap": {"TOKEN": "0wm+k3y/that=must not show", "TARGETS": json.dumps([CITY])},
    "spotify": {
        "TARGETS": '["new-releases"]',
        "CLIENT_ID": "an+app/of=ours",
        "CLIENT_SECRET": "sp+s3cret/that=must not show",
    },
    "tmdb": {"TOKEN": "eyJh.tmdb+t0ken/that=must.not_show"},
}
PLANTED = [
    *SECRETS.values(),
    *(section.get("CLIENT_SECRET") or section["TOKEN"] for section in CREDENTIALS.values()),
]
WRONG = "another+k3y/that=must not show"
TOPICS = (*(f"raw.{source}" for source in CREDENTIALS), "entities", "observations", "connector-state")
PLACES = {"files", "logs", "topics", "metrics", "tables", "status", "doctor"}
BEDS = Objects(0).data_source_id(1)
PARTS = ("broker", "registry", "clickhouse", "sink", "normalise", *CREDENTIALS)
HOURS = 24
GITHUB_FAULTS = ["wrong-signature", "replay", "duplicate", "out-of-order"] * 3
NOTION_FAULTS = ["wrong-signature", "duplicate"]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, RunningHome, dict[str, int]]]:
    world = World("--github-limit", "1000000", "--openweathermap-key", CREDENTIALS["openweathermap"]["TOKEN"])
    ports = dict(zip(SECRETS, free_ports(len(SECRETS)), strict=True))
    often = {"POLL_INTERVAL_SECONDS": "0.5", "REQUESTS_PER_MINUTE_MAX": "60000"}
    sources = {
        "github": {**often, "TARGETS": json.dumps([REPOSITORY])},
        # polled once at its start: what comes later came by webhook
        "notion": {
            **often,
            "POLL_INTERVAL_SECONDS": "100000",
            "TARGETS": json.dumps([f"data_source:{BEDS}"]),
        },
    }
    for name in SECRETS:
        sources[name] |= {"WEBHOOK_SECRET": SECRETS[name], "WEBHOOK_PORT": str(ports[name])}
    once = {"POLL_INTERVAL_SECONDS": "100000"}
    sources = {name: {**sources.get(name, once), **section} for name, section in CREDENTIALS.items()}
    sources["spotify"]["TOKEN_URL"] = f"{world.url}/spotify/api/token"
    home = RunningHome(tmp_path_factory.mktemp("home"), world.url, sources, only=PARTS)
    try:
        with running(home):
            yield world, home, ports
    finally:
        world.close()


def test_deliveries_become_rows_once_beside_polling(home: tuple[World, RunningHome, dict[str, int]]) -> None:
    world, running_home, ports = home
    wait_until(
        lambda: count(running_home, "raw_events WHERE endpoint = 'data_source_query'"), "Notion was polled"
    )
    wait_until(lambda: count(running_home, "raw_events WHERE endpoint = 'issues'"), "GitHub was polled")
    for vendor, faults in (("github", GITHUB_FAULTS), ("notion", NOTION_FAULTS)):
        url = f"http://127.0.0.1:{ports[vendor]}/webhooks/{vendor}"
        subscribe(world, vendor=vendor, url=url, secret=SECRETS[vendor], faults=faults)
    world.advance(HOURS)
    wait_until(lambda: is_told(world), "everything was told")

    hooks = world.state()["webhooks"]
    for vendor, faults in (("github", GITHUB_FAULTS), ("notion", NOTION_FAULTS)):
        answers = hooks[vendor]["answers"]
        assert answers["401"] == faults.count("wrong-signature")
        # a good answer twice, and one row: what is told twice is known
        assert answers["200"] >= faults.count("duplicate") + faults.count("replay")
        assert set(answers) == {"200", "202", "401"}
        wait_until(partial(is_counted, running_home, vendor, answers["202"]), "each is a row")

    edited = "uniqExact(entity_id) FROM entities WHERE source = 'notion' AND raw_record_id IN"
    pages = f"{edited} (SELECT record_id FROM raw_events WHERE endpoint = 'page')"
    named = "uniqExact(JSONExtractString(payload, 'entity', 'id')) FROM raw_events WHERE endpoint = 'webhook'"
    named += " AND JSONExtractString(payload, 'type') LIKE 'page.%'"
    wait_until(
        lambda: running_home.rows(f"SELECT {pages}") == running_home.rows(f"SELECT {named}"),
        "pages asked for",
    )

    wait_until(lambda: running_home.command("audit", "--json").returncode == 0, "nothing is on its way", 60)
    for table in ("raw_events", "entities", "observations"):
        assert running_home.rows(f"SELECT count() = uniqExact(record_id) FROM {table}") == [(1,)]
    # a version of an issue that both told is one row
    twice = (
        "SELECT entity_id FROM entities WHERE entity_type = 'issue' GROUP BY entity_id, name, url, attributes"
    )
    assert running_home.rows(f"{twice} HAVING count() > 1") == []
    told = "SELECT uniqExact(endpoint LIKE 'webhook%') FROM raw_events WHERE record_id IN"
    assert running_home.rows(f"{told} (SELECT raw_record_id FROM entities WHERE entity_type = 'issue')") == [
        (2,)
    ]


def test_run_has_its_secrets_nowhere(home: tuple[World, RunningHome, dict[str, int]]) -> None:
    world, running_home, _ = home
    # an answer that cannot be read, so that errors and dead letters are written too
    post(world, "/_world/faults", vendor="github", kind="not-json", count=4)
    wait_until(lambda: count(running_home, "dead_letters"), "a dead letter")
    needles = [form for secret in [*PLANTED, WRONG] for form in forms(secret)]
    prefix = "CROSSCURRENT_SOURCES__OPENWEATHERMAP__TOKEN"
    good, running_home.environment[prefix] = running_home.environment[prefix], WRONG
    refused = running_home.command("sources", "check", "openweathermap")
    running_home.environment[prefix] = good

    # what is told of the run stands in every place, so each of them is read
    told, secret = places_with(running_home, TOPICS, [b"github"], needles)
    assert told == PLACES
    assert secret == set()
    assert refused.returncode == 1
    assert "401" in refused.stderr
    assert not any(needle in (refused.stdout + refused.stderr).encode() for needle in needles)


@pytest.mark.parametrize("secret", PLANTED)
def test_secret_is_found_in_each_form_in_which_it_may_stand(secret: str) -> None:
    raw = secret.encode()
    needles = forms(secret)
    around = [b64encode(before + raw + b" and more") for before in (b"", b":", b"id", b"app:")]
    written = [
        raw,
        quote(secret, safe="").encode(),
        quote_plus(secret).encode(),
        json.dumps(secret).encode(),
        *around,
    ]
    for content in written:
        assert any(needle in b"..." + content + b"..." for needle in needles), content


def count(home: RunningHome, what: str) -> int:
    rows = home.rows(f"SELECT count() FROM {what}")
    return int(str(rows[0][0])) if rows else 0


def is_counted(home: RunningHome, vendor: str, taken: int) -> bool:
    return count(home, f"raw_events WHERE source = '{vendor}' AND endpoint LIKE 'webhook%'") == taken


def subscribe(world: World, **asked: object) -> None:
    post(world, "/_world/webhooks", **asked)


def post(world: World, path: str, **asked: object) -> None:
    request = urllib.request.Request(world.url + path, json.dumps(asked).encode(), method="POST")
    urllib.request.urlopen(request, timeout=10).close()


def is_told(world: World) -> bool:
    hooks = world.state()["webhooks"]
    return all(hook["hour"] >= HOURS and not hook["waiting"] for hook in hooks.values())
