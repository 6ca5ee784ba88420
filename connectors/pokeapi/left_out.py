"""What the mapping leaves out of PokéAPI's payloads, and why (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

IGNORED: Final[Mapping[str, str]] = {
    "*.sprites.*": "addresses of pictures",
    "*sprites.*": "addresses of pictures",
    "*.cries.*": "addresses of sounds",
    "*.url": "an address within PokéAPI, made of a name or a number",
    "*.language.name": "the language of a text",
    "*.names[].*": "names in other languages; the English one is mapped",
    "*flavor_text_entries[]*": "texts of the games",
    "*effect_*": "texts of the games",
    "*.descriptions[]*": "texts of the games",
    "*.form_descriptions*": "texts of the games",
    "*.genera[]*": "texts of the games",
    "*.game_indices[]*": "numbers within the games",
    "*.moves[]*": "which moves are learned in which game",
    "*.past_*": "what was so in earlier games",
    "*.held_items*": "what is found on a creature in which game",
    "*.machines*": "the machines that teach a move",
    "*.pokedex_numbers[]*": "numbers within the games",
    "*.pokemon_encounters[]*": "what is met where, in which game",
    "*.evolution_details*": "under which conditions a species becomes another",
    "*.learned_by_pokemon[]*": "a creature, whose own answer says more",
    "*.pokemon[]*": "a creature, whose own answer says more",
    "*.damage_relations.*": "which type is strong against which",
    "$.results[].*": "a row only names a resource, whose own answer says more",
    "*.location_area_encounters": "an address within PokéAPI",
}
"""Pattern of paths to the reason; ``*`` stands for anything."""
