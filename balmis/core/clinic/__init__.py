"""The check before the needle, screening, a visit's status, conflicts."""
