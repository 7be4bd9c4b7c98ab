"""Visits and their steps, doses and their corrections, conflicts."""
