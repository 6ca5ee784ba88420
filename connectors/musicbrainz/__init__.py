"""The MusicBrainz source."""
