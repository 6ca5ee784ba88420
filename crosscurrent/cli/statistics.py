"""``crosscurrent correlate`` and ``crosscurrent detect``: the live statistics on a file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from crosscurrent.cli.output import CONSOLE, ERRORS, print_json, print_table
from streams.correlate.offline import CorrelateOptions, CorrelateReport, correlate_file
from streams.detect.offline import DetectReport, detect_file
from streams.detect.settings import DetectorSettings

_REFUSED_SHOWN_MAX = 10

FileArgument = Annotated[
    Path, typer.Argument(help="CSV, Parquet or JSONL with series,observed_at,value[,kind].", metavar="FILE")
]
OutputOption = Annotated[Path, typer.Option("--output", help="Where the result goes.", show_default=False)]
JsonOption = Annotated[bool, typer.Option("--json", help="Report in JSON.")]


def correlate(
    file: FileArgument,
    output: OutputOption,
    window: Annotated[int, typer.Option(help="Steps in a window.")] = 256,
    max_lag: Annotated[int, typer.Option(help="Largest lag searched, in steps, both ways.")] = 12,
    fdr: Annotated[float, typer.Option(help="False-discovery rate over the pairs of a window.")] = 0.05,
    step: Annotated[
        float | None,
        typer.Option(help="Seconds of a step; the interval of each pair's slower series if not given."),
    ] = None,
    hop: Annotated[
        int | None, typer.Option(help="Steps between windows; an eighth of the window if not given.")
    ] = None,
    every_pair: Annotated[
        bool, typer.Option("--all", help="Write the pairs that are not significant, too.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Find what moves together in a file: one JSON line a pair and window, a positive lag means that left leads."""
    options = CorrelateOptions(window, max_lag, fdr, hop, step, every_pair)
    with _progress() as show:
        report = correlate_file(file, output, options, show)
    if as_json:
        print_json(asdict(report))
    else:
        _tell_correlate(report, output, fdr)


def detect(
    file: Annotated[
        Path,
        typer.Argument(help="CSV (timestamp,value or series,observed_at,value[,kind]), Parquet or JSONL."),
    ],
    output: OutputOption,
    alarms_per_1000_points: Annotated[
        float, typer.Option(help="Alarm rate asked for on ordinary data.")
    ] = DetectorSettings.model_fields["alarms_per_1000_points"].default,
    alarms_per_year: Annotated[
        float | None,
        typer.Option(
            help="Alarms asked for in a year of each ordinary series, by its own step, instead.",
            show_default=False,
        ),
    ] = None,
    skip_bad_rows: Annotated[
        bool, typer.Option("--skip-bad-rows", help="Leave rows that cannot be read without a score.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Score every row of a file as the live detector would: a CSV with the same rows and their scores."""
    with _progress() as show:
        report = detect_file(
            file,
            output,
            _detector_settings(alarms_per_1000_points, alarms_per_year),
            lambda rows: show("scoring rows", rows, None),
            skip_bad_rows=skip_bad_rows,
        )
    if as_json:
        print_json(asdict(report))
    else:
        _tell_detect(report, output)


def _detector_settings(alarms_per_1000_points: float, alarms_per_year: float | None) -> DetectorSettings:
    field = DetectorSettings.model_fields["alarms_per_1000_points"]
    if not 0 < alarms_per_1000_points <= 100:
        raise typer.BadParameter(
            f"{alarms_per_1000_points} is not above 0 and at most 100: {field.description}",
            param_hint="--alarms-per-1000-points",
        )
    if alarms_per_year is not None and not 0 < alarms_per_year <= 1e6:
        raise typer.BadParameter(
            f"{alarms_per_year} is not above 0 and at most 1,000,000: "
            f"{DetectorSettings.model_fields['alarms_per_year'].description}",
            param_hint="--alarms-per-year",
        )
    return DetectorSettings(alarms_per_1000_points=alarms_per_1000_points, alarms_per_year=alarms_per_year)


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int | None], None]]:
    """Yield what shows how far the work is, on standard error and only for people."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=ERRORS, transient=True, disable=not ERRORS.is_terminal) as progress:
        tasks: dict[str, int] = {}

        def show(what: str, done: int, total: int | None) -> None:
            if what not in tasks:
                tasks[what] = progress.add_task(what, total=total)
            progress.update(tasks[what], completed=done, total=total)  # type: ignore[arg-type]

        yield show


def _tell_correlate(report: CorrelateReport, output: Path, fdr: float) -> None:
    print_table(
        f"{report.rows:,} rows, {report.series} series",
        ["grid step (s)", "series", "length (steps)", "windows"],
        [[grid.step_seconds, grid.series, grid.span_steps, grid.windows] for grid in report.grids],
    )
    CONSOLE.print(
        f"{report.significant:,} of {report.tests:,} tests of pairs are significant at a false-discovery rate "
        f"of {fdr:g} a window: {output}",
        markup=False,
    )
    if report.kinds_inferred:
        counts = Counter(report.kinds[series] for series in report.kinds_inferred)
        told = ", ".join(f"{count} {kind}" for kind, count in counts.most_common())
        CONSOLE.print(f"kinds inferred, as no column says them: {told}", markup=False)
    for series, reason in list(report.refused.items())[:_REFUSED_SHOWN_MAX]:
        CONSOLE.print(f"left out: {series}: {reason}", markup=False)
    if len(report.refused) > _REFUSED_SHOWN_MAX:
        CONSOLE.print(f"left out: {len(report.refused) - _REFUSED_SHOWN_MAX} more, see --json", markup=False)


def _tell_detect(report: DetectReport, output: Path) -> None:
    kinds = ", ".join(f"{count} {kind}" for kind, count in report.kinds.items())
    found = ", ".join(f"{count} {kind}" for kind, count in report.anomalies_by_kind.items())
    CONSOLE.print(
        f"{report.anomalies:,} anomalies in {report.rows:,} rows of {report.series} series ({kinds or 'none'})"
        + (f": {found}" if found else ""),
        markup=False,
    )
    quiet = f"{report.warm_up:,} rows only taught, {report.missing:,} have no value"
    CONSOLE.print(
        f"{quiet}, {report.bad:,} could not be read, {report.not_later:,} are not later than the one before"
    )
    CONSOLE.print(str(output), markup=False)
