"""The campaign file: its format, reading with places, checks, revisions."""
