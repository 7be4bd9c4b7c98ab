"""A personal booking pass: what one person may book, signed, so that nobody need ask again.

The pass carries the rules that hold for its person (which dose, which products, from which day
to which, how far apart a second dose), worked out once when it is issued. Whoever takes a
booking checks the signature and these bounds, and nothing else. It cannot be forwarded: it
names its person, the booking is made for that person, and the confirmation shows the name.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import msgspec
from msgspec import Struct

from balmis.core.booking.signed_text import Seal
from balmis.core.errors import Refusal
from balmis.core.policy import DEFAULT
from balmis.core.vocabulary.reasons import Refused


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
    hold_minutes: int = DEFAULT.booking.hold_minutes
    made: int = 0  # seconds since 1970; what was decided since then is not in it

    def held_until(self, now: datetime) -> datetime:
        """Until when a time chosen now is held."""
        return now + timedelta(minutes=self.hold_minutes)


_seal = Seal(Pass, b"balmis.pass.1")
sign = _seal.write


def read(text: str, key: bytes, *, now: float) -> Pass:
    """The pass, if it is genuine and not over. Raises Refusal(PASS_UNUSABLE, PASS_OVER)."""
    found = _seal.read(text, key)
    if found is None:
        raise Refusal(Refused.PASS_UNUSABLE)
    if now >= found.expires:
        raise Refusal(Refused.PASS_OVER)
    return found


def check_fits(
    held: Pass, *, on: date, products: tuple[str, ...], pool: str, campaign: int
) -> str | None:
    """Does a slot's place fit the pass? Returns the product to book, None where the session
    names none. Raises Refusal(OUTSIDE_PASS, PRODUCT_UNSUITABLE, PASS_UNUSABLE)."""
    if campaign != held.campaign or pool not in held.pools:
        raise Refusal(Refused.PASS_UNUSABLE)
    if on < held.first or (held.last is not None and on > held.last):
        raise Refusal(Refused.OUTSIDE_PASS, first=held.first, last=held.last or "…")
    if not products:
        return None
    fitting = [p for p in held.products if p in products]
    if not fitting:
        raise Refusal(Refused.PRODUCT_UNSUITABLE, products=", ".join(held.products))
    return fitting[0]


def together(passes: Sequence[Pass]) -> Pass | None:
    """What all of these people may book at one place and time, as the first one's pass.

    None when nothing suits all of them: then each books alone.
    """
    first, *rest = passes
    products = tuple(p for p in first.products if all(p in other.products for other in rest))
    begins = max(p.first for p in passes)
    ends = min((p.last for p in passes if p.last is not None), default=None)
    if not products or (ends is not None and ends < begins):
        return None
    pools = tuple(k for k in first.pools if all(k in other.pools for other in rest))
    seconds = tuple(filter(None, (_second_of_all(passes, product) for product in products)))
    return msgspec.structs.replace(
        first, products=products, first=begins, last=ends, pools=pools, seconds=seconds
    )


def _second_of_all(passes: Sequence[Pass], product: str) -> Second | None:
    """The days on which all could have the dose that follows; None: not all have one then."""
    found = [next((s for s in p.seconds if s.product == product), None) for p in passes]
    known = [s for s in found if s is not None]
    if len(known) < len(passes):
        return None
    least, most = max(s.least for s in known), min(s.most for s in known)
    return Second(product, known[0].number, least, most) if least <= most else None


def check_pair(held: Pass, product: str, first_on: date, second_on: date) -> int:
    """Is the second dose far enough after the first? Returns its number.

    Raises Refusal(PAIR_TOO_CLOSE, PASS_UNUSABLE).
    """
    second = second_of(held, product)
    if second is None:
        raise Refusal(Refused.PASS_UNUSABLE)
    if not second.least <= (second_on - first_on).days <= second.most:
        raise Refusal(Refused.PAIR_TOO_CLOSE, least=second.least, most=second.most)
    return second.number


def second_of(held: Pass, product: str) -> Second | None:
    """The dose that would follow; where the session names no product, the preferred one's."""
    fitting = [s for s in held.seconds if not product or s.product == product]
    return fitting[0] if fitting else None
