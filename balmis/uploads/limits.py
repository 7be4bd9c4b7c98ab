"""What is read of a file that somebody sent, and no more.

A list of a whole unit, a day's sheet, a year of a logger are far below; what is above is refused in
words before it is opened further.
"""

from dataclasses import dataclass

SECONDS = 6  # of the processor
WAIT = 15.0  # seconds of the clock, with the wait for a free place
AT_ONCE = 2  # files of one process that are read side by side
MEMORY = 768 * 1024 * 1024  # bytes that the reading process may take
ANSWER = 96 * 1024 * 1024  # bytes that it may hand back

PARTS = 500  # files in a workbook
PAGES = 20
COLUMNS = 400
LONGEST = 32_767  # characters of a cell, as in Excel


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much of a list is read."""

    unpacked: int  # bytes of a workbook
    rows: int
    cells: int
    characters: int  # of all cells together


UPLOAD = Bounds(64 * 1024 * 1024, 60_000, 1_500_000, 16 * 1024 * 1024)
# of the operator at the machine: a whole province
OPERATOR = Bounds(2 * 1024 * 1024 * 1024, 5_000_000, 80_000_000, 2 * 1024 * 1024 * 1024)
