"""A day on paper or in a spreadsheet: what a filled-in row says, as the steps of a visit.

Each row is one person. The ids of its steps are made from the file's id and the person, so that the
same file read twice, or read again after a row was mended, records everything once. What was written
is taken as it stands; the server's own check before the needle is made again on it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid5

from balmis.core.clinic.step_facts import Sent
from balmis.core.dates import day_span, instant
from balmis.core.refusal_texts import gettext_noop
from balmis.core.vocabulary.clinic import BodySite, ConsentForm, Party, StepKind

YES = {"x", "✓", "1", "yes", "y", "예", "네", "是", "có", "co"}
ARMS = {
    "left": BodySite.LEFT_ARM,
    "l": BodySite.LEFT_ARM,
    "왼쪽": BodySite.LEFT_ARM,
    "左": BodySite.LEFT_ARM,
    "trái": BodySite.LEFT_ARM,
    "right": BodySite.RIGHT_ARM,
    "r": BodySite.RIGHT_ARM,
    "오른쪽": BodySite.RIGHT_ARM,
    "右": BodySite.RIGHT_ARM,
    "phải": BodySite.RIGHT_ARM,
}
LATE = time(20)  # from then on a time before the dose is one after midnight
NEEDS_TIME = gettext_noop("the time is missing or is none; write 09:30")
NEEDS_LOT = gettext_noop("a dose needs the lot")
NEEDS_VACCINE = gettext_noop("a dose needs the vaccine")
NEEDS_ARM = gettext_noop("a dose needs the arm: left or right")
DOSE_OR_NOT = gettext_noop("it says both a dose and why there was none")
LEFT_BEFORE = gettext_noop("it says that they left before the dose")
OTHER_VIAL = gettext_noop("the vial of this letter is of another lot")


@dataclass(frozen=True, slots=True)
class Row:
    """What was filled in, as text; `number` is the line of the sheet."""

    number: int
    person: int
    register: str = ""  # the person's number, and birth date, as the sheet was made with
    born: str = ""
    questions: str = ""  # asked, and every answer is no
    consent: str = ""  # signed on paper; of a minor by whom: "name, relation"
    at: str = ""  # of the dose, or of the decision that there is none
    lot: str = ""
    arm: str = ""
    until: str = ""  # when they left
    reason: str = ""  # why there was no dose
    product: str = ""
    vial: str = ""  # its letter, or what was written on it
    by: str = ""  # who gave the dose, by the name they sign in with

    @property
    def is_blank(self) -> bool:
        return not any(
            (self.questions, self.consent, self.at, self.lot, self.arm, self.until, self.reason)
        )


@dataclass(frozen=True, slots=True)
class VialOnSheet:
    """One that was open when the sheet was made."""

    id: UUID
    product: str
    lot: str
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class Sheet:
    """The file that a row is of."""

    id: UUID
    on: date
    time_zone: str
    as_of: datetime
    questionnaire: tuple[str, str]  # code and version
    questions: tuple[str, ...]  # the codes
    consent: tuple[str, str]
    vials: dict[str, VialOnSheet] = field(default_factory=dict)  # by their letter

    @property
    def day(self) -> tuple[datetime, datetime]:
        """Its first and its last second."""
        begin, end = day_span(self.on, self.time_zone)
        return begin, end - timedelta(seconds=1)


@dataclass(slots=True)
class Told:
    """The steps of a row, or what is wrong with it."""

    row: Row
    steps: list[Sent] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def lot_of(row: Row, sheet: Sheet) -> str:
    """As written, or that of the vial whose letter is."""
    known = sheet.vials.get(row.vial.strip().upper())
    return row.lot.strip() or (known.lot if known else "")


def first_doses(rows: Iterable[Row], sheet: Sheet) -> dict[UUID, datetime]:
    """When the vials of a sheet were opened: with the first dose from each that it tells of."""
    found: dict[UUID, datetime] = {}
    for row in rows:
        at, key = _clock(row.at, sheet), _vial(row, sheet)
        if at is not None and key is not None:
            found[key] = min(at, found.get(key, at))
    return found | {v.id: v.opened_at for v in sheet.vials.values()}


def _vial(row: Row, sheet: Sheet) -> UUID | None:
    label = row.vial.strip().upper()
    if not label:
        return None
    if label in sheet.vials:
        return sheet.vials[label].id
    return uuid5(sheet.id, f"vial {row.product} {row.lot.strip()} {label}")


def read_row(row: Row, sheet: Sheet, opened: dict[UUID, datetime] | None = None) -> Told:
    """`opened`: when each vial was (`first_doses`)."""
    told, lot = Told(row), lot_of(row, sheet)
    at = _clock(row.at, sheet)
    until = _clock(row.until, sheet) if row.until else None
    if at is None or (row.until and until is None):
        told.problems.append(NEEDS_TIME)
        return told
    if until is not None and until < at >= instant(sheet.on, LATE, sheet.time_zone):
        until = sheet.day[1]  # past midnight
    told.problems += _amiss(row, lot, sheet)
    if until is not None and until < at:
        told.problems.append(LEFT_BEFORE)
    if not told.problems:
        told.steps = list(_steps(row, sheet, at, until, opened or {}))
    return told


def _amiss(row: Row, lot: str, sheet: Sheet) -> list[str]:
    known = sheet.vials.get(row.vial.strip().upper())
    checks = (
        (bool(lot and row.reason), DOSE_OR_NOT),
        (bool(lot) and ARMS.get(row.arm.strip().lower()) is None, NEEDS_ARM),
        (bool(lot) and not row.product.strip(), NEEDS_VACCINE),
        (not lot and not row.reason, NEEDS_LOT),
        (
            known is not None and (known.lot, known.product) != (lot, row.product.strip()),
            OTHER_VIAL,
        ),
    )
    return [words for amiss, words in checks if amiss]


def _clock(text: str, sheet: Sheet) -> datetime | None:
    text = text.strip().replace(".", ":")
    try:
        at = time.fromisoformat(text if len(text) != 4 else f"0{text}")
    except ValueError:
        return None
    return instant(sheet.on, at, sheet.time_zone)


def _steps(
    row: Row, sheet: Sheet, at: datetime, until: datetime | None, opened: dict[UUID, datetime]
) -> list[Sent]:
    """In the order in which they happen, some minutes before the dose that was written down."""
    code, version = sheet.questionnaire
    text, text_version = sheet.consent
    found = [_step(row, sheet, StepKind.CHECK_IN, at - timedelta(minutes=3), how="known")]
    if _yes(row.questions):
        answers = dict.fromkeys(sheet.questions, False)
        found.append(
            _step(
                row,
                sheet,
                StepKind.SCREEN,
                at - timedelta(minutes=2),
                questionnaire=code,
                version=version,
                answers=answers,
                product=row.product,
            )
        )
    if whose := _consents(row.consent):
        found.append(
            _step(
                row,
                sheet,
                StepKind.CONSENT,
                at - timedelta(minutes=1),
                text=text,
                version=text_version,
                how=ConsentForm.PAPER.value,
                **whose,
            )
        )
    if row.reason:
        found.append(_step(row, sheet, StepKind.DEFER, at, reason=row.reason.strip()[:500]))
        return found
    found.append(_step(row, sheet, StepKind.DOSE, at, **_dose(row, sheet, at, opened)))
    if until is not None:
        minutes = min(240, int((until - at) / timedelta(minutes=1)))
        found.append(_step(row, sheet, StepKind.SEAT, at + timedelta(seconds=30), minutes=minutes))
        found.append(_step(row, sheet, StepKind.DISCHARGE, until + timedelta(minutes=1)))
    return found


def _dose(row: Row, sheet: Sheet, at: datetime, opened: dict[UUID, datetime]) -> dict[str, Any]:
    facts = {
        "product": row.product.strip(),
        "lot": lot_of(row, sheet),
        "body_site": ARMS[row.arm.strip().lower()].value,
        "cleared": {"light": "green", "checks": [], "as_of": sheet.as_of.isoformat()},
    }
    vial = _vial(row, sheet)
    if vial is not None:
        facts["vial"] = {"id": str(vial), "opened_at": opened.get(vial, at).isoformat()}
    return facts


def _yes(text: str) -> bool:
    return text.strip().lower() in YES


def _consents(text: str) -> dict[str, str]:
    """Who signed: the person, or a guardian written as "name, relation"; empty: nobody did."""
    if _yes(text):
        return {"by": Party.SELF.value}
    name, _, relation = text.replace("，", ",").partition(",")
    if not (name.strip() and relation.strip()):
        return {}
    known = {"name": name.strip()[:200], "relation": relation.strip()[:200]}
    return {"by": Party.GUARDIAN.value, **known}


def _step(row: Row, sheet: Sheet, kind: StepKind, at: datetime, **facts: Any) -> Sent:
    key, (first, last) = uuid5(sheet.id, f"{row.person} {kind.value}"), sheet.day
    within = min(max(at, first), last)  # minutes before a dose at midnight are of its day
    by = row.by.strip() if kind is StepKind.DOSE else ""
    return Sent(request_id=key, person=row.person, kind=kind, at=within, facts=facts, by=by)
