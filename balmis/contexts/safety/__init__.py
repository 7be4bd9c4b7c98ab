"""Flags, reports, cases, reactions, teams, signals, hold orders."""
