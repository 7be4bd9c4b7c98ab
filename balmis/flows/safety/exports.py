"""Cases for others: a line list, XML in the shape of ICH E2B(R3).

What is not in the files is said in them: they are no validated message to a regulator.
"""

from collections.abc import Iterable
from datetime import datetime
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

from django.db import transaction

from balmis.contexts.access.services import check_may
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.journal import audit
from balmis.contexts.safety import assessments, cases
from balmis.contexts.safety.models import Case
from balmis.core.actor import Actor
from balmis.core.dates import age_on
from balmis.core.roles import Act
from balmis.core.spreadsheet_cells import neutral
from balmis.core.vocabulary.safety import EventEnd, Serious
from balmis.flows.safety import reference_data

HEAD = (
    "case",
    "status",
    "person",
    "born",
    "sex",
    "area",
    "product",
    "lot",
    "dose_kind",
    "given_at",
    "site",
    "event",
    "onset_on",
    "onset_at",
    "serious",
    "why_serious",
    "severity",
    "certainty",
    "level",
    "outcome",
    "causality",
    "noticed_at",
    "received_at",
    "reports",
    "narrative",
)
NOT_COVERED = (
    "No MedDRA coding: events carry the codes of this program.",
    "No sender or receiver identifiers, no batch wrapper, no acknowledgement.",
    "No co-medication, laboratory results or past history beyond the narrative.",
    "No validation against the ICH schema or a regulator's business rules.",
)
OUTCOME = {  # E.i.7, ICH E2B(R3)
    EventEnd.RECOVERED: "1",
    EventEnd.RECOVERING: "2",
    EventEnd.NOT_RECOVERED: "3",
    EventEnd.SEQUELAE: "4",
    EventEnd.DIED: "5",
    EventEnd.UNKNOWN: "0",
}
WHY = (  # E.i.3.2a to f
    ("resultsInDeath", Serious.DEATH),
    ("lifeThreatening", Serious.LIFE_THREATENING),
    ("causedProlongedHospitalisation", Serious.HOSPITAL),
    ("disabling", Serious.DISABILITY),
    ("congenitalAnomaly", Serious.CONGENITAL),
    ("otherMedicallyImportant", Serious.IMPORTANT),
)


@transaction.atomic
def exported(slug: str, *, actor: Actor, now: datetime) -> list[Case]:
    """Every case that stands. The look at their people is logged. Raises NotAllowed."""
    campaign = campaigns.campaign(slug)
    check_may(actor, Act.WORK_CASES, area=campaign.area)
    found = cases.cases_of(campaign.pk)
    assessments.put_finals(found)
    audit.record(
        "cases.exported",
        f"campaign:{campaign.pk}",
        actor=actor,
        now=now,
        people=[c.person_id for c in found if c.person_id],
    )
    return found


def row_of(case: Case) -> tuple[str, ...]:
    """A line of the line list, in the order of `HEAD`; what people wrote is made harmless."""
    dose, person = case.dose, case.person
    final = assessments.final_put(case)
    return (
        str(case.pk),
        case.status,
        neutral(person.external_id) if person else "",
        person.born.isoformat() if person else "",
        person.sex if person else "",
        person.area.code if person else "",
        dose.product.code if dose else "",
        neutral(dose.lot.number) if dose and dose.lot else "",
        dose.kind if dose else "",
        dose.given_at.isoformat() if dose else "",
        dose.site.code if dose and dose.site else "",
        case.event,
        case.onset_on.isoformat(),
        case.onset_at.isoformat() if case.onset_at else "",
        "yes" if case.serious else "no",
        " ".join(case.why_serious),
        case.severity,
        case.certainty,
        str(case.level or ""),
        case.end,
        final.classification if final else "",
        case.noticed_at.isoformat(),
        case.received_at.isoformat(),
        str(cases.report_count(case)),
        neutral(case.narrative),
    )


def e2b_xml(found: Iterable[Case], *, now: datetime) -> bytes:
    """One `safetyReport` a case, elements named after ICH E2B(R3) items; not the HL7 v3 message."""
    root = ET.Element("e2bShapedReports", {"made": now.isoformat(), "items": "ICH E2B(R3)"})
    for line in NOT_COVERED:
        ET.SubElement(root, "notCovered").text = line
    for case in found:
        root.append(_report(case))
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _report(case: Case) -> ET.Element:
    report = ET.Element("safetyReport", {"C.1.1": f"balmis-{case.campaign_id}-{case.pk}"})
    _put(report, "firstReceived", _moment(case, case.received_at), "C.1.4")
    _put(report, "expedited", "1" if case.serious else "2", "C.1.7")
    if person := case.person:
        patient = ET.SubElement(report, "patient")
        _put(patient, "initials", "".join(p[:1] for p in person.name.split())[:4], "D.1")
        _put(patient, "ageAtOnset", str(age_on(person.born, case.onset_on)), "D.2.2a")
        _put(patient, "sex", {"M": "1", "F": "2"}.get(person.sex, "0"), "D.5")
    event = ET.SubElement(report, "reaction")
    _put(event, "asReported", reference_data.event(case.event).name["en"], "E.i.1.1a")
    for letter, (name, why) in zip("abcdef", WHY, strict=True):
        if why.value in case.why_serious:
            _put(event, name, "true", f"E.i.3.2{letter}")
    _put(event, "start", case.onset_on.strftime("%Y%m%d"), "E.i.4")
    _put(event, "outcome", OUTCOME[EventEnd(case.end)], "E.i.7")
    if dose := case.dose:
        drug = ET.SubElement(report, "drug")
        _put(drug, "role", "1", "G.k.1")
        _put(drug, "name", dose.product.name, "G.k.2.2")
        _put(drug, "given", _moment(case, dose.given_at), "G.k.4.r.4")
        if dose.lot:
            _put(drug, "lot", dose.lot.number, "G.k.4.r.7")
        if final := assessments.final_put(case):
            _put(drug, "assessment", final.classification, "G.k.9.i.2.r.3")
    _put(report, "narrative", case.narrative, "H.1")
    return report


def _moment(case: Case, at: datetime) -> str:
    """As at the place of care, with its offset."""
    return at.astimezone(ZoneInfo(case.campaign.time_zone)).strftime("%Y%m%d%H%M%S%z")


def _put(parent: ET.Element, name: str, text: str, item: str) -> None:
    """An element; characters that XML cannot carry are left out."""
    clean = "".join(c for c in text if c in "\t\n\r" or c >= " ")
    ET.SubElement(parent, name, {"item": item}).text = clean
