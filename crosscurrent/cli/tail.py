"""``crosscurrent tail``: decoded messages, one JSON a line."""

from __future__ import annotations

from typing import Annotated

import typer

from crosscurrent.cli.output import print_json
from crosscurrent.errors import Poison
from crosscurrent.kafka import follow
from crosscurrent.settings import load_settings
from schemas.codec import Codec
from schemas.registry import ConfluentRegistry
from schemas.topics import schema_of


def tail(
    topic: Annotated[str, typer.Argument(help="Topic, such as observations or raw.github.")],
    from_beginning: Annotated[bool, typer.Option("--from-beginning", help="Begin with the oldest.")] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="Stop after that many messages.")] = None,
) -> None:
    """Show the decoded messages of a topic, one JSON a line, until Ctrl-C."""
    settings = load_settings()
    schema_of(topic)
    codec = Codec(ConfluentRegistry(settings.registry_url))
    shown = 0
    for message in follow(settings.brokers, [topic], from_beginning=from_beginning):
        if message is None:
            continue
        place = {"topic": topic, "partition": message.partition(), "offset": message.offset()}
        key = (message.key() or b"").decode("utf-8", "replace")
        try:
            print_json({**place, "key": key, "value": codec.decode_topic(topic, message.value()).to_avro()})
        except Poison as error:
            print_json({**place, "key": key, "error": str(error)})
        shown += 1
        if shown == limit:
            return
