"""What the mapping leaves out of OpenWeatherMap's payloads, and why; and where names are data (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

IGNORED: Final[Mapping[str, str]] = {
    "*.icon": "the picture of a weather that is mapped by its number",
    "*.weather[].*": "the words for a weather that is mapped by its number",
    "*.dt_txt": "the time of dt as a text",
    "*.cnt": "how many rows there are",
    "*.cod": "the status of the answer, once more",
    "*.message": "a number without a meaning that is documented",
    "*.base": "where the vendor has it from",
    "*.sys.*": "country, sunrise and sunset, which follow from place and day",
    "*sunrise": "it follows from place and day",
    "*sunset": "it follows from place and day",
    "*moonrise": "it follows from place and day",
    "*moonset": "it follows from place and day",
    "*.temp_min": "the spread within a city at the same time",
    "*.temp_max": "the spread within a city at the same time",
    "*.temp_kf": "a correction within the vendor's forecast",
    "*.local_names.*": "names in other languages",
}
"""Pattern of paths to the reason; ``*`` stands for anything."""
MAPS: Final = ("$[].local_names",)
"""Paths of objects whose field names are data."""
