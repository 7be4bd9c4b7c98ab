"""Cases as FHIR R4 resources, for others."""

from collections.abc import Iterable, Iterator
from typing import Any

from balmis.contexts.safety import assessments
from balmis.contexts.safety.models import Case
from balmis.core.vocabulary.safety import EventEnd, Severity
from balmis.flows.safety import reference_data

SYSTEM = "http://terminology.hl7.org/CodeSystem/"
FHIR_OUTCOME = {
    EventEnd.RECOVERED: "resolved",
    EventEnd.RECOVERING: "recovering",
    EventEnd.DIED: "fatal",
    EventEnd.NOT_RECOVERED: "ongoing",
    EventEnd.SEQUELAE: "resolvedWithSequelae",
    EventEnd.UNKNOWN: "unknown",
}


def fhir_bundle(found: Iterable[Case], base: str) -> dict[str, Any]:
    """A collection of FHIR R4 AdverseEvent resources, each with its Immunization and Patient."""
    entries: list[dict[str, Any]] = []
    for case in found:
        entries += [
            {"fullUrl": f"{base}/{r['resourceType']}/{r['id']}", "resource": r}
            for r in _resources(case)
        ]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def _resources(case: Case) -> Iterator[dict[str, Any]]:
    person, dose = case.person, case.dose
    patient = f"person-{case.person_id}"
    if person is not None:
        gender = {"F": "female", "M": "male"}.get(person.sex, "unknown")
        yield {
            "resourceType": "Patient",
            "id": patient,
            "gender": gender,
            "birthDate": person.born.isoformat(),
        }
    if dose is not None:
        yield {
            "resourceType": "Immunization",
            "id": f"dose-{dose.pk}",
            "status": "completed",
            "vaccineCode": {"text": dose.product.name, "coding": [{"code": dose.product.code}]},
            "patient": {"reference": f"Patient/{patient}"},
            "occurrenceDateTime": dose.given_at.isoformat(),
            **({"lotNumber": dose.lot.number} if dose.lot else {}),
        }
    event: dict[str, Any] = {
        "resourceType": "AdverseEvent",
        "id": f"case-{case.pk}",
        "actuality": "actual",
        "event": {
            "text": reference_data.event(case.event).name["en"],
            "coding": [{"code": case.event}],
        },
        "date": case.onset_at.isoformat() if case.onset_at else case.onset_on.isoformat(),
        "detected": case.noticed_at.isoformat(),
        "recordedDate": case.received_at.isoformat(),
        "seriousness": _coded(
            "adverse-event-seriousness", "serious" if case.serious else "non-serious"
        ),
        "outcome": _coded("adverse-event-outcome", FHIR_OUTCOME[EventEnd(case.end)]),
        "subject": {"reference": f"Patient/{patient}"} if person else {"display": "unknown"},
    }
    if case.severity != Severity.UNKNOWN:
        event["severity"] = _coded("adverse-event-severity", case.severity)
    if dose is not None:
        suspect: dict[str, Any] = {"instance": {"reference": f"Immunization/dose-{dose.pk}"}}
        if final := assessments.final_put(case):
            suspect["causality"] = [
                {
                    "productRelatedness": final.classification,
                    "method": {"text": "WHO AEFI causality classification, 2018"},
                }
            ]
        event["suspectEntity"] = [suspect]
    yield event


def _coded(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": SYSTEM + system, "code": code}]}
