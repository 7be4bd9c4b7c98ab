"""The safety desk works on cases: what is due, what is known, what was done; merge and undo."""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import transaction

from balmis.contexts.access.services import check_may
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.journal import audit, locks
from balmis.contexts.people import queries as people
from balmis.contexts.safety import cases
from balmis.contexts.safety import merge as safety_merge
from balmis.contexts.safety.models import Assessment, Case, CaseNote
from balmis.core.actor import Actor
from balmis.core.errors import BadInput, Refusal
from balmis.core.refusal_texts import gettext_noop
from balmis.core.roles import Act
from balmis.core.safety.catalogue import About, Clock, clocks
from balmis.core.vocabulary.access import Role
from balmis.core.vocabulary.reasons import Refused
from balmis.core.vocabulary.safety import (
    CaseNoteKind,
    CaseStatus,
    Certainty,
    EventEnd,
    Serious,
    Severity,
    Standing,
)
from balmis.flows.retry import retried
from balmis.flows.safety import reference_data

DONE = (
    CaseNoteKind.REPORTED,
    CaseNoteKind.CALLED,
    CaseNoteKind.SUBMITTED,
)  # what ends a deadline, beside a state
NOTED = (*DONE, CaseNoteKind.REMARK)  # at any time
STARTS = (CaseNoteKind.RED_FLAG, CaseNoteKind.SERIOUS)  # from which deadlines run
STEPS = {
    CaseNoteKind.TRIAGED: CaseStatus.TRIAGED,
    CaseNoteKind.INVESTIGATING: CaseStatus.INVESTIGATING,
    CaseNoteKind.AWAITING: CaseStatus.AWAITING,
    CaseNoteKind.CLOSED: CaseStatus.CLOSED,
    CaseNoteKind.NULLIFIED: CaseStatus.NULLIFIED,
    CaseNoteKind.REOPENED: CaseStatus.INVESTIGATING,
}
NEEDS_REASON = (CaseNoteKind.NULLIFIED, CaseNoteKind.CLOSED, CaseNoteKind.REOPENED)


@dataclass(frozen=True, slots=True)
class InboxRow:
    case: Case
    clock: Clock | None  # the next to end; None: nothing is due
    used: float
    told: Role | None  # to whom it was escalated last
    flag: str  # what does not wait: the red flag of a diary, or of the person


@dataclass(frozen=True, slots=True)
class Whole:
    """A case with all that is known of it."""

    case: Case
    clocks: tuple[Clock, ...]
    notes: tuple[CaseNote, ...]
    near: tuple[Case, ...]  # perhaps the same
    assessments: tuple[Assessment, ...]


@transaction.atomic
def inbox(slug: str, *, actor: Actor, now: datetime) -> list[InboxRow]:
    """Open cases by deadline: the one that is due first stands first. The look is logged. Raises
    NotAllowed."""
    campaign = campaigns.campaign(slug)
    check_may(actor, Act.WORK_CASES, area=campaign.area)
    found = cases.open_cases(campaign.pk)
    times = cases.note_times([c.pk for c in found])
    flags = cases.red_flags([c.pk for c in found])
    told: dict[tuple[int, str], float] = {}
    for key, deadline, share in cases.escalations([c.pk for c in found]):
        told[key, deadline] = max(share, told.get((key, deadline), 0.0))
    rows = []
    for case in found:
        due = _clocks(case, campaign.area.path, times.get(case.pk, {}))
        running = next((c for c in due if c.done is None), None)
        used = running.used(now) if running else -1.0
        last = told.get((case.pk, running.deadline.code)) if running else None
        rows.append(
            InboxRow(case, running, used, TOLD[last] if last else None, flags.get(case.pk, ""))
        )
    audit.record(
        "cases.listed",
        f"campaign:{campaign.pk}",
        actor=actor,
        now=now,
        cases=[c.pk for c in found],
        people=sorted({c.person_id for c in found if c.person_id is not None}),
    )
    far = datetime.max.replace(tzinfo=UTC)
    return sorted(rows, key=lambda r: (r.clock.due if r.clock else far, -r.case.pk))


def _clocks(case: Case, area_path: str, times: dict[str, tuple[datetime, ...]]) -> list[Clock]:
    at = {"received": case.received_at, "noticed": case.noticed_at}
    at |= {kind: times[kind][0] for kind in STARTS if kind in times}
    died = Serious.DEATH.value in case.why_serious
    return clocks(
        reference_data.jurisdiction(area_path), About(case.event, case.serious, died, at, times)
    )


@transaction.atomic
def look(slug: str, key: int, *, actor: Actor, now: datetime) -> Whole:
    """Raises NotAllowed, Refusal(NOT_KNOWN). The look at the person is logged."""
    case = _case(slug, key, actor)
    audit.record(
        "case.read",
        f"case:{key}",
        actor=actor,
        now=now,
        people=[case.person_id] if case.person_id else [],
    )
    notes = cases.timeline(case)
    times = cases.note_times([case.pk]).get(case.pk, {})
    policy = campaigns.policy_of(case.campaign_id).safety
    return Whole(
        case,
        tuple(_clocks(case, case.campaign.area.path, times)),
        tuple(notes),
        tuple(cases.perhaps_same(case, policy.near_days)),
        tuple(case.assessments.order_by("round", "pk")),
    )


def _case(slug: str, key: int, actor: Actor) -> Case:
    campaign = campaigns.campaign(slug)
    check_may(actor, Act.WORK_CASES, area=campaign.area)
    found = cases.case(key)
    if found.campaign_id != campaign.pk:
        raise Refusal(Refused.NOT_KNOWN, what="case", key=key)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """What the desk knows of the case, all of it as the form has it."""

    event: str
    why_serious: tuple[Serious, ...]
    severity: Severity
    certainty: Certainty
    end: EventEnd
    narrative: str
    version: int


def _check_clocks(case: Case) -> None:
    """What law or guidance asks for is done before a case is closed."""
    times = cases.note_times([case.pk]).get(case.pk, {})
    still = [
        c
        for c in _clocks(case, case.campaign.area.path, times)
        if c.done is None and c.deadline.standing is not Standing.LOCAL
    ]
    if still:
        raise BadInput(
            gettext_noop(
                "Something that law or guidance asks for is not done yet. Look at what is due."
            )
        )


@retried
@transaction.atomic(durable=True)
def set_values(slug: str, key: int, values: Values, *, actor: Actor, now: datetime) -> Case:
    """Raises NotAllowed, BadInput, Conflict when somebody changed it meanwhile."""
    case = _held(slug, key, values.version, actor)
    if values.event not in reference_data.events():
        raise BadInput(gettext_noop("Choose the event from the list."), ("event",))
    if cases.has_other(case, values.event):
        raise BadInput(
            gettext_noop("There is another case of this event after the same dose. Merge the two."),
            ("event",),
        )
    why = set(values.why_serious) | ({Serious.DEATH} if values.end is EventEnd.DIED else set())
    if Serious.DEATH in values.why_serious and values.end not in (EventEnd.DIED, EventEnd.UNKNOWN):
        raise BadInput(
            gettext_noop("Death is ticked, and the outcome says otherwise. Which is right?"),
            ("end",),
        )
    before = list(case.why_serious)
    changed = cases.change(
        case,
        event=values.event,
        why_serious=[w.value for w in Serious if w in why],
        severity=values.severity.value,
        certainty=values.certainty.value,
        end=(EventEnd.DIED if Serious.DEATH in why else values.end).value,
        narrative=values.narrative.strip()[:10_000],
    )
    if changed:
        cases.note(case, CaseNoteKind.CHANGED, at=now, actor=actor, now=now, changed=changed)
        cases.became_serious(case, before, at=now, actor=actor, now=now)
        audit.record("case.changed", f"case:{key}", actor=actor, now=now, fields=sorted(changed))
    return case


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeStep:
    """A step on a case as it was shown."""

    campaign: str
    case_id: int
    step: str
    text: str
    version: int  # of the case, when it was shown


@retried
@transaction.atomic(durable=True)
def take(cmd: TakeStep, *, actor: Actor, now: datetime) -> Case:
    """A step on the case: to another state, or what ends a deadline.

    Raises NotAllowed, BadInput, Conflict.
    """
    case = _held(cmd.campaign, cmd.case_id, cmd.version, actor)
    if cmd.step not in (*STEPS, *NOTED):
        raise BadInput(gettext_noop("Choose one from the list."))
    step = CaseNoteKind(cmd.step)
    text = cmd.text.strip()[:2000]
    if not text and step in (*NEEDS_REASON, CaseNoteKind.REMARK):
        raise BadInput(gettext_noop("Say why, in a few words."), ("text",))
    if step is CaseNoteKind.TRIAGED and case.status == CaseStatus.RECEIVED:
        if case.person_id is None or case.dose_id is None:
            raise BadInput(gettext_noop("Name the person and the dose first."))
        cases.move(case, CaseStatus.VALID)
    if step is CaseNoteKind.CLOSED:
        _check_clocks(case)
    if step in STEPS:
        cases.move(case, STEPS[step])
    cases.note(case, step, text, at=now, actor=actor, now=now)
    audit.record(f"case.{step}", f"case:{cmd.case_id}", actor=actor, now=now)
    return case


TOLD = {0.5: Role.SAFETY_OFFICER, 0.8: Role.CLINICAL_LEAD, 1.0: Role.AREA_MANAGER}


def escalate_all(*, now: datetime) -> int:
    """Deadlines that have used half, four fifths or all of their time are told to who is next above,
    once each; returns how many were."""
    return sum(_escalate(c.slug, now=now) for c in campaigns.campaigns())


@transaction.atomic(durable=True)
def _escalate(slug: str, *, now: datetime) -> int:
    campaign, told = campaigns.campaign(slug), []
    locks.one_at_a_time(f"escalate:{campaign.pk}")
    found = cases.open_cases(campaign.pk)
    times, before = (
        cases.note_times([c.pk for c in found]),
        cases.escalations([c.pk for c in found]),
    )
    for case in found:
        for clock in _clocks(case, campaign.area.path, times.get(case.pk, {})):
            code = clock.deadline.code
            fresh = [s for s in clock.reached(now) if (case.pk, code, s) not in before]
            told += [(case, {"deadline": code, "share": s, "to": TOLD[s].value}) for s in fresh]
    cases.note_all(CaseNoteKind.ESCALATED, told, actor=ESCALATOR, now=now)
    return len(told)


ESCALATOR = Actor.system("deadlines")


ANOTHER_CASE = gettext_noop(
    "There is another case of this event after the same dose by now. Change its event first."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeCases:
    """A case that is the same event as another."""

    campaign: str
    case_id: int
    into: int  # the other case
    version: int  # of the case, when it was shown


@retried
@transaction.atomic(durable=True)
def merge(cmd: MergeCases, *, actor: Actor, now: datetime) -> Case:
    """The case is the same event as another of the person; returns that one.

    Raises NotAllowed, BadInput, Conflict.
    """
    if cmd.case_id == cmd.into:
        raise BadInput(gettext_noop("Choose another case."))
    for each in sorted((cmd.case_id, cmd.into)):  # locks in one order
        cases.lock_case(each)
    case = _held(cmd.campaign, cmd.case_id, cmd.version, actor)
    other = _held(cmd.campaign, cmd.into, None, actor)
    if case.person_id != other.person_id:
        raise BadInput(gettext_noop("The two cases are not of one person."))
    if case.merged.exists():
        raise BadInput(
            gettext_noop("Another case is merged into this one. Merge the other way round.")
        )
    if other.status in cases.GONE:
        raise BadInput(gettext_noop("That case is merged or nullified itself. Choose another."))
    if cases.has_other(other, other.event, dose_id=other.dose_id or case.dose_id, but=case.pk):
        raise BadInput(ANOTHER_CASE)
    undo = safety_merge.merge(case, other)
    cases.note(case, CaseNoteKind.MERGED, at=now, actor=actor, now=now, other=other.pk, **undo)
    cases.note(other, CaseNoteKind.JOINED, at=now, actor=actor, now=now, other=case.pk)
    audit.record("case.merged", f"case:{cmd.case_id}", actor=actor, now=now, into=cmd.into)
    return other


@retried
@transaction.atomic(durable=True)
def unmerge(slug: str, key: int, *, actor: Actor, now: datetime) -> Case:
    """They were two events. Raises NotAllowed, Conflict."""
    case = _held(slug, key, None, actor)
    if cases.has_other(case, case.event, but=safety_merge.gives_back(case)):
        raise BadInput(ANOTHER_CASE)
    other = safety_merge.unmerge(case)
    cases.note(case, CaseNoteKind.UNMERGED, at=now, actor=actor, now=now, other=other.pk)
    cases.note(other, CaseNoteKind.LEFT, at=now, actor=actor, now=now, other=case.pk)
    audit.record("case.unmerged", f"case:{key}", actor=actor, now=now, other=other.pk)
    return case


def _held(slug: str, key: int, version: int | None, actor: Actor) -> Case:
    case = _case(slug, key, actor)
    locks.write_facts(case.campaign_id)
    if case.person_id is not None:
        people.lock(case.person_id)
    held = cases.lock_case(key)
    if version is not None:
        cases.check_version(held, version)
    return held
