"""Does a reaction meet a case definition, how surely, and what is missing?

A definition is data with a version: signs by body system, each major or minor, some made of others
(two of five); and levels of certainty, the first that is met counts.
"""

from collections.abc import Set
from typing import Annotated

from msgspec import Meta, Struct

from balmis.core.vocabulary.safety import SignStrength

Code = Annotated[str, Meta(pattern="^[a-z0-9_]+$", max_length=40)]
Named = dict[str, str]


class Sign(Struct, frozen=True, forbid_unknown_fields=True):
    code: Code
    system: Code
    strength: SignStrength
    name: Named
    among: tuple[Code, ...] = ()  # made of these
    least: int = 0  # so many of them


class Finding(Struct, frozen=True, forbid_unknown_fields=True):
    """What can be ticked that is not a sign by itself: a part of one."""

    code: Code
    system: Code
    name: Named


class SignsNeeded(Struct, frozen=True, forbid_unknown_fields=True):
    """At least one sign of this strength in each of `distinct` of the systems."""

    strength: SignStrength
    systems: tuple[Code, ...]
    distinct: int = 1


class Level(Struct, frozen=True, forbid_unknown_fields=True):
    level: int
    any_of: tuple[tuple[SignsNeeded, ...], ...]


class Definition(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    code: Code
    version: str
    event: Code
    name: Named
    source: str
    systems: dict[str, Named]
    always: tuple[Code, ...]  # findings without which no level is met
    findings: tuple[Finding, ...]
    signs: tuple[Sign, ...]
    levels: tuple[Level, ...]

    @property
    def ticks(self) -> tuple[Finding | Sign, ...]:
        """What the one who treats can tick: findings, and signs that are not made of others."""
        return (*self.findings, *(s for s in self.signs if not s.among))


class Judged(Struct, frozen=True):
    level: int  # 4: not enough evidence; 5: no sign of it
    missing: tuple[SignsNeeded, ...] = ()  # for the next better level, by the shortest way
    next_level: int = 0  # 0: there is none better
    absent: tuple[str, ...] = ()  # findings that every level asks for
    met: tuple[str, ...] = ()  # signs that hold

    @property
    def is_case(self) -> bool:
        return self.level < NOT_ENOUGH


NOT_ENOUGH, NONE = 4, 5


def judge(of: Definition, ticked: Set[str]) -> Judged:
    """The level that these findings meet, and what would make it a better one.

    Raises ValueError for a finding that the definition does not know.
    """
    known = {t.code for t in of.ticks}
    if unknown := ticked - known:
        raise ValueError(f"{of.code} {of.version} does not know {', '.join(sorted(unknown))}")
    signs = [s for s in of.signs if _holds(s, ticked)]
    met = tuple(s.code for s in signs)
    absent = tuple(a for a in of.always if a not in ticked)
    reached = NOT_ENOUGH if ticked - set(of.always) else NONE
    for level in of.levels:
        if not absent and any(all(_met(n, signs) for n in way) for way in level.any_of):
            reached = level.level
            break
    ways = [
        (level.level, way) for level in of.levels if level.level < reached for way in level.any_of
    ]
    if not ways:
        return Judged(reached, met=met, absent=absent)
    level_, way = min(ways, key=lambda w: _length(w, signs))
    return Judged(reached, tuple(n for n in way if not _met(n, signs)), level_, absent, met)


def _length(way: tuple[int, tuple[SignsNeeded, ...]], signs: list[Sign]) -> tuple[int, int, int]:
    """How many signs are still missing; of equal ways the nearest level, or the best when none is,
    and the one that lacks fewer major signs."""
    level, needs = way
    open_ = {n: max(0, n.distinct - len(_strong(n, signs))) for n in needs}
    missing = sum(open_.values())
    majors = sum(k for n, k in open_.items() if n.strength is SignStrength.MAJOR)
    return missing, -level if missing else level, majors


def _holds(sign: Sign, ticked: Set[str]) -> bool:
    if sign.among:
        return len(ticked & set(sign.among)) >= sign.least
    return sign.code in ticked


def _met(need: SignsNeeded, signs: list[Sign]) -> bool:
    return len(_strong(need, signs)) >= need.distinct


def _strong(need: SignsNeeded, signs: list[Sign]) -> set[str]:
    """The systems asked for that have such a sign. A major one is more than a minor one, and counts
    where one is asked for."""
    found = {s.system for s in signs if s.strength in (need.strength, SignStrength.MAJOR)}
    return found & set(need.systems)


def low_systolic(age: int) -> int:
    """Below this many mmHg a systolic pressure is low at this age in years.

    Brighton Collaboration, anaphylaxis case definition (Rüggeberg et al., Vaccine 2007;25:5675-84), on measured
    hypotension, after the age limits of the NIAID/FAAN criteria (Sampson et al., J Allergy Clin Immunol
    2006;117:391-7): 70 to one year of age, 70 + 2 x age to ten years, 90 from eleven years on.
    """
    if age < 1:
        return 70
    return 70 + 2 * age if age <= 10 else 90
