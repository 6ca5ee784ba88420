"""The PokéAPI source."""
