"""Readings from anywhere make the same excursions; an excursion leads to holds, and to a decision."""

import itertools
import random
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from balmis.contexts.coldchain.models import Excursion, Quarantine, Reading
from balmis.contexts.journal.models import AuditEntry
from balmis.contexts.supply.models import LotHold
from balmis.core.coldchain.excursions import TemperatureReading, excursions, ordered
from balmis.core.coldchain.loggers import read_logger
from balmis.core.errors import BadInput, NotAllowed
from balmis.core.vocabulary.clinic import Check
from balmis.core.vocabulary.coldchain import Advice, EquipmentKind, Ruling, Source
from balmis.core.vocabulary.supply import MoveKind, Storage
from balmis.flows.coldchain import quarantine, readings
from balmis.flows.holds.lot_holds import HoldLot, hold_lot
from balmis.flows.supply.stock import MoveStock, move_stock
from tests import make
from tests.flows.test_visits import check, ready

NOON = make.NOON
NOW = NOON + timedelta(hours=5)
FRIDGE = readings.Register(code="F1", kind=EquipmentKind.REFRIGERATOR, litres=Decimal(100))


@pytest.fixture
def fridge(hall):
    return readings.keep_equipment("hall", FRIDGE, actor=make.SYSTEM, now=NOW)


def file_of(*celsius: float, start=NOON, every: int = 10) -> bytes:
    rows = (
        f"{(start + timedelta(minutes=n * every)).isoformat()},{c}" for n, c in enumerate(celsius)
    )
    return ("time,temperature\n" + "\n".join(rows)).encode()


def rows_of(data: bytes):
    return read_logger(data, time_zone="Asia/Seoul")


def take(data: bytes) -> readings.Heard:
    return readings.take_file(
        readings.TakeFile(site="hall", equipment="F1", rows=rows_of(data)),
        actor=make.SYSTEM,
        now=NOW,
    )


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


HOURLY = [1.5, 2.0, 5.0, 8.0, 9.5]  # on both sides of both limits, and on them


@pytest.mark.parametrize("seed", range(4))
def test_readings_by_hand_in_any_order_late_equal_and_taken_back_make_the_same(fridge, seed):
    """As if all had been there at first. A single reading out of range has no length."""
    chance = random.Random(seed)
    moments = sorted(chance.sample(range(120), 14))
    told = [(NOON - timedelta(hours=m), chance.choice(HOURLY)) for m in moments]
    chance.shuffle(told)
    for at, celsius in told:
        by_hand(at, celsius)
        if chance.random() < 0.4:
            known = Reading.objects.filter(withdrawn__isnull=True).order_by("?").first()
            readings.withdraw_reading(
                readings.WithdrawReading(
                    site="hall", equipment="F1", reading_id=known.pk, reason="mistyped"
                ),
                actor=make.SYSTEM,
                now=NOW,
            )
        if chance.random() < 0.3:
            by_hand(at, celsius)
    rows = Reading.objects.filter(withdrawn__isnull=True).values_list("at", "celsius", "source")
    left = [TemperatureReading(at, float(c), Source(s)) for at, c, s in rows]
    meant = excursions(ordered(left, Storage.REFRIGERATED), Storage.REFRIGERATED)
    fields = ("side", "began_at", "ended_at", "ended", "peak")
    found = list(Excursion.objects.order_by("began_at", "side").values_list(*fields))
    assert found == [(e.side, e.began_at, e.ended_at, e.ended, e.peak) for e in meant]


def by_hand(at, celsius):
    with suppress(BadInput):  # another value of this minute stands
        readings.read_by_hand(
            readings.ReadByHand(site="hall", equipment="F1", at=at, celsius=celsius),
            actor=make.SYSTEM,
            now=NOW,
        )


def test_a_lone_reading_out_of_range_at_the_end_bears_one_that_comes_late(fridge):
    for hours, celsius in ((30, 5.0), (29, 5.0), (1, 1.5), (28, 5.0)):
        by_hand(NOON - timedelta(hours=hours), celsius)
    assert Excursion.objects.get().side == "cold"


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
    hold_lot(
        HoldLot(
            request_id=make.request("h"),
            product="comirnaty",
            lot=lot.number,
            site="hall",
            reason="three reactions",
        ),
        actor=make.SYSTEM,
        now=NOW,
    )
    take(file_of(5, 10, 10, 5, start=NOON + timedelta(hours=1)))
    key = Excursion.objects.get().pk
    quarantine.quarantine(key, [lot.pk], actor=make.SYSTEM, now=NOW)
    quarantine.decide(key, Ruling.USE, "short", actor=make.SYSTEM, now=NOW)
    assert LotHold.objects.filter(released_at__isnull=True).exists()


def warm_at(minutes: int, *celsius: float) -> None:
    take(file_of(*celsius, start=NOON + timedelta(minutes=60 + minutes)))


def test_what_must_be_discarded_is_held_whether_or_not_it_was_quarantined(fridge, hall):
    lot, (person, *_) = hall
    ready(person)
    warm_at(0, 5, -4, -4, 5)
    key = Excursion.objects.get().pk
    assert quarantine.look(key, actor=make.SYSTEM).lots[0].advice is Advice.FROZEN
    quarantine.decide(key, Ruling.DISCARD, "it froze", actor=make.SYSTEM, now=NOW)
    assert Check.LOT_HELD in check(person, lot).checks


def test_two_excursions_hold_a_lot_each_for_itself(fridge, hall):
    lot, (person, *_) = hall
    ready(person)
    warm_at(0, 5, 10, 5, 5)
    warm_at(40, 5, 11, 5)
    first, second = Excursion.objects.order_by("began_at")
    for e in (first, second):
        quarantine.quarantine(e.pk, [lot.pk], actor=make.SYSTEM, now=NOW)
    quarantine.decide(first.pk, Ruling.USE, "short", actor=make.SYSTEM, now=NOW)
    assert Check.LOT_HELD in check(person, lot).checks
    quarantine.decide(second.pk, Ruling.USE, "short", actor=make.SYSTEM, now=NOW)
    assert Check.LOT_HELD not in check(person, lot).checks


def test_two_excursions_that_are_one_keep_what_was_held_for_both(fridge, hall):
    lot, _ = hall
    warm_at(0, 5, 10)
    warm_at(80, 11, 5)
    first, second = Excursion.objects.order_by("began_at")
    quarantine.quarantine(first.pk, [lot.pk], actor=make.SYSTEM, now=NOW)
    quarantine.decide(second.pk, Ruling.USE, "short", actor=make.SYSTEM, now=NOW)
    warm_at(20, *([12] * 6))  # what was between: it never ended
    one = Excursion.objects.get()
    assert (one.ruling, one.peak) == ("", 12)
    quarantine.decide(one.pk, Ruling.USE, "maker asked", actor=make.SYSTEM, now=NOW)
    assert not LotHold.objects.filter(released_at__isnull=True).exists()


def test_a_decision_does_not_outlive_an_excursion_that_grows_slowly(fridge, hall):
    warm_at(0, 5, 8.4, 8.4)
    key = Excursion.objects.get().pk
    quarantine.decide(key, Ruling.USE, "short", actor=make.SYSTEM, now=NOW)
    for minute in range(21, 27):
        rows = [(NOON + timedelta(minutes=60 + minute), 8.4)]
        readings.take_file(
            readings.TakeFile(
                site="hall", equipment="F1", rows=rows_of(file_of(8.4, start=rows[0][0]))
            ),
            actor=make.SYSTEM,
            now=NOW,
        )
    assert Excursion.objects.get().ruling == ""


def test_budgets_are_of_every_fridge_of_the_site(fridge, hall):
    other = readings.Register(code="F2", kind=EquipmentKind.REFRIGERATOR, litres=Decimal(100))
    readings.keep_equipment("hall", other, actor=make.SYSTEM, now=NOW)
    warm = file_of(5, *([10] * 9), 5, start=NOON + timedelta(hours=1))
    for code in ("F1", "F2"):
        readings.take_file(
            readings.TakeFile(site="hall", equipment=code, rows=rows_of(warm)),
            actor=make.SYSTEM,
            now=NOW,
        )
    for e in Excursion.objects.all():
        (found,) = quarantine.look(e.pk, actor=make.SYSTEM).lots
        assert found.advice is Advice.OVER


def test_a_lot_that_was_sent_away_since_is_named(fridge, hall):
    lot, _ = hall
    warm_at(0, 5, 10, 5)
    move = MoveStock(
        request_id=make.request("away"),
        kind=MoveKind.TRANSFER_OUT,
        site="hall",
        product="comirnaty",
        lot=lot.number,
        doses=Decimal(12),
        occurred_on=make.TODAY,
    )
    move_stock(move, actor=make.SYSTEM, now=NOW)
    (found,) = quarantine.look(Excursion.objects.get().pk, actor=make.SYSTEM).lots
    assert (found.left, found.gone) == (0, 12)


def test_a_mistyped_reading_is_taken_back_and_counts_for_nothing(fridge):
    for hours, celsius in ((0, 5.0), (1, 54.0), (2, 5.2)):
        readings.read_by_hand(
            readings.ReadByHand(
                site="hall", equipment="F1", at=NOON + timedelta(hours=hours), celsius=celsius
            ),
            actor=make.SYSTEM,
            now=NOW,
        )
    wrong = Reading.objects.get(celsius=54)
    with pytest.raises(BadInput, match="wrong"):
        readings.withdraw_reading(
            readings.WithdrawReading(site="hall", equipment="F1", reading_id=wrong.pk, reason=" "),
            actor=make.SYSTEM,
            now=NOW,
        )
    readings.withdraw_reading(
        readings.WithdrawReading(
            site="hall", equipment="F1", reading_id=wrong.pk, reason="5.4 was meant"
        ),
        actor=make.SYSTEM,
        now=NOW,
    )
    assert not Excursion.objects.exists() and Reading.objects.count() == 3


def test_the_register_overwrites_nothing_by_mistake(fridge):
    for wrong, new in (
        (FRIDGE, True),
        (replace(FRIDGE, kind=EquipmentKind.FREEZER), False),
        (replace(FRIDGE, code="냉장고1"), True),
    ):
        with pytest.raises(BadInput):
            readings.keep_equipment("hall", wrong, new=new, actor=make.SYSTEM, now=NOW)


def test_a_sensor_s_impossible_values_stop_none_of_the_others(fridge):
    secret = readings.make_sensor("hall", "F1", uuid4(), actor=make.SYSTEM, now=NOW)
    rows = [
        (NOON, 5.0),
        (NOON + timedelta(minutes=1), -127.0),
        (NOW + timedelta(days=1), 5.0),
        (NOON + timedelta(minutes=2), 9.0),
        (NOON + timedelta(minutes=2, seconds=30), 12.0),
    ]
    heard = readings.take_sensor(secret, rows, now=NOW)
    assert (heard.new, heard.refused) == (2, 2)
    assert Excursion.objects.get().peak == 12


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
    old = readings.make_sensor("hall", "F1", uuid4(), actor=make.SYSTEM, now=NOW)
    secret = readings.make_sensor("hall", "F1", uuid4(), actor=make.SYSTEM, now=NOW)
    rows = [(NOON, 5.0), (NOON + timedelta(minutes=10), 9.5)]
    assert readings.take_sensor(secret, rows, now=NOW).new == 2
    for wrong in (old, "guess"):
        with pytest.raises(NotAllowed):
            readings.take_sensor(wrong, rows, now=NOW)
    assert Reading.objects.filter(source="sensor").count() == 2


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_the_requests_of_a_sensor_in_any_order_leave_the_same_readings(fridge, order):
    parts = [
        [(NOON, 5.0), (NOON + timedelta(seconds=20), 9.0)],
        [(NOON + timedelta(seconds=40), 12.0), (NOON + timedelta(seconds=50), 6.0)],
        [(NOON + timedelta(minutes=5), 5.0)],
    ]
    secret = readings.make_sensor("hall", "F1", uuid4(), actor=make.SYSTEM, now=NOW)
    for n in order:
        readings.take_sensor(secret, parts[n], now=NOW)
    kept = Reading.objects.order_by("at").values_list("celsius", flat=True)
    assert [float(c) for c in kept] == [9, 12, 5]
    e = Excursion.objects.get()
    assert (e.peak, e.began_at, e.ended) == (12, NOON + timedelta(seconds=20), True)


def test_two_that_join_while_a_third_parts_are_kept(fridge):
    """A sensor, and its backlog."""
    secret = readings.make_sensor("hall", "F1", uuid4(), actor=make.SYSTEM, now=NOW)

    def send(*rows):
        readings.take_sensor(
            secret, [(NOON + timedelta(minutes=m), float(c)) for m, c in rows], now=NOW
        )

    send((0, 5), (30, 10))
    send((150, 10), (180, 10), (210, 10), (240, 5))
    for e in Excursion.objects.all():
        held = hold_lot(
            HoldLot(
                request_id=uuid4(),
                product="comirnaty",
                lot=make.lot(f"L{e.pk}").number,
                site="hall",
                reason="warm",
            ),
            actor=make.SYSTEM,
            now=NOW,
        )
        Quarantine.objects.create(excursion=e, hold=held.hold)
    send((40, 10), (80, 10), (120, 10), (145, 10), (195, 7), (205, 10))
    first, second = Excursion.objects.order_by("began_at")
    assert Quarantine.objects.filter(excursion=first).count() == 2
    assert Quarantine.objects.filter(excursion=second).count() == 1


def test_a_secret_is_told_once(fridge):
    key = uuid4()
    readings.make_sensor("hall", "F1", key, actor=make.SYSTEM, now=NOW)
    with pytest.raises(BadInput, match="shown once"):
        readings.make_sensor("hall", "F1", key, actor=make.SYSTEM, now=NOW)


def test_two_that_become_one_tell_the_trail_of_the_decision_that_ended(fridge, hall):
    take(file_of(5, 10, start=NOON))
    take(file_of(10, 5, start=NOON + timedelta(hours=2)))
    for e in Excursion.objects.all():
        quarantine.decide(e.pk, Ruling.USE, f"short {e.pk}", actor=make.SYSTEM, now=NOW)
    take(file_of(*[10] * 10, start=NOON + timedelta(minutes=20)))
    assert Excursion.objects.get().ruling == ""
    told = AuditEntry.objects.filter(action="excursion.reopened")
    assert sorted(e.facts["ground"][:5] for e in told) == ["short", "short"]


def test_what_was_held_for_one_that_became_two_waits_for_both(fridge, hall):
    """A reading that was mistyped made one of two; the first decision does not free the lot."""
    take(file_of(5, 10, start=NOON))
    readings.read_by_hand(
        readings.ReadByHand(
            site="hall", equipment="F1", at=NOON + timedelta(minutes=20), celsius=11
        ),
        actor=make.SYSTEM,
        now=NOW,
    )
    take(file_of(10, 5, start=NOON + timedelta(minutes=30)))
    whole = Excursion.objects.get()
    lot, _ = hall
    quarantine.quarantine(whole.pk, [lot.pk], actor=make.SYSTEM, now=NOW)
    take(file_of(5, 5, start=NOON + timedelta(minutes=19), every=2))
    typed = Reading.objects.get(celsius=11)
    readings.withdraw_reading(
        readings.WithdrawReading(
            site="hall", equipment="F1", reading_id=typed.pk, reason="it was 5.1"
        ),
        actor=make.SYSTEM,
        now=NOW,
    )
    first, second = Excursion.objects.order_by("began_at")
    quarantine.decide(first.pk, Ruling.USE, "short", actor=make.SYSTEM, now=NOW)
    assert LotHold.objects.get().released_at is None
    quarantine.decide(second.pk, Ruling.USE, "short", actor=make.SYSTEM, now=NOW)
    assert LotHold.objects.get().released_at is not None
