"""National numbers of people: how they are written, and what they say. Data by country.

Korea: resident registration number, six digits of the birthday and seven more; the first of them says
century and sex (Resident Registration Act, enforcement rule, article 2); since October 2020 the rest is
chance, so nothing is checked. China: GB 11643-1999, 18 signs with a check sign of ISO 7064, MOD 11-2.
Vietnam: twelve digits (Circular 07/2016/TT-BCA, article 3, and 59/2021/TT-BCA, article 4): three of the
province, one of century and sex, two of the year; the identity card before it had nine.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from balmis.core.birth_date import BirthDate
from balmis.core.refusal_texts import gettext_noop
from balmis.core.vocabulary.people import BirthPrecision, Sex
from balmis.core.written_forms import fold_code

CN_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CN_CHECKS = "10X98765432"


@dataclass(frozen=True, slots=True)
class Said:
    """What a number says of whose it is."""

    born: BirthDate | None = None
    sex: Sex = Sex.UNKNOWN
    is_wrong: bool = False  # its check sign, or a birthday that is none


def read_national_id(text: str, style: str) -> str:
    """As the country writes it: digits of any width, with blanks and dashes or without, the leading
    zeros back that a spreadsheet took away. Raises ValueError, saying what it should be."""
    bare = "".join(c for c in fold_code(text) if c.isalnum())
    return STYLES[style].read(bare, text) if style in STYLES else fold_code(text)


def said_by(number: str, style: str) -> Said:
    """What a number says, as `read_national_id` gave it."""
    return STYLES[style].say(number) if style in STYLES else Said()


def _read_kr(bare: str, text: str) -> str:
    if bare.isdigit() and 10 <= len(bare) <= 13:
        bare = bare.zfill(13)  # born in 2000 to 2009, kept as a number
        return f"{bare[:6]}-{bare[6:]}"
    raise ValueError(gettext_noop("no resident registration number: it has 13 digits"))


def _say_kr(number: str) -> Said:
    code = int(number[7])
    century = {9: 1800, 0: 1800, 1: 1900, 2: 1900, 5: 1900, 6: 1900}.get(code, 2000)
    born = _day(century + int(number[:2]), number[2:4], number[4:6])
    return Said(born, Sex.MALE if code % 2 else Sex.FEMALE, born is None)


def _read_cn(bare: str, text: str) -> str:
    if re.fullmatch(r"\d{17}[\dX]|\d{15}", bare):
        return bare
    raise ValueError(
        gettext_noop("no citizen identity number: it has 18 signs, the last a digit or X")
    )


def _say_cn(number: str) -> Said:
    if len(number) == 15:  # of before 1999: years of two digits, no check sign
        born = _day(1900 + int(number[6:8]), number[8:10], number[10:12])
        return Said(born, Sex.MALE if int(number[14]) % 2 else Sex.FEMALE, born is None)
    born = _day(int(number[6:10]), number[10:12], number[12:14])
    total = sum(int(d) * w for d, w in zip(number[:17], CN_WEIGHTS, strict=True))
    is_right = CN_CHECKS[total % 11] == number[17]
    sex = Sex.MALE if int(number[16]) % 2 else Sex.FEMALE
    return Said(born, sex, born is None or not is_right)


def _read_vn(bare: str, text: str) -> str:
    if bare.isdigit() and len(bare) in (10, 11, 12):
        return bare.zfill(12)  # provinces begin with 0 up to 096
    if bare.isdigit() and len(bare) in (8, 9):
        return bare.zfill(9)
    raise ValueError(gettext_noop("no citizen identity number: it has 12 digits (an old one 9)"))


def _say_vn(number: str) -> Said:
    if len(number) == 9 or number.startswith("000"):
        return Said()
    code = int(number[3])
    year = 1900 + code // 2 * 100 + int(number[4:6])
    sex = Sex.FEMALE if code % 2 else Sex.MALE
    return Said(BirthDate(date(year, 1, 1), BirthPrecision.YEAR), sex)


def _day(year: int, month: str, day: str) -> BirthDate | None:
    try:
        return BirthDate(date(year, int(month), int(day)))
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class _Style:
    read: Callable[[str, str], str]
    say: Callable[[str], Said]


STYLES = {
    "kr": _Style(_read_kr, _say_kr),
    "cn": _Style(_read_cn, _say_cn),
    "vn": _Style(_read_vn, _say_vn),
}
