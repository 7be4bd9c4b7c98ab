"""Who has had a dose of a lot: to be called, watched or vaccinated again."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from balmis.contexts.access.services import check_may, may, may_somewhere
from balmis.contexts.clinic import queries as doses
from balmis.contexts.clinic.models import Dose
from balmis.contexts.journal import audit
from balmis.contexts.people import contacts
from balmis.contexts.places import queries as places
from balmis.contexts.supply import lots, products
from balmis.core.actor import Actor
from balmis.core.errors import NotAllowed, Refusal
from balmis.core.roles import Act
from balmis.core.spreadsheet_cells import neutral
from balmis.core.vocabulary.reasons import Refused


@dataclass(frozen=True, slots=True)
class Recipient:
    dose: Dose
    phone: str  # empty: none is known


@transaction.atomic
def recipients(
    product: str, lot: str, site: str | None, *, actor: Actor, now: datetime
) -> list[Recipient]:
    """Everyone with a live dose of the lot, at the site or (None) wherever the actor may see people. The
    look at them is logged. Raises NotAllowed, Refusal(NOT_KNOWN)."""
    place = places.site(site) if site else None
    if place is not None:
        check_may(actor, Act.HOLD_LOT, site=place)
        check_may(actor, Act.READ_PERSON, site=place)
    elif not may_somewhere(actor, Act.HOLD_LOT):
        raise NotAllowed(f"{actor.name} answers for no goods")
    found = lots.lot_by_number(products.product(product), lot)
    if found is None:
        raise Refusal(Refused.NOT_KNOWN, what=f"lot of {product}", key=lot)
    given = [
        d
        for d in doses.doses_of_lot(found.pk, place.pk if place else None)
        if (may(actor, Act.READ_PERSON, site=d.site) if d.site else actor.trusted)
    ]
    reached = contacts.phones([d.person_id for d in given])
    audit.record(
        "lot.recipients_read",
        f"lot:{found.pk}",
        actor=actor,
        now=now,
        site=place.code if place else None,
        people=[d.person_id for d in given],
    )
    return [Recipient(d, reached.get(d.person_id, "")) for d in given]


HEAD = ("number", "name", "born", "phone", "site", "given_at", "vial")


def row_of(r: Recipient) -> tuple[str, ...]:
    """As a line of a list, in the order of `HEAD`."""
    d = r.dose
    return (
        neutral(d.person.external_id),
        neutral(d.person.name),
        d.person.born.isoformat(),
        r.phone,
        d.site.code if d.site else "",
        d.given_at.isoformat() if d.given_at else d.given_on.isoformat(),
        str(d.vial_id or ""),
    )
