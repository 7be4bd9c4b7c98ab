"""Distance between places."""
