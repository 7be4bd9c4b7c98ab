"""Reports come in and are one case where they tell of one event; cases are worked on.

All in the caller's transaction, the person's row locked.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Q

from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.clinic.models import Dose
from balmis.contexts.journal.requests import check_same
from balmis.contexts.people.queries import canonical_id
from balmis.contexts.safety.models import Case, CaseNote, EventReport
from balmis.core.actor import Actor
from balmis.core.errors import Conflict, Refusal
from balmis.core.refusal_texts import gettext_noop
from balmis.core.states import CASE, check_move
from balmis.core.vocabulary.reasons import Refused
from balmis.core.vocabulary.safety import (
    CaseNoteKind,
    CaseStatus,
    Certainty,
    EventEnd,
    KnownEvent,
    Serious,
    Severity,
    Source,
)

GONE = [CaseStatus.MERGED.value, CaseStatus.NULLIFIED.value]
ANY = KnownEvent.OTHER.value  # such reports are not joined by themselves
FLAGGING = [CaseNoteKind.RED_FLAG.value, CaseNoteKind.CALLED.value]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldEvent:
    """What was told."""

    request_id: UUID
    onset_on: date
    serious: bool
    died: bool
    dose_id: int | None = None
    person_id: int | None = None
    event: str = ANY
    source: Source = Source.STAFF
    why_serious: tuple[Serious, ...] = ()
    severity: Severity = Severity.UNKNOWN
    end: EventEnd = EventEnd.UNKNOWN
    onset_at: datetime | None = None
    noticed_at: datetime | None = None
    words: str = ""
    facts: dict[str, Any] | None = None  # the rest of the form

    def whole(self) -> "ToldEvent":
        """With what follows from what is said: a death is serious, and the end of it."""
        why = set(self.why_serious)
        if self.died or self.end is EventEnd.DIED:
            why.add(Serious.DEATH)
        if self.serious and not why:
            why.add(Serious.IMPORTANT)
        died = Serious.DEATH in why
        return replace(
            self,
            why_serious=tuple(w for w in Serious if w in why),
            serious=bool(why),
            died=died,
            end=EventEnd.DIED if died else self.end,
        )


def record_event(
    told: ToldEvent, campaign: Campaign, *, joins: Case | None = None, actor: Actor, now: datetime
) -> tuple[EventReport, Case, bool]:
    """The report, its case, and whether it is new; a retry gives back the first record.

    It joins the case it is said to, or the one of the same event after the same dose; otherwise it
    opens one. News that makes it serious, or that the person died, opens a case again that was decided.
    """
    event = told.whole()
    if earlier := report_for_request(told.request_id):
        kept = (earlier.event, earlier.onset_on, earlier.serious, earlier.died)
        check_same(told.request_id, kept, (event.event, event.onset_on, event.serious, event.died))
        _check_of_same_person(told.request_id, earlier, event)
        return earlier, case_of(earlier), False
    person_id = event.person_id
    if event.dose_id is not None:
        person_id = Dose.objects.values_list("person_id", flat=True).get(pk=event.dose_id)
    report = EventReport.objects.create(
        request_id=event.request_id,
        campaign=campaign,
        dose_id=event.dose_id,
        person_id=person_id,
        event=event.event,
        source=event.source.value,
        onset_on=event.onset_on,
        serious=event.serious,
        died=event.died,
        recorded_at=now,
        actor=actor.name,
        noticed_at=event.noticed_at,
        facts={
            "words": event.words,
            "why_serious": list(event.why_serious),
            "severity": event.severity,
            "end": event.end,
            "onset_at": str(event.onset_at or ""),
            **(event.facts or {}),
        },
    )
    case = lock_case(standing(joins).pk) if joins is not None else _same_event(event)
    before: list[str] = [] if case is None else list(case.why_serious)
    if case is None:
        case = _open(event, campaign, person_id, now)
    else:
        _add(case, event)
    at = event.noticed_at or now
    note(case, CaseNoteKind.REPORT, event.words, report=report, at=at, actor=actor, now=now)
    became_serious(case, before, at=at, actor=actor, now=now)
    return report, case, True


def _check_of_same_person(request_id: UUID, earlier: EventReport, event: ToldEvent) -> None:
    """Records may have become one since, and a dose may have come in that it is after now."""
    of = event.person_id
    if event.dose_id is not None:
        of = Dose.objects.values_list("person_id", flat=True).get(pk=event.dose_id)
    if of is not None and earlier.person_id is not None:
        check_same(request_id, (canonical_id(earlier.person_id),), (canonical_id(of),))


def became_serious(
    case: Case, before: list[str], *, at: datetime, actor: Actor, now: datetime
) -> None:
    """The moment from which serious deadlines run; a case that was decided is opened again."""
    if not set(case.why_serious) - set(before):
        return
    if not before:
        note(case, CaseNoteKind.SERIOUS, at=at, actor=actor, now=now, why=list(case.why_serious))
    if case.status in (CaseStatus.CLASSIFIED, CaseStatus.CLOSED):
        move(case, CaseStatus.INVESTIGATING)
        note(case, CaseNoteKind.REOPENED, at=now, actor=actor, now=now, why=list(case.why_serious))


def taken_back(request_id: UUID, why: str, *, at: datetime, actor: Actor, now: datetime) -> None:
    """The report was a mistake (of the wrong person): a case that nothing else tells of is none."""
    report = report_for_request(request_id)
    if report is None:
        return
    case = lock_case(case_of(report).pk)
    others = (
        CaseNote.objects.filter(case=case, kind=CaseNoteKind.REPORT.value)
        .exclude(report=report)
        .exists()
    )
    if not others and CaseStatus.NULLIFIED in CASE[CaseStatus(case.status)]:
        move(case, CaseStatus.NULLIFIED)
        note(case, CaseNoteKind.NULLIFIED, why, at=at, actor=actor, now=now)


def report_for_request(request_id: UUID) -> EventReport | None:
    return EventReport.objects.filter(request_id=request_id).first()


def case_of(report: EventReport) -> Case:
    """The case it belongs to now, through merges."""
    found = Case.objects.filter(notes__report=report).order_by("notes__pk").first()
    assert found is not None
    return standing(found)


def standing(case: Case) -> Case:
    """The case itself, or the one it was merged into."""
    while case.merged_into is not None:
        case = case.merged_into
    return case


def _same_event(event: ToldEvent) -> Case | None:
    if event.event == ANY or event.dose_id is None:
        return None
    found = Case.objects.select_for_update().filter(dose=event.dose_id, event=event.event)
    return found.exclude(status__in=GONE).first()


def _open(event: ToldEvent, campaign: Campaign, person_id: int | None, now: datetime) -> Case:
    known = person_id is not None and event.dose_id is not None and event.event != ANY
    return Case.objects.create(
        campaign=campaign,
        person_id=person_id,
        dose_id=event.dose_id,
        event=event.event,
        status=(CaseStatus.VALID if known else CaseStatus.RECEIVED).value,
        onset_on=event.onset_on,
        onset_at=event.onset_at,
        why_serious=list(event.why_serious),
        severity=event.severity.value,
        certainty=Certainty.SUSPECTED.value,
        end=event.end.value,
        narrative=event.words,
        noticed_at=event.noticed_at or now,
        received_at=now,
    )


def _add(case: Case, event: ToldEvent) -> None:
    """What another report adds: nothing that was known is lost."""
    why = {*case.why_serious, *event.why_serious}
    case.why_serious = [w.value for w in Serious if w.value in why]
    case.onset_on = min(case.onset_on, event.onset_on)
    case.onset_at = min((t for t in (case.onset_at, event.onset_at) if t), default=None)
    if case.severity == Severity.UNKNOWN:
        case.severity = event.severity.value
    if event.end is not EventEnd.UNKNOWN and case.end != EventEnd.DIED:
        case.end = event.end.value
    case.noticed_at = min(case.noticed_at, event.noticed_at or case.noticed_at)
    if event.words:
        case.narrative = "\n".join(t for t in (case.narrative, event.words) if t)
    case.version += 1
    case.save()


def note(
    case: Case,
    kind: CaseNoteKind,
    text: str = "",
    *,
    report: EventReport | None = None,
    at: datetime,
    actor: Actor,
    now: datetime,
    **facts: Any,
) -> CaseNote:
    return CaseNote.objects.create(
        case=case,
        kind=kind.value,
        text=text,
        report=report,
        facts=facts,
        at=at,
        recorded_at=now,
        actor=actor.name,
    )


def note_all(
    kind: CaseNoteKind, notes: Iterable[tuple[Case, dict[str, Any]]], *, actor: Actor, now: datetime
) -> None:
    """The same kind of note on many cases."""
    CaseNote.objects.bulk_create(
        [
            CaseNote(
                case=case,
                kind=kind.value,
                text="",
                facts=facts,
                at=now,
                recorded_at=now,
                actor=actor.name,
            )
            for case, facts in notes
        ],
        batch_size=1000,
    )


def lock_case(key: int) -> Case:
    """The case, locked to the end of the transaction. Raises Refusal(NOT_KNOWN)."""
    found = (
        Case.objects.select_for_update(of=("self",))
        .select_related("campaign__area", "person__area", "dose__lot__product", "dose__site__area")
        .filter(pk=key)
        .first()
    )
    if found is None:
        raise Refusal(Refused.NOT_KNOWN, what="case", key=key)
    return found


def check_version(case: Case, version: int) -> None:
    """Raises Conflict when somebody changed it since it was shown."""
    if case.version != version:
        raise Conflict(gettext_noop("Somebody changed this case meanwhile. Look at it again."))


def move(case: Case, to: CaseStatus) -> None:
    """Raises Conflict for a state that cannot follow."""
    if case.status != to:
        check_move(CASE, CaseStatus(case.status), to)
        case.status = to.value
    case.version += 1
    case.save()


def change(case: Case, **values: Any) -> dict[str, list[Any]]:
    """Sets the values; returns what was and what is, of those that differ."""
    changed = {}
    for name, value in values.items():
        before = getattr(case, name)
        if before != value:
            changed[name] = [before, value]
            setattr(case, name, value)
    if changed:
        case.version += 1
        case.save()
    return changed


def told_why(case: Case) -> set[str]:
    """The reasons for seriousness that reports gave."""
    ids = [case.pk, *case.merged.values_list("pk", flat=True)]
    told = EventReport.objects.filter(notes__case__in=ids).values_list(
        "facts__why_serious", flat=True
    )
    return {w for why in told for w in why or ()}


def has_other(
    case: Case, event: str, *, dose_id: int | None = None, but: int | None = None
) -> bool:
    """Is there another case of this event after the same dose, or the one that it would get? `but` is no
    other: it is about to give the dose back, or to go."""
    after = dose_id or case.dose_id
    if after is None or event == ANY:
        return False
    found = Case.objects.filter(dose=after, event=event).exclude(pk__in=[case.pk, but or 0])
    return found.exclude(status__in=GONE).exists()


def perhaps_same(case: Case, near_days: int) -> list[Case]:
    """Other cases of the person that began so near to it that they are perhaps one."""
    if case.person_id is None:
        return []
    days = timedelta(days=near_days)
    span = (case.onset_on - days, case.onset_on + days)
    near = Case.objects.filter(person=case.person_id, onset_on__range=span)
    return list(near.exclude(pk=case.pk).exclude(status__in=GONE).order_by("onset_on", "pk"))


def note_times(case_ids: Iterable[int]) -> dict[int, dict[str, tuple[datetime, ...]]]:
    """When each kind of note was made on each case, or on one merged into it; in time."""
    found: dict[int, dict[str, tuple[datetime, ...]]] = {}
    ids = list(case_ids)
    rows = CaseNote.objects.filter(Q(case__in=ids) | Q(case__merged_into__in=ids)).order_by(
        "at", "pk"
    )
    for case, into, kind, at in rows.values_list("case", "case__merged_into", "kind", "at"):
        kinds = found.setdefault(into or case, {})
        kinds[kind] = (*kinds.get(kind, ()), at)
    return found


def open_cases(campaign_id: int) -> list[Case]:
    """Those on which there is still work; the newest first."""
    done = [CaseStatus.CLOSED.value, *GONE]
    found = Case.objects.filter(campaign=campaign_id).exclude(status__in=done)
    return list(found.select_related("person", "dose__site", "dose__lot__product").order_by("-pk"))


def cases_of(campaign_id: int) -> list[Case]:
    """All but those merged or nullified, in the order they came."""
    found = Case.objects.filter(campaign=campaign_id).exclude(status__in=GONE)
    whole = found.select_related(
        "campaign", "person__area", "dose__site", "dose__lot", "dose__product"
    )
    return list(
        whole.annotate(
            reports=Count("notes", filter=Q(notes__kind=CaseNoteKind.REPORT.value))
        ).order_by("pk")
    )


def case(key: int) -> Case:
    """With all that a page shows of it. Raises Refusal(NOT_KNOWN)."""
    whole = Case.objects.select_related(
        "campaign__area",
        "person__area",
        "dose__lot",
        "dose__product",
        "dose__site__area",
        "dose__vial",
        "merged_into",
    )
    found = whole.filter(pk=key).first()
    if found is None:
        raise Refusal(Refused.NOT_KNOWN, what="case", key=key)
    return found


def timeline(case: Case) -> list[CaseNote]:
    """Its own notes and those of the cases merged into it, in time."""
    ids = [case.pk, *case.merged.values_list("pk", flat=True)]
    return list(CaseNote.objects.filter(case__in=ids).select_related("report").order_by("at", "pk"))


def escalations(case_ids: Iterable[int]) -> set[tuple[int, str, float]]:
    """(case, deadline, share of its time) that somebody was told of."""
    rows = CaseNote.objects.filter(case__in=list(case_ids), kind=CaseNoteKind.ESCALATED.value)
    found = rows.values_list("case", "facts__deadline", "facts__share")
    return {(case, deadline, float(share)) for case, deadline, share in found}


def told_since(person_id: int, but: UUID, source: Source, day: date) -> int:
    """How many reports of this source the person made from that day on, other than this one."""
    found = EventReport.objects.filter(
        person=person_id, source=source.value, recorded_at__date__gte=day
    )
    return found.exclude(request_id=but).count()


def red_flags(case_ids: Iterable[int]) -> dict[int, str]:
    """What a person told that does not wait, as long as nobody has called; empty where nothing did."""
    rows = CaseNote.objects.filter(case__in=list(case_ids), kind__in=FLAGGING)
    found: dict[int, str] = {}
    for case, kind, text in rows.order_by("at", "pk").values_list("case", "kind", "text"):
        found[case] = text if kind == CaseNoteKind.RED_FLAG else ""
    return found


def report_count(case: Case) -> int:
    """How many told of it, as `cases_of` counted them."""
    return int(case.reports)  # type: ignore[attr-defined]


def of_person(person_id: int) -> list[int]:
    """Cases of the person, whatever became of them."""
    return list(Case.objects.filter(person=person_id).values_list("pk", flat=True))
