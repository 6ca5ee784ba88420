"""From settings and options to the list of processes."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from crosscurrent.embedded.home.options import HomeOptions
from crosscurrent.embedded.home.plan import Plan, make_plan
from crosscurrent.embedded.home.spec import KafkaProbe, dependents
from crosscurrent.embedded.world.vendors import VENDORS
from crosscurrent.errors import WrongUse
from crosscurrent.settings import ClickHouseSettings, KafkaSettings, Settings, SourceSettings

SOURCES = ("github", "openweathermap", "pokeapi")
APP_SETTINGS = ("TOKEN_URL", "CLIENT_ID", "CLIENT_SECRET")


def settings_of(home: Path, **sections: object) -> Settings:
    return Settings(home=home, **sections)  # type: ignore[arg-type]


def names(plan: Plan) -> list[str]:
    return [spec.name for spec in plan.specs]


def test_plan_has_every_part_but_sources_that_are_not_enabled(tmp_path: Path) -> None:
    github = {"github": SourceSettings(enabled=True)}
    plan = make_plan(settings_of(tmp_path, sources=github), HomeOptions(sources=SOURCES))
    assert names(plan) == [
        *("broker", "registry", "clickhouse", "restore", "sink"),
        *("normalise+detect", "correlate+drift", "connector.github", "live"),
    ]


def test_plan_starts_each_process_after_what_it_needs(tmp_path: Path) -> None:
    plan = make_plan(settings_of(tmp_path), HomeOptions(sources=SOURCES, world=True), world_port=8070)
    for position, spec in enumerate(plan.specs):
        assert set(spec.needs) <= set(names(plan)[:position]), spec.name


def test_plan_takes_down_with_the_broker_all_that_use_it(tmp_path: Path) -> None:
    plan = make_plan(settings_of(tmp_path), HomeOptions(sources=SOURCES, world=True), world_port=8070)
    stays = set(names(plan)) - dependents(plan.specs, "broker")
    assert stays == {"broker", "world", "registry", "clickhouse", "live"}


def test_plan_starts_no_server_whose_address_is_set(tmp_path: Path) -> None:
    settings = settings_of(
        tmp_path,
        kafka=KafkaSettings(bootstrap_servers="kafka.example:9092"),
        clickhouse=ClickHouseSettings(url="http://clickhouse.example:8123"),
    )
    plan = make_plan(settings, HomeOptions(sources=SOURCES))
    assert names(plan)[:2] == ["registry", "sink"]
    assert plan.broker is None
    assert plan.drain is None
    assert plan.environment["CROSSCURRENT_KAFKA__BOOTSTRAP_SERVERS"] == "kafka.example:9092"
    assert "CROSSCURRENT_KAFKA__SESSION_TIMEOUT_SECONDS" not in plan.environment


def test_plan_shortens_sessions_on_tansu_unless_they_are_set(tmp_path: Path) -> None:
    name = "CROSSCURRENT_KAFKA__SESSION_TIMEOUT_SECONDS"
    short = make_plan(settings_of(tmp_path), HomeOptions())
    given = make_plan(settings_of(tmp_path, kafka=KafkaSettings(session_timeout_seconds=9)), HomeOptions())
    assert float(short.environment[name]) < KafkaSettings().session_timeout_seconds
    assert name not in given.environment


def test_plan_points_sources_at_the_world(tmp_path: Path) -> None:
    options = HomeOptions(sources=SOURCES, world=True, world_arguments=("--speed", "60"))
    plan = make_plan(settings_of(tmp_path), options, world_port=8070, world_anchor=12.5)
    world = plan.specs[0]
    assert plan.environment["CROSSCURRENT_SOURCES__GITHUB__BASE_URL"] == "http://127.0.0.1:8070/github"
    assert plan.environment["CROSSCURRENT_SOURCES__POKEAPI__ENABLED"] == "true"
    assert world.command[-4:] == ("--speed", "60", "--anchor", "12.5")


def test_plan_lets_an_app_be_granted_tokens_by_the_world(tmp_path: Path) -> None:
    sources = {"spotify": SourceSettings.model_validate({"enabled": True, "client_secret": "s3cret"})}
    options = HomeOptions(sources=(*SOURCES, "spotify"), world=True)
    plan = make_plan(settings_of(tmp_path, sources=sources), options, world_port=8070)
    found = {name: plan.environment.get(f"CROSSCURRENT_SOURCES__SPOTIFY__{name}") for name in APP_SETTINGS}
    assert found == {
        "TOKEN_URL": "http://127.0.0.1:8070/spotify/api/token",
        "CLIENT_ID": "played",
        "CLIENT_SECRET": None,
    }


def test_plan_lets_all_played_sources_share_a_process(tmp_path: Path) -> None:
    plan = make_plan(settings_of(tmp_path), HomeOptions(sources=VENDORS, world=True), world_port=8070)
    shared = next(spec for spec in plan.specs if spec.name == "connectors")
    assert shared.command[-len(VENDORS) :] == VENDORS
    assert not [name for name in names(plan) if name.startswith("connector.")]
    for vendor in VENDORS:
        assert plan.environment[f"CROSSCURRENT_SOURCES__{vendor.upper()}__ENABLED"] == "true"


def test_plan_lets_hours_of_a_scenario_last_until_they_were_seen(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, sources={"github": SourceSettings(targets=("org:tarnholt",))})
    options = HomeOptions(sources=VENDORS, world=True, scenario="many-couplings")
    plan = make_plan(settings, options, world_port=8070)
    command = plan.specs[0].command
    paces = [word for before, word in pairwise(command) if before == "--pace"]
    assert command[command.index("--scenario") + 1] == "many-couplings"
    assert "/openweathermap/data/2.5/weather=8" in paces
    # who watches something else of his own cannot be waited for
    assert not [pace for pace in paces if pace.startswith("/github")]


def test_options_refuse_a_scenario_without_a_world() -> None:
    with pytest.raises(WrongUse, match="--world"):
        HomeOptions(scenario="nothing").check()


def test_plan_points_sources_at_recordings(tmp_path: Path) -> None:
    options = HomeOptions(sources=SOURCES, recordings=tmp_path)
    plan = make_plan(settings_of(tmp_path), options, world_port=8070)
    assert plan.specs[0].name == "recordings"
    assert plan.environment["CROSSCURRENT_SOURCES__GITHUB__RECORDINGS_URL"] == "http://127.0.0.1:8070"


@pytest.mark.parametrize(
    ("only", "expected"),
    [
        (("broker", "registry"), ["broker", "registry"]),
        (("detect",), ["detect"]),
        (("pokeapi",), ["connector.pokeapi"]),
        (("broker", "clickhouse", "sink"), ["broker", "clickhouse", "restore", "sink"]),
    ],
)
def test_plan_has_only_the_parts_asked_for(
    tmp_path: Path, only: tuple[str, ...], expected: list[str]
) -> None:
    sources = {name: SourceSettings(enabled=True) for name in SOURCES}
    plan = make_plan(settings_of(tmp_path, sources=sources), HomeOptions(sources=SOURCES, only=only))
    assert names(plan) == expected
    assert plan.drain is None


def test_plan_keeps_secrets_off_command_lines(tmp_path: Path) -> None:
    sources = {"github": SourceSettings.model_validate({"enabled": True, "token": "s3cret-t0ken"})}
    plan = make_plan(settings_of(tmp_path, sources=sources), HomeOptions(sources=SOURCES))
    assert not [spec.name for spec in plan.specs if "s3cret-t0ken" in " ".join(spec.command)]


@pytest.mark.parametrize(
    "options",
    [
        HomeOptions(sources=SOURCES, only=("brokr",)),
        HomeOptions(broker="rabbit"),
        HomeOptions(world=True, recordings=Path("recordings")),
    ],
)
def test_options_refuse_what_does_not_fit(options: HomeOptions) -> None:
    with pytest.raises(WrongUse):
        options.check()


def test_plan_has_the_played_vendor_send_to_the_port_of_its_connector(tmp_path: Path) -> None:
    section = SourceSettings.model_validate({"webhook_secret": "s3cret-of-a-hook", "webhook_port": 8071})
    settings = settings_of(tmp_path, sources={"github": section})
    plan = make_plan(settings, HomeOptions(sources=SOURCES, world=True), world_port=8070)
    specs = {spec.name: spec for spec in plan.specs}
    world, connectors = specs["world"], specs["connectors"]

    assert world.command[-2:] == ("--webhook", "github=http://127.0.0.1:8071/webhooks/github")
    assert [(use.port, use.setting) for use in connectors.listens] == [
        (8071, "CROSSCURRENT_SOURCES__GITHUB__WEBHOOK_PORT")
    ]
    assert "s3cret" not in repr(plan)


def test_plan_on_kafka_renews_nothing_and_expects_the_cluster_of_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    java = tmp_path / "java"
    (java / "bin").mkdir(parents=True)
    (java / "bin" / "java").touch(mode=0o755)
    (java / "release").write_text('JAVA_VERSION="17.0.1"\n')
    monkeypatch.setenv("JAVA_HOME", str(java))
    log = tmp_path / "broker" / "log"
    log.mkdir(parents=True)
    (log / "meta.properties").write_text("cluster.id=kept\n")
    plan = make_plan(settings_of(tmp_path), HomeOptions(sources=SOURCES, broker="kafka"))
    assert plan.renewing is None
    assert plan.of_a_life == frozenset()
    assert plan.broker_bytes_max is None
    (broker,) = [spec for spec in plan.specs if spec.name == "broker"]
    assert broker.probe == KafkaProbe(9092, "kept")
    assert broker.command[0] == str(java / "bin" / "java")
    # a first start, and one after a move, has to give processors what they need
    assert "restore" in names(plan)
    assert plan.environment["CROSSCURRENT_KAFKA__SECURITY_PROTOCOL"] == "PLAINTEXT"
    assert "CROSSCURRENT_KAFKA__SESSION_TIMEOUT_SECONDS" not in plan.environment
