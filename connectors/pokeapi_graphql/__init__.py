"""The PokéAPI GraphQL source."""
