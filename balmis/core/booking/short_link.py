"""Links in messages to people, as short as they can be: a text message has little room.

A letter says where the link leads. Where it leads whoever holds it to one person's own things, it is
signed, says whose and until which day, and opens nothing else.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

BOOK, MINE, CONFIRM, REGISTER = "b", "m", "c", "r"  # a page of a campaign, for anyone
INVITED, ASKED = "i", "q"  # of one person: may book, or wants no messages; is asked how they are
OPEN, OWN = (BOOK, MINE, CONFIRM, REGISTER), (INVITED, ASKED)
MARK = b"balmis.short.1"
SIGNATURE_BYTES = 8  # 64 bits: it is tried through the door alone, and opens little
LONGEST = 40


@dataclass(frozen=True, slots=True)
class Link:
    """Where it leads: a page of the campaign with this key; `whose` is a person, or their question."""

    kind: str
    campaign: int
    whose: int = 0
    until: int = 0  # the last day, as `date.toordinal` counts; 0: its own row says when

    def is_over(self, today: date) -> bool:
        return bool(self.until) and today.toordinal() > self.until


def write(link: Link, key: bytes) -> str:
    """The word that ends the link's address."""
    body = b"".join(_packed(n) for n in (link.campaign, link.whose, link.until))
    if link.kind in OPEN:
        return link.kind + _text(_packed(link.campaign))
    return link.kind + _text(_signature(link.kind, body, key) + body)


def read(word: str, key: bytes) -> Link | None:
    """What `write` wrote; None for everything else."""
    kind, text = word[:1], word[1:LONGEST]
    try:
        raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        if kind in OPEN:
            (campaign,) = _unpacked(raw)
            found = Link(kind, campaign)
        elif kind in OWN:
            stated, body = raw[:SIGNATURE_BYTES], raw[SIGNATURE_BYTES:]
            if not hmac.compare_digest(stated, _signature(kind, body, key)):
                return None
            found = Link(kind, *_unpacked(body))
        else:
            return None
    except (NotBase64, ValueError, TypeError):
        return None
    return found if write(found, key) == word else None  # written in one way only


def _signature(kind: str, body: bytes, key: bytes) -> bytes:
    return hmac.digest(key, MARK + kind.encode() + body, sha256)[:SIGNATURE_BYTES]


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


def _packed(number: int) -> bytes:
    """Seven bits a byte, the lowest first; the last byte is below 128."""
    found = bytearray()
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    return bytes([*found, number])


def _unpacked(raw: bytes) -> list[int]:
    """Raises ValueError where a number is cut off."""
    found, number, shift = [], 0, 0
    for byte in raw:
        number |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            found.append(number)
            number, shift = 0, 0
    if shift:
        raise ValueError("cut off")
    return found
