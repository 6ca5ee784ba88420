"""Notion: what is shared with a connection, its rows, numbers, texts, comments and people.

Source: https://developers.notion.com/reference/intro
"""

from __future__ import annotations

from typing import Final

from connectors.kit.auth import BearerHeader
from connectors.kit.declaration import Connector
from connectors.kit.quota import DocumentedRate
from connectors.notion.endpoints import NOT_MEASURED, POLLED, endpoint_of
from connectors.notion.mapping import TABLE, map_payload
from connectors.notion.requests import ALL, poll_for, polls
from connectors.notion.webhooks import WEBHOOKS

VERSION: Final = "2025-09-03"
CONFLICT: Final = 409

NOTION = Connector(
    name="notion",
    title="Notion",
    base_url="https://api.notion.com",
    auth=BearerHeader(required=True, description="secret of an internal integration"),
    quota=DocumentedRate(30, 10.0, description="an average of 3 requests a second"),
    interval_seconds=600.0,
    endpoints=POLLED,
    polls=polls,
    poll_for=poll_for,
    targets_default=(ALL,),
    targets_help="all that is shared with the integration, page:<id>, database:<id> or data_source:<id>",
    map_payload=map_payload,
    table=TABLE,
    endpoint_of=endpoint_of,
    headers={"notion-version": VERSION},
    # somebody saved the same thing at that moment
    ask_again=frozenset({CONFLICT}),
    not_measured=NOT_MEASURED,
    # each answer has an id of its own, and the address of a file is signed anew
    volatile=("request_id", "**.file.url", "**.file.expiry_time"),
    # pages_edited counts the day before the answer, so it falls while nothing changes
    unchanged_seconds_max=3600.0,
    concurrency_max=4,
    webhooks=WEBHOOKS,
    account_help="the secret of an internal integration from https://www.notion.so/profile/integrations, with the "
    "capabilities Read content, Read comments and Read user information; then connect it to each page that it may read",
)
