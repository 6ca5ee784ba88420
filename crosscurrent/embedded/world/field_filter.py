"""Spotify's ``fields`` parameter: which fields of an answer are wanted, such as ``name,tracks(total,items(added_at))``.

Source: https://developer.spotify.com/documentation/web-api/reference/get-playlist
"""

from __future__ import annotations

from collections.abc import Mapping

Wanted = Mapping[str, "Wanted"]
"""Names of wanted fields to what is wanted of them; of a field without names everything is."""

_DEPTH_MAX = 8


def wanted_fields(text: str) -> Wanted:
    """Return what a filter asks for; a dot and brackets mean the same, and what cannot be read is left out."""
    wanted: dict[str, Wanted] = {}
    for part in _parts(text):
        name, _, below = part.partition("(") if _is_bracketed(part) else part.partition(".")
        inner = below.removesuffix(")") if _is_bracketed(part) else below
        if name and part.count("(") <= _DEPTH_MAX:
            wanted[name] = wanted_fields(inner) if inner else {}
    return wanted


def only(value: object, wanted: Wanted) -> object:
    """Return a value with the wanted fields alone; of a list each entry is cut."""
    if not wanted:
        return value
    if isinstance(value, list):
        return [only(entry, wanted) for entry in value]
    if not isinstance(value, dict):
        return value
    return {name: only(inner, wanted[name]) for name, inner in value.items() if name in wanted}


def _parts(text: str) -> list[str]:
    parts, depth = [""], 0
    for character in text:
        depth += (character == "(") - (character == ")")
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def _is_bracketed(part: str) -> bool:
    bracket, dot = part.find("("), part.find(".")
    return bracket >= 0 and (dot < 0 or bracket < dot)
