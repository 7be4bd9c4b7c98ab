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
from balmis.contexts.ledger import services as ledger
from balmis.contexts.ledger.services import Actor
from balmis.contexts.people import queries as people
from balmis.contexts.safety import cases
from balmis.contexts.safety import reactions as kept
from balmis.contexts.safety.models import Case, Reaction, ReactionNote
from balmis.contexts.safety.reactions import Course
from balmis.core.dates import CLOCK_ERROR
from balmis.core.errors import BadInput
from balmis.core.roles import Act
from balmis.core.safety.definitions import Definition, Judged, judge
from balmis.core.safety.words import Disposition, Impression, NoteKind, Serious
from balmis.core.wording import gettext_noop
from balmis.flows.retrying import retried
from balmis.flows.safety import data

EVENT = {
    Impression.SYNCOPE: "fainting", Impression.ALLERGY: "allergic",
    Impression.ANAPHYLAXIS: "anaphylaxis",
}  # fmt: skip
RANGES = {
    "pulse": (20, 250), "systolic": (30, 260), "diastolic": (10, 180), "breaths": (4, 80),
    "oxygen": (40, 100), "temperature": (30, 43),
}  # fmt: skip
TREATMENTS = ("adrenaline", "oxygen", "lying", "fluids", "salbutamol", "antihistamine", "steroid",
              "resuscitation", "other")  # fmt: skip


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
    ledger.audit("reaction.read", f"visit:{visit_id}", actor=actor, now=now,
                 people=[found.visit.person_id])  # fmt: skip
    return _seen(found)


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
    ledger.write_facts(found.visit.campaign_id)
    people.hold_canonical(found.visit.person_id)
    _, made = kept.add(found, new.request_id, new.kind, facts, at=new.at, actor=actor, now=now)
    seen = _seen(found)
    if made:
        _follow(seen, new.kind, actor=actor, now=now)
        ledger.audit(f"reaction.{new.kind}", f"visit:{visit_id}",
                     actor=actor.on_request(new.request_id), now=now)  # fmt: skip
    return seen


def _check(found: Reaction, actor: Actor) -> None:
    """Who treats at the site, and who works on cases."""
    site = found.visit.site
    if not may(actor, Act.WORK_CASES, site=site):
        check_may(actor, Act.TREAT_REACTION, site=site)


def _definition(found: Reaction) -> Definition:
    definition = data.definition("anaphylaxis", found.definition)
    assert definition is not None
    return definition


def _seen(found: Reaction) -> Seen:
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
        if facts.get("what") not in TREATMENTS:
            raise BadInput(gettext_noop("Choose the treatment from the list."))
        return {"what": facts["what"], "detail": str(facts.get("detail", ""))[:200]}
    if kind in (NoteKind.IMPRESSION, NoteKind.DISPOSITION):
        words = Impression if kind is NoteKind.IMPRESSION else Disposition
        if facts.get("value") not in [w.value for w in words]:
            raise BadInput(gettext_noop("Choose one from the list."))
        return {"value": facts["value"]}
    text = str(facts.get("text", "")).strip()[:1000]
    if not text:
        raise BadInput(gettext_noop("Write something down."))
    return {"text": text}


def _vitals(facts: dict[str, Any]) -> dict[str, float]:
    found = {}
    for name, (low, high) in RANGES.items():
        text = str(facts.get(name, "") or "").strip().replace(",", ".")
        if not text:
            continue
        try:
            value = float(text)
        except ValueError:
            raise BadInput(gettext_noop("A vital sign is a number.")) from None
        if not low <= value <= high:
            raise BadInput(gettext_noop("A vital sign cannot be so low or so high. Measure again."))
        found[name] = value
    if not found:
        raise BadInput(gettext_noop("Enter at least one vital sign."))
    return found


def _follow(seen: Seen, kind: NoteKind, *, actor: Actor, now: datetime) -> None:
    """The case says what the reaction says."""
    case = cases.hold_case(cases.standing(seen.reaction.case).pk)
    values: dict[str, Any] = {}
    if kind is NoteKind.IMPRESSION:
        values |= _event(case, Impression(seen.course.impression))
    if seen.course.impression == Impression.ANAPHYLAXIS:
        values["level"] = seen.judged.level
        values |= _serious(case, Serious.IMPORTANT)  # anaphylaxis is (ICH E2A, medically important)
    if seen.course.disposition in (Disposition.AMBULANCE, Disposition.HOSPITAL):
        values |= _serious(case, Serious.HOSPITAL)
    if seen.course.disposition == Disposition.DIED:
        values |= _serious(case, Serious.DEATH) | {"end": "died"}
    changed = cases.change(case, **values)
    if changed:
        cases.note(case, "from_site", at=now, actor=actor, now=now, changed=changed)


def _event(case: Case, impression: Impression) -> dict[str, Any]:
    event = EVENT.get(impression)
    if event is None or cases.has_other(case, event):
        return {}  # there is a case of it: whoever works on cases merges them
    return {"event": event}


def _serious(case: Case, why: Serious) -> dict[str, Any]:
    known = {*case.why_serious, why.value}
    return {"why_serious": [w.value for w in Serious if w.value in known]}
