"""Where does a person stand in the visit? A function of its steps alone.

Steps come from several devices, some hours late; their order of arrival changes nothing. They
are read in the order of their own times, and of their ids where those are the same. A step
that was undone counts for nothing. Once a dose is in the arm, nothing before it matters.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from balmis.core.vocabulary.clinic import Outcome, StepKind, VisitStatus


@dataclass(frozen=True, slots=True)
class VisitStep:
    key: str  # made on the device; unique
    kind: StepKind
    at: datetime
    outcome: Outcome | None = None  # of a screening, or of the doctor
    undoes: str | None = None  # the key of another step


AFTER_DOSE = {
    StepKind.SEAT: VisitStatus.OBSERVED,
    StepKind.LEAVE: VisitStatus.LEFT,
    StepKind.DISCHARGE: VisitStatus.DISCHARGED,
}
BEFORE_DOSE = {
    StepKind.CHECK_IN: VisitStatus.WAITING,
    StepKind.CONSENT: VisitStatus.CONSENTED,
    StepKind.WITHDRAW: VisitStatus.REFUSED,
    StepKind.REFUSE: VisitStatus.REFUSED,
    StepKind.DEFER: VisitStatus.DEFERRED,
    StepKind.LEAVE: VisitStatus.LEFT,
    StepKind.DISCHARGE: VisitStatus.DISCHARGED,
}
BY_OUTCOME = {
    Outcome.PROCEED: VisitStatus.SCREENED,
    Outcome.DOCTOR: VisitStatus.TO_DOCTOR,
    Outcome.DEFER: VisitStatus.DEFERRED,
    Outcome.NEVER: VisitStatus.DEFERRED,
}


def said_by(kind: StepKind, outcome: Outcome) -> Outcome:
    """What a screening or a doctor says: an answer that rules a vaccine out is a question to the
    doctor, who alone says never."""
    if kind is StepKind.SCREEN and outcome is Outcome.NEVER:
        return Outcome.DOCTOR
    return outcome


def standing(steps: Iterable[VisitStep]) -> list[VisitStep]:
    """The steps that count, in their order. An undo may itself be undone."""
    ordered = sorted(steps, key=lambda s: (s.at, s.key))
    undone: set[str] = set()
    for step in reversed(ordered):
        if step.undoes and step.key not in undone:
            undone.add(step.undoes)
    return [s for s in ordered if s.key not in undone and s.kind is not StepKind.UNDO]


def status_of(steps: Iterable[VisitStep]) -> VisitStatus:
    """Raises ValueError when nothing has happened yet."""
    counted = standing(steps)
    if not counted:
        raise ValueError("a visit without steps")
    doses = [n for n, s in enumerate(counted) if s.kind is StepKind.DOSE]
    found = VisitStatus.WAITING
    if doses:
        found = VisitStatus.VACCINATED
        for step in counted[doses[0] + 1 :]:  # a second record of the dose changes nothing
            found = AFTER_DOSE.get(step.kind, found)
        return found
    for step in counted:
        if step.kind in (StepKind.SCREEN, StepKind.DOCTOR) and step.outcome is not None:
            found = BY_OUTCOME[said_by(step.kind, step.outcome)]
        elif step.kind is StepKind.CONSENT and found in (
            VisitStatus.TO_DOCTOR,
            VisitStatus.DEFERRED,
        ):
            continue  # consent was asked for before the doctor decided
        else:
            found = BEFORE_DOSE.get(step.kind, found)
    return found
