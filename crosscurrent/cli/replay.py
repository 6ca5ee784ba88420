"""``crosscurrent replay --from raw``: whether the tables are what today's logic makes of the raw events."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

import typer
from rich.text import Text

from connectors.logic_version import logic_versions
from connectors.registry import all_sources, connector_named
from crosscurrent.cli.output import CONSOLE, print_json, print_table
from crosscurrent.clock import SystemClock
from crosscurrent.errors import WrongUse
from crosscurrent.exit_codes import EXIT_CHECK_FAILED
from crosscurrent.kafka import Producer, make_producer
from crosscurrent.settings import Settings, load_settings
from schemas.codec import Codec, Record
from schemas.registry import ConfluentRegistry
from sinks.clickhouse.audit import parse_since
from sinks.clickhouse.client import ClickHouse
from sinks.clickhouse.presence import require_tables
from sinks.clickhouse.remake import Normalise, Remake, RemakeReport
from sinks.clickhouse.remake.standing import BEGINNING
from streams.normalise import NormaliseProcessor
from streams.processor import InputMessage, outputs_of


def replay(
    origin: Annotated[str, typer.Option("--from", help="From where: `raw`, the table raw_events.")],
    source: Annotated[str | None, typer.Option(help="Only this source.")] = None,
    since: Annotated[
        str | None,
        typer.Option(help="Only what came in since: a moment (ISO 8601) or a duration such as 6h."),
    ] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Put right what differs, and publish again what is missing.")
    ] = False,
    settle: Annotated[
        float, typer.Option(min=0, help="Seconds that what follows from a raw event may be on its way.")
    ] = 60.0,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """Make entities, links and observations again from the raw events, and compare; exit 1 if a row differs."""
    if origin != "raw":
        raise WrongUse(f"--from {origin}", expected="--from raw", todo="replay from the raw events")
    settings = load_settings()
    now = SystemClock().now_utc()
    if source is not None:
        connector_named(source, settings.sources_directory)
    remake, names, producer = _remake(settings, write=write)
    try:
        report = remake.run(
            [source] if source else names,
            since=parse_since(since, now) if since else BEGINNING,
            until=now - timedelta(seconds=settle),
        )
    finally:
        if producer is not None:
            producer.close()
    if as_json:
        print_json(report.to_json())
    else:
        _show(report)
    if not report.is_equal:
        raise typer.Exit(EXIT_CHECK_FAILED)


def _remake(settings: Settings, *, write: bool) -> tuple[Remake, Sequence[str], Producer | None]:
    sources = all_sources(settings.sources_directory)
    codec = Codec(ConfluentRegistry(settings.registry_url))
    versions = logic_versions(sources.connectors, sources.files)
    client = ClickHouse(settings)
    require_tables(client)
    normaliser = NormaliseProcessor(
        codec, sources.mappings, versions, settings.worker.event_ahead_seconds_max
    )
    producer = None
    if write:
        producer = make_producer(settings)
    return (
        Remake(client, codec, normalise_with(normaliser), versions, producer),
        list(sources.connectors),
        producer,
    )


def normalise_with(normaliser: NormaliseProcessor) -> Normalise:
    """Return the production normaliser as a function of topic and bytes."""

    def normalise(topic: str, value: bytes) -> list[Record]:
        return [
            output.record for output in outputs_of(normaliser.process(InputMessage(topic, 0, 0, None, value)))
        ]

    return normalise


def _show(report: RemakeReport) -> None:
    tables = report.to_json()["tables"]
    print_table(
        f"What {report.raw_events} raw events make ({report.refused} are refused)",
        ["table", "equal", "brought by another event", "different", "missing", "no longer made"],
        [
            (
                table,
                *(counts.get(name, 0) for name in ("equal", "elsewhere", "different", "missing", "not_made")),
            )
            for table, counts in tables.items()
        ],
    )
    if report.versions:
        CONSOLE.print()
        rows = [(*key, count) for key, count in sorted(report.versions.items())]
        print_table("Versions of logic that differ", ["outcome", "made by", "today", "rows"], rows)
    for one in report.differences:
        said = "; ".join(
            f"{name}: {one.stands[name]} stands, {one.made[name]} is made" for name in one.stands
        )
        CONSOLE.print(Text(f"{one.table} {one.key}: ", style="bold red") + Text(said or one.outcome))
    if report.corrected or report.published:
        CONSOLE.print(
            Text(
                f"{report.corrected} rows corrected; {report.published} raw events published again: "
                "what was missing is written by the running normaliser and sink"
            )
        )
    verdict = (
        "every row is what today's logic makes"
        if report.is_equal
        else "rows differ from what today's logic makes"
    )
    CONSOLE.print(Text(verdict, style="bold green" if report.is_equal else "bold red"))
