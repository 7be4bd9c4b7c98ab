"""Filters and tags that templates call."""
