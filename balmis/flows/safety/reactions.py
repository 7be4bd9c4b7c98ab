"""A reaction on the chair: signs as they are seen, vital signs, treatments, where the person goes.

The level of the case definition is worked out anew with each tick; what the reaction was taken for
becomes the event of its case.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from balmis.contexts.access.services import check_may, may
from balmis.contexts.journal import audit, locks
from balmis.contexts.people import queries as people
from balmis.contexts.safety import cases
from balmis.contexts.safety import reactions as kept
from balmis.contexts.safety.models import Reaction, ReactionNote
from balmis.contexts.safety.reactions import Course
from balmis.core.actor import Actor
from balmis.core.dates import CLOCK_ERROR, age_on, local_day
from balmis.core.errors import BadInput
from balmis.core.refusal_texts import gettext_noop
from balmis.core.roles import Act
from balmis.core.safety.definitions import Definition, Judged, judge, low_systolic
from balmis.core.vocabulary.safety import (
    CaseNoteKind,
    Disposition,
    EventEnd,
    Impression,
    KnownEvent,
    NoteKind,
    Serious,
    Treatment,
    VitalSign,
)
from balmis.flows.retry import retried
from balmis.flows.safety import reference_data

EVENT = {
    Impression.SYNCOPE: KnownEvent.FAINTING.value,
    Impression.ALLERGY: KnownEvent.ALLERGIC.value,
    Impression.ANAPHYLAXIS: KnownEvent.ANAPHYLAXIS.value,
}
LOW_PRESSURE = "low_pressure"  # the sign's code in the case definition
RANGES = {
    VitalSign.PULSE: (20, 250),
    VitalSign.SYSTOLIC: (30, 260),
    VitalSign.DIASTOLIC: (10, 180),
    VitalSign.BREATHS: (4, 80),
    VitalSign.OXYGEN: (40, 100),
    VitalSign.TEMPERATURE: (30, 43),
}


@dataclass(frozen=True, slots=True)
class Seen:
    reaction: Reaction
    notes: tuple[ReactionNote, ...]
    course: Course
    definition: Definition
    judged: Judged


@dataclass(frozen=True, slots=True, kw_only=True)
class NewNote:
    request_id: UUID
    kind: NoteKind
    facts: dict[str, Any]
    at: datetime


def look(visit_id: int, *, actor: Actor, now: datetime) -> Seen:
    """Raises NotAllowed, Refusal(NOT_KNOWN). The look is logged."""
    found = kept.reaction(visit_id)
    _check(found, actor)
    audit.record(
        "reaction.read", f"visit:{visit_id}", actor=actor, now=now, people=[found.visit.person_id]
    )
    return seen_of(found)


@retried
@transaction.atomic(durable=True)
def note(visit_id: int, new: NewNote, *, actor: Actor, now: datetime) -> Seen:
    """Write it down; a retry gives back the first. Raises NotAllowed, BadInput, Refusal."""
    found = kept.reaction(visit_id)
    _check(found, actor)
    if new.at > now + CLOCK_ERROR or new.at < found.began_at - CLOCK_ERROR:
        raise BadInput(gettext_noop("The time is not one of this reaction. Check the clock."))
    definition = _definition(found)
    facts = _read(new.kind, new.facts, definition)
    if new.kind is NoteKind.STRUCK:
        facts = _struck(found, new.facts)
    locks.write_facts(found.visit.campaign_id)
    people.lock_canonical(found.visit.person_id)
    written, made = kept.add(
        found, new.request_id, new.kind, facts, at=new.at, actor=actor, now=now
    )
    if made and new.kind is NoteKind.VITALS:
        _tick_low_pressure(found, new, definition, facts, actor=actor, now=now)
    seen = seen_of(found)
    if made:
        _follow(seen, written, actor=actor, now=now)
        audit.record(
            f"reaction.{new.kind}",
            f"visit:{visit_id}",
            actor=actor.on_request(new.request_id),
            now=now,
        )
    return seen


def _tick_low_pressure(
    found: Reaction,
    new: NewNote,
    definition: Definition,
    facts: dict[str, Any],
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """A measured low blood pressure is a sign, whoever taps it or not."""
    person = found.visit.person
    age = age_on(person.born, local_day(new.at, found.visit.site.time_zone))
    systolic = facts.get(VitalSign.SYSTOLIC)
    ticks = {t.code for t in definition.ticks}
    if systolic is None or systolic >= low_systolic(age) or LOW_PRESSURE not in ticks:
        return
    if LOW_PRESSURE in kept.course(kept.notes_of(found)).signs:
        return
    request = UUID(int=new.request_id.int ^ 1)  # it follows from the reading
    sign = {"code": LOW_PRESSURE}
    kept.add(found, request, NoteKind.SIGN, sign, at=new.at, actor=actor, now=now)


def _check(found: Reaction, actor: Actor) -> None:
    """Who treats at the site, and who works on cases."""
    site = found.visit.site
    if not may(actor, Act.WORK_CASES, site=site):
        check_may(actor, Act.TREAT_REACTION, site=site)


def _definition(found: Reaction) -> Definition:
    definition = reference_data.definition(KnownEvent.ANAPHYLAXIS, found.definition)
    assert definition is not None
    return definition


def seen_of(found: Reaction) -> Seen:
    """In the caller's right to see it."""
    notes = kept.notes_of(found)
    definition, course = _definition(found), kept.course(notes)
    return Seen(found, tuple(notes), course, definition, judge(definition, course.signs))


def _read(kind: NoteKind, facts: dict[str, Any], definition: Definition) -> dict[str, Any]:
    """The facts of this kind. Raises BadInput, saying what is wrong."""
    if kind in (NoteKind.SIGN, NoteKind.SIGN_GONE):
        if facts.get("code") not in {t.code for t in definition.ticks}:
            raise BadInput(gettext_noop("This sign is not in the case definition."))
        return {"code": facts["code"]}
    if kind is NoteKind.VITALS:
        return _vitals(facts)
    if kind is NoteKind.TREATMENT:
        if facts.get("what") not in set(Treatment):
            raise BadInput(gettext_noop("Choose the treatment from the list."))
        return {"what": facts["what"], "detail": str(facts.get("detail", ""))[:200]}
    if kind in (NoteKind.IMPRESSION, NoteKind.DISPOSITION):
        words = Impression if kind is NoteKind.IMPRESSION else Disposition
        if facts.get("value") not in [w.value for w in words]:
            raise BadInput(gettext_noop("Choose one from the list."))
        return {"value": facts["value"]}
    if kind is NoteKind.STRUCK:
        return {}
    text = str(facts.get("text", "")).strip()[:1000]
    if not text:
        raise BadInput(gettext_noop("Write something down."))
    return {"text": text}


def _struck(found: Reaction, facts: dict[str, Any]) -> dict[str, Any]:
    """One of this reaction's own notes."""
    text = str(facts.get("note", ""))
    note = next((n for n in kept.notes_of(found) if str(n.pk) == text), None)
    if note is None or note.kind == NoteKind.STRUCK:
        raise BadInput(gettext_noop("Choose one from the list."))
    return {"note": note.pk}


def _vitals(facts: dict[str, Any]) -> dict[str, float]:
    found: dict[str, float] = {}
    for name, (low, high) in RANGES.items():
        text = str(facts.get(name, "") or "").strip().replace(",", ".")
        if not text:
            continue
        try:
            value = float(text)
        except ValueError:
            raise BadInput(gettext_noop("A vital sign is a number."), (name.value,)) from None
        if not low <= value <= high:
            raise BadInput(
                gettext_noop("A vital sign cannot be so low or so high. Measure again."),
                (name.value,),
            )
        found[name.value] = value
    if found.get(VitalSign.DIASTOLIC, 0) > found.get(VitalSign.SYSTOLIC, 999):
        raise BadInput(
            gettext_noop("The lower blood pressure is above the upper one."),
            (VitalSign.DIASTOLIC.value,),
        )
    if not found:
        raise BadInput(gettext_noop("Enter at least one vital sign."))
    return found


@dataclass(frozen=True, slots=True)
class Says:
    """What a course says of the case."""

    event: str
    why: frozenset[str]
    died: bool
    level: int | None


def _says(course: Course, definition: Definition) -> Says:
    """Anaphylaxis is serious (medically important, ICH E2A); so is going to hospital, and death."""
    why, taken = set(), course.impression
    if taken == Impression.ANAPHYLAXIS:
        why.add(Serious.IMPORTANT.value)
    if course.disposition in (Disposition.AMBULANCE, Disposition.HOSPITAL):
        why.add(Serious.HOSPITAL.value)
    died = course.disposition == Disposition.DIED
    if died:
        why.add(Serious.DEATH.value)
    event = EVENT.get(Impression(taken), cases.ANY) if taken else ""
    level = judge(definition, course.signs).level if taken == Impression.ANAPHYLAXIS else None
    return Says(event, frozenset(why), died, level)


def _follow(seen: Seen, last: ReactionNote, *, actor: Actor, now: datetime) -> None:
    """The case says what the site's last word is; what reports said besides stays."""
    case = cases.lock_case(cases.standing(seen.reaction.case).pk)
    before = _says(kept.course(n for n in seen.notes if n.pk != last.pk), seen.definition)
    after = _says(seen.course, seen.definition)
    gone = before.why - after.why - cases.told_why(case)
    why = (set(case.why_serious) - gone) | after.why
    values: dict[str, Any] = {
        "why_serious": [w.value for w in Serious if w.value in why],
        "level": after.level,
    }
    if after.died:
        values["end"] = EventEnd.DIED.value
    elif before.died and Serious.DEATH.value not in why:
        values["end"] = EventEnd.UNKNOWN.value
    if after.event and after.event != before.event and not cases.has_other(case, after.event):
        values["event"] = (
            after.event
        )  # if there is another case of it, whoever works on cases merges them
    known = list(case.why_serious)
    changed = cases.change(case, **values)
    if changed:
        cases.note(case, CaseNoteKind.FROM_SITE, at=now, actor=actor, now=now, changed=changed)
        cases.became_serious(case, known, at=now, actor=actor, now=now)
