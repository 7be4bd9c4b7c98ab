"""What is read of a file that somebody sent, and no more.

A list of a whole unit, a day's sheet, a year of a logger are far below; what is above is refused in
words before it is opened further.
"""

SECONDS = 6  # of the processor
WAIT = 15.0  # seconds of the clock, with the wait for a free place
AT_ONCE = 2  # files of one process that are read side by side
MEMORY = 768 * 1024 * 1024  # bytes that the reading process may take
ANSWER = 96 * 1024 * 1024  # bytes that it may hand back

UNPACKED = 64 * 1024 * 1024  # bytes of a workbook
PARTS = 500  # files in a workbook
PAGES = 20
ROWS = 60_000
COLUMNS = 400
CELLS = 1_500_000
CHARACTERS = 16 * 1024 * 1024  # of all cells together
LONGEST = 32_767  # characters of a cell, as in Excel
