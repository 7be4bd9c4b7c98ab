"""The clinic's desk, its waiting screen, the day on paper."""
