"""Age bands as campaigns write them: '0-9' (both ends included) or, for the oldest, '80+'."""

import re

OLDEST = 104  # the last year of age a synthetic resident of an open band can have

_BAND = re.compile(r"(\d{1,3})(?:-(\d{1,3})|(\+))$")


def parse_band(text: str) -> tuple[int, int | None]:
    """The first and last age of a band; None for an open one. Raises ValueError."""
    match = _BAND.match(text.strip())
    if not match:
        raise ValueError(f"not an age band: {text!r}")
    low = int(match[1])
    high = None if match[3] else int(match[2])
    if high is not None and high < low:
        raise ValueError(f"not an age band: {text!r}")
    return low, high
