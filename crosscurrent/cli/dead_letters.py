"""``crosscurrent dead-letters``: what could not be processed, why, and again."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer
from rich.text import Text

from crosscurrent.cli.output import CONSOLE, print_json, print_table
from crosscurrent.clock import SystemClock
from crosscurrent.errors import CrosscurrentError, WrongUse
from crosscurrent.settings import load_settings
from schemas.codec import Codec
from schemas.registry import ConfluentRegistry
from sinks.clickhouse.audit import parse_since
from sinks.clickhouse.dead_letters import LIST_LIMIT, DeadLetterShelf, Letter

app = typer.Typer(help="What could not be processed, why, and again.", no_args_is_help=True)

JsonOption = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]
StageOption = Annotated[
    str | None, typer.Option(help="Stage that gave up: connector, normalise, correlate, detect or sink.")
]
TopicOption = Annotated[str | None, typer.Option(help="Topic of the original message.")]
SinceOption = Annotated[str | None, typer.Option(help="Failed since: a moment or a duration such as 6h.")]

_BYTES_SHOWN_MAX = 4096


@app.command("list")
def list_letters(
    stage: StageOption = None,
    topic: TopicOption = None,
    since: SinceOption = None,
    limit: Annotated[int, typer.Option(min=1, help="Show the newest so many.")] = LIST_LIMIT,
    as_json: JsonOption = False,
) -> None:
    """List the newest dead letters."""
    shelf = DeadLetterShelf(load_settings())
    rows = shelf.newest(stage=stage, topic=topic, since=_moment(since), limit=limit)
    if as_json:
        print_json(rows)
        return
    print_table(
        "Dead letters",
        ["id", "stage", "from", "failed at", "what was found"],
        [(r["id"], r["stage"], _place(r), f"{r['failed_at']:%Y-%m-%d %H:%M:%S}", r["found"]) for r in rows],
    )


@app.command("show")
def show(
    identity: Annotated[str, typer.Argument(metavar="ID", help="Id of the letter.")],
    as_json: JsonOption = False,
) -> None:
    """Show one letter: where it was, why, its bytes, and the raw event if it is one."""
    settings = load_settings()
    letter = DeadLetterShelf(settings).letters([identity])[0]
    shown = _fields(letter) | _decoded(letter, Codec(ConfluentRegistry(settings.registry_url)))
    if as_json:
        print_json(shown)
        return
    for name, value in shown.items():
        CONSOLE.print(Text(f"{name}: ", style="bold") + Text(str(value)))


@app.command("replay")
def replay(
    identities: Annotated[list[str] | None, typer.Argument(metavar="ID…", help="Ids of letters.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All letters that the options name.")] = False,
    stage: StageOption = None,
    topic: TopicOption = None,
    since: SinceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Publish letters again where they were; after the fix their rows come in, each once."""
    if bool(identities) == everything:
        raise WrongUse(
            "ids and --all" if identities else "neither an id nor --all",
            expected="ids, or --all with --stage, --topic or --since",
            todo="name the letters; see them with `crosscurrent dead-letters list`",
        )
    shelf = DeadLetterShelf(load_settings())
    ids = identities or shelf.ids(stage=stage, topic=topic, since=_moment(since))
    replayed = shelf.replay(ids)
    if as_json:
        print_json([{name: getattr(one, name) for name in one.__slots__} for one in replayed])
        return
    print_table(
        f"Published again: {sum(not one.note for one in replayed)}",
        ["id", "stage", "went to"],
        [
            (one.id, one.stage, one.note or f"{one.topic}-{one.partition} at offset {one.offset}")
            for one in replayed
        ],
    )


def _moment(since: str | None) -> datetime | None:
    return parse_since(since, SystemClock().now_utc()) if since else None


def _place(row: dict[str, Any]) -> str:
    return f"{row['topic']}-{row['partition']} at {row['offset']}" if row["topic"] else "a poll"


def _fields(letter: Letter) -> dict[str, Any]:
    return {
        "id": letter.id,
        "stage": letter.stage,
        "topic": letter.topic,
        "partition": letter.partition,
        "offset": letter.offset,
        "key": None if letter.key is None else readable(letter.key),
        "headers": {name: readable(value) for name, value in letter.headers.items()},
        "bytes": len(letter.value),
        "value": readable(letter.value),
        **letter.columns,
    }


def _decoded(letter: Letter, codec: Codec) -> dict[str, Any]:
    if not letter.topic:
        return {}
    try:
        record = codec.decode_topic(letter.topic, letter.value).to_avro()
    except CrosscurrentError as error:
        return {"decoded": f"not possible: {error.found}"}
    return {
        "decoded": {
            name: readable(value) if isinstance(value, bytes) else value for name, value in record.items()
        }
    }


def readable(value: bytes) -> str:
    """Return bytes as text where they are UTF-8 that a terminal shows, else as hexadecimal digits."""
    cut = value[:_BYTES_SHOWN_MAX]
    more = f" … and {len(value) - len(cut)} bytes more" if len(cut) < len(value) else ""
    try:
        # a cut may divide the last character
        text = cut.decode("utf-8", "ignore" if more else "strict")
    except UnicodeDecodeError:
        return f"hex {cut.hex()}{more}"
    if any(not (character.isprintable() or character in "\r\n\t") for character in text):
        return f"hex {cut.hex()}{more}"
    return text + more
