"""Labels of safety work, for pages. The words themselves stand in `core.vocabulary.safety`."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from balmis.core.safety.catalogue import Clock
from balmis.core.safety.definitions import Definition, SignsNeeded
from balmis.core.safety.lot_or_site import Compared, Place
from balmis.core.vocabulary.people import Sex
from balmis.core.vocabulary.safety import (
    AppealStatus,
    Care,
    CaseNoteKind,
    CaseStatus,
    CausalClass,
    Certainty,
    ContactStatus,
    Disposition,
    EventEnd,
    HoldKind,
    HoldScope,
    HoldStatus,
    Impression,
    IncidentStatus,
    Serious,
    Severity,
    SignalStatus,
    SignStrength,
    Source,
    Standing,
    Symptom,
    TeamKind,
    Treatment,
    VitalSign,
)
from balmis.flows.safety import reference_data
from balmis.flows.safety.signal_board import lot_name
from balmis.web.labels.formats import listed, named

SOURCES = {
    Source.SITE: _("seen at the site"),
    Source.STAFF: _("told to staff"),
    Source.RESIDENT: _("from the person"),
    Source.DIARY: _("from the diary"),
    Source.LINE_LIST: _("from a list"),
}
SERIOUS = {
    Serious.DEATH: _("Death"),
    Serious.LIFE_THREATENING: _("Life-threatening"),
    Serious.HOSPITAL: _("In hospital, or kept there longer"),
    Serious.DISABILITY: _("Lasting disability"),
    Serious.CONGENITAL: _("Birth defect"),
    Serious.IMPORTANT: _("Another medically important event"),
}
SEVERITIES = {
    Severity.MILD: _("mild"),
    Severity.MODERATE: _("moderate"),
    Severity.SEVERE: _("severe"),
    Severity.UNKNOWN: _("not known"),
}
ENDS = {
    EventEnd.RECOVERED: _("recovered"),
    EventEnd.RECOVERING: _("recovering"),
    EventEnd.SEQUELAE: _("recovered with lasting effects"),
    EventEnd.NOT_RECOVERED: _("not recovered"),
    EventEnd.DIED: _("died"),
    EventEnd.UNKNOWN: _("not known"),
}
CERTAINTIES = {
    Certainty.SUSPECTED: _("suspected"),
    Certainty.CONFIRMED: _("confirmed"),
    Certainty.RULED_OUT: _("ruled out"),
}
CASES = {
    CaseStatus.RECEIVED: _("received"),
    CaseStatus.VALID: _("complete enough"),
    CaseStatus.TRIAGED: _("sorted"),
    CaseStatus.INVESTIGATING: _("being investigated"),
    CaseStatus.AWAITING: _("waits for assessment"),
    CaseStatus.CLASSIFIED: _("assessed"),
    CaseStatus.CLOSED: _("finished"),
    CaseStatus.MERGED: _("merged into another"),
    CaseStatus.NULLIFIED: _("not a case"),
}
IMPRESSIONS = {
    Impression.SYNCOPE: _("Fainting"),
    Impression.STRESS: _("Stress reaction"),
    Impression.ALLERGY: _("Allergic reaction"),
    Impression.ANAPHYLAXIS: _("Anaphylaxis"),
    Impression.OTHER: _("Something else"),
}
DISPOSITIONS = {
    Disposition.HOME: _("Goes home"),
    Disposition.LONGER: _("Observed longer here"),
    Disposition.AMBULANCE: _("Ambulance"),
    Disposition.HOSPITAL: _("Hospital, by own means"),
    Disposition.DIED: _("Died"),
}
TREATMENTS = {
    Treatment.ADRENALINE: _("Adrenaline into the muscle"),
    Treatment.OXYGEN: _("Oxygen"),
    Treatment.LYING: _("Laid down, legs up"),
    Treatment.FLUIDS: _("Fluids into a vein"),
    Treatment.SALBUTAMOL: _("Salbutamol"),
    Treatment.ANTIHISTAMINE: _("Antihistamine"),
    Treatment.STEROID: _("Steroid"),
    Treatment.RESUSCITATION: _("Resuscitation"),
    Treatment.OTHER: _("Other treatment"),
}
VITALS = {
    VitalSign.PULSE: (_("Pulse"), "/min"),
    VitalSign.SYSTOLIC: (_("Upper blood pressure"), "mmHg"),
    VitalSign.DIASTOLIC: (_("Lower blood pressure"), "mmHg"),
    VitalSign.BREATHS: (_("Breaths"), "/min"),
    VitalSign.OXYGEN: (_("Oxygen saturation"), "%"),
    VitalSign.TEMPERATURE: (_("Temperature"), "°C"),
}
TEAMS = {TeamKind.CLINICAL: _("Clinical team"), TeamKind.INVESTIGATION: _("Investigators")}
INCIDENTS = {
    IncidentStatus.RAISED: _("no team sent"),
    IncidentStatus.DISPATCHED: _("sent"),
    IncidentStatus.ACKNOWLEDGED: _("heard"),
    IncidentStatus.EN_ROUTE: _("coming"),
    IncidentStatus.ON_SITE: _("on site"),
    IncidentStatus.UNDER_CONTROL: _("under control"),
    IncidentStatus.HANDED_OVER: _("handed over"),
    IncidentStatus.CLOSED: _("ended"),
    IncidentStatus.DECLINED: _("cannot come"),
    IncidentStatus.STOOD_DOWN: _("called off"),
}
TAPS = {
    IncidentStatus.ACKNOWLEDGED: _("Heard, we come"),
    IncidentStatus.EN_ROUTE: _("We are coming"),
    IncidentStatus.ON_SITE: _("On site"),
    IncidentStatus.UNDER_CONTROL: _("Under control"),
    IncidentStatus.HANDED_OVER: _("Handed over"),
    IncidentStatus.DECLINED: _("We cannot come"),
    IncidentStatus.CLOSED: _("Close"),
    IncidentStatus.STOOD_DOWN: _("Call off"),
}
URGENCIES = {1: _("life at risk"), 2: _("soon"), 3: _("can wait")}
SIGNALS = {
    SignalStatus.RAISED: _("raised"),
    SignalStatus.VALIDATED: _("checked: the data are right"),
    SignalStatus.ASSESSED: _("assessed"),
    SignalStatus.ACTED: _("acted on"),
    SignalStatus.REFUTED: _("not a signal"),
}
HOLDS = {
    HoldStatus.PROPOSED: _("proposed"),
    HoldStatus.ACTIVE: _("in force"),
    HoldStatus.REVIEWED: _("in force, looked at again"),
    HoldStatus.LIFTED: _("lifted"),
    HoldStatus.RECALLED: _("recalled"),
    HoldStatus.DROPPED: _("dropped"),
    HoldStatus.EXPIRED: pgettext_lazy("a hold", "expired"),
}
APPEALS = {
    AppealStatus.OPEN: _("waits for an answer"),
    AppealStatus.KEPT: _("the hold stands"),
    AppealStatus.LIFTED: _("the hold has ended"),
    AppealStatus.RECALLED: _("the goods are taken back for good"),
}
SCOPES = {
    HoldScope.LOT: _("The lot everywhere"),
    HoldScope.SITE: _("Everything at the site"),
    HoldScope.LOT_AT_SITE: _("The lot at one site"),
    HoldScope.PRODUCT_GROUP: _("A vaccine for a group of people"),
}
KINDS = {HoldKind.SOFT: _("Soft: the scanner warns"), HoldKind.HARD: _("Hard: the scanner is red")}
CONTACTS = {
    ContactStatus.SCHEDULED: _("to be asked"),
    ContactStatus.SENT: _("asked"),
    ContactStatus.OPENED: _("opened"),
    ContactStatus.COMPLETED: _("answered"),
    ContactStatus.EXPIRED: _("no answer"),
    ContactStatus.BOUNCED: _("to be called"),
}
STANDINGS = {
    Standing.LAW: _("law"),
    Standing.GUIDANCE: _("guidance"),
    Standing.LOCAL: _("set here"),
}
CLASSES = {
    CausalClass.A1: _("A1: caused by the vaccine"),
    CausalClass.A2: _("A2: by a defect of its quality"),
    CausalClass.A3: _("A3: by an error of immunisation"),
    CausalClass.A4: _("A4: by anxiety about it"),
    CausalClass.B1: _("B1: fits in time, evidence is not enough"),
    CausalClass.B2: _("B2: speaks for and against"),
    CausalClass.C: _("C: another cause"),
    CausalClass.UNCLASSIFIABLE: _("cannot be classified yet"),
    CausalClass.INELIGIBLE: _("cannot be assessed"),
}
PLACES = {
    Place.NOWHERE: _("No more than was due."),
    Place.LOT_AT_SITE: _("It is the lot at this site."),
    Place.LOT: _("It is the lot."),
    Place.SITE: _("It is the site."),
    Place.SITE_AND_LOT: _("It is both the lot and the site."),
}
COMPARED = {
    Compared.QUIET: _("quiet"),
    Compared.RAISED: _("raised"),
    Compared.UNKNOWN: _("too few doses to tell"),
    Compared.NONE: _("no doses"),
}
SYMPTOMS = {
    Symptom.PAIN: _("Pain where the needle went in"),
    Symptom.SWELLING: _("Swelling or redness there"),
    Symptom.FEVER: _("Fever of 38 °C or more"),
    Symptom.TIRED: _("Tired"),
    Symptom.HEADACHE: _("Headache"),
    Symptom.MUSCLE: _("Aching muscles or joints"),
    Symptom.NAUSEA: _("Nausea or vomiting"),
    Symptom.RASH: _("Rash or itching"),
    Symptom.BREATHING: _("Hard to breathe"),
    Symptom.CHEST: _("Chest pain or a racing heart"),
    Symptom.FAINT: _("Fainted or nearly"),
    Symptom.WEAKNESS: _("Weakness of an arm, a leg or the face"),
    Symptom.VISION: _("Cannot see or speak well, or a very bad headache"),
    Symptom.OTHER: _("Something else"),
}
CARE = {
    Care.NONE: _("No"),
    Care.PHONE: _("Asked by phone"),
    Care.DOCTOR: _("Saw a doctor"),
    Care.EMERGENCY: _("Emergency room"),
    Care.HOSPITAL: _("In hospital overnight"),
}
QUESTIONS = {
    "dose_before_event": _("Was the dose given before the event began?"),
    "diagnosis_valid": _("Is the diagnosis sound (does it meet a case definition)?"),
    "other_cause": _("Is there strong evidence for another cause?"),
    "product_known": _("Is this vaccine known to cause it, even when all was done right?"),
    "quality_defect": _("Was the quality of this vaccine at fault?"),
    "error": _("Was there an error in prescribing, keeping, preparing or giving it?"),
    "anxiety": _("Did anxiety about the injection cause it?"),
    "in_window": _("If so, did it come in the time in which the risk is raised?"),
    "against": _("Is there strong evidence against any relation?"),
    "fits_in_time": _("Does the time between dose and event fit?"),
    "speaks_for": _("Does something else speak for it (an earlier reaction to the same)?"),
    "speaks_against": _("Does something else speak against it (an illness begun before)?"),
}
SEXES = {
    Sex.FEMALE: _("women and girls"),
    Sex.MALE: _("men and boys"),
    Sex.UNKNOWN: _("not stated"),
}
YES_NO = ("dose_before_event", "diagnosis_valid", "speaks_for", "speaks_against")
STEPS = {
    CaseNoteKind.TRIAGED: _("Sorted"),
    CaseNoteKind.REPORTED: _("Reported to the authority"),
    CaseNoteKind.CALLED: _("Called the person"),
    CaseNoteKind.INVESTIGATING: _("Begin the investigation"),
    CaseNoteKind.AWAITING: _("Ready for assessment"),
    CaseNoteKind.SUBMITTED: _("Sent to the regulator"),
    CaseNoteKind.REMARK: _("Note"),
    CaseNoteKind.CLOSED: _("Close the case"),
    CaseNoteKind.REOPENED: _("Open it again"),
    CaseNoteKind.NULLIFIED: _("This is no case"),
}
NOTES = STEPS | {
    CaseNoteKind.REPORT: _("Report"),
    CaseNoteKind.SERIOUS: _("Serious"),
    CaseNoteKind.CHANGED: _("Changed"),
    CaseNoteKind.FROM_SITE: _("From the site"),
    CaseNoteKind.RED_FLAG: _("Red flag"),
    CaseNoteKind.MERGED: _("Merged into another case"),
    CaseNoteKind.JOINED: _("Another case joined"),
    CaseNoteKind.ESCALATED: _("A deadline runs out"),
    CaseNoteKind.UNMERGED: _("Parted again"),
    CaseNoteKind.LEFT: _("A case left"),
    CaseNoteKind.CLASSIFIED: _("Classified"),
}
STRENGTH = {SignStrength.MAJOR: _("a major sign"), SignStrength.MINOR: _("a sign, major or minor")}


def event_name(code: str) -> str:
    return named(reference_data.event(code).name)


def need_in_words(need: SignsNeeded, definition: Definition) -> str:
    """'a major sign of breathing or circulation'."""
    systems = [named(definition.systems[s]) for s in need.systems]
    values = {
        "sign": gettext(str(STRENGTH[need.strength])),
        "systems": " / ".join(systems),
        "n": need.distinct,
    }
    if need.distinct > 1:
        return gettext("a sign in each of %(n)s of: %(systems)s") % values
    return gettext("%(sign)s of: %(systems)s") % values


def level_in_words(level: int) -> str:
    if level == 5:
        return gettext("No sign ticked yet: treat what you see")
    if level == 4:
        return gettext("Anaphylaxis is possible: no level reached by the signs ticked so far (4)")
    return gettext("Level %(level)s of certainty") % {"level": level}


def clock_in_words(clock: Clock) -> dict[str, object]:
    return {
        "clock": clock,
        "name": named(clock.deadline.name),
        "standing": STANDINGS[clock.deadline.standing],
        "source": "" if clock.deadline.standing is Standing.LOCAL else clock.deadline.source,
    }


def order_title(order: Any) -> str:
    """What an order holds, in a few words."""
    scope = HoldScope(order.scope)
    if scope is HoldScope.LOT:
        return gettext("Lot %(lot)s everywhere") % {"lot": lot_name(order.lot)}
    if scope is HoldScope.LOT_AT_SITE:
        return gettext("Lot %(lot)s at %(site)s") % {
            "lot": order.lot.number,
            "site": named(order.site.names),
        }
    if scope is HoldScope.SITE:
        return gettext("Everything at %(site)s") % {"site": named(order.site.names)}
    g = order.group
    return gettext("%(product)s for people aged %(from)s to %(to)s") % {
        "product": order.product.name,
        "from": g["from_age"],
        "to": min(g["to_age"], 120),
    }


CHANGES: dict[str, tuple[Any, Callable[[Any], object]]] = {
    "event": (_("Event"), event_name),
    "serious": (_("Serious"), lambda v: gettext("yes") if v else gettext("no")),
    "why_serious": (_("Serious"), lambda v: listed(SERIOUS[Serious(w)] for w in v)),
    "severity": (_("Severity"), lambda v: SEVERITIES[Severity(v)]),
    "certainty": (_("Certainty"), lambda v: CERTAINTIES[Certainty(v)]),
    "end": (_("Outcome"), lambda v: ENDS[EventEnd(v)]),
    "status": (pgettext_lazy("of a case", "State"), lambda v: CASES[CaseStatus(v)]),
}


def change_in_words(name: str, was: object, now: object) -> tuple[str, str, str]:
    """What was changed, from what, and to what."""
    label, say = CHANGES.get(name, (name, str))
    shown = [str(say(v)) if v not in (None, "", []) else "–" for v in (was, now)]
    return str(label), shown[0], shown[1]


def flags_in_words(text: str) -> str:
    """The signs and the care for which somebody is called; other words stay."""
    known = {w.value: label for w, label in (*SYMPTOMS.items(), *CARE.items())}
    return listed(known.get(code, code) for code in text.split(", "))
