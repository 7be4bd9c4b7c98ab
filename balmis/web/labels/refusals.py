"""Why something is refused, and why a dose is not due, in the reader's language."""

from collections.abc import Mapping
from datetime import date, datetime

from django.utils.formats import date_format
from django.utils.translation import gettext, pgettext, pgettext_lazy

from balmis.core.errors import Refusal
from balmis.core.refusal_texts import REASONS
from balmis.core.roles import Office
from balmis.core.schedule.texts import DEFERRED_WITHOUT_END, FINDINGS
from balmis.core.vocabulary.booking import Limit
from balmis.core.vocabulary.schedule import Finding
from balmis.web.labels.common import LIMITS, office_in_words
from balmis.web.labels.formats import named

# what flows say is not known: as they say it, and in words
THINGS = {
    "person": pgettext_lazy("not known", "person"),
    "site": pgettext_lazy("not known", "site"),
    "place": pgettext_lazy("not known", "place"),
    "area": pgettext_lazy("not known", "area"),
    "dose": pgettext_lazy("not known", "dose"),
    "case": pgettext_lazy("not known", "case"),
    "lot": pgettext_lazy("not known", "lot"),
    "product": pgettext_lazy("not known", "vaccine"),
    "step": pgettext_lazy("not known", "step of a visit"),
    "visit": pgettext_lazy("not known", "visit"),
    "vial": pgettext_lazy("not known", "vial"),
    "signal": pgettext_lazy("not known", "signal"),
    "session": pgettext_lazy("not known", "session"),
    "list": pgettext_lazy("not known", "list"),
    "incident": pgettext_lazy("not known", "call for help"),
    "hold": pgettext_lazy("not known", "hold"),
    "appeal": pgettext_lazy("not known", "question about a hold"),
    "hold order": pgettext_lazy("not known", "hold order"),
    "unit": pgettext_lazy("not known", "unit"),
    "roster": pgettext_lazy("not known", "unit"),
    "booking": pgettext_lazy("not known", "booking"),
    "order": pgettext_lazy("not known", "purchase order"),
    "transfer": pgettext_lazy("not known", "transfer"),
    "team": pgettext_lazy("not known", "team"),
    "study": pgettext_lazy("not known", "study"),
    "schedule": pgettext_lazy("not known", "schedule"),
    "registration": pgettext_lazy("not known", "registration"),
    "reading": pgettext_lazy("not known", "reading"),
    "reaction": pgettext_lazy("not known", "reaction"),
    "excursion": pgettext_lazy("not known", "excursion"),
    "equipment": pgettext_lazy("not known", "equipment"),
    "member": pgettext_lazy("not known", "member of the campaign"),
    "code": pgettext_lazy("not known", "code"),
    "alarm": pgettext_lazy("not known", "alarm"),
    "question": pgettext_lazy("not known", "question"),
    "opening": pgettext_lazy("not known", "opening"),
}


def in_language(refusal: Refusal) -> str:
    """The refusal in the reader's language, with its facts as they are written there."""
    facts = {k: _written(v) for k, v in refusal.facts.items()}
    if "what" in facts:
        facts["what"] = _thing(facts["what"])
    if "why" in facts and "finding" in facts:
        facts["why"] = finding_in_language(Finding(facts["finding"]), refusal.facts)
    return gettext(REASONS[refusal.reason]).format_map(facts)


def finding_in_language(finding: Finding, facts: Mapping[str, object]) -> str:
    """Why a dose is due or not; of the facts `day`, `last` (days) and `phase` (its title by language)."""
    if finding is Finding.DEFERRED and not facts.get("day"):
        return gettext(DEFERRED_WITHOUT_END)
    known = {k: _written(facts[k]) if facts.get(k) else "?" for k in ("day", "last", "phase")}
    return gettext(FINDINGS[finding]).format_map(known)


def _written(value: object) -> str:
    if isinstance(value, Office):
        return office_in_words(value)
    if isinstance(value, datetime):
        return date_format(value, "DATETIME_FORMAT")
    if isinstance(value, date):
        return date_format(value, "DATE_FORMAT")
    return named(value) if isinstance(value, dict) else str(value)


def _thing(what: str) -> str:
    """'lot of comirnaty' names a thing, and whose it is."""
    if what in set(Limit):
        return str(LIMITS[Limit(what)])
    if what in THINGS:
        return str(THINGS[what])
    thing, _, whose = what.partition(" of ")
    if not whose or thing not in THINGS:
        return what
    return pgettext("not known", "{thing} ({whose})").format(thing=THINGS[thing], whose=whose)
