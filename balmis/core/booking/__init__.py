"""Passes, capacity of slots, re-placement, turns in the waiting room."""
