"""How many cases a random test tries: some each time, many in `make test-deep`."""

import os

DEEP = os.environ.get("BALMIS_TESTS") == "deep"


def examples(most: int) -> int:
    """The whole budget in a deep run, a fifth of it else; never fewer than five."""
    return most if DEEP else max(5, most // 5)
