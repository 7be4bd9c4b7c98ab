"""Is a dose far enough from birth and from the dose before it?

Ages and intervals are whole days between calendar dates at the place of care.
Source: CDC/ACIP General Best Practice Guidelines, "Timing and Spacing of
Immunobiologics" (minimum ages and intervals; grace period).
"""

from dataclasses import dataclass
from datetime import date, timedelta

from balmis.core.vocabulary.clinic import DoseFlag


@dataclass(frozen=True, slots=True)
class Step:
    """What one dose asks for; all in days."""

    min_age: int
    min_interval: int = 0  # since the previous dose; ignored for the first
    grace: int = 4  # 0 where the guidance allows none


@dataclass(frozen=True, slots=True)
class Verdict:
    due: date  # first day that needs no grace
    reasons: tuple[DoseFlag, ...] = ()  # empty: the dose counts


DAYS_A_YEAR = 365.25


def step_for(*, min_age_years: int, min_interval_days: int, grace: int = 4) -> Step:
    """The step a product's label asks for. Years become days at 365.25 a year, rounded down."""
    return Step(int(min_age_years * DAYS_A_YEAR), min_interval_days, grace)


def judge(step: Step, *, born: date, previous: date | None, given: date) -> Verdict:
    """Judge a dose given, or proposed, on `given`.

    A given day before birth is bad data, but the record stands: it is flagged
    BORN_AFTER_DOSE and nothing else is judged. Raises ValueError if `previous` is
    after `given`: the caller asked for the wrong previous dose.
    """
    if previous is not None and previous > given:
        raise ValueError(f"dates out of order: {previous=}, {given=}")
    of_age = born + timedelta(days=step.min_age)
    if given < born:
        return Verdict(of_age, (DoseFlag.BORN_AFTER_DOSE,))

    spaced = previous + timedelta(days=step.min_interval) if previous else born
    reasons = []
    if given < of_age - timedelta(days=step.grace):
        reasons.append(DoseFlag.TOO_YOUNG)
    if given < spaced - timedelta(days=step.grace):
        reasons.append(DoseFlag.TOO_SOON)
    return Verdict(max(of_age, spaced), tuple(reasons))
