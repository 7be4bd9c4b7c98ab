"""Balmis: plan and run a mass vaccination campaign."""

__version__ = "0.1.0"
