"""Readings from anywhere make the same excursions; an excursion leads to holds, and to a decision."""

import random
from datetime import timedelta
from decimal import Decimal

import pytest

from balmis.contexts.coldchain.models import Excursion, Reading
from balmis.contexts.supply.models import LotHold
from balmis.core.clinic.words import Check
from balmis.core.coldchain.words import Advice, EquipmentKind, Ruling
from balmis.core.errors import BadInput, NotAllowed
from balmis.flows.goods import cold, quarantine
from balmis.flows.goods.holds import hold_lot
from tests import make
from tests.flows.test_visits import check, ready

NOON = make.NOON
NOW = NOON + timedelta(hours=5)
FRIDGE = cold.Register(code="F1", kind=EquipmentKind.REFRIGERATOR, litres=Decimal(100))


@pytest.fixture
def fridge(hall):
    return cold.keep_equipment("hall", FRIDGE, actor=make.SYSTEM, now=NOW)


def file_of(*celsius: float, start=NOON, every: int = 10) -> bytes:
    rows = (
        f"{(start + timedelta(minutes=n * every)).isoformat()},{c}" for n, c in enumerate(celsius)
    )
    return ("time,temperature\n" + "\n".join(rows)).encode()


def take(data: bytes) -> cold.Heard:
    return cold.take_file("hall", "F1", data, actor=make.SYSTEM, now=NOW)


def test_a_file_makes_an_excursion_and_the_same_file_nothing_more(fridge):
    data = file_of(5, 10, 10, 5)
    first, again = take(data), take(data)
    assert (first.new, first.known, again.new, again.known) == (4, 0, 0, 4)
    found = Excursion.objects.get()
    assert (found.peak, found.ended, found.side) == (10, True, "warm")
    assert found.degree_minutes == 28


def test_a_bad_line_keeps_the_whole_file_out(fridge):
    with pytest.raises(BadInput, match="Line 4"):
        take(file_of(5, 10) + b"\n2021-06-17 13:00,warm\n")
    with pytest.raises(BadInput, match="clock"):
        take(file_of(5, 10, start=NOW + timedelta(days=1)))
    assert not Reading.objects.exists() and not Excursion.objects.exists()


@pytest.mark.parametrize("seed", range(3))
def test_parts_of_a_file_in_any_order_make_the_same_excursions(fridge, seed):
    chance = random.Random(seed)
    values = [5.0]
    for _ in range(60):
        values.append(max(-3.0, min(14.0, values[-1] + chance.uniform(-2.5, 2.5))))
    parts = [(n, values[n : n + 7]) for n in range(0, len(values), 7)]
    chance.shuffle(parts)
    for n, part in parts:
        take(file_of(*part, start=NOON + timedelta(minutes=n * 5), every=5))
    fields = ("side", "began_at", "ended_at", "ended", "peak", "degree_minutes", "alarm")
    pieced = list(Excursion.objects.order_by("began_at").values_list(*fields))
    Excursion.objects.all().delete()
    take(file_of(*values, every=5))
    assert pieced == list(Excursion.objects.order_by("began_at").values_list(*fields))
    assert pieced


def test_an_excursion_holds_its_lots_and_a_decision_frees_them(fridge, hall):
    lot, (person, *_) = hall
    ready(person)
    # make.lot counts the lot in at LATER, so the fridge warms up after that
    warm = NOON + timedelta(hours=1)
    take(file_of(5, 10, 10, 5, start=warm))
    key = Excursion.objects.get().pk
    (concerned,) = quarantine.look(key, actor=make.SYSTEM).lots
    assert (concerned.lot, concerned.left, concerned.advice) == (lot, 12, Advice.WITHIN)
    for _ in range(2):
        quarantine.quarantine(key, [lot.pk], actor=make.SYSTEM, now=NOW)
    assert LotHold.objects.filter(released_at__isnull=True).count() == 1
    assert Check.LOT_HELD in check(person, lot).checks
    with pytest.raises(BadInput, match="ground"):
        quarantine.decide(key, Ruling.USE, " ", actor=make.SYSTEM, now=NOW)
    quarantine.decide(key, Ruling.USE, "20 minutes of 2 hours", actor=make.SYSTEM, now=NOW)
    assert not LotHold.objects.filter(released_at__isnull=True).exists()
    with pytest.raises(BadInput, match="already"):
        quarantine.decide(key, Ruling.DISCARD, "no, no", actor=make.SYSTEM, now=NOW)


def test_a_decision_does_not_free_what_is_held_for_another_reason(fridge, hall):
    lot, _ = hall
    hold_lot(make.request("h"), "comirnaty", lot.number, "hall", "three reactions", actor=make.SYSTEM,
             now=NOW)  # fmt: skip
    take(file_of(5, 10, 10, 5, start=NOON + timedelta(hours=1)))
    key = Excursion.objects.get().pk
    quarantine.quarantine(key, [lot.pk], actor=make.SYSTEM, now=NOW)
    quarantine.decide(key, Ruling.USE, "short", actor=make.SYSTEM, now=NOW)
    assert LotHold.objects.filter(released_at__isnull=True).exists()


def test_a_decision_on_less_than_is_known_now_is_open_again(fridge, hall):
    warm = NOON + timedelta(hours=1)
    take(file_of(5, 10, 10, start=warm))
    first = Excursion.objects.get()
    assert not first.ended
    quarantine.decide(first.pk, Ruling.USE, "short", actor=make.SYSTEM, now=NOW)
    take(file_of(11, 12, 5, start=warm + timedelta(minutes=30)))
    again = Excursion.objects.get()
    assert (again.pk, again.ruling, again.peak) == (first.pk, "", 12)


def test_a_lot_that_came_later_or_lay_elsewhere_is_not_concerned(fridge, hall):
    take(file_of(5, 10, 10, 5, start=NOON - timedelta(days=200)))
    assert quarantine.look(Excursion.objects.get().pk, actor=make.SYSTEM).lots == ()


def test_a_sensor_sends_with_its_secret_and_an_old_secret_is_none(fridge):
    old = cold.make_sensor("hall", "F1", actor=make.SYSTEM, now=NOW)
    secret = cold.make_sensor("hall", "F1", actor=make.SYSTEM, now=NOW)
    rows = [(NOON, 5.0), (NOON + timedelta(minutes=10), 9.5)]
    assert cold.take_sensor(secret, rows, now=NOW).new == 2
    for wrong in (old, "guess"):
        with pytest.raises(NotAllowed):
            cold.take_sensor(wrong, rows, now=NOW)
    assert Reading.objects.filter(source="sensor").count() == 2
