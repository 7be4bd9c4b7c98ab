"""Not before a day, or never with a vaccine: what was decided, and whether it still stands.

Answers put off until a day. What must never be given is a doctor's word: for one vaccine, or for
all of the campaign. A later word of a doctor lifts what was said: "may have it" lifts whatever
puts off, and a "never" of the same scope. Answers that say "go on" lift what earlier answers of
the same visit put off, and nothing that a doctor decided. The view `clinic_standing_deferral`
says the same in the database; an agreement test holds the two together.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from balmis.core.vocabulary.clinic import Outcome, StepKind


@dataclass(frozen=True, slots=True)
class PutOff:
    """A deferral by a step; `key` orders steps of the same moment."""

    key: str
    at: datetime
    visit: int
    kind: StepKind
    outcome: Outcome  # DEFER or NEVER
    product: str = ""  # empty: any
    until: date | None = None


@dataclass(frozen=True, slots=True)
class MayHave:
    """A step that says "go on": of a doctor, or of answers."""

    key: str
    at: datetime
    visit: int
    kind: StepKind
    product: str = ""  # of a doctor's word; empty: whatever is not ruled out by name


def standing(put_off: Iterable[PutOff], lifts: Iterable[MayHave]) -> list[PutOff]:
    words = list(lifts)
    return [p for p in put_off if not any(_lifts(w, p) for w in words)]


def _lifts(word: MayHave, put_off: PutOff) -> bool:
    if (word.at, word.key) <= (put_off.at, put_off.key):
        return False
    by_doctor = put_off.kind is StepKind.DOCTOR
    if word.kind is not StepKind.DOCTOR:
        return not by_doctor and word.visit == put_off.visit
    return not by_doctor or put_off.outcome is Outcome.DEFER or word.product == put_off.product
