"""How warm was it? Readings by hand, by a logger's file or by a sensor; what was out of range is
worked out anew around them, whatever the order in which they come."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction

from balmis.contexts.access.services import check_may
from balmis.contexts.coldchain import queries, services
from balmis.contexts.coldchain.models import Equipment, Excursion
from balmis.contexts.ledger import services as ledger
from balmis.contexts.ledger.services import Actor
from balmis.contexts.places import queries as places
from balmis.contexts.places.models import Site
from balmis.contexts.supply import queries as supply
from balmis.core.coldchain.excursions import excursions
from balmis.core.coldchain.loggers import COLDEST, WARMEST, read_logger
from balmis.core.coldchain.words import Condition, EquipmentKind, Source
from balmis.core.dates import PLAUSIBLE_YEARS
from balmis.core.errors import BadInput, NotAllowed
from balmis.core.roles import Act
from balmis.core.wording import gettext_noop
from balmis.flows.retrying import retried

AHEAD = timedelta(hours=1)  # a logger's clock may be wrong, but not by more
Rows = Sequence[tuple[datetime, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """What the register says of a piece of equipment. `code` is on its label."""

    code: str
    kind: EquipmentKind
    litres: Decimal
    make: str = ""
    holdover_hours: int | None = None
    qualified_until: date | None = None
    serviced_on: date | None = None
    condition: Condition = Condition.WORKING


@dataclass(frozen=True, slots=True)
class Heard:
    """What became of readings."""

    new: int
    known: int
    excursions: tuple[Excursion, ...]  # around them, undecided


def keeps(site_code: str, actor: Actor) -> Site:
    """The site, whose goods the actor keeps. Raises NotAllowed, Refusal(NOT_KNOWN)."""
    site = places.site(site_code)
    check_may(actor, Act.MOVE_STOCK, site=site)
    return site


@transaction.atomic(durable=True)
def keep_equipment(site_code: str, stated: Register, *, actor: Actor, now: datetime) -> Equipment:
    """Enter it in the register, or change what is said of it. Raises NotAllowed, BadInput."""
    site = keeps(site_code, actor)
    if not stated.code.strip() or not stated.code.replace("-", "").replace("_", "").isalnum():
        raise BadInput(gettext_noop("Give the equipment a short code of letters and digits."))
    if not Decimal("0.1") <= stated.litres < 1_000_000:
        raise BadInput(gettext_noop("Say how many litres of vaccine it can hold."))
    fields = {
        "kind": stated.kind.value, "litres": stated.litres, "make": stated.make.strip()[:200],
        "holdover_hours": stated.holdover_hours, "qualified_until": stated.qualified_until,
        "serviced_on": stated.serviced_on, "condition": stated.condition.value,
    }  # fmt: skip
    kept = services.keep_equipment(site, stated.code.strip()[:30], fields)
    ledger.audit("equipment.kept", f"equipment:{kept.pk}", actor=actor, now=now, **fields)
    return kept


@retried
@transaction.atomic(durable=True)
def read_by_hand(
    site_code: str, code: str, at: datetime, celsius: float, *, actor: Actor, now: datetime
) -> Heard:
    """Raises NotAllowed, BadInput, Refusal(NOT_KNOWN)."""
    found = queries.equipment(keeps(site_code, actor).pk, code)
    return _hear(found, [(at, celsius)], Source.MANUAL, actor=actor, now=now)


@retried
@transaction.atomic(durable=True)
def take_file(
    site_code: str, code: str, data: bytes, *, day_first: bool | None = None, actor: Actor,
    now: datetime,
) -> Heard:  # fmt: skip
    """A logger's file: all of it or, when a line cannot be read, nothing. The same file again
    changes nothing. Raises NotAllowed, BadInput naming the line, Refusal(NOT_KNOWN)."""
    site = keeps(site_code, actor)
    found = queries.equipment(site.pk, code)
    rows = read_logger(data, time_zone=site.time_zone, day_first=day_first)
    return _hear(found, rows, Source.LOGGER, actor=actor, now=now)


@retried
@transaction.atomic(durable=True)
def take_sensor(secret: str, rows: Rows, *, now: datetime) -> Heard:
    """What a sensor sends. Raises NotAllowed for a secret that is none, BadInput."""
    sensor = queries.sensor(secret)
    if sensor is None:
        raise NotAllowed("sensor")
    actor = Actor(name=f"sensor:{sensor.pk}")
    return _hear(sensor.equipment, rows, Source.SENSOR, actor=actor, now=now)


@transaction.atomic(durable=True)
def make_sensor(site_code: str, code: str, *, actor: Actor, now: datetime) -> str:
    """A secret with which a sensor sends this equipment's readings; an earlier one ends."""
    found = queries.equipment(keeps(site_code, actor).pk, code)
    sensor, secret = services.make_sensor(found, actor=actor, now=now)
    ledger.audit("sensor.made", f"equipment:{found.pk}", actor=actor, now=now, sensor=sensor.pk)
    return secret


@transaction.atomic(durable=True)
def put_away(site_code: str, code: str, lot_id: int, *, actor: Actor, now: datetime) -> None:
    """The lot is in this equipment from now on. Raises NotAllowed, Refusal(NOT_KNOWN)."""
    site = keeps(site_code, actor)
    found, lot = queries.equipment(site.pk, code), supply.lot(lot_id)
    services.hold_equipment(found.pk)
    services.stow(found, lot, actor=actor, now=now)
    ledger.audit("lot.put_away", f"lot:{lot.pk}", actor=actor, now=now, equipment=found.pk)


def _hear(
    equipment: Equipment, rows: Rows, source: Source, *, actor: Actor, now: datetime
) -> Heard:
    if not rows:
        raise BadInput(gettext_noop("There are no readings."))
    for at, celsius in rows:
        _check(at, celsius, now)
    services.hold_equipment(equipment.pk)
    new = services.add_readings(equipment, rows, source, actor=actor, now=now)
    times = [at for at, _ in rows]
    span, known = queries.span_around(equipment.pk, min(times), max(times))
    storage = EquipmentKind(equipment.kind).storage
    found = excursions(queries.readings(equipment.pk, span), storage)
    kept = services.set_excursions(equipment, found, known, now=now)
    if new:
        ledger.audit("readings.taken", f"equipment:{equipment.pk}", actor=actor, now=now, new=new,
                     source=source.value, first=min(times), last=max(times))  # fmt: skip
    return Heard(new, len(rows) - new, tuple(e for e in kept if not e.ruling))


def _check(at: datetime, celsius: float, now: datetime) -> None:
    if at.tzinfo is None:
        raise BadInput("The time of a reading lacks its offset.")
    if at.year not in PLAUSIBLE_YEARS or at > now + AHEAD:
        raise BadInput(
            f"Nobody can have read a temperature at {at.isoformat()}; is the clock right?"
        )
    if not COLDEST <= celsius <= WARMEST:
        raise BadInput(gettext_noop("No such temperature can be; write it in °C, like 5.4."))
