"""The 25 core variables of a report (WHO, Core variables for AEFI, December 2015): about half come
from the dose record."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from balmis.core.vocabulary.safety import EventEnd
from balmis.web.labels import safety as words
from balmis.web.labels.common import KINDS
from balmis.web.labels.formats import listed, named
from balmis.web.labels.people import sex


@dataclass(frozen=True, slots=True)
class Variable:
    name: str
    value: object  # empty: not known
    from_dose: bool


def core_variables(case: object, told: Mapping[str, str], reporter: str) -> list[Variable]:
    """`told` is the form of the first report."""
    return [*_of_dose(case), *_of_event(case, told, reporter)]


def _of_dose(case: Any) -> list[Variable]:
    p, d = case.person, case.dose
    lot = d.lot if d else None
    found = [
        (_("Patient"), p.name if p else ""),
        (_("Number"), p.external_id if p else ""),
        (_("Home"), named(p.area.names) if p else ""),
        (_("Date of birth"), p.born if p else ""),
        (_("Sex"), sex(p.sex) if p else ""),
        (_("Vaccine"), d.product.name if d else ""),
        (_("Manufacturer"), d.product.manufacturer if d else ""),
        (_("Lot"), lot.number if lot else ""),
        (_("Expiry"), lot.expires_on if lot else ""),
        (_("Dose number"), KINDS[d.kind] if d else ""),
        (_("Date and time of the dose"), d.given_at if d else ""),
        (_("Site"), named(d.site.names) if d and d.site else ""),
    ]
    return [Variable(name, value, True) for name, value in found]


def _of_event(case: Any, told: Mapping[str, str], reporter: str) -> list[Variable]:
    found = [
        (_("Identifier"), f"{case.campaign.slug}-{case.pk}"),
        (_("Event"), words.event_name(case.event)),
        (_("Began"), case.onset_at or case.onset_on),
        (_("Serious"), listed(words.SERIOUS[w] for w in case.why_serious) or _("no")),
        (_("Severity"), words.SEVERITIES[case.severity]),
        (_("Outcome"), words.ENDS[EventEnd(case.end)]),
        (_("Lot of the diluent"), told.get("diluent", "")),
        (_("Medical history"), told.get("history", "")),
        (_("Other vaccines or medicines"), told.get("others", "")),
        (_("Reporter"), reporter),
        (_("Reporter's profession"), told.get("profession", "")),
        (_("Reporter's phone"), told.get("phone", "")),
        (_("Date of the report"), case.received_at),
    ]
    return [Variable(name, value, False) for name, value in found]
