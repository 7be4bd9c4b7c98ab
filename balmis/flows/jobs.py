"""Work the background worker does; see `register`."""

from typing import Any


def register(app: Any) -> None:
    """Give procrastinate its tasks."""
