"""Raise flags on recorded doses, and keep what was found about them."""

from collections.abc import Iterable
from datetime import datetime

from balmis.contexts.clinic.models import Dose
from balmis.contexts.safety.models import Flag, LiftedFlag, Review
from balmis.core.actor import Actor
from balmis.core.vocabulary.clinic import DoseFlag


def open_review(dose: Dose, reasons: Iterable[DoseFlag], *, now: datetime) -> None:
    """The dose stands; each reason is looked at by a person."""
    Flag.objects.bulk_create(
        [Flag(dose=dose, reason=reason.value, raised_at=now) for reason in reasons]
    )


def set_flags(
    dose: Dose, reasons: Iterable[DoseFlag], *, among: Iterable[DoseFlag], now: datetime
) -> None:
    """Of these reasons, the dose has those that hold now: what is missing is raised, what no longer
    holds is lifted. What was lifted once and holds again stands."""
    wanted = {r.value for r in reasons}
    raised = {
        f.reason: f for f in Flag.objects.filter(dose=dose, reason__in=[r.value for r in among])
    }
    open_review(dose, [DoseFlag(r) for r in sorted(wanted - raised.keys())], now=now)
    LiftedFlag.objects.filter(flag__in=[f for r, f in raised.items() if r in wanted]).delete()
    LiftedFlag.objects.bulk_create(
        [LiftedFlag(flag=f, at=now) for r, f in raised.items() if r not in wanted],
        ignore_conflicts=True,
    )


def review(dose: Dose, note: str, *, actor: Actor, now: datetime) -> Review:
    return Review.objects.create(dose=dose, note=note, at=now, actor=actor.name)
