"""Goods from outside: ordered, counted in; too warm on the way they wait for a decision."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from balmis.contexts.journal.models import AuditEntry
from balmis.contexts.places import queries as places
from balmis.contexts.supply import area_stock, purchase_orders
from balmis.contexts.supply.models import Balance, Delivery, LotHold, PurchaseOrder, StockMove
from balmis.contexts.supply.stock_book import balances_amiss, ledger_sum
from balmis.core.coldchain.transit import Way
from balmis.core.errors import BadInput, Refusal
from balmis.core.policy import DEFAULT
from balmis.core.vocabulary.coldchain import Advice
from balmis.core.vocabulary.supply import Account, MoveKind
from balmis.flows.coldchain.transit import data_say
from balmis.flows.holds.lot_holds import HoldLot, hold_lot
from balmis.flows.supply import deliveries, transfers
from balmis.flows.supply.reorder import goods_of
from balmis.flows.supply.stock import MoveStock, move_stock
from tests import make

NOW = make.NOON + timedelta(hours=1)


@pytest.fixture
def island(committed):
    make.campaign()
    return make.lot(doses=60)


def came(doses: int, key: str = "d", **changes) -> Delivery:
    asked = {
        "request_id": make.request(key),
        "site": "hall",
        "product": "comirnaty",
        "lot": "B2",
        "counted": Decimal(doses),
    } | changes
    return deliveries.receive_delivery(deliveries.Came(**asked), actor=make.SYSTEM, now=NOW)


def ordered(doses: int = 600, days: int = 3, key: str = "o", **changes) -> PurchaseOrder:
    asked = {
        "request_id": make.request(key),
        "site": "hall",
        "product": "comirnaty",
        "doses": Decimal(doses),
        "expected_on": make.TODAY + timedelta(days=days),
    } | changes
    return deliveries.order(deliveries.Wanted(**asked), actor=make.SYSTEM, now=NOW)


def sent(doses: int, key: str = "t", lot: str = "A1"):
    asked = transfers.Promise(
        request_id=make.request(key),
        source="hall",
        target="clinic",
        lot=lot,
        product="comirnaty",
        doses=Decimal(doses),
    )
    row = transfers.promise(asked, actor=make.SYSTEM, now=NOW)
    return transfers.send(row.pk, actor=make.SYSTEM, now=NOW)


def arrive(row, doses: int, **changes):
    arrival = transfers.Arrival(doses=Decimal(doses), **changes)
    return transfers.receive(row.pk, arrival, actor=make.SYSTEM, now=NOW)


def shelf(site: str) -> float:
    rows = Balance.objects.filter(account="site", site__code=site)
    return float(sum(b.doses for b in rows))


def test_a_delivery_is_counted_in_once_and_a_difference_explained(island):
    with pytest.raises(BadInput, match="differs"):
        came(58, noted=Decimal(60))
    assert not Delivery.objects.exists() and shelf("hall") == 60
    first = came(58, noted=Decimal(60), reason="two vials broken")
    assert came(58, noted=Decimal(60), reason="two vials broken") == first and shelf("hall") == 118
    with pytest.raises(Refusal) as refused:
        came(59)
    assert refused.value.reason == "request_reused"


def test_what_was_too_warm_on_the_way_is_on_hold_until_it_is_decided(island):
    came(60, "fine", way=Way(2.5, 7.9))
    assert not LotHold.objects.exists()
    came(54, way=Way(2.5, 9.0, minutes=60))
    held = LotHold.objects.get()
    assert held.site.code == "hall" and held.reason == "2.5 … 9.0 °C" and held.on_the_way
    assert data_say([held.lot], held.site_id)[held.lot_id] is Advice.WITHIN
    came(60, "cold", lot="C3", way=Way(-2.0, 5.0))
    cold = LotHold.objects.get(lot__number="C3")
    assert (
        data_say([cold.lot], cold.site_id)[cold.lot_id] is Advice.UNKNOWN
    )  # neither frozen nor thawed
    came(60, "unknown", lot="D4", way=Way(2.5, 9.0))
    unknown = LotHold.objects.get(lot__number="D4")
    assert data_say([unknown.lot], unknown.site_id)[unknown.lot_id] is Advice.UNKNOWN


def test_what_a_lot_lived_through_elsewhere_counts_where_it_goes(island):
    """An hour too warm on the way from the supplier, and more on the next: together too much."""
    came(60, lot="B2", way=Way(5.0, 10.0, minutes=60))
    lot = LotHold.objects.get().lot
    LotHold.objects.update(released_at=NOW, decision="within")
    assert data_say([lot], places.site("hall").pk)[lot.pk] is Advice.WITHIN
    arrive(sent(30, lot="B2"), 30, way=Way(5.0, 10.0, minutes=90))
    clinic = places.site("clinic").pk
    assert data_say([lot], clinic)[lot.pk] is Advice.OVER
    assert data_say([lot], places.site("hall").pk)[lot.pk] is Advice.WITHIN


def test_a_short_delivery_reaches_a_shelf_that_owes_doses(island):
    row = sent(24)
    Balance.objects.create(
        lot=island, account="site", site=places.site("clinic"), doses=-5, overdrawn_at=NOW
    )
    Balance.objects.filter(lot=island, account="site", site__code="hall").update(doses=41)
    arrive(row, 20, reason="four vials short")
    assert shelf("clinic") == 15 and ledger_sum() == 0
    moved = {
        (m.kind, m.source, m.target, int(m.doses))
        for m in StockMove.objects.filter(request_id=row.request_id)
    }
    assert moved == {
        (MoveKind.TRANSFER_OUT, Account.SITE, Account.TRANSIT, 24),
        (MoveKind.TRANSFER_IN, Account.TRANSIT, Account.SITE, 20),
        (MoveKind.ADJUSTMENT, Account.TRANSIT, Account.ADJUSTED, 4),
    }


@pytest.mark.parametrize(("counted", "there"), [(0, 0), (24, 24), (30, 30)])
def test_none_all_or_more_of_it_arrives(island, counted, there):
    arrive(sent(24), counted, reason="as counted")
    assert shelf("clinic") == there and ledger_sum() == 0 and balances_amiss() == 0


def test_the_same_request_with_other_words_is_refused(island):
    row = sent(24)
    assert sent(24).pk == row.pk
    with pytest.raises(Refusal) as refused:
        sent(30)
    assert refused.value.reason == "request_reused"


def test_an_expired_lot_goes_to_no_site_that_gives_doses(island):
    move_stock(
        MoveStock(
            request_id=make.request("old"),
            kind=MoveKind.RECEIPT,
            site="hall",
            product="comirnaty",
            lot="OLD",
            doses=Decimal(10),
            occurred_on=make.TODAY,
            expires_on=make.TODAY - timedelta(days=1),
        ),
        actor=make.SYSTEM,
        now=NOW,
    )
    with pytest.raises(BadInput, match="expired"):
        sent(6, lot="OLD")


def test_an_order_is_expected_until_it_came_or_is_ended(island):
    hall = places.site("hall")
    row = ordered()
    assert ordered().pk == row.pk
    with pytest.raises(Refusal):
        ordered(doses=700)
    until = make.TODAY + timedelta(days=14)
    assert purchase_orders.outstanding([hall.pk], make.TODAY, until) == {
        (hall.pk, "comirnaty"): 600
    }
    assert purchase_orders.outstanding([hall.pk], make.TODAY, make.TODAY) == {}
    came(400, order=row.pk)
    assert purchase_orders.outstanding([hall.pk], make.TODAY, until) == {
        (hall.pk, "comirnaty"): 200
    }
    found = {r.site.code: r.goods for r in goods_of([hall], DEFAULT.supply, now=NOW).rows}
    assert found["hall"].ordered == 200 and found["hall"].usable == 460
    deliveries.end_order("hall", row.pk, "the rest is not made", actor=make.SYSTEM, now=NOW)
    assert purchase_orders.outstanding(
        [hall.pk], make.TODAY, until
    ) == {} and not purchase_orders.orders_of(hall.pk)
    with pytest.raises(BadInput):
        ordered(key="p", days=-1)


def test_what_is_held_on_the_way_is_not_coming(island):
    row = sent(24)
    clinic = places.site("clinic")
    assert area_stock.coming_to([clinic.pk], make.TODAY) == {(clinic.pk, "comirnaty"): 24}
    hold_lot(
        HoldLot(
            request_id=make.request("h"),
            product="comirnaty",
            lot="A1",
            site="clinic",
            reason="too warm",
        ),
        actor=make.SYSTEM,
        now=NOW,
    )
    assert area_stock.coming_to([clinic.pk], make.TODAY) == {}
    arrive(row, 24)
    assert shelf("clinic") == 24


@pytest.mark.parametrize(
    ("changes", "doubt"),
    [
        ({"lot": "b-2"}, "nearly so"),
        ({"lot": "B 2"}, "nearly so"),
        ({"expires_on": make.TODAY + timedelta(days=400)}, "another expiry"),
        ({"lot": "OLD", "expires_on": make.TODAY - timedelta(days=1)}, "has expired"),
        ({}, "minutes ago"),
    ],
)
def test_what_is_doubtful_is_asked_and_done_when_they_are_sure(island, changes, doubt):
    came(60, expires_on=make.TODAY + timedelta(days=90))
    asked = {"key": "again", "expires_on": make.TODAY + timedelta(days=90)} | changes
    with pytest.raises(BadInput, match=doubt):
        came(60, **asked)
    assert shelf("hall") == 120
    came(60, **asked, sure=True)
    assert shelf("hall") == 180
    told = AuditEntry.objects.filter(action="lot.expiry_changed")
    assert told.exists() is (doubt == "another expiry")


def test_a_lot_that_went_round_many_sites_is_looked_at_in_a_few_steps(island):
    """Each way back and forth is looked at once, however many there were."""
    for n in range(30):
        there, back = ("hall", "clinic") if n % 2 == 0 else ("clinic", "hall")
        asked = transfers.Promise(
            request_id=make.request(f"r{n}"),
            source=there,
            target=back,
            lot="A1",
            product="comirnaty",
            doses=Decimal(60),
        )
        row = transfers.promise(asked, actor=make.SYSTEM, now=NOW)
        transfers.send(row.pk, actor=make.SYSTEM, now=NOW + timedelta(minutes=2 * n))
        arrival = transfers.Arrival(doses=Decimal(60), way=Way(3.0, 9.0, minutes=2))
        done = transfers.receive(
            row.pk, arrival, actor=make.SYSTEM, now=NOW + timedelta(minutes=2 * n + 1)
        )
        LotHold.objects.update(released_at=NOW, decision="within")
    with CaptureQueriesContext(connection) as seen:
        said = data_say([island], done.target_id)
    assert said[island.pk] is Advice.WITHIN and len(seen) < 25
