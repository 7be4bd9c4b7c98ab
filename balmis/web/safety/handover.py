"""What an ambulance takes along: who, what was given, what was seen and done when."""

from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import segno
from django.utils.translation import gettext as _

from balmis.core.dates import age_on
from balmis.core.vocabulary.safety import Impression
from balmis.flows.safety.reactions import Seen
from balmis.web.labels import safety as words
from balmis.web.labels.formats import day, listed, moment, named
from balmis.web.labels.people import sex
from balmis.web.shared import print_fonts

TEMPLATE = Path(__file__).resolve().parent / "handover.typ"
LONGEST = 900  # bytes of the code: more is hard to scan from a screen


def told(seen: Seen) -> dict[str, object]:
    """Everything in words, in the active language; times of the site."""
    visit, course = seen.reaction.visit, seen.course
    zone = ZoneInfo(visit.site.time_zone)
    dose = seen.reaction.case.dose
    signs = {t.code: named(t.name) for t in seen.definition.ticks}

    def at(moment: Any) -> str:
        return f"{moment.astimezone(zone):%H:%M}"

    vitals = [
        (
            at(n.at),
            listed(f"{words.VITALS[k][0]} {v:g} {words.VITALS[k][1]}" for k, v in n.facts.items()),
        )
        for n in course.vitals
    ]
    done = [
        (at(n.at), " ".join([str(words.TREATMENTS[n.facts["what"]]), n.facts["detail"]]).strip())
        for n in course.treatments
    ]
    return {
        "title": _("Handover to the ambulance"),
        "who": [
            (_("Person"), visit.person.name),
            (_("Number"), visit.person.external_id),
            (_("Born"), f"{day(visit.person.born)} ({age_on(visit.person.born, visit.on)})"),
            (_("Sex"), sex(visit.person.sex)),
            (
                _("Vaccine"),
                f"{dose.product.name}, {dose.lot.number if dose.lot else '–'}" if dose else "–",
            ),
            (_("Dose at"), moment(dose.given_at.astimezone(zone)) if dose else "–"),
            (_("Reaction from"), moment(seen.reaction.began_at.astimezone(zone))),
            (_("Site"), named(visit.site.names)),
            (
                _("Taken for"),
                str(words.IMPRESSIONS[Impression(course.impression)]) if course.impression else "–",
            ),
            (_("Anaphylaxis"), words.level_in_words(seen.judged.level)),
        ],
        "signs_title": _("Signs"),
        "signs": [(at(t), signs[c]) for t, c in sorted((t, c) for c, t in course.sign_at.items())],
        "done_title": _("Given and done"),
        "done": done,
        "vitals_title": _("Vital signs"),
        "vitals": vitals,
        "level": words.level_in_words(seen.judged.level),
        "said_title": _("In their words"),
        "said": [
            (at(seen.reaction.began_at), seen.reaction.case.narrative),
            *((at(n.at), n.facts["text"]) for n in course.remarks),
        ],
        "nothing": _("nothing was written down"),
    }


def as_text(told: dict[str, Any]) -> str:
    """Short enough for a code."""
    lines = [f"{name}: {value}" for name, value in told["who"]]
    lines += (
        [f"{told['done_title']}: " + "; ".join(f"{t} {w}" for t, w in told["done"])]
        if told["done"]
        else []
    )
    lines += (
        [f"{told['vitals_title']}: " + "; ".join(f"{t} {w}" for t, w in told["vitals"][-1:])]
        if told["vitals"]
        else []
    )
    lines += (
        [f"{told['signs_title']}: " + "; ".join(w for _, w in told["signs"])]
        if told["signs"]
        else []
    )
    return "\n".join(lines).encode()[:LONGEST].decode(errors="ignore")


def as_pdf(told: dict[str, object], language: str) -> bytes:
    out = BytesIO()
    segno.make(as_text(told), error="l").save(out, kind="svg", scale=3)
    return print_fonts.as_pdf(TEMPLATE, told | {"code": out.getvalue().decode()}, language)
