"""What a scenario file may say, table by table."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from crosscurrent.embedded.world.item_changes import ItemChangeKind
from crosscurrent.embedded.world.movement import LAG_HOURS_MAX, Model, ShiftKind
from crosscurrent.embedded.world.scenario import BREAK_AFTER_HOURS_MAX, DEFAULT_START_UTC

ENTRIES_MAX = 1000


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class SeasonForm(_Table):
    """A season: ``{ amplitude = 4.0, peak = 18 }``."""

    amplitude: float = Field(description="Height, in the unit; of a counter in its logarithmic rate.")
    peak: float | None = Field(
        None, ge=0, lt=24, description="Of a day its UTC hour, of a week its day from 0, Monday."
    )


class SeriesForm(_Table):
    """A series that moves in a way of its own."""

    name: str = Field(description="As in ClickHouse, `source.measure:entity`.")
    model: Model | None = Field(None, description="The measure's own if not said.")
    level: float = Field(0.0, description="Mean; where a walk or counter begins.")
    noise: float = Field(0.0, ge=0, description="Standard deviation of an hour's innovation.")
    memory: float = Field(0.9, ge=0, lt=1, description="Share of a deviation that is left an hour later.")
    tails: float | None = Field(
        None, gt=2, le=1000, description="Degrees of freedom of Student's t; normal noise if not said."
    )
    rate: float = Field(0.0, ge=0, le=1e6, description="Of a counter, mean an hour.")
    day: SeasonForm | None = Field(None, description="Season of a day.")
    week: SeasonForm | None = Field(None, description="Season of a week.")


class CouplingForm(_Table):
    """What leads what."""

    leads: str = Field(description="The series that moves first.")
    follows: str = Field(description="The one that moves after it.")
    lag_hours: int = Field(ge=0, le=LAG_HOURS_MAX, description="How long after.")
    strength: float = Field(ge=-1, le=1, description="Correlation of what is new in both.")
    from_hour: int = Field(0, ge=0, le=BREAK_AFTER_HOURS_MAX, description="First hour in which it holds.")
    until_hour: int | None = Field(
        None, ge=1, le=BREAK_AFTER_HOURS_MAX, description="First hour in which it holds no more."
    )


class BreakForm(_Table):
    """What changes in a series when."""

    series: str = Field(description="Which.")
    kind: ShiftKind = Field(description="level, trend, variance or flatline.")
    at_hour: int = Field(ge=0, le=BREAK_AFTER_HOURS_MAX, description="First hour.")
    until_hour: int | None = Field(
        None, ge=1, le=BREAK_AFTER_HOURS_MAX, description="First hour no more; for good if not said."
    )
    size: float = Field(0.0, description="Added; added each hour; factor of the noise; unused.")


class OutageForm(_Table):
    """Hours in which a vendor answers 503 to everything."""

    source: str = Field(description="The vendor.")
    at_hour: int = Field(ge=0, le=BREAK_AFTER_HOURS_MAX, description="First hour.")
    until_hour: int = Field(ge=1, le=BREAK_AFTER_HOURS_MAX, description="First hour no more.")


class FaultForm(_Table):
    """Faults from an hour on."""

    vendor: str = Field(description="Whose.")
    kind: str = Field(description="status-NNN or a kind that `POST /_world/faults` takes.")
    at_hour: float = Field(
        0.0, ge=0, le=BREAK_AFTER_HOURS_MAX, description="The first request after it is hit."
    )
    count: int = Field(1, ge=1, le=ENTRIES_MAX, description="How many requests.")
    path: str | None = Field(None, description="Only requests whose path contains it.")
    seconds: float | None = Field(None, ge=0, description="Delay, or what Retry-After says.")
    bytes: int | None = Field(None, ge=0, description="Size of a huge body.")


class RandomFaultsForm(_Table):
    """Faults at random hours, the same for the same seed."""

    count: int = Field(ge=0, le=10_000, description="How many.")
    vendors: list[str] = Field(default_factory=list, description="Whom they hit; all if none are named.")
    kinds: list[str] = Field(
        default_factory=list, description="Which; all but those of a payload if none are named."
    )


class ItemsForm(_Table):
    """What happens to single items of a list."""

    list: str = Field(description="Which, `source.items:entity`.")
    change: ItemChangeKind = Field(description="late, hide or delete.")
    at_hour: float = Field(ge=0, le=BREAK_AFTER_HOURS_MAX, description="When.")
    until_hour: float | None = Field(
        None, gt=0, le=BREAK_AFTER_HOURS_MAX, description="From when on they are shown; not for delete."
    )
    first: int = Field(
        0, ge=0, le=10_000, description="Place of the first that is hit, from 0; not for late."
    )
    count: int = Field(1, ge=1, le=100, description="How many.")
    between_pages: bool = Field(False, description="Whether it waits for somebody between two pages.")


class CrowdForm(_Table):
    """Repositories and playlists beside the shipped ones, of which few change."""

    repositories: int = Field(0, ge=0, le=5000, description="How many repositories.")
    playlists: int = Field(0, ge=0, le=1000, description="How many playlists.")
    changes_per_hour: float = Field(gt=0, le=1, description="Mean of each.")


class Form(_Table):
    """A scenario file."""

    name: str = Field(min_length=1, max_length=80, description="Of the scenario.")
    description: str = Field("", max_length=400, description="What it is for, in a line.")
    seed: int = Field(1, ge=0, le=2**31, description="Another seed is another world of the same kind.")
    start: datetime = Field(DEFAULT_START_UTC, description="Virtual time at the start, a full hour.")
    hours: int = Field(240, ge=1, le=BREAK_AFTER_HOURS_MAX, description="How long it is meant to run.")
    series: list[SeriesForm] = Field(default_factory=list, max_length=ENTRIES_MAX)
    couplings: list[CouplingForm] = Field(default_factory=list, max_length=ENTRIES_MAX)
    breaks: list[BreakForm] = Field(default_factory=list, max_length=ENTRIES_MAX)
    outages: list[OutageForm] = Field(default_factory=list, max_length=ENTRIES_MAX)
    faults: list[FaultForm] = Field(default_factory=list, max_length=ENTRIES_MAX)
    random_faults: RandomFaultsForm | None = None
    items: list[ItemsForm] = Field(default_factory=list, max_length=ENTRIES_MAX)
    crowd: CrowdForm | None = None
