"""The TMDB source."""
