"""Words about people: their sex, who of them did something, and what a list says of them."""

from collections.abc import Mapping

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from balmis.core.roles import Office
from balmis.core.vocabulary.people import Sex
from balmis.web.labels.common import office_in_words

SEXES = {
    Sex.FEMALE: _("female"),
    Sex.MALE: _("male"),
    Sex.UNKNOWN: _("other or not stated"),
}

# what a list says of somebody
COLUMNS = {
    "external_id": _("Number"),
    "name": _("Name"),
    "born": _("Date of birth"),
    "born_man": _("Year of birth, man"),
    "born_woman": _("Year of birth, woman"),
    "sex": _("Sex"),
    "area": _("Area"),
    "national_id": _("National number"),
    "romanised_name": _("Name in Latin letters"),
    "phone": _("Phone"),
    "email": _("E-mail"),
    "language": _("Language"),
    "group": _("Priority group"),
    "occupation": _("Occupation"),
    "facility": _("Facility"),
    "unit": _("Unit"),
    "condition": _("Condition"),
    "flag": _("Mark"),
    "address": _("Address"),
    "guardian": _("Guardian"),
    "guardian_relation": _("Guardian's relation"),
    "guardian_phone": _("Guardian's phone"),
    "traits": _("Priority group"),
}


def sex(word: str | None) -> str:
    """As a page shows it; nothing is stated where there is no word."""
    return str(SEXES[Sex(word)]) if word else "–"


def doer(actor: str, names: Mapping[str, str]) -> str:
    """Who did it, of whom the trail has 'user:7', 'person:3' or 'system:cli'."""
    if actor in names:
        return names[actor]
    kind, _, key = actor.partition(":")
    if kind == "person":
        return gettext("the person")
    if kind == "system":
        return gettext("the program (%(part)s)") % {"part": key}
    return gettext("somebody who is no longer a user")


def office_of(actor: str, office: Office | None) -> str:
    """In which office it was done: 'Safety officer, Jeju'; who it was, is not said."""
    if office is not None:
        return office_in_words(office)
    if actor.startswith("user:"):
        return gettext("an office that is no longer known")
    return doer(actor, {})
