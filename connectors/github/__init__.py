"""The GitHub source."""
