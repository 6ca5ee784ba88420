"""``crosscurrent backfill``: history, at a rate that leaves the live quota alone."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.status import Status

from connectors.kit.backfill import Progress
from connectors.kit.backfill_job import Job, Wanted
from connectors.kit.backfill_process import Estimate, estimate_backfill, run_backfill
from connectors.registry import connector_named
from crosscurrent.cli.output import CONSOLE, ERRORS, print_json, print_table
from crosscurrent.cli.played_vendors import settings_beside_home
from crosscurrent.errors import WrongUse
from crosscurrent.exit_codes import EXIT_CHECK_FAILED
from crosscurrent.telemetry import configure_logging

_STEPS_A_LINE = 20  # where nobody watches, a line now and then is enough


def backfill(
    source: Annotated[str, typer.Argument(help="Source, as in `crosscurrent sources list`.")],
    begin: Annotated[
        str | None, typer.Option("--from", help="First moment, ISO 8601 such as 2026-01-31; UTC.")
    ] = None,
    end: Annotated[str | None, typer.Option("--to", help="Last moment; the present if not given.")] = None,
    resync: Annotated[
        bool, typer.Option("--resync", help="Read everything that the source shows, whatever was published.")
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Also if this stretch was filled in before.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Tell the requests that it would take, and the quota left.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """Fill in history beside the live poll; a second call goes on where an ended one was. Exit 1 if a part failed."""
    settings = settings_beside_home()
    connector = connector_named(source)
    configure_logging("error", process=f"backfill.{source}", secrets=settings.secrets())
    wanted = _wanted(begin, end, resync=resync, again=again)
    if dry_run:
        _show_estimate(source, estimate_backfill(connector, settings, wanted), as_json=as_json)
        return
    with _Shown(quiet=as_json) as shown:
        progress = run_backfill(connector, settings, wanted, shown.say)
    if as_json:
        print_json(_result(source, progress))
    else:
        _show_result(source, progress)
    if progress.failed:
        raise typer.Exit(EXIT_CHECK_FAILED)


def _wanted(begin: str | None, end: str | None, *, resync: bool, again: bool) -> Wanted:
    if resync and (begin or end):
        raise WrongUse(
            "--resync together with --from or --to",
            expected="one of them: a resync reads everything",
            todo="leave the other out",
        )
    if not resync and begin is None:
        raise WrongUse(
            "no --from", expected="the first moment, or --resync", todo="add --from 2026-01-31, for example"
        )
    return Wanted(_moment("--from", begin), _moment("--to", end), resync, again)


def _moment(option: str, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise WrongUse(
            f"{option} {text!r}",
            expected="a moment such as 2026-01-31 or 2026-01-31T12:00:00Z",
            todo="write it like one of these",
        ) from error
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


class _Shown:
    """Shows the progress: one line that changes where somebody watches, a line now and then where nobody does."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._steps = 0
        self._status = Status("…", console=ERRORS) if sys.stderr.isatty() and not quiet else None

    def __enter__(self) -> _Shown:
        if self._status is not None:
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._status is not None:
            self._status.stop()

    def say(self, progress: Progress) -> None:
        """Show a step."""
        self._steps += 1
        if self._status is not None:
            self._status.update(_line(progress))
        elif not self._quiet and self._steps % _STEPS_A_LINE == 1:
            ERRORS.print(_line(progress), markup=False)


def _line(progress: Progress) -> str:
    said = (
        f"{progress.polls_done} of {progress.polls} lists done, {progress.pages} pages read, "
        f"{progress.events} published"
    )
    if progress.waiting_seconds:
        return f"{said}; the quota lets it go on in {progress.waiting_seconds:.0f} s"
    return f"{said}; at {progress.now}" if progress.now else said


def _stretch(job: Job) -> str:
    return "everything" if job.resync else f"{job.begin} to {job.end}"


def _show_result(source: str, progress: Progress) -> None:
    if progress.job.done and not progress.requests:
        CONSOLE.print(
            f"{source}, {_stretch(progress.job)}: filled in before; --again does it once more", markup=False
        )
        return
    CONSOLE.print(f"{source}, {_stretch(progress.job)}: {_line(progress)}", markup=False, soft_wrap=True)
    for request, error in progress.failed.items():
        ERRORS.print(f"{request} was given up: {error}", markup=False, soft_wrap=True)
    if progress.failed:
        ERRORS.print("the same command goes on with what is left", markup=False)


def _result(source: str, progress: Progress) -> dict[str, Any]:
    return {
        **_job(source, progress.job),
        "done": progress.job.done,
        "request_keys": progress.polls,
        "request_keys_done": progress.polls_done - len(progress.failed),
        "pages": progress.pages,
        "events": progress.events,
        "requests": progress.requests,
        "failed": progress.failed,
    }


def _job(source: str, job: Job) -> dict[str, Any]:
    whole = job.resync
    return {
        "source": source,
        "from": None if whole else job.begin,
        "to": None if whole else job.end,
        "resync": whole,
        "round": job.round,
    }


def _show_estimate(source: str, estimate: Estimate, *, as_json: bool) -> None:
    total = sum(estimate.requests.values())
    if as_json:
        print_json(
            {
                **_job(source, estimate.job),
                "requests": total,
                "at_least": bool(estimate.open),
                "by_request_key": estimate.requests,
                "seconds": estimate.seconds,
                "quota_remaining": estimate.quota_remaining,
                "quota_limit": estimate.quota_limit,
                "requests_made": estimate.asked,
                "failed": estimate.failed,
            }
        )
        return
    rows = [
        (key, f"{'at least ' if key in estimate.open else ''}{count}")
        for key, count in estimate.requests.items()
    ]
    rows += [(key, error) for key, error in estimate.failed.items()]
    CONSOLE.print(f"{source}, {_stretch(estimate.job)}", markup=False, soft_wrap=True)
    print_table("Left to read", ["what", "requests"], rows)
    left = "no word on the quota" if estimate.quota_remaining is None else f"{estimate.quota_remaining} left"
    lasts = (
        "" if estimate.seconds is None else f", about {_duration(estimate.seconds)} at the rate of history"
    )
    least = "at least " if estimate.open else ""
    CONSOLE.print(f"{least}{total} requests{lasts}; quota: {left}", markup=False, soft_wrap=True)


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
