"""How does the event relate to the vaccination? And do two assessors see it alike?

The order of the questions follows WHO, Causality assessment of an adverse event following
immunization, user manual for the revised classification, 2nd edition, 2018 (updated 2019): first
whether it can be assessed, then other causes, known effects, time, what speaks against. The words
are our own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import sqrt

from balmis.core.vocabulary.safety import CausalClass


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What an assessor found. None: not known."""

    dose_before_event: bool
    diagnosis_valid: bool
    other_cause: bool | None = None  # strong evidence for one
    product_known: bool | None = None  # known to cause it, even if all was done right
    quality_defect: bool | None = None
    error: bool | None = None  # in prescribing, keeping, preparing or giving it
    anxiety: bool | None = None
    in_window: bool | None = None  # when the risk is raised
    against: bool | None = None  # strong evidence against any relation
    fits_in_time: bool | None = None
    speaks_for: bool = False  # factors such as an earlier reaction to the same
    speaks_against: bool = False  # such as an illness that has begun before


@dataclass(frozen=True, slots=True)
class Classified:
    classification: CausalClass
    path: tuple[str, ...]  # the questions that led there
    missing: tuple[str, ...] = field(default=())  # what has to be found out


CAUSES = (
    ("product_known", CausalClass.A1),
    ("quality_defect", CausalClass.A2),
    ("error", CausalClass.A3),
    ("anxiety", CausalClass.A4),
)


def classify(a: Answers) -> Classified:
    """The class that the answers lead to, by which questions."""
    if not a.dose_before_event or not a.diagnosis_valid:
        which = "dose_before_event" if not a.dose_before_event else "diagnosis_valid"
        return Classified(CausalClass.INELIGIBLE, (which,))
    if a.other_cause:
        return Classified(CausalClass.C, ("other_cause",))
    for name, found in CAUSES:
        if getattr(a, name) and a.in_window:
            return Classified(found, (name, "in_window"))
    if a.against:
        return Classified(CausalClass.C, ("against",))
    unknown = tuple(
        n
        for n in ("other_cause", "product_known", "in_window", "fits_in_time")
        if getattr(a, n) is None
    )
    if a.speaks_for and a.speaks_against:
        return Classified(CausalClass.B2, ("speaks_for", "speaks_against"))
    if a.fits_in_time:
        if a.speaks_against:
            return Classified(CausalClass.B2, ("fits_in_time", "speaks_against"))
        return Classified(CausalClass.B1, ("fits_in_time",))
    if unknown:
        return Classified(CausalClass.UNCLASSIFIABLE, (), unknown)
    return Classified(CausalClass.C, ("fits_in_time",))


# Korea's grades of causality (KDCA guidance on managing adverse events after COVID-19 vaccination,
# 2021), with the classes they stand nearest to; the committee decides among several.
KOREAN: dict[CausalClass, tuple[str, ...]] = {
    CausalClass.A1: ("①", "②", "③"),
    CausalClass.A2: ("①", "②"),
    CausalClass.A3: ("①", "②"),
    CausalClass.A4: ("②", "③"),
    CausalClass.B1: ("④-1",),
    CausalClass.B2: ("④-1", "④-2"),
    CausalClass.C: ("④-2", "⑤"),
    CausalClass.UNCLASSIFIABLE: ("④-1",),
    CausalClass.INELIGIBLE: (),
}


@dataclass(frozen=True, slots=True)
class Agreement:
    """Cohen's kappa with its 95 % limits (Fleiss, Cohen & Everitt, Psychological Bulletin
    1969;72:323); without a value when chance alone agrees always."""

    pairs: int
    observed: float
    kappa: float | None
    low: float | None
    high: float | None


def agreement(pairs: Sequence[tuple[str, str]]) -> Agreement:
    """Of cases that two people classified on their own, not knowing of each other."""
    n = len(pairs)
    if n == 0:
        return Agreement(0, float("nan"), None, None, None)
    names = sorted({c for pair in pairs for c in pair})
    first = {c: sum(a == c for a, _ in pairs) / n for c in names}
    second = {c: sum(b == c for _, b in pairs) / n for c in names}
    same = sum(a == b for a, b in pairs) / n
    chance = sum(first[c] * second[c] for c in names)
    if chance >= 1:
        return Agreement(n, same, None, None, None)
    kappa = (same - chance) / (1 - chance)
    joint = {(a, b): sum(p == (a, b) for p in pairs) / n for a in names for b in names}
    one = sum(joint[c, c] * (1 - (first[c] + second[c]) * (1 - kappa)) ** 2 for c in names)
    two = (1 - kappa) ** 2 * sum(
        joint[a, b] * (second[a] + first[b]) ** 2 for a in names for b in names if a != b
    )
    variance = (one + two - (kappa - chance * (1 - kappa)) ** 2) / (n * (1 - chance) ** 2)
    half = 1.96 * sqrt(max(variance, 0.0))
    return Agreement(n, same, kappa, max(-1.0, kappa - half), min(1.0, kappa + half))
