"""A personal booking pass: what one person may book, signed, so that nobody need ask again.

The pass carries the rules that hold for its person (which dose, which products, from which day
to which, how far apart a second dose), worked out once when it is issued. Whoever takes a
booking checks the signature and these bounds, and nothing else. It cannot be forwarded: it
names its person, the booking is made for that person, and the confirmation shows the name.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from datetime import date
from hashlib import sha256

import msgspec
from msgspec import Struct

from balmis.core.errors import Refusal
from balmis.core.vocabulary import Reason

SIGNATURE_BYTES = 16  # of HMAC-SHA-256: 128 bits
MAX_LENGTH = 1200


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


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Pass)


def sign(content: Pass, key: bytes) -> str:
    """The pass as text for headers and forms."""
    body = _encoder.encode(content)
    return urlsafe_b64encode(_signature(body, key) + body).decode().rstrip("=")


def read(text: str, key: bytes, *, now: float) -> Pass:
    """The pass, if it is genuine and not over. Raises Refusal(PASS_UNUSABLE, PASS_OVER)."""
    try:
        raw = urlsafe_b64decode(text[:MAX_LENGTH] + "=" * (-len(text) % 4))
    except (NotBase64, ValueError):
        raise Refusal(Reason.PASS_UNUSABLE) from None
    stated, body = raw[:SIGNATURE_BYTES], raw[SIGNATURE_BYTES:]
    if not hmac.compare_digest(stated, _signature(body, key)):
        raise Refusal(Reason.PASS_UNUSABLE)
    try:
        found = _decoder.decode(body)
    except msgspec.MsgspecError:  # signed by an older program
        raise Refusal(Reason.PASS_UNUSABLE) from None
    if now >= found.expires:
        raise Refusal(Reason.PASS_OVER)
    return found


def _signature(body: bytes, key: bytes) -> bytes:
    return hmac.digest(key, b"balmis.pass.1" + body, sha256)[:SIGNATURE_BYTES]


def key_of(secret: str, purpose: str) -> bytes:
    """A key of its own for each purpose."""
    return hmac.digest(secret.encode(), purpose.encode(), sha256)


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
