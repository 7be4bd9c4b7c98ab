"""Goods between sites, confirmed by both; doses thrown away with a second signature."""

import threading
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection

from balmis.contexts.access import services as access
from balmis.contexts.places import queries as places
from balmis.contexts.supply.models import Balance, Discard, Transfer
from balmis.contexts.supply.stock_book import ledger_sum
from balmis.core.coldchain.transit import Way
from balmis.core.errors import BadInput, Conflict, NotAllowed, Refusal
from balmis.core.refusal_texts import in_words
from balmis.core.vocabulary.access import Role
from balmis.core.vocabulary.supply import MoveKind, WastageReason
from balmis.flows.holds.lot_holds import HoldLot, hold_lot
from balmis.flows.supply import discards, transfers
from balmis.flows.supply.session_pack import prepare_day
from balmis.flows.supply.stock import MoveStock, move_stock
from tests import make

NOW = make.NOON + timedelta(hours=1)


@pytest.fixture
def island(committed):
    make.campaign()
    return make.lot(doses=60)


def keeper(site: str, name: str = "keeper"):
    grants = [(Role.STORE_KEEPER, None, places.site(site))]
    return access.actor_for(
        access.keep_user(
            f"{name}-{site}", name=name, password="correct-horse-battery", grants=grants
        )
    )


def promise(doses: int, key: str = "t", **changes) -> Transfer:
    asked = transfers.Promise(
        request_id=make.request(key),
        source="hall",
        target="clinic",
        lot="A1",
        product="comirnaty",
        doses=Decimal(doses),
    )
    return transfers.promise(asked, actor=changes.get("actor", make.SYSTEM), now=NOW)


def on_shelf() -> dict[str, int]:
    rows = Balance.objects.filter(account="site").select_related("site")
    return {b.site.code: int(b.doses) for b in rows if b.site}


def test_a_transfer_is_promised_sent_and_received_each_side_by_its_own(island):
    hall, clinic = keeper("hall"), keeper("clinic")
    row = promise(24, actor=hall)
    assert promise(24, actor=hall).pk == row.pk and on_shelf() == {"hall": 60}
    with pytest.raises(NotAllowed):
        transfers.send(row.pk, actor=clinic, now=NOW)
    for _ in range(2):
        transfers.send(row.pk, actor=hall, now=NOW)
    assert on_shelf() == {"hall": 36}
    arrival = transfers.Arrival(doses=Decimal(23))
    with pytest.raises(NotAllowed):
        transfers.receive(row.pk, arrival, actor=hall, now=NOW)
    with pytest.raises(BadInput, match="differ"):
        transfers.receive(row.pk, arrival, actor=clinic, now=NOW)
    explained = transfers.Arrival(doses=Decimal(18), reason="a vial broke", way=Way(3.0, 7.5))
    transfers.receive(row.pk, explained, actor=clinic, now=NOW)
    assert on_shelf() == {"hall": 36, "clinic": 18} and ledger_sum() == 0
    assert Balance.objects.get(account="transit").doses == 0
    with pytest.raises(Conflict):
        transfers.receive(row.pk, explained, actor=clinic, now=NOW)
    with pytest.raises(Conflict):
        transfers.cancel(row.pk, "too late", actor=hall, now=NOW)


def test_what_is_promised_is_not_taken_twice(island):
    row = promise(50)
    with pytest.raises(Refusal, match="short_of_stock"):
        promise(11, "second")
    away = MoveStock(
        request_id=make.request("r"),
        kind=MoveKind.RETURN,
        site="hall",
        lot="A1",
        product="comirnaty",
        doses=Decimal(11),
        occurred_on=make.TODAY,
    )
    with pytest.raises(Refusal, match="short_of_stock"):
        move_stock(away, actor=make.SYSTEM, now=NOW)
    transfers.cancel(row.pk, "the road is closed", actor=make.SYSTEM, now=NOW)
    with pytest.raises(Conflict):
        transfers.send(row.pk, actor=make.SYSTEM, now=NOW)
    assert promise(60, "third").doses == 60


def test_two_who_promise_at_once_do_not_promise_the_same_doses(island):
    done: list[str] = []

    def ask(n: int) -> None:
        try:
            promise(40, f"thread {n}")
            done.append("promised")
        except Refusal:
            done.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert sorted(done) == ["promised", "refused", "refused", "refused"]


def test_a_lot_on_hold_does_not_travel(island):
    row = promise(10)
    hold_lot(
        HoldLot(
            request_id=make.request("h"),
            product="comirnaty",
            lot="A1",
            site="hall",
            reason="a cluster",
        ),
        actor=make.SYSTEM,
        now=NOW,
    )
    for act in (
        lambda: promise(10, "other"),
        lambda: transfers.send(row.pk, actor=make.SYSTEM, now=NOW),
    ):
        with pytest.raises(Refusal, match="lot_on_hold") as refused:
            act()
        assert "a cluster" in in_words(refused.value.reason, refused.value.facts)


def test_doses_are_thrown_away_when_a_second_person_agrees(island):
    one, other = keeper("hall"), keeper("hall", "second")
    ask = discards.Ask(
        request_id=make.request("d"),
        site="hall",
        product="comirnaty",
        lot="A1",
        doses=Decimal(12),
        why=WastageReason.TOO_WARM,
        note="F1 at 12 degrees",
    )
    row = discards.ask_discard(ask, actor=one, now=NOW)
    assert discards.ask_discard(ask, actor=one, now=NOW).pk == row.pk
    assert on_shelf() == {"hall": 60}
    with pytest.raises(BadInput, match="Another person"):
        discards.end_discard(row.pk, True, actor=one, now=NOW)
    discards.end_discard(row.pk, True, actor=other, now=NOW)
    assert on_shelf() == {"hall": 48} and ledger_sum() == 0
    with pytest.raises(Refusal):
        discards.end_discard(row.pk, True, actor=other, now=NOW)
    no = discards.ask_discard(
        discards.Ask(
            request_id=make.request("e"),
            site="hall",
            product="comirnaty",
            lot="A1",
            doses=Decimal(12),
            why=WastageReason.OTHER,
            note="a mistake",
        ),
        actor=one,
        now=NOW,
    )
    discards.end_discard(no.pk, False, actor=one, now=NOW)
    assert on_shelf() == {"hall": 48} and not Discard.objects.filter(ended_at__isnull=True).exists()


def test_the_sessions_of_a_day_are_prepared_one_after_the_other(island):
    people = [make.person(n) for n in range(1, 7)]
    make.enrol()
    from tests.flows.test_holds import book

    for n in (0, 1):
        session = make.session(
            products=("comirnaty",),
            starts_at=make.OPENS + timedelta(hours=3 * n),
            ends_at=make.OPENS + timedelta(hours=3 * n + 2),
            stations=1,
        )
        for person in people[3 * n : 3 * n + 3]:
            book(person, session)
    found = prepare_day(
        places.site("hall"), make.OPENS.date(), today=make.OPENS.date(), actor=make.SYSTEM
    )
    assert [(p.bundle.people, p.bundle.vials, p.bundle.diluent, p.bundle.short) for p in found] == [
        (3, 1, 1, 0),
        (3, 1, 1, 0),
    ]
