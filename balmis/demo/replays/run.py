"""Play a script: deliveries into the ledger, doses imported, the day closed and reported."""

import hashlib
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

import polars as pl
from django.db import connection, transaction

from balmis.contexts.campaigns import enrolment
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.clinic import queries as doses
from balmis.contexts.people import services as registers
from balmis.contexts.people.models import Register
from balmis.contexts.people.synthesis.population import Chunk
from balmis.contexts.reporting import queries as reporting
from balmis.contexts.supply import lots
from balmis.contexts.supply import products as supply_products
from balmis.core.actor import Actor
from balmis.core.dates import end_of_day, instant
from balmis.core.errors import Refusal
from balmis.core.vocabulary.clinic import CorrectionReason
from balmis.core.vocabulary.reasons import Refused
from balmis.core.vocabulary.supply import MoveKind
from balmis.demo.replays.script import DayScript, Delivery, Played, Progress, Script
from balmis.flows.campaigns.load_campaign import load_states
from balmis.flows.clinic.correct_dose import correct_dose
from balmis.flows.clinic.import_doses import ImportDoses, import_doses
from balmis.flows.people.synthesise_people import register_code
from balmis.flows.reporting.daily_report import close_day
from balmis.flows.supply.stock import CountStock, MoveStock, count_stock, move_stock

LOT = "not stated"  # the sources name no lots
ACTOR = Actor.system("replay")


def request_for(*parts: object) -> UUID:
    """The same parts are the same request, so that a replay can be taken up again."""
    return UUID(
        hashlib.md5("\x1f".join(map(str, parts)).encode(), usedforsecurity=False).hexdigest()
    )


def play(
    script: Script,
    *,
    close_days: bool = True,
    progress: Progress = lambda n: None,
    registered: Progress = lambda n: None,
) -> Played:
    """Play the whole script; every day is closed at 24:00 and reported.

    A play that was broken off is taken up at the first day that is not closed.
    `progress` hears of each day, `registered` of people.
    """
    with transaction.atomic(durable=True):
        first = script.days[0].day
        began = instant(first - timedelta(days=1), time(), "UTC")
        stored = load_states(script.states, actor=ACTOR, now=began)
        register = registers.keep_register(
            register_code(script.campaign),
            title=f"SYNTHETIC residents for {script.source}",
            synthetic=True,
            now=began,
        )
        _keep_lots([p["code"] for p in script.states[-1].content["products"]])
    people = 0
    if not registers.has_people(register):
        people = _register(script.campaign, register, script.residents, registered)
    done = Played(0, 0, people, 0, 0, 0)
    closed = set(reporting.closed_days(stored.campaign.pk))
    for day in script.days:
        if day.day not in closed:
            done = _play_day(script, day, register, stored.campaign.time_zone, done, close_days)
        progress(1)
    return done


def _play_day(
    script: Script, day: DayScript, register: Register, zone: str, done: Played, close: bool
) -> Played:
    now = end_of_day(day.day, zone) + timedelta(hours=1)
    people = 0
    if day.revision is not None:
        with transaction.atomic(durable=True):
            load_states([*script.states, day.revision], actor=ACTOR, now=now)
            script.states.append(day.revision)
    if day.newcomers:
        people = _register(script.campaign, register, day.newcomers)
    recounts = sum(_deliver(script, d, i, day.day, now) for i, d in enumerate(day.deliveries))
    recorded = 0
    if day.doses is not None and day.doses.height:
        rows = day.doses.with_columns(row=pl.int_range(1, pl.len() + 1))
        command = ImportDoses(
            campaign=script.campaign, register_id=register.pk, source=script.source, rows=rows
        )
        recorded = import_doses(command, actor=ACTOR, now=now).recorded
    for key in day.taken_back:
        _take_back(script.source, key, now)
    if close:
        close_day(script.campaign, day.day, actor=ACTOR, now=now)
    return Played(
        done.days + 1,
        done.doses + recorded,
        done.people + people,
        done.deliveries + len(day.deliveries),
        done.taken_back + len(day.taken_back),
        done.recounts + recounts,
    )


@transaction.atomic(durable=True)
def _register(
    slug: str, register: Register, chunks: list[Chunk], registered: Progress = lambda n: None
) -> int:
    campaign = campaigns.campaign(slug)
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM people_person")
        last = cursor.fetchone()[0]
    number = registers.copy_people(register, chunks, progress=registered)
    registers.analyse()
    enrolment.enrol(campaign, campaigns.latest_plan(campaign.pk), after_person=last)
    return number


def _deliver(script: Script, delivery: Delivery, place: int, day: date, now: datetime) -> int:
    """Post a delivery or a return. A return the book is short of was real: the book is
    set right by a recount first. Returns the number of recounts."""
    kind = MoveKind.RECEIPT if delivery.doses > 0 else MoveKind.RETURN
    move = MoveStock(
        request_id=request_for(script.source, day, place),
        kind=kind,
        site=delivery.site,
        product=delivery.product,
        lot=LOT,
        doses=Decimal(abs(delivery.doses)),
        occurred_on=day,
    )
    try:
        move_stock(move, actor=ACTOR, now=now)
        return 0
    except Refusal as refusal:
        if refusal.reason is not Refused.SHORT_OF_STOCK:
            raise
    count_stock(
        CountStock(
            request_id=request_for(script.source, day, place, "recount"),
            site=delivery.site,
            product=delivery.product,
            lot=LOT,
            counted=Decimal(abs(delivery.doses)),
            occurred_on=day,
            reason="Doses went back that the book did not have",
        ),
        actor=ACTOR,
        now=now,
    )
    move_stock(move, actor=ACTOR, now=now)
    return 1


def _take_back(source: str, key: str, now: datetime) -> None:
    dose = doses.dose_for_request(request_for(source, key))
    if dose is None:
        raise ValueError(f"the source takes back a dose it never gave: {key}")
    correct_dose(
        dose.pk,
        CorrectionReason.SOURCE_CORRECTED,
        request_id=request_for(source, key, "taken back"),
        actor=ACTOR,
        now=now,
    )


def _keep_lots(products: list[str]) -> None:
    """Every product has its one unstated lot, so that doses can name it before a delivery."""
    for code in products:
        lots.keep_lot(supply_products.product(code), LOT)
