"""The world of the demo: its cities, its repositories, one coupling across vendors and one break."""

from __future__ import annotations

from datetime import datetime

from crosscurrent.embedded.world.scenario import (
    DEFAULT_BREAK_AFTER_HOURS,
    DEFAULT_START_UTC,
    Break,
    City,
    Coupling,
    Repository,
    Scenario,
)

CITIES = (
    City(2643743, "London", "GB", 51.5085, -0.1257, 0, 1_000_000, 281.0, 5.5),
    City(3413829, "Reykjavik", "IS", 64.1355, -21.8954, 0, 113_906, 274.5, 8.0),
    City(1880252, "Singapore", "SG", 1.2897, 103.8501, 28_800, 3_547_809, 300.5, 4.5),
    City(184745, "Nairobi", "KE", -1.2833, 36.8167, 10_800, 2_750_547, 293.0, 5.0),
    City(1850144, "Tokyo", "JP", 35.6895, 139.6917, 32_400, 12_445_327, 279.5, 5.5),
    City(2179537, "Wellington", "NZ", -41.2866, 174.7756, 46_800, 381_900, 290.0, 9.5),
    City(3936456, "Lima", "PE", -12.0432, -77.0282, -18_000, 7_737_002, 296.0, 5.0),
    City(3143244, "Oslo", "NO", 59.9127, 10.7461, 3_600, 580_000, 269.5, 5.0),
)

REPOSITORIES = (
    Repository(
        "quillfen-works",
        "sailbench",
        "Benchmarks that run where the wind blows",
        "Rust",
        ("benchmark", "energy"),
        48_211,
        400.0,
        14.0,
        1.4,
        0.9,
    ),
    Repository(
        "quillfen-works",
        "dovecote",
        "A message store that fits in one file",
        "Go",
        ("storage", "queue"),
        21_874,
        24.0,
        2.2,
        0.8,
        0.6,
    ),
    Repository(
        "quillfen-works",
        "inkwell-ci",
        "Continuous integration on paper-thin machines",
        "TypeScript",
        ("ci",),
        9_403,
        9.0,
        1.1,
        0.6,
        0.5,
    ),
    Repository(
        "quillfen-works",
        "packhorse",
        "Moves packages slowly and surely",
        "Python",
        (),
        3_120,
        3.0,
        0.4,
        0.3,
        0.3,
    ),
    Repository("quillfen-works", "thistle", None, "C", ("parser",), 812, 0.8, 0.1, 0.1, 0.12),
    Repository("quillfen-works", "handbook", "How we work", None, ("docs",), 154, 0.08, 0.02, 0.03, 0.05),
    Repository(
        "tarnholt",
        "lantern-db",
        "A column store for small lights",
        "C++",
        ("database", "olap"),
        33_902,
        31.0,
        3.1,
        1.1,
        0.8,
    ),
    Repository(
        "tarnholt",
        "millrace",
        "Streams that never run dry",
        "Java",
        ("streaming",),
        15_377,
        14.0,
        1.6,
        0.7,
        0.5,
    ),
    Repository(
        "tarnholt", "cairnmap", "Maps for walkers", "Kotlin", ("maps", "android"), 6_640, 6.0, 0.7, 0.4, 0.3
    ),
    Repository(
        "tarnholt",
        "slipway",
        "Deployments from one shore to another",
        "Go",
        ("deploy",),
        2_205,
        2.0,
        0.3,
        0.2,
        0.2,
    ),
    Repository("tarnholt", "gorse", "Fuzzing with thorns", "Rust", (), 431, 0.4, 0.06, 0.06, 0.08),
    Repository("tarnholt", "peatbog", None, None, (), 37, 0.05, 0.01, 0.02, 0.03),
)


def default_scenario(
    seed: int = 1,
    *,
    start_utc: datetime = DEFAULT_START_UTC,
    break_after_hours: int = DEFAULT_BREAK_AFTER_HOURS,
) -> Scenario:
    """Return the world of the demo: one coupling across vendors, one real break, the rest unrelated.

    Args:
        seed: 0 or more.
        start_utc: a full hour, aware.
        break_after_hours: virtual hours from the start to the break.

    Raises:
        WrongUse: an argument outside of its range.
    """
    return Scenario(
        seed=seed,
        start_utc=start_utc,
        cities=CITIES,
        repositories=REPOSITORIES,
        couplings=(
            Coupling(
                city_id=2179537,
                measure="wind.speed",
                repository="quillfen-works/sailbench",
                lag_hours=3,
                strength=0.2,
                correlation=0.9,
            ),
        ),
        breaks=(
            Break(
                source="openweathermap",
                measure="main.pressure",
                entity="3143244",
                after_hours=break_after_hours,
                size=40.0,
                unit="hPa",
            ),
        ),
    )
