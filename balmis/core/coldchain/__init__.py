"""Excursions, loggers' files, stability budgets, goods on the way."""
