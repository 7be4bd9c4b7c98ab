"""The day as a spreadsheet or on paper, for when nothing works; and back into the register."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from string import ascii_uppercase
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction

from balmis.contexts.access.queries import Staff, staff_at
from balmis.contexts.access.services import may
from balmis.contexts.clinic import queries as doses
from balmis.contexts.clinic.models import Step
from balmis.contexts.journal import audit
from balmis.contexts.people import queries as people
from balmis.contexts.places.models import Site
from balmis.contexts.supply import lot_holds, lots
from balmis.contexts.supply import products as supply_products
from balmis.core.actor import Actor
from balmis.core.clinic.paper_form import (
    Row,
    Sheet,
    Told,
    VialOnSheet,
    first_doses,
    lot_of,
    read_row,
)
from balmis.core.clinic.step_facts import Sent, read_facts
from balmis.core.dates import local_day
from balmis.core.errors import BadInput, BalmisError, Refusal
from balmis.core.refusal_texts import REASONS, gettext_noop
from balmis.core.roles import Act
from balmis.core.vocabulary.clinic import StepKind
from balmis.flows.clinic.day_bundle import day_bundle
from balmis.flows.clinic.texts import questionnaire
from balmis.flows.clinic.visit_steps import Desk, at_desk, take_step

DEVICE = "paper"
OTHER_PERSON = gettext_noop(
    "the number or birth date is not that of this row's person: were rows moved?"
)
UNKNOWN_LOT = gettext_noop("no book knows this lot; was its number misread?")
DOSED = gettext_noop(
    "a dose of this person is recorded for that day already: if both stand, the "
    "site manager settles which counts"
)
EXPIRED = gettext_noop("the lot had expired")
ON_HOLD = gettext_noop("the lot is on hold")
NOT_ASKED = gettext_noop("the questions are not marked")
NO_CONSENT = gettext_noop("the consent is not marked")
TO_COME = gettext_noop("the time has not come yet")
AHEAD = timedelta(minutes=5)  # that clocks on the wall differ
NOBODY = gettext_noop("nobody who works here signs in with the name under 'given by'")
NOT_FOR_OTHERS = gettext_noop("another person gave it: the site manager has to read this row in")
OTHERWISE = gettext_noop("it was recorded otherwise before; correct it at the desk")


@dataclass(frozen=True, slots=True)
class PaperDay:
    """What goes on the sheet: its own facts, and a row for each person by the time of coming."""

    sheet: Sheet
    people: list[dict[str, Any]]
    products: list[str]
    staff: list[str]  # who gives doses here, by the names they sign in with


@transaction.atomic
def day_on_paper(slug: str, site: str, form: str, *, actor: Actor, now: datetime) -> PaperDay:
    """The day of the desk, to be taken along outside it as this form; that is logged. Raises
    NotAllowed."""
    _, place = at_desk(slug, site, actor)
    bundle = day_bundle(slug, site, actor=actor, now=now)
    asked, consent = bundle["questionnaires"][0], bundle["consents"][0]
    sheet = Sheet(
        id=uuid4(),
        on=bundle["on"],
        time_zone=bundle["time_zone"],
        as_of=now,
        questionnaire=(asked["code"], asked["version"]),
        consent=(consent["code"], consent["version"]),
        questions=tuple(q["code"] for q in asked["questions"]),
        vials=_lettered(bundle["vials"]),
    )
    people = [p for p in bundle["people"] if p["booking"] and p["booking"]["here"]]
    people.sort(key=lambda p: (p["booking"]["at"], p["name"]))
    staff = [s.username for s in staff_at(place, Act.RECORD_DOSE) if s.of_the_site]
    audit.record(
        "clinic.day_exported",
        f"site:{place.pk}",
        actor=actor,
        now=now,
        on=sheet.on,
        form=form,
        people=[p["id"] for p in people],
    )
    return PaperDay(sheet, people, [p["code"] for p in bundle["products"]], staff)


def _lettered(open_: list[dict[str, Any]]) -> dict[str, VialOnSheet]:
    return {
        letter: VialOnSheet(v["id"], v["product"], v["lot"], v["opened_at"])
        for letter, v in zip(ascii_uppercase, [v for v in open_ if v["left"] > 0], strict=False)
    }


@dataclass(slots=True)
class Read:
    """What became of a sheet's rows."""

    rows: int = 0  # filled in
    new: int = 0  # steps
    known: int = 0  # steps that were recorded before
    problems: list[tuple[int, str]] = field(default_factory=list)  # line, what; not recorded
    notes: list[tuple[int, str]] = field(default_factory=list)  # line, what; recorded all the same


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSheet:
    """A sheet that comes back, and whether its rows are recorded or only looked at."""

    campaign: str
    site: str
    sheet: Sheet
    rows: Sequence[Row]
    record: bool


def read_sheet(cmd: ReadSheet, *, actor: Actor, now: datetime) -> Read:
    """Each row on its own: one that cannot be read is named and holds up no other. The same sheet
    again records nothing twice. Without `record` nothing is written but the line of the look, which tells
    whom the register knows. Raises NotAllowed."""
    campaign, place = at_desk(cmd.campaign, cmd.site, actor)
    if cmd.sheet.on > local_day(now, place.time_zone) or cmd.sheet.time_zone != place.time_zone:
        raise BadInput(gettext_noop("This sheet is not of this site, or of a day to come."))
    found, desk = Read(), Desk(cmd.campaign, cmd.site, DEVICE)
    filled = [r for r in cmd.rows if not r.is_blank]
    known = {p.pk: p for p in people.people_of([r.person for r in filled])}
    opened, staff = first_doses(filled, cmd.sheet), staff_at(place, Act.RUN_CLINIC)
    dosed = doses.given_on(campaign.pk, known, cmd.sheet.on)
    for row in filled:
        found.rows += 1
        who = _who(row.by, staff)
        told = read_row(replace(row, by=who.name if who else ""), cmd.sheet, opened)
        told.problems += _unsigned(row, who, place, actor)
        notes = _look_up(row, lot_of(row, cmd.sheet), told, place, now)
        if (given := dosed.get(row.person)) and not _is_of(given, told):
            notes.append(DOSED)
        whose = known.get(row.person)
        if whose is None or (whose.external_id, whose.born.isoformat()) != (row.register, row.born):
            told.problems.append(OTHER_PERSON)
        _check(told)
        if cmd.record and not told.problems:
            _record(told, desk, found, actor=actor, now=now)
        found.problems += [(row.number, p) for p in told.problems]
        if not told.problems:
            found.notes += [(row.number, n) for n in notes]
    if not cmd.record:
        _note_look(cmd, found, place, sorted(known), actor=actor, now=now)
    return found


@transaction.atomic(durable=True)
def _note_look(
    cmd: ReadSheet, found: Read, place: Site, known: list[int], *, actor: Actor, now: datetime
) -> None:
    audit.record(
        "sheet.checked",
        f"site:{place.pk}",
        actor=actor,
        now=now,
        sheet=str(cmd.sheet.id),
        on=cmd.sheet.on,
        rows=found.rows,
        problems=len(found.problems),
        people=known,
    )


def _who(text: str, staff: list[Staff]) -> Staff | None:
    """By the name they sign in with; another case will do where it is nobody else's."""
    name = text.strip()
    exact = [s for s in staff if s.username == name]
    folded = [s for s in staff if s.username.lower() == name.lower()]
    return exact[0] if exact else folded[0] if len(folded) == 1 else None


def _unsigned(row: Row, who: Staff | None, site: Site, actor: Actor) -> list[str]:
    """What is wrong with who is said to have given the dose."""
    if row.by.strip() and who is None:
        return [NOBODY]
    if who and who.name != actor.name and not may(actor, Act.SEND_FOR_OTHERS, site=site):
        return [NOT_FOR_OTHERS]
    return []


def _look_up(row: Row, lot: str, told: Told, site: Site, now: datetime) -> list[str]:
    """What somebody should look at about a dose: it was given, and is recorded all the same. A time
    to come, or a vaccine that there is not, is a problem."""
    dose = next((s for s in told.steps if s.kind is StepKind.DOSE), None)
    if dose is None:
        return []
    if dose.at > now + AHEAD:
        told.problems.append(TO_COME)
    try:
        product = supply_products.product(row.product.strip())
    except Refusal as refusal:
        told.problems.append(REASONS[refusal.reason].format_map(refusal.facts))
        return []
    known = lots.lot_by_number(product, lot)
    ends = known.expires_on if known else None
    checks = (
        (known is None, UNKNOWN_LOT),
        (ends is not None and ends < local_day(dose.at, site.time_zone), EXPIRED),
        (known is not None and lot_holds.is_held(known.pk, site.pk), ON_HOLD),
        (not any(s.kind is StepKind.SCREEN for s in told.steps), NOT_ASKED),
        (not any(s.kind is StepKind.CONSENT for s in told.steps), NO_CONSENT),
    )
    return [words for doubtful, words in checks if doubtful]


def _is_of(request: UUID | None, told: Told) -> bool:
    return any(s.request_id == request for s in told.steps)


def _check(told: Told) -> None:
    """What the steps say can be read, before the first of them is recorded."""
    try:
        for step in told.steps:
            read_facts(step.kind, step.facts)
    except BadInput as error:
        told.problems.append(str(error))


def _record(told: Told, desk: Desk, found: Read, *, actor: Actor, now: datetime) -> None:
    for step in told.steps:
        try:
            taken = take_step(desk, step, actor=actor, now=now)
        except Refusal as refusal:
            told.problems.append(REASONS[refusal.reason].format_map(refusal.facts))
            return
        except BalmisError as error:
            told.problems.append(str(error))
            return
        found.new += taken.is_new
        found.known += not taken.is_new
        if not taken.is_new and _otherwise(taken.step, step):
            told.problems.append(OTHERWISE)
            return


def _otherwise(known: Step, said: Sent) -> bool:
    """Does the row say something else now than what was recorded of it?"""
    at = known.at != said.at
    return (
        at
        or any(
            known.facts.get(k, v if not v else None) != v
            for k, v in said.facts.items()
            if k not in ("cleared", "vial")
        )
        or _vial_of(known.facts) != _vial_of(said.facts)
    )


def _vial_of(facts: dict[str, Any]) -> str:
    """When it was opened may be known better by now."""
    return str((facts.get("vial") or {}).get("id", ""))


def questions_of(code: str, version: str) -> tuple[str, ...]:
    """What a sheet with this questionnaire asks. Raises BadInput where there is none."""
    return tuple(q.code for q in questionnaire(code, version).questions)
