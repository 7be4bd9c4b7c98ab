"""What is wrong with a dose that was drawn from the stock book?

A vial in hand outranks the book: the dose is recorded whatever the answer is.
"""

from datetime import date
from decimal import Decimal

from balmis.core.vocabulary.clinic import DoseFlag


def drawing_flags(
    *, expires_on: date | None, given: date, left: Decimal | None
) -> tuple[DoseFlag, ...]:
    """`left`: the site's balance of the lot after the draw, in doses; None when no stock was drawn.

    A lot may be used through its expiry date.
    """
    flags = []
    if expires_on is not None and given > expires_on:
        flags.append(DoseFlag.LOT_EXPIRED)
    if left is not None and left < 0:
        flags.append(DoseFlag.STOCK_SHORT)
    return tuple(flags)
