"""How warm was it? Readings by hand, by a logger's file or by a sensor; what was out of range is
worked out anew around them, whatever the order in which they come."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from balmis.contexts.access.services import check_may
from balmis.contexts.coldchain import queries, services
from balmis.contexts.coldchain.models import Equipment, Excursion
from balmis.contexts.journal import audit, locks
from balmis.contexts.places import queries as places
from balmis.contexts.places.models import Site
from balmis.contexts.supply import lots
from balmis.core.actor import Actor
from balmis.core.coldchain.excursions import RANGES, excursions
from balmis.core.coldchain.loggers import COLDEST, WARMEST
from balmis.core.errors import BadInput, NotAllowed
from balmis.core.refusal_texts import gettext_noop
from balmis.core.roles import Act
from balmis.core.vocabulary.coldchain import Condition, EquipmentKind, Source
from balmis.core.vocabulary.supply import Storage
from balmis.flows.retry import retried

OLDEST = timedelta(days=400)
AHEAD = timedelta(hours=1)  # a logger's clock may be wrong, but not by more
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,29}")
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
    refused: int = 0  # that cannot be: of a loose wire, or of a clock that is wrong


def keeps(site_code: str, actor: Actor) -> Site:
    """The site, whose goods the actor keeps. Raises NotAllowed, Refusal(NOT_KNOWN)."""
    site = places.site(site_code)
    check_may(actor, Act.MOVE_STOCK, site=site)
    return site


@retried
@transaction.atomic(durable=True)
def keep_equipment(
    site_code: str, stated: Register, *, new: bool = False, actor: Actor, now: datetime
) -> Equipment:
    """Enter it in the register, or change what is said of it. Raises NotAllowed, BadInput for a code
    that is taken, or when its readings were judged by another range."""
    site = keeps(site_code, actor)
    code = stated.code.strip()
    if not CODE.fullmatch(code):
        raise BadInput(gettext_noop("Give the equipment a short code of letters and digits."))
    known = queries.find_equipment(site.pk, code)
    if known is not None and new:
        raise BadInput(gettext_noop("This code is in the register already; choose another one."))
    if known is not None and EquipmentKind(known.kind).storage is not stated.kind.storage:
        raise BadInput(gettext_noop("Its readings were judged by another range: enter it anew."))
    if not Decimal("0.1") <= stated.litres < 1_000_000:
        raise BadInput(gettext_noop("Say how many litres of vaccine it can hold."))
    fields = {
        "kind": stated.kind.value,
        "litres": stated.litres,
        "make": stated.make.strip()[:200],
        "holdover_hours": stated.holdover_hours,
        "qualified_until": stated.qualified_until,
        "serviced_on": stated.serviced_on,
        "condition": stated.condition.value,
    }
    kept = services.keep_equipment(site, code, fields, new=known is None)
    audit.record("equipment.kept", f"equipment:{kept.pk}", actor=actor, now=now, **fields)
    return kept


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadByHand:
    """What somebody read off a piece of equipment."""

    site: str
    equipment: str
    at: datetime
    celsius: float


@retried
@transaction.atomic(durable=True)
def read_by_hand(cmd: ReadByHand, *, actor: Actor, now: datetime) -> Heard:
    """One reading a moment: another value for the same one is refused until the first is taken back.
    Raises NotAllowed, BadInput, Refusal(NOT_KNOWN)."""
    found = queries.equipment(keeps(cmd.site, actor).pk, cmd.equipment)
    services.lock_equipment(found.pk)
    at = cmd.at
    while (before := queries.manual_at(found.pk, at)) is not None:
        if not hasattr(before, "withdrawn"):
            if float(before.celsius) != round(cmd.celsius, 2):
                raise BadInput(
                    gettext_noop("There is another reading of this minute: take it back first.")
                )
            break
        at += timedelta(seconds=1)  # beside the one that was taken back
    return _hear(found, [(at, cmd.celsius)], Source.MANUAL, actor=actor, now=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeFile:
    """What a logger's file holds, of the piece of equipment in which it lay."""

    site: str
    equipment: str
    rows: Rows


@retried
@transaction.atomic(durable=True)
def take_file(cmd: TakeFile, *, actor: Actor, now: datetime) -> Heard:
    """A logger's file: all of it or, when a reading cannot be, nothing. The same file again changes
    nothing. Raises NotAllowed, BadInput, Refusal(NOT_KNOWN)."""
    found = queries.equipment(keeps(cmd.site, actor).pk, cmd.equipment)
    return _hear(found, cmd.rows, Source.LOGGER, actor=actor, now=now)


@retried
@transaction.atomic(durable=True)
def take_sensor(secret: str, rows: Rows, *, now: datetime) -> Heard:
    """What a sensor sends. Raises NotAllowed for a secret that is none, BadInput."""
    sensor = queries.sensor(secret)
    if sensor is None:
        raise NotAllowed("sensor")
    actor = Actor(name=f"sensor:{sensor.pk}")
    good = [(at, celsius) for at, celsius in rows if not _problem(at, celsius, now)]
    heard = Heard(0, 0, ())
    if good:
        thin = _thinned(good, EquipmentKind(sensor.equipment.kind).storage)
        heard = _hear(sensor.equipment, thin, Source.SENSOR, actor=actor, now=now)
    if refused := len(rows) - len(good):
        audit.record(
            "readings.refused",
            f"equipment:{sensor.equipment_id}",
            actor=actor,
            now=now,
            number=refused,
        )
    return replace(heard, known=len(good) - heard.new, refused=len(rows) - len(good))


def _thinned(rows: Rows, storage: Storage) -> list[tuple[datetime, float]]:
    """At most one a minute of what is sent together: the one farthest from the middle of the range,
    as it was read. The same requests in any order keep the same readings."""
    middle = sum(RANGES[storage]) / 2
    found: dict[datetime, tuple[datetime, float]] = {}
    for at, celsius in sorted(rows):
        minute = at.astimezone(UTC).replace(second=0, microsecond=0)
        if minute not in found or abs(celsius - middle) > abs(found[minute][1] - middle):
            found[minute] = (at, celsius)
    return list(found.values())


@transaction.atomic(durable=True)
def make_sensor(site_code: str, code: str, request_id: UUID, *, actor: Actor, now: datetime) -> str:
    """A secret with which a sensor sends this equipment's readings; an earlier one ends. It is told
    once: the same request again raises BadInput, and changes nothing."""
    found = queries.equipment(keeps(site_code, actor).pk, code)
    locks.lock_request(request_id)
    if audit.was_done(request_id, "sensor.made"):
        raise BadInput(
            gettext_noop("The secret was shown once. If nobody kept it, make a new one.")
        )
    services.lock_equipment(found.pk)
    sensor, secret = services.make_sensor(found, actor=actor, now=now)
    audit.record(
        "sensor.made",
        f"equipment:{found.pk}",
        actor=actor.on_request(request_id),
        now=now,
        sensor=sensor.pk,
    )
    return secret


@transaction.atomic(durable=True)
def put_away(site_code: str, code: str, lot_id: int, *, actor: Actor, now: datetime) -> None:
    """The lot is in this equipment from now on. Raises NotAllowed, Refusal(NOT_KNOWN)."""
    site = keeps(site_code, actor)
    found, lot = queries.equipment(site.pk, code), lots.lot(lot_id)
    services.lock_equipment(found.pk)
    services.stow(found, lot, actor=actor, now=now)
    audit.record("lot.put_away", f"lot:{lot.pk}", actor=actor, now=now, equipment=found.pk)


def _hear(
    equipment: Equipment, rows: Rows, source: Source, *, actor: Actor, now: datetime
) -> Heard:
    if not rows:
        raise BadInput(gettext_noop("There are no readings."))
    for at, celsius in rows:
        _check(at, celsius, now)
    services.lock_equipment(equipment.pk)
    new = services.add_readings(equipment, rows, source, actor=actor, now=now)
    times = [at for at, _ in rows]
    kept = _judge(equipment, min(times), max(times), actor=actor, now=now)
    if new:
        audit.record(
            "readings.taken",
            f"equipment:{equipment.pk}",
            actor=actor,
            now=now,
            new=new,
            source=source.value,
            first=min(times),
            last=max(times),
        )
    return Heard(new, len(rows) - new, tuple(e for e in kept if not e.ruling))


def _judge(
    equipment: Equipment, first: datetime, last: datetime, *, actor: Actor, now: datetime
) -> list[Excursion]:
    """Work out anew what was out of range around this time; the equipment is held."""
    span, known = queries.span_around(equipment, first, last)
    storage = EquipmentKind(equipment.kind).storage
    found = excursions(queries.readings(equipment, span), storage)
    settled = services.set_excursions(equipment, found, known, now=now)
    for key, ruling, ground in settled.reopened:
        audit.record(
            "excursion.reopened",
            f"excursion:{key}",
            actor=actor,
            now=now,
            ruling=ruling,
            ground=ground,
        )
    return settled.excursions


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawReading:
    """A reading that is taken back, and why."""

    site: str
    equipment: str
    reading_id: int
    reason: str


@retried
@transaction.atomic(durable=True)
def withdraw_reading(cmd: WithdrawReading, *, actor: Actor, now: datetime) -> None:
    """It was mistyped: it stays, and counts for nothing. Raises NotAllowed, BadInput without a
    reason, Refusal(NOT_KNOWN)."""
    found = queries.equipment(keeps(cmd.site, actor).pk, cmd.equipment)
    if len(cmd.reason.strip()) < 3:
        raise BadInput(gettext_noop("Say why the reading is wrong."))
    services.lock_equipment(found.pk)
    reading = queries.reading(cmd.reading_id, found.pk)
    services.withdraw(reading.pk, cmd.reason.strip()[:300], actor=actor, now=now)
    _judge(found, reading.at, reading.at, actor=actor, now=now)
    audit.record(
        "reading.withdrawn",
        f"equipment:{found.pk}",
        actor=actor.because(cmd.reason),
        now=now,
        reading=reading.pk,
    )


def _check(at: datetime, celsius: float, now: datetime) -> None:
    if problem := _problem(at, celsius, now):
        raise BadInput(problem)


def _problem(at: datetime, celsius: float, now: datetime) -> str:
    """Why nobody can have read this; empty when somebody can."""
    if at.tzinfo is None:
        return "The time of a reading lacks its offset."
    if not now - OLDEST <= at <= now + AHEAD:
        return f"A reading of {at.isoformat()} cannot be kept; is the clock right?"
    if not COLDEST <= celsius <= WARMEST:
        return gettext_noop("No such temperature can be; write it in °C, like 5.4.")
    return ""
