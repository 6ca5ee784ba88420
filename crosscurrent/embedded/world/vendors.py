"""The names of the vendors that a world plays; those of the sources that ask them."""

from __future__ import annotations

VENDORS = (
    "github",
    "musicbrainz",
    "notion",
    "openweathermap",
    "pokeapi",
    "pokeapi_graphql",
    "spotify",
    "tmdb",
)
