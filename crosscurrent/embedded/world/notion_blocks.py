"""The blocks of the played Notion's pages: many below the top page, some with others below them."""

from __future__ import annotations

from crosscurrent.embedded.world.notion_model import BLOCKS_OF_THE_TOP_PAGE
from crosscurrent.embedded.world.notion_payload import Objects, Payload, rich_text

LEVELS_OF_THE_TOGGLE = 5
"""More than a connector should read of it."""


class Blocks:
    """Gives the blocks below a page or a block.

    Args:
        objects: makes them.
    """

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._top = self._of_top()
        self._nested = self._of_toggle()

    def below(self, identity: str, *, is_row: bool) -> list[Payload] | None:
        """Return the blocks below something, or ``None`` if it is nothing that has blocks.

        Args:
            identity: id of a page or block.
            is_row: whether it is a row of a data source.
        """
        if identity == self._objects.top_id:
            return self._top
        if is_row:
            parent: Payload = {"type": "page_id", "page_id": identity}
            return [self._paragraph(parent, ("row", identity), "Nothing out of the ordinary.")]
        return self._nested.get(identity)

    def _of_top(self) -> list[Payload]:
        parent: Payload = {"type": "page_id", "page_id": self._objects.top_id}
        heading: Payload = {"rich_text": rich_text("Rounds"), "is_toggleable": False, "color": "default"}
        task: Payload = {"rich_text": rich_text("Oil the winch"), "checked": False, "color": "default"}
        return [
            self._objects.block(parent, "heading", "heading_1", heading, below=False),
            self._objects.block(parent, "task", "to_do", task, below=False),
            self._toggle(parent, 1),
            *(
                self._paragraph(parent, ("top", number), f"Round {number} was quiet.")
                for number in range(BLOCKS_OF_THE_TOP_PAGE - 3)
            ),
        ]

    def _of_toggle(self) -> dict[str, list[Payload]]:
        nested: dict[str, list[Payload]] = {}
        block = self._top[2]
        for level in range(2, LEVELS_OF_THE_TOGGLE + 1):
            parent: Payload = {"type": "block_id", "block_id": block["id"]}
            inner = self._toggle(parent, level)
            nested[str(block["id"])] = [self._paragraph(parent, ("toggle", level), "Further in."), inner]
            block = inner
        nested[str(block["id"])] = []
        return nested

    def _toggle(self, parent: Payload, level: int) -> Payload:
        content: Payload = {"rich_text": rich_text(f"Level {level}"), "color": "default"}
        return self._objects.block(parent, ("toggle", level, "itself"), "toggle", content, below=True)

    def _paragraph(self, parent: Payload, name: object, text: str) -> Payload:
        content: Payload = {"rich_text": rich_text(text), "color": "default"}
        return self._objects.block(parent, name, "paragraph", content, below=False)
