"""A scenario as a TOML file: what it may say, and the scenario that it means.

A mistake is told with its path in the file, as ``breaks[1].at_hour``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from crosscurrent.clock import SystemClock
from crosscurrent.embedded.world.crowd import quiet_playlists, quiet_repositories
from crosscurrent.embedded.world.default_scenario import CITIES, REPOSITORIES
from crosscurrent.embedded.world.faults import (
    FAULTS_PENDING_MAX,
    TimedFault,
    fault_from,
    random_faults,
)
from crosscurrent.embedded.world.item_changes import CHANGEABLE, ItemChange, ListName
from crosscurrent.embedded.world.movement import Link, Movement, Outage, SeriesName, Shift
from crosscurrent.embedded.world.playable import PLAYABLE, default_movement
from crosscurrent.embedded.world.scenario import Playlist, Repository, Scenario
from crosscurrent.embedded.world.scenario_form import Form, ItemsForm, SeriesForm
from crosscurrent.embedded.world.vendors import VENDORS
from crosscurrent.embedded.world.virtual_time import VirtualTime
from crosscurrent.embedded.world.world import World
from crosscurrent.errors import WrongUse

SUFFIX = ".toml"
FILE_BYTES_MAX = 1024 * 1024

_PACKAGE = "crosscurrent.embedded.world"


def shipped() -> tuple[str, ...]:
    """Return the names of the scenarios that come with this package."""
    names = (entry.name for entry in (files(_PACKAGE) / "scenarios").iterdir())
    return tuple(sorted(name.removesuffix(SUFFIX) for name in names if name.endswith(SUFFIX)))


def load_scenario(name: str) -> Scenario:
    """Return a scenario by the name of one that is shipped, or by the path of a file.

    Raises:
        WrongUse: there is none, or it says what no scenario can; names the place in the file.
    """
    if name in shipped():
        text = (files(_PACKAGE) / "scenarios" / f"{name}{SUFFIX}").read_text(encoding="utf-8")
        return parse_scenario(text, f"the scenario {name}")
    path = Path(name)
    try:
        if path.stat().st_size > FILE_BYTES_MAX:
            raise WrongUse(
                f"{path} is larger than {FILE_BYTES_MAX} bytes", expected="a scenario", todo="cut it"
            )
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise WrongUse(
            f"no scenario {name!r}",
            expected=f"one of {', '.join(shipped())}, or the path of a {SUFFIX} file",
            todo="see `crosscurrent world scenarios`",
        ) from error
    return parse_scenario(text, name)


def parse_scenario(text: str, place: str) -> Scenario:
    """Return the scenario that a TOML text means.

    Args:
        text: the file's.
        place: what errors call it.

    Raises:
        WrongUse: see ``load_scenario``.
    """
    try:
        form = Form.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise WrongUse(
            f"{place} is no TOML: {error}", expected="TOML 1.0", todo="correct it there"
        ) from error
    except ValidationError as error:
        raise _misfit(place, error) from error
    return _Meaning(form, place).scenario()


class _Meaning:
    """From what a file says to what it means."""

    def __init__(self, form: Form, place: str) -> None:
        self._form = form
        self._place = place
        self._base = Scenario(
            seed=form.seed,
            start_utc=_utc(form.start),
            cities=CITIES,
            repositories=REPOSITORIES + _quiet_repositories(form),
            name=form.name,
            description=form.description,
            hours=form.hours,
            playlists=_quiet_playlists(form),
        )
        self._movements: dict[SeriesName, Movement] = {}

    def scenario(self) -> Scenario:
        form = self._form
        for index, one in enumerate(form.series):
            self._declare(one, f"series[{index}]")
        links = tuple(
            Link(
                self._series(one.leads, f"couplings[{index}].leads"),
                self._series(one.follows, f"couplings[{index}].follows"),
                one.lag_hours,
                one.strength,
                one.from_hour,
                one.until_hour,
            )
            for index, one in enumerate(form.couplings)
        )
        self._check_links(links)
        shifts = tuple(
            Shift(
                self._series(one.series, f"breaks[{index}].series"),
                one.kind,
                one.at_hour,
                one.until_hour,
                one.size,
            )
            for index, one in enumerate(form.breaks)
        )
        self._check_shifts(shifts)
        outages = tuple(
            Outage(self._vendor(one.source, f"outages[{index}].source"), one.at_hour, one.until_hour)
            for index, one in enumerate(form.outages)
        )
        scenario = replace(
            self._base,
            movements=tuple(self._movements.values()),
            links=links,
            shifts=shifts,
            outages=outages,
            faults=self._faults(),
            items=tuple(self._item_change(one, f"items[{index}]") for index, one in enumerate(form.items)),
        )
        self._check_items(scenario)
        return scenario

    def _declare(self, said: SeriesForm, path: str) -> None:
        name = self._series(said.name, f"{path}.name")
        given = said.model_dump(exclude_unset=True, exclude={"name", "day", "week"})
        for season, peak in (("day", "day_peak_hour"), ("week", "week_peak_day")):
            form = getattr(said, season)
            if form is not None:
                given |= {season: form.amplitude}
                given |= {} if form.peak is None else {peak: form.peak}
        movement = replace(self._movements[name], **given)
        if not movement.low <= movement.level <= movement.high:
            raise self._wrong(
                f"{path}.level", f"{movement.level:g}", f"{movement.low:g} to {movement.high:g}"
            )
        counts = self._default(name).model == "counter"
        if (movement.model == "counter") != counts:
            expected = "counter" if counts else "mean-reverting or random-walk"
            raise self._wrong(
                f"{path}.model", movement.model, f"{expected}, as the vendor counts {name.measure}"
            )
        self._movements[name] = movement

    def _series(self, text: str, path: str) -> SeriesName:
        head, _, entity = text.partition(":")
        source, _, measure = head.partition(".")
        name = SeriesName(source, measure, entity)
        if name not in self._movements:
            if (source, measure) not in PLAYABLE:
                measures = ", ".join(f"{one}.{what}" for one, what in PLAYABLE)
                raise self._wrong(path, repr(text), f"source.measure:entity with one of {measures}")
            movement = default_movement(self._base, name)
            if movement is None:
                raise self._wrong(
                    path, f"no {source} entity {entity!r}", "one that `crosscurrent world series` lists"
                )
            self._movements[name] = movement
        return name

    def _default(self, name: SeriesName) -> Movement:
        movement = default_movement(self._base, name)
        assert movement is not None, name
        return movement

    def _check_links(self, links: tuple[Link, ...]) -> None:
        leading: dict[SeriesName, set[SeriesName]] = {}
        for index, link in enumerate(links):
            path = f"couplings[{index}]"
            if link.until_hour is not None and link.until_hour <= link.from_hour:
                raise self._wrong(f"{path}.until_hour", str(link.until_hour), "a later hour than from_hour")
            if link.leads in _reached(link.follows, leading) or link.leads == link.follows:
                raise self._wrong(
                    path, f"{link.follows} leads {link.leads} too", "no series that leads itself"
                )
            leading.setdefault(link.leads, set()).add(link.follows)
        for index, link in enumerate(links):
            # what holds when a coupling begins is the most that holds at once
            beside = [
                other.strength**2
                for other in links
                if other.follows == link.follows
                and other.from_hour <= link.from_hour < (other.until_hour or link.from_hour + 1)
            ]
            if sum(beside) > 1.0:
                found = f"strengths of what leads {link.follows}, whose squares add up to {sum(beside):.2f}"
                raise self._wrong(f"couplings[{index}].strength", found, "1 at most")

    def _check_shifts(self, shifts: Iterable[Shift]) -> None:
        for index, shift in enumerate(shifts):
            path = f"breaks[{index}]"
            if shift.until_hour is not None and shift.until_hour <= shift.at_hour:
                raise self._wrong(f"{path}.until_hour", str(shift.until_hour), "a later hour than at_hour")
            if shift.kind != "flatline" and shift.size == 0:
                raise self._wrong(f"{path}.size", "0", f"how large the {shift.kind} break is")
            counts = self._movements[shift.series].model == "counter"
            falls = shift.size < 0 or (shift.kind == "level" and shift.until_hour is not None)
            if shift.size < 0 and shift.kind == "variance":
                raise self._wrong(f"{path}.size", f"{shift.size:g}", "a factor above 0")
            if counts and falls:
                raise self._wrong(path, "a counter that falls", "a break that lets it grow")

    def _faults(self) -> tuple[TimedFault, ...]:
        made: list[TimedFault] = []
        for index, one in enumerate(self._form.faults):
            path = f"faults[{index}]"
            vendor = self._vendor(one.vendor, f"{path}.vendor")
            try:
                fault = fault_from(one.model_dump(exclude_none=True, exclude={"at_hour", "count", "vendor"}))
            except WrongUse as error:
                raise self._wrong(path, error.found, error.expected) from error
            made.append(TimedFault(vendor, one.at_hour, fault, one.count))
        random = self._form.random_faults
        if random is not None:
            vendors = [
                self._vendor(one, f"random_faults.vendors[{index}]")
                for index, one in enumerate(random.vendors or VENDORS)
            ]
            for index, kind in enumerate(random.kinds):
                try:
                    fault_from({"kind": kind})
                except WrongUse as error:
                    path = f"random_faults.kinds[{index}]"
                    raise self._wrong(path, error.found, error.expected) from error
            made += random_faults(
                random.count,
                self._form.seed,
                hours=self._form.hours,
                vendors=vendors,
                kinds=random.kinds,
            )
        if sum(one.count for one in made) > FAULTS_PENDING_MAX:
            raise self._wrong("faults", "too many", f"at most {FAULTS_PENDING_MAX}")
        return tuple(made)

    def _item_change(self, said: ItemsForm, path: str) -> ItemChange:
        head, _, entity = said.list.partition(":")
        source, _, items = head.partition(".")
        if (source, items) not in CHANGEABLE:
            lists = ", ".join(f"{one}.{what}" for one, what in CHANGEABLE)
            raise self._wrong(f"{path}.list", repr(said.list), f"source.items:entity with one of {lists}")
        until = said.until_hour
        if (until is None) != (said.change == "delete"):
            expected = (
                "none: what is deleted stays so" if until is not None else f"until when of {said.change}"
            )
            raise self._wrong(f"{path}.until_hour", str(until), expected)
        if until is not None and until <= said.at_hour:
            raise self._wrong(f"{path}.until_hour", f"{until:g}", "a later hour than at_hour")
        if said.change == "late" and (said.first or said.between_pages):
            raise self._wrong(path, "late with first or between_pages", "at_hour, until_hour and count")
        return ItemChange(
            ListName(source, items, entity),
            said.change,
            said.at_hour,
            until,
            said.first,
            said.count,
            said.between_pages,
        )

    def _check_items(self, scenario: Scenario) -> None:
        if not scenario.items:
            return
        # which lists there are, and what is in them, is known to those who play the vendors
        world = World(scenario, VirtualTime(scenario.start_seconds, SystemClock(), speed=0))
        for index, change in enumerate(scenario.items):
            if world.list_of(change.list) is None:
                found = f"no {change.list.source} {change.list.items} of {change.list.entity!r}"
                raise self._wrong(
                    f"items[{index}].list", found, "one whose owner the vendor knows, as it writes it"
                )
            hit = len(world.keys_of(change))
            if hit < change.count:
                raise self._wrong(
                    f"items[{index}].count", f"{change.count}, and the list has {hit} there", "fewer"
                )

    def _vendor(self, name: str, path: str) -> str:
        if name not in VENDORS:
            raise self._wrong(path, repr(name), f"one of {', '.join(VENDORS)}")
        return name

    def _wrong(self, path: str, found: str, expected: str) -> WrongUse:
        return WrongUse(f"{self._place}: {path}: {found}", expected=expected, todo="correct it there")


def _reached(series: SeriesName, leading: dict[SeriesName, set[SeriesName]]) -> set[SeriesName]:
    reached: set[SeriesName] = set()
    waiting = [series]
    while waiting:
        for one in leading.get(waiting.pop(), set()) - reached:
            reached.add(one)
            waiting.append(one)
    return reached


def _misfit(place: str, error: ValidationError) -> WrongUse:
    first = error.errors(include_url=False)[0]
    more = f"; and {error.error_count() - 1} more" if error.error_count() > 1 else ""
    found = "nothing" if first["type"] == "missing" else repr(first["input"])[:80]
    expected = {"missing": "a value", "extra_forbidden": "nothing of that name"}.get(
        first["type"], first["msg"].removeprefix("Input should be ")
    )
    return WrongUse(
        f"{place}: {_path(first['loc'])}: {found}{more}",
        expected=expected,
        todo="correct it there; `crosscurrent world scenarios` lists examples",
    )


def _path(steps: Iterable[Any]) -> str:
    text = ""
    for step in steps:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else str(step)
    return text or "the file"


def _quiet_repositories(form: Form) -> tuple[Repository, ...]:
    crowd = form.crowd
    return quiet_repositories(form.seed, crowd.repositories, crowd.changes_per_hour) if crowd else ()


def _quiet_playlists(form: Form) -> tuple[Playlist, ...]:
    crowd = form.crowd
    return quiet_playlists(form.seed, crowd.playlists, crowd.changes_per_hour) if crowd else ()


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
