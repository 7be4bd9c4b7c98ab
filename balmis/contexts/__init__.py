"""What we remember: one Django app each, ordered; see pyproject's import contracts."""
