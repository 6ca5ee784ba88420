"""What ``crosscurrent status`` says: the state file and live facts, on one screen or as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from connectors.kit.spool import spool_bytes
from crosscurrent.cli.source_names import source_names
from crosscurrent.embedded.home import Holder, HomeState, Layout
from crosscurrent.embedded.home.facts import ConsumerGroup, measure
from crosscurrent.kafka_access import KafkaAccess
from crosscurrent.settings import Settings

_MEBIBYTE = 1024 * 1024
_REASON_CHARACTERS_MAX = 200
_STYLES = {"ready": "green", "done": "dim", "failed": "bold red", "again soon": "yellow", "starting": "cyan"}


def status_data(settings: Settings, layout: Layout, holder: Holder, state: HomeState) -> dict[str, Any]:
    """Return the status as JSON data."""
    from sinks.clickhouse import query_rows

    facts = measure(
        tenant=settings.tenant,
        bootstrap_servers=KafkaAccess(
            state.addresses.get("kafka", settings.bootstrap_servers), settings.brokers.security
        ),
        groups=list(_groups(state, settings)),
        sink_metrics_port=next((p.metrics_port for p in state.processes if p.name == "sink"), None),
        query=query_rows(settings),
    )
    return {
        "running": True,
        "home": str(layout.root),
        "since": holder.since,
        **state.to_data(),
        "resident_bytes": _total_bytes(state),
        "lags": facts.lags,
        "sources": facts.sources,
        "polls": facts.polls,
        "spooled_bytes": spool_bytes(layout.root, settings.tenant),
        "dead_letters": facts.dead_letters,
        "problems": facts.problems,
    }


def show_status(console: Console, data: dict[str, Any]) -> None:
    """Show the status to a person."""
    head = f"{data['home']}: {data['state']} since {data['since']}, supervisor {data['pid']}"
    console.print(f"{head}, {_size(data['resident_bytes'])} resident in all", markup=False)
    console.print(_processes(data["processes"]))
    for row in data["processes"]:
        if row["reason"] and row["state"] not in {"ready", "done", "stopped"}:
            console.print(Text(f"{row['name']}: {row['reason'][:_REASON_CHARACTERS_MAX]}", style="yellow"))
    console.print(_broker(data["broker"]))
    lags = ", ".join(f"{name} {count:,}" for name, count in data["lags"].items())
    console.print(f"lag in messages: {lags or 'unknown'}", markup=False)
    sources = ", ".join(f"{row['source']} {_age(row['age_seconds'])} ago" for row in data["sources"])
    console.print(f"newest event:    {sources or 'none yet'}", markup=False)
    for row in data["polls"]:
        console.print(f"requests:        {_requests(row)}", markup=False, soft_wrap=True)
    if data["spooled_bytes"]:
        spooled = ", ".join(f"{source} {_size(count)}" for source, count in data["spooled_bytes"].items())
        console.print(f"on disk, waiting for the broker: {spooled}", markup=False)
    letters = ", ".join(f"{stage} {count:,}" for stage, count in data["dead_letters"].items())
    console.print(f"dead letters:    {letters or 'none'}", markup=False)
    for problem in data["problems"]:
        console.print(Text(problem, style="yellow"))


def _groups(state: HomeState, settings: Settings) -> Iterable[ConsumerGroup]:
    from schemas.topics import OBSERVATIONS, RAW, topic_name
    from streams.app import consumer_group

    raw = tuple(topic_name(RAW, source) for source in source_names(settings.sources_directory))
    inputs = {"normalise": raw, "detect": (OBSERVATIONS,), "correlate": (OBSERVATIONS,), "drift": raw}
    for process in state.processes:
        for name in process.name.split("+"):
            if name in inputs:
                yield ConsumerGroup(name, consumer_group(name), inputs[name])


def _total_bytes(state: HomeState) -> int:
    parts = [process.resident_bytes or 0 for process in state.processes]
    return sum(parts) + (state.supervisor_resident_bytes or 0)


def _processes(processes: list[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("process", "state", "pid", "port", "metrics", "memory", "restarts"):
        table.add_column(name, justify="left" if name in {"process", "state"} else "right", no_wrap=True)
    for row in processes:
        table.add_row(
            row["name"],
            Text(str(row["state"]), style=_STYLES.get(row["state"], "")),
            *(str(row[name] or "-") for name in ("pid", "port", "metrics_port")),
            _size(row["resident_bytes"]),
            str(row["restarts"]),
        )
    return table


def _broker(broker: dict[str, Any] | None) -> Text:
    if broker is None:
        return Text("broker:          not the home's own")
    text = f"broker:          {broker['name']}, {_size(broker['size_bytes'])}"
    if broker["size_bytes_max"] is None:
        return Text(f"{text} on disk, cluster {broker['cluster']}, died {broker['deaths']} times")
    text += f" of {_size(broker['size_bytes_max'])}"
    text += f", {broker['rollovers']} rollovers, died {broker['deaths']} times"
    return Text(text + (f"; {broker['last_rollover']}" if broker["last_rollover"] else ""))


def _requests(row: dict[str, Any]) -> str:
    text = f"{row['source']} {int(row['requests']):,} in {int(row['polls']):,} polls"
    text += f", {int(row['requests_counted']):,} counted; {int(row['not_modified']):,} answered 304"
    text += f", {int(row['pages_unchanged']):,} pages spared by their digest"
    left = row["quota_remaining"]
    return text if left is None else f"{text}; {int(left):,} left"


def _size(size_bytes: int | None) -> str:
    return "-" if size_bytes is None else f"{size_bytes / _MEBIBYTE:,.0f} MiB"


def _age(seconds: float) -> str:
    return str(timedelta(seconds=int(seconds)))
