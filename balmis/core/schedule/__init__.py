"""Which dose counts, and when the next one is due."""
