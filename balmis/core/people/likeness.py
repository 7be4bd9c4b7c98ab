"""Is this the same person as one in the register?

Exact: the number and the birthday agree, or name, birthday, sex and home area all do, the name to
the tone. Near: name and birthday are alike, with at most a slip of the pen in each; a human decides.
What may be a slip is looked at without blanks, case and accents, in any script; a Korean syllable by
its letters.
"""

import unicodedata
from dataclasses import dataclass
from datetime import date

from rapidfuzz.distance import OSA

from balmis.core.birth_date import BirthDate
from balmis.core.vocabulary.people import BirthPrecision, Likeness, Sex
from balmis.core.written_forms import fold, fold_code, fold_identity

SHORT, LONG = 5, 12  # letters of a name: from here on one slip, and two, may be one


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What is stated of someone, or stands in the register."""

    name: str
    born: date
    area: str  # path of the home area
    numbers: frozenset[str] = frozenset()  # of registers, national ids
    romanised: str = ""
    sex: str = "U"
    precision: BirthPrecision = BirthPrecision.DAY  # how well the birth date is known
    national_id: str = ""  # also among the numbers


def compare(stated: Identity, known: Identity) -> Likeness:
    """How much alike two records are."""
    if not stated.precision == known.precision == BirthPrecision.DAY:
        return _compare_loosely(stated, known)
    same_day = stated.born == known.born
    if stated.numbers & known.numbers:
        return Likeness.EXACT if same_day and _alike(stated, known) else Likeness.NEAR
    same_area = _within(stated.area, known.area)
    if same_day and same_area and _is_same_name(stated, known) and _sex_agrees(stated, known):
        return Likeness.NEAR if _other_national_id(stated, known) else Likeness.EXACT
    if not days_alike(stated.born, known.born):
        return Likeness.OTHER
    if _reads_same(stated, known) or (_alike(stated, known) and (same_day or same_area)):
        return Likeness.NEAR
    return Likeness.OTHER


def _compare_loosely(stated: Identity, known: Identity) -> Likeness:
    """Of one the day of birth is not known: name and home alone make nobody the same."""
    meet = BirthDate(stated.born, stated.precision).meets(BirthDate(known.born, known.precision))
    if stated.numbers & known.numbers:
        return Likeness.EXACT if meet and _alike(stated, known) else Likeness.NEAR
    same_area = _within(stated.area, known.area)
    if meet and (_reads_same(stated, known) or (same_area and _alike(stated, known))):
        return Likeness.NEAR
    return Likeness.OTHER


def _other_national_id(one: Identity, other: Identity) -> bool:
    """Both have one, and not the same."""
    numbers = {fold_code(one.national_id), fold_code(other.national_id)} - {""}
    return len(numbers) > 1


def _sex_agrees(one: Identity, other: Identity) -> bool:
    return one.sex == other.sex or Sex.UNKNOWN in (one.sex, other.sex)


def _within(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)


def _names(of: Identity) -> set[str]:
    return {plain(n) for n in (of.name, of.romanised) if plain(n)}


def _is_same_name(one: Identity, other: Identity) -> bool:
    """By what tells people apart: twins of one home may differ in a tone or in the order of words."""
    return bool(_identities(one) & _identities(other))


def _identities(of: Identity) -> set[str]:
    return {fold_identity(n) for n in (of.name, of.romanised) if fold_identity(n)}


def _reads_same(one: Identity, other: Identity) -> bool:
    return bool(_names(one) & _names(other))


def _alike(one: Identity, other: Identity) -> bool:
    return any(names_alike(a, b) for a in _names(one) for b in _names(other))


def plain(name: str) -> str:
    """For what may be a slip: a name as finding folds it, without blanks, its words in order of the
    alphabet where they are Latin; a Korean syllable by its letters."""
    words = fold(name).split()
    bare = "".join(sorted(words) if name_is_latin(words) else words)
    return unicodedata.normalize("NFKD", bare)


def name_is_latin(words: list[str]) -> bool:
    return all(w.isascii() for w in words)


def names_alike(one: str, other: str) -> bool:
    """Equal but for a slip: a letter wrong, missing, doubled or swapped with its neighbour."""
    shorter = min(len(one), len(other))
    allowed = 0 if shorter < SHORT else 1 if shorter < LONG else 2
    return bool(OSA.distance(one, other, score_cutoff=allowed) <= allowed)


def days_alike(one: date, other: date) -> bool:
    """Equal, day and month swapped, or one digit wrong or two neighbours swapped."""
    if one == other or (one.year, one.month, one.day) == (other.year, other.day, other.month):
        return True
    return bool(OSA.distance(f"{one:%Y%m%d}", f"{other:%Y%m%d}", score_cutoff=1) <= 1)


FIRST_YEAR = 1880


def days_like(born: date) -> list[date]:
    """Every day that a record of the same person may carry by a slip; some forty."""
    text = f"{born:%Y%m%d}"
    texts = {text[:4] + text[6:] + text[4:6]}
    for n in range(8):
        texts |= {text[:n] + digit + text[n + 1 :] for digit in "0123456789"}
        if n < 7:
            texts.add(text[:n] + text[n + 1] + text[n] + text[n + 2 :])
    found = {_date(t) for t in texts}
    return sorted(d for d in found if d is not None)


def _date(text: str) -> date | None:
    try:
        found = date(int(text[:4]), int(text[4:6]), int(text[6:]))
        return found if found.year >= FIRST_YEAR else None
    except ValueError:
        return None
