"""Labels of the vocabulary, for pages. The words themselves stand in `core.vocabulary`."""

import math
from datetime import timedelta

from django.utils.translation import gettext, gettext_noop, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from balmis.core.errors import BadInput
from balmis.core.roles import Office
from balmis.core.vocabulary.access import Role
from balmis.core.vocabulary.booking import Limit, PoolKind, SessionStatus
from balmis.core.vocabulary.campaigns import Measure, Progress
from balmis.core.vocabulary.clinic import DoseKind
from balmis.core.vocabulary.notices import Medium
from balmis.core.vocabulary.places import Access, SiteKind, SiteStatus
from balmis.core.vocabulary.reporting import RestatementReason
from balmis.core.vocabulary.supply import WastageReason
from balmis.core.vocabulary.units import RosterStatus
from balmis.web.labels.formats import in_line, named

KINDS = {
    DoseKind.PRIMARY_1: _("First doses"),
    DoseKind.PRIMARY_2: _("Second doses"),
    DoseKind.PRIMARY_3: _("Third primary doses"),
    DoseKind.AFTER_INFECTION: _("Single doses after infection"),
    DoseKind.BOOSTER_1: _("First boosters"),
    DoseKind.BOOSTER_2: _("Second boosters"),
    DoseKind.BOOSTER_3: _("Third boosters"),
    DoseKind.BOOSTER_4: _("Fourth boosters"),
}
KINDS_OF_ONE = {
    DoseKind.PRIMARY_1: _("first dose"),
    DoseKind.PRIMARY_2: _("second dose"),
    DoseKind.PRIMARY_3: _("third primary dose"),
    DoseKind.AFTER_INFECTION: _("single dose after infection"),
    DoseKind.BOOSTER_1: _("first booster"),
    DoseKind.BOOSTER_2: _("second booster"),
    DoseKind.BOOSTER_3: _("third booster"),
    DoseKind.BOOSTER_4: _("fourth booster"),
}
MEASURES = {
    Measure.COVERED: _("people with at least one dose"),
    Measure.COMPLETED: _("people fully vaccinated"),
    Measure.BOOSTED: _("people with a booster"),
    Measure.DOSES: _("doses"),
}
PROGRESS = {
    Progress.PLANNED: _("planned"),
    Progress.OPEN: _("open"),
    Progress.DONE: _("done"),
    Progress.DEFERRED: _("deferred"),
}
SITE_KINDS = {
    SiteKind.CENTRE: _("Vaccination centre"),
    SiteKind.CLINIC: _("Hospital or clinic"),
    SiteKind.MOBILE: _("Mobile team"),
    SiteKind.UNIT: _("At an employer"),
    SiteKind.STORE: _("Cold store"),
}
MEDIA = {
    Medium.SMS: _("Text messages"),
    Medium.EMAIL: _("E-mail"),
}
SITE_STATUS = {
    SiteStatus.PLANNED: pgettext_lazy("a site", "planned"),
    SiteStatus.OPEN: pgettext_lazy("a site", "open"),
    SiteStatus.CLOSED: pgettext_lazy("a site", "closed"),
    SiteStatus.WITHDRAWN: pgettext_lazy("a site", "withdrawn"),
}
ROLES = {
    Role.PLANNER: _("Planner"),
    Role.AREA_MANAGER: _("Area manager"),
    Role.SITE_MANAGER: _("Site manager"),
    Role.VACCINATOR: _("Vaccinator"),
    Role.DOCTOR: _("Doctor at the site"),
    Role.REGISTRAR: _("Registrar"),
    Role.STORE_KEEPER: _("Store keeper"),
    Role.SAFETY_OFFICER: _("Safety officer"),
    Role.SAFETY_ASSESSOR: _("Safety assessor"),
    Role.CLINICAL_LEAD: _("Clinical lead for safety"),
    Role.RESPONDER: _("Response team"),
    Role.UNIT_COORDINATOR: _("Unit coordinator"),
    Role.FINANCE_CLERK: _("Finance clerk"),
    Role.AUDITOR: _("Auditor"),
    Role.PUBLIC: _("Public"),
}
LATE = {
    RestatementReason.DOSES_REPORTED_LATE: _("doses reported late"),
    RestatementReason.DOSES_TAKEN_BACK: _("doses taken back"),
    RestatementReason.STOCK_MOVES_REPORTED_LATE: _("stock moves reported late"),
    RestatementReason.EVENTS_REPORTED_LATE: _("events reported late"),
    RestatementReason.CASES_CHANGED: _("cases that turned out otherwise"),
    RestatementReason.HELD_DOSES_REVIEWED: _("doses that had been held out of the figures"),
    RestatementReason.PLAN_REVISED: _("the plan for this day was revised"),
    RestatementReason.REGISTER_CHANGED: _("people moved to another area or group"),
}
# Django's names of days, where a language of ours writes them otherwise: what is found here goes first
DAYS_OF_DJANGO = (
    gettext_noop("Monday"),
    gettext_noop("Tuesday"),
    gettext_noop("Wednesday"),
    gettext_noop("Thursday"),
    gettext_noop("Friday"),
    gettext_noop("Saturday"),
    gettext_noop("Sunday"),
)
WEEKDAYS = {
    "mon": _("Mon"),
    "tue": _("Tue"),
    "wed": _("Wed"),
    "thu": _("Thu"),
    "fri": _("Fri"),
    "sat": _("Sat"),
    "sun": _("Sun"),
}
COLUMNS = {
    "code": _("Area"),
    "people": _("Registered"),
    "doses_total": _("Doses"),
    "covered_share": _("At least one dose"),
    "completed_share": _("Fully vaccinated"),
}
LIMITS = {
    Limit.STATIONS: _("vaccination stations"),
    Limit.STAFF: _("staff on duty"),
    Limit.SEATS: _("observation seats"),
    Limit.PARKING: _("parking places"),
    Limit.DOSES: _("doses expected"),
}
POOLS = {
    PoolKind.OPEN: _("open to all"),
    PoolKind.SECOND: _("for second doses"),
    PoolKind.UNIT: _("for units"),
    PoolKind.WALK_IN: _("for walk-ins"),
    PoolKind.LEFTOVER: _("left in open vials"),
}
ROSTER = {
    RosterStatus.VACCINATED: _("vaccinated"),
    RosterStatus.BOOKED: _("booked"),
    RosterStatus.CONTRAINDICATED: _("must not have it"),
    RosterStatus.REFUSED: _("does not want it"),
    RosterStatus.WILLING: _("willing, no booking yet"),
    RosterStatus.NOT_REACHED: _("not reached yet"),
}
ROSTER_CLASS = {
    RosterStatus.VACCINATED: "done",
    RosterStatus.BOOKED: "open",
    RosterStatus.CONTRAINDICATED: "warn",
    RosterStatus.REFUSED: "warn",
}
SESSION_STATES = {
    SessionStatus.DRAFT: _("draft"),
    SessionStatus.PUBLISHED: _("published"),
    SessionStatus.CANCELLED: _("cancelled"),
}


def told(problem: BadInput) -> str:
    """What is wrong with the input, in the reader's language."""
    said = gettext(problem.message)
    return said.format(**problem.facts) if problem.facts else said


def office_in_words(office: Office) -> str:
    """'Safety officer, Jeju'."""
    role = str(ROLES[office.role])
    return in_line(role, named(dict(office.names))) if office.names else role


ACCESS = {
    Access.STEP_FREE: _("without steps"),
    Access.TOILET: _("toilet for wheelchairs"),
    Access.PARKING: _("parking for disabled people"),
    Access.QUIET_ROOM: _("quiet room"),
    Access.SIGN_LANGUAGE: _("sign language"),
    Access.HEARING_LOOP: _("hearing loop"),
    Access.LYING_DOWN: _("dose given lying down"),
}

WASTAGE = {
    WastageReason.OPEN_TOO_LONG: _("the vial was open too long"),
    WastageReason.NOT_FULL: _("the vial was not full"),
    WastageReason.BROKEN: _("broken or spilt"),
    WastageReason.TOO_WARM: _("too warm"),
    WastageReason.FROZEN: _("frozen"),
    WastageReason.EXPIRED: _("expired"),
    WastageReason.SUSPECT: _("looks wrong"),
    WastageReason.OTHER: _("another reason"),
}


def wait_in_words(wait: timedelta) -> str:
    """How long until the next try, as it is."""
    seconds = math.ceil(wait.total_seconds())
    if seconds <= 90:
        text = ngettext(
            "Too many tries. Wait %(number)d second.",
            "Too many tries. Wait %(number)d seconds.",
            seconds,
        )
        return text % {"number": seconds}
    text = ngettext(
        "Too many tries. Wait %(number)d minute.",
        "Too many tries. Wait %(number)d minutes.",
        -(-seconds // 60),
    )
    return text % {"number": -(-seconds // 60)}
