"""Name, birthday, home and address, as a form sends them."""

from datetime import UTC, date, datetime

from django.http import HttpRequest
from django.utils.translation import get_language, gettext

from balmis.contexts.people.registrations import Stated
from balmis.contexts.places import queries as places
from balmis.core.errors import BadInput
from balmis.core.vocabulary.people import Sex
from balmis.flows.booking.resident_sign_in import read_address
from balmis.web.labels.formats import named
from balmis.web.shared.rows import OfArea

FIELDS = ("name", "day", "month", "year", "sex", "area", "address")


def read_fields(request: HttpRequest) -> dict[str, str]:
    return {k: request.POST.get(k, "").replace("\x00", "").strip()[:254] for k in FIELDS}


def problems_of(fields: dict[str, str], zone: str, *, address_needed: bool) -> dict[str, str]:
    """What is wrong with the form, by field."""
    found = {}
    if len(fields["name"]) < 2 or not fields["name"].isprintable():
        found["name"] = gettext("Enter your full name.")
    try:
        born = date(int(fields["year"]), int(fields["month"]), int(fields["day"]))
        if born > datetime.now(UTC).date() or born.year < 1880:
            raise ValueError
    except (ValueError, OverflowError):
        found["day"] = gettext("Enter your date of birth, for example 5 3 1958.")
    if fields["sex"] not in set(Sex):
        found["sex"] = gettext("Choose one.")
    if not fields["area"]:
        found["area"] = gettext("Choose the area in which you live.")
    if address_needed or fields["address"]:
        try:
            read_address(fields["address"], zone)
        except BadInput:
            found["address"] = gettext("Enter a phone number or an e-mail address.")
    return found


def stated_of(fields: dict[str, str]) -> Stated:
    born = date(int(fields["year"]), int(fields["month"]), int(fields["day"]))
    return Stated(
        name=" ".join(fields["name"].split()),
        born=born,
        sex=Sex(fields["sex"]),
        area=fields["area"],
        address=fields["address"],
        language=get_language() or "en",
    )


def areas_of(campaign: OfArea) -> list[tuple[str, str]]:
    """The smallest areas, by name."""
    below = places.areas_below(campaign.area.code)
    parents = {a.parent_id for a in below}
    leaves = [a for a in below if a.id not in parents]
    return sorted(((a.code, named(a.names)) for a in leaves), key=lambda row: row[1])
