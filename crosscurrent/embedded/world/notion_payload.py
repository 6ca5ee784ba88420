"""Notion's objects in the shapes that version 2025-09-03 of its API sends (pure)."""

from __future__ import annotations

from collections.abc import Sequence

from crosscurrent.embedded.world.exchange import iso_time
from crosscurrent.embedded.world.notion_id import id_of
from crosscurrent.embedded.world.notion_model import BOT, DATA_SOURCES, PEOPLE, Row

TOP_TITLE = "Workshop"
OPTIONS = ("early", "steady", "late")

Payload = dict[str, object]


class Objects:
    """Makes the objects of a workspace.

    Args:
        start_seconds: epoch seconds at which the world starts.
    """

    def __init__(self, start_seconds: int) -> None:
        self._start_seconds = start_seconds
        self.top_id = id_of("page", TOP_TITLE)

    def person(self, index: int) -> Payload:
        """Return a person."""
        return {
            "object": "user",
            "id": id_of("user", index),
            "name": PEOPLE[index],
            "avatar_url": f"https://faces.example/{index}.png",
            "type": "person",
            "person": {"email": f"person{index}@example.com"},
        }

    def bot(self) -> Payload:
        """Return the integration itself."""
        return {
            "object": "user",
            "id": id_of("user", BOT),
            "name": BOT,
            "avatar_url": None,
            "type": "bot",
            "bot": {
                "owner": {"type": "workspace", "workspace": True},
                "workspace_name": TOP_TITLE,
                "workspace_id": id_of("workspace"),
                "workspace_limits": {"max_file_upload_size_in_bytes": 5_242_880},
            },
        }

    def database(self, source: int) -> Payload:
        """Return a database, which names its data source."""
        identity, title = self.database_id(source), DATA_SOURCES[source].title
        made = self._time(-1000).replace(".000Z", ".000+00:00")
        return {
            "object": "database",
            "id": identity,
            "title": rich_text(title),
            "description": [],
            "parent": {"type": "page_id", "page_id": self.top_id},
            "is_inline": False,
            "in_trash": False,
            "is_locked": False,
            "created_time": made,
            "last_edited_time": made,
            "data_sources": [{"id": self.data_source_id(source), "name": title}],
            "icon": None,
            "cover": None,
            "url": _url(identity),
            "public_url": None,
            "archived": False,
        }

    def data_source(self, source: int) -> Payload:
        """Return a data source: the properties that its rows have."""
        identity = self.data_source_id(source)
        who = self._who(0)
        return {
            "object": "data_source",
            "id": identity,
            "cover": None,
            "icon": None,
            "created_time": self._time(-1000),
            "created_by": who,
            "last_edited_by": who,
            "last_edited_time": self._time(-1000),
            "title": rich_text(DATA_SOURCES[source].title),
            "description": [],
            "is_inline": False,
            "properties": _schema(),
            "parent": {"type": "database_id", "database_id": self.database_id(source)},
            "database_parent": {"type": "page_id", "page_id": self.top_id},
            "url": _url(self.database_id(source)),
            "public_url": f"https://workshop.notion.site/{self.database_id(source).replace('-', '')}",
            "archived": False,
            "in_trash": False,
        }

    def page(self, row: Row) -> Payload:
        """Return a row of a data source as a page."""
        parent: Payload = {
            "type": "data_source_id",
            "data_source_id": self.data_source_id(row.source),
            "database_id": self.database_id(row.source),
        }
        return self._page(self.page_id(row), parent, row, self._properties(row))

    def top_page(self) -> Payload:
        """Return the page below which everything lies."""
        row = Row(0, 0, -1000, -900, None, 0)
        return self._page(self.top_id, {"type": "workspace", "workspace": True}, row, _title(TOP_TITLE))

    def block(self, parent: Payload, name: object, kind: str, content: Payload, *, below: bool) -> Payload:
        """Return a block.

        Args:
            parent: where it lies.
            name: what makes its id.
            kind: its type.
            content: what stands under its type.
            below: whether it has blocks below it.
        """
        who = self._who(1)
        return {
            "object": "block",
            "id": id_of("block", name),
            "parent": parent,
            "created_time": self._time(-900),
            "last_edited_time": self._time(-900),
            "created_by": who,
            "last_edited_by": who,
            "has_children": below,
            "archived": False,
            "in_trash": False,
            "type": kind,
            kind: content,
        }

    def comment(self, page: str, number: int, hour: int) -> Payload:
        """Return a comment to a page."""
        return {
            "object": "comment",
            "id": id_of("comment", page, number),
            "parent": {"type": "page_id", "page_id": page},
            "discussion_id": id_of("discussion", page),
            "created_time": self._time(hour),
            "last_edited_time": self._time(hour),
            "created_by": self._who(number % len(PEOPLE)),
            "rich_text": rich_text(f"Seen on round {number}."),
            "display_name": {"type": "integration", "resolved_name": BOT},
        }

    def page_id(self, row: Row) -> str:
        """Return the id of a row."""
        return id_of("row", row.source, row.number)

    def database_id(self, source: int) -> str:
        """Return the id of a database."""
        return id_of("database", source)

    def data_source_id(self, source: int) -> str:
        """Return the id of a data source."""
        return id_of("data source", source)

    def _page(self, identity: str, parent: Payload, row: Row, properties: Payload) -> Payload:
        return {
            "object": "page",
            "id": identity,
            "created_time": self._time(row.created_hour),
            "last_edited_time": self._time(row.edited_hour),
            "created_by": self._who(row.author),
            "last_edited_by": self._who(row.author),
            "cover": None,
            "icon": None,
            "parent": parent,
            "archived": False,
            "in_trash": False,
            "properties": properties,
            "url": _url(identity),
            "public_url": None,
        }

    def _properties(self, row: Row) -> Payload:
        option = OPTIONS[row.number % len(OPTIONS)]
        when = self._time(row.edited_hour)
        people = [self.person(row.author)] if row.number % 3 else []
        return {
            "Level": {"id": "lVl%3A", "type": "number", "number": row.value},
            "Seen": {"id": "sEEn", "type": "checkbox", "checkbox": row.number % 2 == 0},
            "Pace": {"id": "pA%7Dc", "type": "select", "select": _option(option)},
            "Marks": {"id": "mRk%3B", "type": "multi_select", "multi_select": [_option(option)]},
            "Due": {
                "id": "dUe~",
                "type": "date",
                "date": None if row.number % 4 else {"start": when[:10], "end": None, "time_zone": None},
            },
            "Who": {"id": "wHo_", "type": "people", "people": people},
            "Edited": {"id": "eDt%40", "type": "last_edited_time", "last_edited_time": when},
            "No": {"id": "nO%5C", "type": "unique_id", "unique_id": {"prefix": "NO", "number": row.number}},
            **_title(f"{DATA_SOURCES[row.source].title} {row.number}"),
        }

    def _who(self, index: int) -> Payload:
        return {"object": "user", "id": id_of("user", index)}

    def _time(self, hour: int) -> str:
        return iso_time(self._start_seconds + hour * 3600).replace("Z", ".000Z")


def rich_text(text: str) -> list[Payload]:
    """Return a text as one run."""
    plain = dict.fromkeys(("bold", "italic", "strikethrough", "underline", "code"), False)
    return [
        {
            "type": "text",
            "text": {"content": text, "link": None},
            "annotations": {**plain, "color": "default"},
            "plain_text": text,
            "href": None,
        }
    ]


def list_payload(rows: Sequence[Payload], kind: str, *, cursor: str | None, page_size: int) -> Payload | None:
    """Return a page of a list, or ``None`` if the cursor is of none of its rows.

    Args:
        rows: all there are; a row's id is its cursor.
        kind: what the list says of itself.
        cursor: where the page begins; ``None`` at the first row.
        page_size: rows at most.
    """
    begin = 0 if cursor is None else next((i for i, row in enumerate(rows) if row["id"] == cursor), -1)
    if begin < 0:
        return None
    end = begin + page_size
    following = rows[end]["id"] if end < len(rows) else None
    return {
        "object": "list",
        "results": list(rows[begin:end]),
        "next_cursor": following,
        "has_more": following is not None,
        "type": kind,
        kind: {},
    }


def _title(text: str) -> Payload:
    return {"Name": {"id": "title", "type": "title", "title": rich_text(text)}}


def _option(name: str) -> Payload:
    return {"id": f"id-{name}", "name": name, "color": "default"}


def _schema() -> Payload:
    options: Payload = {"options": [{**_option(name), "description": None} for name in OPTIONS]}
    columns: tuple[tuple[str, str, str, Payload], ...] = (
        ("Level", "lVl%3A", "number", {"format": "number"}),
        ("Seen", "sEEn", "checkbox", {}),
        ("Pace", "pA%7Dc", "select", options),
        ("Marks", "mRk%3B", "multi_select", options),
        ("Due", "dUe~", "date", {}),
        ("Who", "wHo_", "people", {}),
        ("Edited", "eDt%40", "last_edited_time", {}),
        ("No", "nO%5C", "unique_id", {"prefix": "NO"}),
        ("Name", "title", "title", {}),
    )
    return {
        name: {"id": key, "name": name, "description": None, "type": kind, kind: content}
        for name, key, kind, content in columns
    }


def _url(identity: str) -> str:
    return f"https://www.notion.so/{identity.replace('-', '')}"
