"""Bring in rosters, set places aside, book members together."""
