"""The number of a person whom no list gives one: ten signs, the last a check character.

They do not count on from each other, so that nobody guesses the next; a list that comes again makes the
same ones. Written 'XXXXX-XXXXX' in the alphabet of the letters' codes.
"""

import hmac
import secrets

from balmis.core.people.letter_code import ALPHABET, with_check

SIGNS = 9  # and the check character; 45 bits


def fresh_number() -> str:
    """A number of chance, for somebody who registers."""
    return _written(secrets.randbits(64))


def number_for(facts: str, secret: bytes) -> str:
    """The number of whoever these facts are of. Without the secret it tells nothing of them."""
    return _written(int.from_bytes(hmac.digest(secret, facts.encode(), "sha256")[:8]))


def is_made_wrong(text: str) -> bool:
    """Is it such a number with a wrong sign?"""
    bare = "".join(c for c in text.upper() if c.isalnum())
    fits = len(bare) == SIGNS + 1 and text.strip()[5:6] == "-" and set(bare) <= set(ALPHABET)
    return fits and with_check(bare[:-1]) != bare


def _written(value: int) -> str:
    signs = "".join(ALPHABET[value >> 5 * n & 31] for n in range(SIGNS))
    made = with_check(signs)
    return f"{made[:5]}-{made[5:]}"
