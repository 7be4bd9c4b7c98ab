"""The public page and its figures."""
