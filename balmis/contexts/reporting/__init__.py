"""Tallies by day, and the days that were closed."""
