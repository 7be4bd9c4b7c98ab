"""The day as a spreadsheet or on paper, for when nothing works; and back into the register."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

from balmis.contexts.clinic.models import Step
from balmis.contexts.ledger.services import Actor
from balmis.contexts.people import queries as people
from balmis.core.clinic.facts import Sent, read_facts
from balmis.core.clinic.paper import Row, Sheet, Told, read_row
from balmis.core.dates import local_day
from balmis.core.errors import BadInput, BalmisError, Refusal
from balmis.core.wording import REASONS, gettext_noop
from balmis.flows.clinic.day import day_bundle
from balmis.flows.clinic.steps import Desk, at_desk, take_step
from balmis.flows.clinic.texts import questionnaire

DEVICE = "paper"
OTHER_PERSON = gettext_noop(
    "the number or birth date is not that of this row's person: were rows moved?"
)
OTHERWISE = gettext_noop("it was recorded otherwise before; correct it at the desk")


@dataclass(frozen=True, slots=True)
class Day:
    """What goes on the sheet: its own facts, and a row for each person by the time of coming."""

    sheet: Sheet
    people: list[dict[str, Any]]
    products: list[str]


def day_on_paper(slug: str, site: str, *, actor: Actor, now: datetime) -> Day:
    """The day of the desk, to be taken along outside it; that is logged. Raises NotAllowed."""
    bundle = day_bundle(slug, site, actor=actor, now=now)
    asked, consent = bundle["questionnaires"][0], bundle["consents"][0]
    sheet = Sheet(
        id=uuid4(), on=bundle["on"], time_zone=bundle["time_zone"], as_of=now,
        questionnaire=(asked["code"], asked["version"]), consent=(consent["code"], consent["version"]),
        questions=tuple(q["code"] for q in asked["questions"]),
    )  # fmt: skip
    people = [p for p in bundle["people"] if p["booking"] and p["booking"]["here"]]
    people.sort(key=lambda p: (p["booking"]["at"], p["name"]))
    return Day(sheet, people, [p["code"] for p in bundle["products"]])


@dataclass(slots=True)
class Read:
    """What became of a sheet's rows."""

    rows: int = 0  # filled in
    new: int = 0  # steps
    known: int = 0  # steps that were recorded before
    problems: list[tuple[int, str]] = field(default_factory=list)  # line, what


def read_sheet(
    slug: str,
    site: str,
    sheet: Sheet,
    rows: Sequence[Row],
    *,
    record: bool,
    actor: Actor,
    now: datetime,
) -> Read:
    """Each row on its own: one that cannot be read is named and holds up no other. The same sheet
    again records nothing twice. Without `record` nothing is written. Raises NotAllowed."""
    _, place = at_desk(slug, site, actor)
    if sheet.on > local_day(now, place.time_zone) or sheet.time_zone != place.time_zone:
        raise BadInput(gettext_noop("This sheet is not of this site, or of a day to come."))
    found, desk = Read(), Desk(slug, site, DEVICE)
    filled = [r for r in rows if not r.is_blank]
    known = {p.pk: p for p in people.people_of([r.person for r in filled])}
    for row in filled:
        found.rows += 1
        told = read_row(row, sheet)
        whose = known.get(row.person)
        if whose is None or (whose.external_id, whose.born.isoformat()) != (row.register, row.born):
            told.problems.append(OTHER_PERSON)
        _check(told)
        if record and not told.problems:
            _record(told, desk, found, actor=actor, now=now)
        found.problems += [(row.number, p) for p in told.problems]
    return found


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
    return known.at != said.at or any(
        known.facts.get(k, v if not v else None) != v
        for k, v in said.facts.items()
        if k != "cleared"
    )


def sheet_of(
    on: Any,
    time_zone: str,
    as_of: datetime,
    asked: tuple[str, str],
    consent: tuple[str, str],
    key: Any,
) -> Sheet:
    """Raises BadInput for a questionnaire that there is not."""
    of = questionnaire(*asked)
    return Sheet(key, on, time_zone, as_of, asked, tuple(q.code for q in of.questions), consent)
