"""Schedules in force, and what everyone may have next."""
