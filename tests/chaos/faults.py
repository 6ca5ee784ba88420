"""What can go wrong with a home, each a thing that happens once, at a moment of chance."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress

from confluent_kafka import Producer

from tests.e2e.running_home import RunningHome

Fault = Callable[[RunningHome, random.Random], str]
"""Makes something go wrong and returns what it was; what it takes away it also gives back."""

_PAUSE_SECONDS = (0.3, 6.0)
_STAY_SECONDS = (0.5, 4.0)
_COMPANION_STOP_SECONDS_MAX = 30.0
_UNKNOWN_SCHEMA_ID = 999_999
_POISONED_TOPICS = ("raw.github", "raw.openweathermap", "observations")
_COMPANIONS = (
    ("sink", "clickhouse"),
    ("worker", "normalise", "detect"),
    ("worker", "correlate", "drift"),
)


def kill_one(home: RunningHome, chance: random.Random) -> str:
    """Kill a process at once."""
    name, pid = chance.choice(sorted(home.pids().items()))
    home.kill(pid)
    return f"{name} killed"


def kill_two(home: RunningHome, chance: random.Random) -> str:
    """Kill two processes at the same moment."""
    chosen = chance.sample(sorted(home.pids().items()), 2)
    for _, pid in chosen:
        home.kill(pid)
    return " and ".join(name for name, _ in chosen) + " killed"


def kill_everything(home: RunningHome, chance: random.Random) -> str:
    """Kill all, the supervisor first, and start it again after a while."""
    home.kill_everything()
    time.sleep(chance.uniform(0, _STAY_SECONDS[1]))
    home.start()
    return "everything killed"


def pause_one(home: RunningHome, chance: random.Random) -> str:
    """Stop a process where it stands, as a machine that swaps or a hypervisor that moves it would."""
    name, pid = chance.choice(sorted(home.pids().items()))
    seconds = chance.uniform(*_PAUSE_SECONDS)
    try:
        os.kill(pid, signal.SIGSTOP)
        time.sleep(seconds)
    except ProcessLookupError:
        return f"{name} had just ended"
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)
    return f"{name} stood still for {seconds:.1f} s"


def redeploy(home: RunningHome, chance: random.Random) -> str:
    """Stop everything cleanly and start it again, as a deploy of a new version does."""
    del chance
    home.stop()
    home.start()
    return "redeployed"


def companion(home: RunningHome, chance: random.Random) -> str:
    """Start a second sink or worker beside the home's and end it, cleanly or not: two rebalances."""
    words = chance.choice(_COMPANIONS)
    cleanly = chance.random() < 0.5
    process = subprocess.Popen(
        [sys.executable, "-m", "crosscurrent.cli.process", *words],
        env={**os.environ, **home.environment},
        cwd=home.settings.home,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    # long enough to have imported, joined its group and read something, or to be in the middle of that
    time.sleep(chance.uniform(1.0, 2.0 + _STAY_SECONDS[1]))
    process.send_signal(signal.SIGTERM if cleanly else signal.SIGKILL)
    try:
        process.wait(_COMPANION_STOP_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    return f"a second {' '.join(words)} came and {'went' if cleanly else 'was killed'}"


def poison(home: RunningHome, chance: random.Random) -> str:
    """Publish what cannot be read: no Avro at all, a schema nobody knows, or the beginning of a message."""
    topic = chance.choice(_POISONED_TOPICS)
    value = chance.choice(
        (
            b"",
            b"this is no Avro",
            b"\x00" + _UNKNOWN_SCHEMA_ID.to_bytes(4, "big") + b"\x00\x01\x02",
            b"\x00\x00\x00\x00\x01\x0e",
        )
    )
    # where the broker is away just then, there is nothing to poison
    producer = Producer(
        {"bootstrap.servers": home.settings.bootstrap_servers, "message.timeout.ms": 5000, "log_level": 0}
    )
    producer.produce(topic, key=b"default/poison", value=value)
    left = producer.flush(10)
    return f"{value[:8]!r} on {topic}" + (" (not delivered)" if left else "")


FAULTS: dict[str, tuple[Fault, float]] = {
    "kill one": (kill_one, 4.0),
    "kill two": (kill_two, 2.0),
    "kill everything": (kill_everything, 1.5),
    "pause one": (pause_one, 4.0),
    "redeploy": (redeploy, 0.7),
    "companion": (companion, 1.5),
    "poison": (poison, 3.0),
}
"""Name to the fault and how often it comes in relation to the others."""


def schedule(chance: random.Random, hours: int, count: int) -> dict[int, list[str]]:
    """Return hour to the names of the faults that happen in it, each kind at least once where there is room.

    Args:
        chance: decides.
        hours: hours that are watched; nothing happens in the first two and the last.
        count: faults in all.
    """
    kinds, weights = list(FAULTS), [weight for _, weight in FAULTS.values()]
    names = chance.sample(kinds, min(count, len(kinds)))
    names += chance.choices(kinds, weights, k=count - len(names))
    chance.shuffle(names)
    planned: dict[int, list[str]] = {}
    for name in names:
        planned.setdefault(chance.randrange(2, hours - 1), []).append(name)
    return planned
