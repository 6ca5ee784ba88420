"""The nested picture addresses of a creature: as many keys as the vendor has, mostly null."""

from __future__ import annotations

PICTURES = "https://sprites.example/pokemon"

_FEMALE_PAIR = ("front_default", "front_female", "front_shiny", "front_shiny_female")
_EIGHT = (
    "back_default", "back_female", "back_shiny", "back_shiny_female",
    "front_default", "front_female", "front_shiny", "front_shiny_female",
)  # fmt: skip
_FOUR = ("back_default", "back_shiny", "front_default", "front_shiny")
_GREY = ("back_default", "back_gray", "back_transparent", "front_default", "front_gray", "front_transparent")
_FRONT_PAIR = ("front_default", "front_female")
_CRYSTAL = (
    "back_default", "back_shiny", "back_shiny_transparent", "back_transparent",
    "front_default", "front_shiny", "front_shiny_transparent", "front_transparent",
)  # fmt: skip
_METAL = ("back_default", "back_shiny", "front_default", "front_shiny", "front_transparent")

_OTHER = {
    "dream_world": _FRONT_PAIR,
    "home": _FEMALE_PAIR,
    "official-artwork": ("front_default", "front_shiny"),
    "showdown": _EIGHT,
}
_VERSIONS: dict[str, dict[str, tuple[str, ...]]] = {
    "generation-i": {"red-blue": _GREY, "yellow": _GREY},
    "generation-ii": {"crystal": _CRYSTAL, "gold": _METAL, "silver": _METAL},
    "generation-iii": {
        "emerald": ("front_default", "front_shiny"), "firered-leafgreen": _FOUR, "ruby-sapphire": _FOUR,
    },
    "generation-iv": {"diamond-pearl": _EIGHT, "heartgold-soulsilver": _EIGHT, "platinum": _EIGHT},
    "generation-v": {"black-white": _EIGHT},
    "generation-vi": {"omegaruby-alphasapphire": _FEMALE_PAIR, "x-y": _FEMALE_PAIR},
    "generation-vii": {"icons": _FRONT_PAIR, "ultra-sun-ultra-moon": _FEMALE_PAIR},
    "generation-viii": {"brilliant-diamond-shining-pearl": _FRONT_PAIR, "icons": _FRONT_PAIR},
    "generation-ix": {"scarlet-violet": _FRONT_PAIR},
}  # fmt: skip


def sprites(number: int) -> dict[str, object]:
    """Return the ``sprites`` of the creature with that id."""
    versions: dict[str, dict[str, object]] = {
        generation: {
            game: _set(number, f"versions/{generation}/{game}", keys) for game, keys in games.items()
        }
        for generation, games in _VERSIONS.items()
    }
    black_white = versions["generation-v"]["black-white"]
    if isinstance(black_white, dict):
        black_white["animated"] = dict.fromkeys(_EIGHT)
    return {
        **_set(number, "", _EIGHT),
        "other": {name: _set(number, f"other/{name}", keys) for name, keys in _OTHER.items()},
        "versions": versions,
    }


def _set(number: int, below: str, keys: tuple[str, ...]) -> dict[str, object]:
    return {key: None if "female" in key else _address(number, below, key) for key in keys}


def _address(number: int, below: str, key: str) -> str:
    return "/".join(part for part in (PICTURES, below, key.replace("_", "/"), f"{number}.png") if part)
