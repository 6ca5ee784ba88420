"""The Spotify source."""
