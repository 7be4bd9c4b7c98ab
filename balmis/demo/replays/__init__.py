"""Real campaigns through the same services, compared with their source."""
