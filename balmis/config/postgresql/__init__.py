"""Django's PostgreSQL, which keeps no number that does not fit its column."""
