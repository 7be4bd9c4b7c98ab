"""The code on a person's letter: twelve signs, of which the last is a check character.

55 bits of chance, written in groups of four from an alphabet without signs that are taken for each other
(Crockford's base 32). The check character is that of the Luhn algorithm modulo 32: one wrong sign, and
nearly every swap of neighbours, is seen before anything is looked up.
"""

import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SIGNS = 11  # of chance
ALIKE = str.maketrans({"O": "0", "I": "1", "L": "1"})


def make_code() -> str:
    """A new one, as it is printed: 'XXXX-XXXX-XXXX'."""
    while (made := with_check("".join(secrets.choice(ALPHABET) for _ in range(SIGNS)))).isdigit():
        pass  # digits alone are somebody's national number
    return _grouped(made)


def read_code(text: str) -> str | None:
    """As it was printed, from what somebody typed; None when it is no such code."""
    bare = "".join(c for c in text.upper() if c.isalnum()).translate(ALIKE)
    if len(bare) != SIGNS + 1 or bare.isdigit() or any(c not in ALPHABET for c in bare):
        return None
    return _grouped(bare) if with_check(bare[:-1]) == bare else None


def is_mistyped(text: str) -> bool:
    """Is it a letter's code with a wrong sign? Digits alone are a number."""
    bare = "".join(c for c in text.upper() if c.isalnum()).translate(ALIKE)
    fits = len(bare) == SIGNS + 1 and all(c in ALPHABET for c in bare)
    grouped = text.count("-") == 2 or text.strip().count(" ") == 2
    return fits and grouped and not bare.isdigit() and read_code(text) is None


def with_check(signs: str) -> str:
    total = 0
    for place, sign in enumerate(reversed(signs)):
        value = ALPHABET.index(sign) * (1 if place % 2 else 2)
        total += value // 32 + value % 32
    return signs + ALPHABET[-total % 32]


def _grouped(signs: str) -> str:
    return "-".join(signs[n : n + 4] for n in range(0, len(signs), 4))
