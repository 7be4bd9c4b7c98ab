"""Records of doses of one person on one day, and what was ruled about them."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q

from balmis.contexts.clinic.models import Conflict, Dose, Step
from balmis.core.actor import Actor
from balmis.core.clinic import duplicate_doses
from balmis.core.errors import Refusal
from balmis.core.vocabulary.clinic import ConflictEnd, CorrectionReason, StepKind
from balmis.core.vocabulary.reasons import Refused

WHOLE = (
    "visit__person",
    "visit__campaign__area",
    "visit__site__area",
    "kept",
    "other__visit",
    "dose__site",
)


@dataclass(frozen=True, slots=True)
class RecordsOfDay:
    """Everything that was recorded; the person is held."""

    records: tuple[duplicate_doses.Record, ...]
    steps: dict[str, Step]  # desks' records of doses, undone ones too
    live: dict[str, list[Dose]]  # by the key of their step; more than one is one too many
    elsewhere: Dose | None  # one that no desk recorded
    conflicts: dict[str, Conflict]  # by the key of the record that waits, or waited

    @property
    def register(self) -> duplicate_doses.Register:
        return duplicate_doses.register_of(self.records, elsewhere=self.elsewhere is not None)


def day_of(person_id: int, campaign_id: int, on: date) -> RecordsOfDay:
    steps = _steps(person_id, campaign_id, on)
    given: dict[str, list[Dose]] = {}
    others = []
    own = Q(person=person_id) | Q(person__merged_into=person_id)  # also while a merge is under way
    found = Dose.objects.filter(own, campaign=campaign_id, given_on=on)
    for dose in found.select_related("correction", "step").order_by("pk"):
        if dose.step is not None:
            given.setdefault(str(dose.step.request_id), []).append(dose)
        elif not dose.taken_back:
            others.append(dose)
    rows = Conflict.objects.filter(other__in=steps.values()).select_related("kept", "other")
    conflicts = {str(c.other.request_id): c for c in rows}
    undone = _undone(steps)
    gone = {key for key in steps if key in undone or _taken_back(given.get(key, []))}
    return RecordsOfDay(
        records=tuple(_record(s, key in gone, conflicts.get(key)) for key, s in steps.items()),
        steps=steps,
        conflicts=conflicts,
        live={
            key: live
            for key, rows in given.items()
            if (live := [d for d in rows if not d.taken_back])
        },
        elsewhere=others[0] if others else None,
    )


def _steps(person_id: int, campaign_id: int, on: date) -> dict[str, Step]:
    found = Step.objects.filter(
        Q(visit__person=person_id) | Q(visit__person__merged_into=person_id),
        kind=StepKind.DOSE.value,
        visit__campaign=campaign_id,
        visit__on=on,
    )
    rows = found.select_related("visit__site", "visit__campaign", "visit__person")
    return {str(s.request_id): s for s in rows}


def _undone(steps: dict[str, Step]) -> set[str]:
    undos = Step.objects.filter(
        kind=StepKind.UNDO.value, visit__in={s.visit_id for s in steps.values()}
    )
    return set(undos.values_list("facts__step", flat=True))


def _taken_back(doses: list[Dose]) -> bool:
    """Somebody said that it was not given as recorded."""
    return any(d.taken_back and d.correction.reason != CorrectionReason.SUPERSEDED for d in doses)


def _record(step: Step, gone: bool, conflict: Conflict | None) -> duplicate_doses.Record:
    ruling, against = None, None
    if conflict is not None and conflict.end:
        ruling = ConflictEnd(conflict.end)
        against = str(conflict.kept.request_id) if conflict.kept else duplicate_doses.ELSEWHERE
    return duplicate_doses.Record(str(step.request_id), step.at, gone, ruling, against)


def times_recorded(step: Step) -> int:
    return Dose.objects.filter(step=step).count()


def keep_conflict(other: Step, kept: Step | None, dose: Dose | None, *, now: datetime) -> Conflict:
    """The record waits behind another, now that both are known; an earlier ruling is open again."""
    found, made = Conflict.objects.get_or_create(
        other=other, defaults={"visit": other.visit, "kept": kept, "dose": dose, "found_at": now}
    )
    if not made:
        found.kept, found.dose, found.end, found.reason = kept, dose, "", ""
        found.settled_at, found.settled_by = None, ""
        found.save(update_fields=["kept", "dose", "end", "reason", "settled_at", "settled_by"])
    return found


def rule(conflict: Conflict, end: ConflictEnd, reason: str, *, actor: Actor, now: datetime) -> None:
    conflict.end, conflict.reason = end.value, reason
    conflict.settled_at, conflict.settled_by = now, actor.name
    conflict.save(update_fields=["end", "reason", "settled_at", "settled_by"])


def conflicts(site_id: int, on: date | None = None) -> list[Conflict]:
    """Open ones at the site."""
    found = Conflict.objects.filter(end="", visit__site=site_id)
    if on is not None:
        found = found.filter(visit__on=on)
    return list(found.select_related(*WHOLE).order_by("pk"))


def conflict(conflict_id: int) -> Conflict:
    """One that is open. Raises Refusal(NOT_KNOWN)."""
    found = Conflict.objects.filter(pk=conflict_id, end="").select_related(*WHOLE).first()
    if found is None:
        raise Refusal(Refused.NOT_KNOWN, what="conflict", key=conflict_id)
    return found


def conflict_with(step: Step) -> Conflict | None:
    """The open conflict in which the record stands, on either side."""
    found = Conflict.objects.filter(Q(other=step) | Q(kept=step), end="")
    return found.order_by("pk").first()
