"""Save a user with their grants."""
