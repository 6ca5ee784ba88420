"""What the played Notion tells by webhook: pages that came or were edited, and comments (pure).

Source: https://developers.notion.com/reference/webhooks-events-delivery
"""

from __future__ import annotations

from crosscurrent.embedded.world.exchange import iso_time
from crosscurrent.embedded.world.movement_model import MovementModel
from crosscurrent.embedded.world.notion_id import id_of
from crosscurrent.embedded.world.notion_model import BOT, DATA_SOURCES, Row, Workspace
from crosscurrent.embedded.world.notion_payload import Objects
from crosscurrent.embedded.world.webhooks import Happening

_API_VERSION = "2025-09-03"


class NotionDeliveries:
    """What happened, as Notion sends it: ids only.

    Args:
        seed: of the scenario.
        start_seconds: epoch seconds at which the world starts.
        movements: what the scenario moves.
    """

    def __init__(self, seed: int, start_seconds: int, movements: MovementModel | None = None) -> None:
        self._workspace = Workspace(seed, movements)
        self._objects = Objects(start_seconds)
        self._start_seconds = start_seconds

    def hour_at(self, now_seconds: float) -> int:
        """Return the hour that is shown at a virtual time."""
        return int(now_seconds - self._start_seconds) // 3600

    def happenings(self, hour: int) -> list[Happening]:
        """Return the rows that came or were edited in an hour, and the comments."""
        found = [
            self._page(row, hour)
            for source in range(len(DATA_SOURCES))
            for row in self._workspace.rows(source, hour)
            if row.edited_hour == hour
        ]
        count = self._workspace.comments(hour)
        found += [self._comment(number, hour) for number in range(self._workspace.comments(hour - 1), count)]
        return found

    def _page(self, row: Row, hour: int) -> Happening:
        created = row.created_hour == hour
        parent = {
            "id": self._objects.database_id(row.source),
            "type": "database",
            "data_source_id": self._objects.data_source_id(row.source),
        }
        data: dict[str, object] = {"parent": parent}
        data |= {} if created else {"updated_properties": ["nUmB"]}
        kind = "page.created" if created else "page.properties_updated"
        return self._happening(kind, self._objects.page_id(row), "page", data, hour)

    def _comment(self, number: int, hour: int) -> Happening:
        top = self._objects.top_id
        data: dict[str, object] = {"page_id": top, "parent": {"id": top, "type": "page"}}
        return self._happening("comment.created", id_of("comment", number), "comment", data, hour)

    def _happening(self, kind: str, entity: str, thing: str, data: dict[str, object], hour: int) -> Happening:
        identity = id_of("event", kind, entity, hour)
        payload: dict[str, object] = {
            "id": identity,
            "timestamp": iso_time(self._start_seconds + hour * 3600).replace("Z", ".000Z"),
            "workspace_id": id_of("workspace"),
            "workspace_name": "Workshop",
            "subscription_id": id_of("subscription"),
            "integration_id": id_of("user", BOT),
            "type": kind,
            "authors": [{"id": id_of("user", 0), "type": "person"}],
            "attempt_number": 1,
            "api_version": _API_VERSION,
            "entity": {"id": entity, "type": thing},
            "data": data,
        }
        return Happening(identity, kind, payload)
