"""Plain, deterministic builders. States beyond the first are reached by calling flows."""

import copy
import functools
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import yaml
from django.db import transaction

from balmis.contexts.campaigns import enrolment
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.campaigns.plan.checks import Checked, check
from balmis.contexts.people import identities
from balmis.contexts.people import services as people
from balmis.contexts.people.models import Person
from balmis.contexts.places import queries as places
from balmis.contexts.supply.models import Lot
from balmis.core.actor import Actor
from balmis.core.vocabulary.clinic import DoseKind
from balmis.core.vocabulary.people import Sex
from balmis.core.vocabulary.supply import MoveKind
from balmis.flows.campaigns.load_campaign import load_campaign
from balmis.flows.clinic.record_dose import RecordDose, record_dose
from balmis.flows.supply.stock import MoveStock, move_stock

TODAY = date(2021, 6, 17)
NOON = datetime(2021, 6, 17, 3, tzinfo=UTC)  # 12:00 in Seoul
LATER = NOON + timedelta(hours=13)  # 01:00 on the next day in Seoul
SYSTEM = Actor.system("test")
SLUG = "island-2021"
FOLDER = Path(__file__).parent


def request(name: object) -> UUID:
    """The same name is the same request id."""
    return uuid5(UUID(int=7), str(name))


def plan_text() -> str:
    """A small, complete campaign file."""
    return (FOLDER / "island.yaml").read_text()


def going_on() -> str:
    """The same campaign, whose period is not over on the real day either."""
    return plan_text().replace("ends_on: 2021-11-30}", "ends_on: 2099-12-31}")


def plan_dict() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(plan_text())
    return found


def change_person(key: int, **fields: Any) -> None:
    """The person is called otherwise from now on, or has another number or birthday."""
    with transaction.atomic():
        identities.acting(SYSTEM, "a test", now=NOON)
        Person.objects.filter(pk=key).update(**fields)


def campaign(text: str | None = None) -> str:
    """Load the small campaign; returns its slug."""
    checked = copy.deepcopy(_checked(text or plan_text()))
    return load_campaign(checked, actor=SYSTEM, now=NOON).campaign.slug


@functools.cache
def _checked(text: str) -> Checked:
    """A thousand tests load the same file: it is read once."""
    return check(text)


OTHER = "other-2021"


def other_region() -> str:
    """The same campaign in a region of its own, with sites `far-hall`, `far-clinic` and `far-store`."""
    text = plan_text().replace("island-2021", OTHER).replace("IS-", "FR-")
    text = text.replace("code: IS\n", "code: FR\n")
    for site in ("hall", "clinic", "store"):
        text = text.replace(f"code: {site},", f"code: far-{site},")
    return campaign(text)


def register(code: str = "residents") -> Any:
    return people.keep_register(code, title="Residents", synthetic=False, now=NOON)


def person(
    number: int = 1, *, born: date = date(1950, 5, 5), sex: Sex = Sex.FEMALE, area: str = "IS-N"
) -> Person:
    found = next(a for a in places.areas_below("IS") if a.code == area)
    from balmis.contexts.places.models import Area

    return people.register_person(
        register(),
        external_id=f"P{number}",
        name=f"Resident {number}",
        born=born,
        sex=sex,
        area=Area.objects.get(pk=found.id),
    )


def letter(person: Person) -> str:
    """The code of a letter to the person."""
    from balmis.flows.people.letters import write_letter

    return write_letter(SLUG, person.pk, actor=SYSTEM, now=NOON).code


def enrol() -> None:
    """Put everyone registered so far into their group."""
    found = campaigns.campaign(SLUG)
    with transaction.atomic():
        enrolment.enrol(found, campaigns.latest_plan(found.pk))


def lot(
    number: str = "A1",
    *,
    doses: int = 10,
    product: str = "comirnaty",
    site: str = "hall",
    expires: date | None = None,
    on: date = TODAY,
) -> Lot:
    """A lot with a receipt at the site; with 0 doses only the lot."""
    if doses == 0:
        from balmis.contexts.supply.lots import keep_lot
        from balmis.contexts.supply.products import product as product_of

        return keep_lot(product_of(product), number, expires_on=expires)
    move = MoveStock(
        request_id=request(f"receipt {product} {number} {site}"),
        kind=MoveKind.RECEIPT,
        site=site,
        product=product,
        lot=number,
        doses=Decimal(doses),
        occurred_on=on,
        expires_on=expires,
    )
    return move_stock(move, actor=SYSTEM, now=NOON).lot


def dose_command(person: Person, lot: Lot | None = None, **changes: Any) -> RecordDose:
    fields: dict[str, Any] = {
        "request_id": request(f"dose {person.pk} {changes.get('kind', DoseKind.PRIMARY_1)}"),
        "campaign": SLUG,
        "person_id": person.pk,
        "product": lot.product.code if lot else "comirnaty",
        "kind": DoseKind.PRIMARY_1,
        "given_at": NOON,
        "lot_id": lot.pk if lot else None,
        "site": "hall" if lot else None,
    }
    return RecordDose(**(fields | changes))


def dose(person: Person, lot: Lot | None = None, *, now: datetime = NOON, **changes: Any) -> Any:
    return record_dose(dose_command(person, lot, **changes), actor=SYSTEM, now=now)


OPENS = datetime(2021, 6, 18, 0, tzinfo=UTC)  # 09:00 in Seoul, on the day after TODAY


def session(**changes: Any) -> Any:
    """Two hours at the hall tomorrow, eight slots, published and open; returns the session."""
    from balmis.contexts.booking import sessions

    fields: dict[str, Any] = {
        "on": OPENS.date(),
        "starts_at": OPENS,
        "ends_at": OPENS + timedelta(hours=2),
        "stations": 1,
        "minutes_per_dose": Decimal(5),
    }
    publish = changes.pop("publish", True)
    opens_at = changes.pop("opens_at", NOON - timedelta(days=1))
    at = changes.pop("site", "hall")
    with transaction.atomic():
        plan = sessions.SessionPlan(**(fields | changes))
        made = sessions.plan_session(campaigns.campaign(SLUG), places.site(at), plan)
        if publish:
            sessions.publish(made, opens_at=opens_at)
    return made


def pools(session: Any) -> list[Any]:
    from balmis.contexts.booking.models import Pool

    return list(Pool.objects.filter(slot__session=session).order_by("slot__starts_at", "kind"))
