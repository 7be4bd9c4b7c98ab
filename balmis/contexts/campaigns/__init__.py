"""Campaigns, their plan revisions, their groups and members."""
