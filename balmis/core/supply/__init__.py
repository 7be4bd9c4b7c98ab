"""Flags of a drawn dose, scans, day close, reorder, a session's pack."""
