"""A personal booking pass: what one person may book, signed, so that nobody need ask again.

The pass carries the rules that hold for its person (which dose, which products, from which day
to which, how far apart a second dose), worked out once when it is issued. Whoever takes a
booking checks the signature and these bounds, and nothing else. It cannot be forwarded: it
names its person, the booking is made for that person, and the confirmation shows the name.
"""

from datetime import date

from msgspec import Struct

from balmis.core.booking.signing import Seal
from balmis.core.errors import Refusal
from balmis.core.vocabulary import Reason


class Second(Struct, frozen=True, array_like=True):
    """The dose that follows one of this product, in whole days after it."""

    product: str
    number: int
    least: int
    most: int


class Pass(Struct, frozen=True, array_like=True):
    person: int
    name: str  # as the confirmation shows it
    campaign: int
    number: int  # which dose
    products: tuple[str, ...]  # that may be given; preferred first
    first: date  # the first day of the visit
    last: date | None
    expires: int  # seconds since 1970, when the pass ends
    pools: tuple[str, ...] = ("open",)  # kinds of places; 'unit:CODE' for a unit's block
    seconds: tuple[Second, ...] = ()
    born: date = date(1900, 1, 1)  # for the waves of an opening


_seal = Seal(Pass, b"balmis.pass.1")
sign = _seal.write


def read(text: str, key: bytes, *, now: float) -> Pass:
    """The pass, if it is genuine and not over. Raises Refusal(PASS_UNUSABLE, PASS_OVER)."""
    found = _seal.read(text, key)
    if found is None:
        raise Refusal(Reason.PASS_UNUSABLE)
    if now >= found.expires:
        raise Refusal(Reason.PASS_OVER)
    return found


def check_fits(
    held: Pass, *, on: date, products: tuple[str, ...], pool: str, campaign: int
) -> str | None:
    """Does a slot's place fit the pass? Returns the product to book, None where the session
    names none. Raises Refusal(OUTSIDE_PASS, PRODUCT_UNSUITABLE, PASS_UNUSABLE)."""
    if campaign != held.campaign or pool not in held.pools:
        raise Refusal(Reason.PASS_UNUSABLE)
    if on < held.first or (held.last is not None and on > held.last):
        raise Refusal(Reason.OUTSIDE_PASS, first=held.first, last=held.last or "…")
    if not products:
        return None
    fitting = [p for p in held.products if p in products]
    if not fitting:
        raise Refusal(Reason.PRODUCT_UNSUITABLE, products=", ".join(held.products))
    return fitting[0]


def check_pair(held: Pass, product: str, first_on: date, second_on: date) -> int:
    """Is the second dose far enough after the first? Returns its number.

    Raises Refusal(PAIR_TOO_CLOSE, PASS_UNUSABLE).
    """
    second = second_of(held, product)
    if second is None:
        raise Refusal(Reason.PASS_UNUSABLE)
    if not second.least <= (second_on - first_on).days <= second.most:
        raise Refusal(Reason.PAIR_TOO_CLOSE, least=second.least, most=second.most)
    return second.number


def second_of(held: Pass, product: str) -> Second | None:
    """The dose that would follow; where the session names no product, the preferred one's."""
    fitting = [s for s in held.seconds if not product or s.product == product]
    return fitting[0] if fitting else None
