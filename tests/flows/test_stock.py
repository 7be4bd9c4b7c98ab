"""Stock: double entry, nothing from nowhere, counts set the book right."""

from dataclasses import replace
from decimal import Decimal

import pytest

from balmis.contexts.places import queries as places
from balmis.contexts.supply import lots, stock_book
from balmis.contexts.supply.balances import balance
from balmis.contexts.supply.models import StockMove
from balmis.core.errors import BadInput, Refusal
from balmis.core.vocabulary.reasons import Refused
from balmis.core.vocabulary.supply import MoveKind, WastageReason
from balmis.flows.supply.stock import CountStock, MoveStock, count_stock, move_stock
from tests import make


@pytest.fixture(autouse=True)
def island(committed):
    make.campaign()


def move(kind: MoveKind, doses: int, *, site: str = "hall", name: str = "", **more) -> MoveStock:
    return MoveStock(
        request_id=make.request(f"{kind} {doses} {site} {name}"),
        kind=kind,
        site=site,
        product="comirnaty",
        lot="A1",
        doses=Decimal(doses),
        occurred_on=make.TODAY,
        **more,
    )


def post(command: MoveStock):
    return move_stock(command, actor=make.SYSTEM, now=make.NOON)


def held(site: str = "hall") -> Decimal:
    lot = lots.lot(make.lot("A1", doses=0).pk)
    return balance(lot, places.site(site))


def test_every_kind_of_move_keeps_the_sum_at_zero():
    post(move(MoveKind.RECEIPT, 100, site="store"))
    post(move(MoveKind.TRANSFER_OUT, 60, site="store"))
    post(move(MoveKind.TRANSFER_IN, 60))
    post(move(MoveKind.WASTAGE, 6, wasted=WastageReason.BROKEN))
    post(move(MoveKind.EXTRA_DRAWN, 3))
    post(move(MoveKind.RETURN, 10))

    assert (held("store"), held("hall")) == (40, 47)
    assert stock_book.ledger_sum() == 0
    assert stock_book.balances_amiss() == 0


@pytest.mark.parametrize("kind", [MoveKind.RETURN, MoveKind.TRANSFER_OUT, MoveKind.WASTAGE])
def test_what_is_not_there_cannot_leave(kind):
    post(move(MoveKind.RECEIPT, 5))
    with pytest.raises(Refusal) as refusal:
        post(move(kind, 6))
    assert refusal.value.reason is Refused.SHORT_OF_STOCK
    assert held() == 5


def test_the_same_request_moves_once_and_another_move_with_it_is_refused():
    command = move(MoveKind.RECEIPT, 5)
    assert post(command).pk == post(command).pk
    assert held() == 5
    with pytest.raises(Refusal) as refusal:
        post(replace(command, doses=Decimal(7)))
    assert refusal.value.reason is Refused.REQUEST_REUSED


def count(counted: int, name: str) -> CountStock:
    return CountStock(
        request_id=make.request(name),
        site="hall",
        product="comirnaty",
        lot="A1",
        counted=Decimal(counted),
        occurred_on=make.TODAY,
        reason="Evening count",
    )


def test_a_count_sets_the_book_and_its_retry_does_nothing_even_after_a_dose():
    lot = make.lot("A1", doses=10)
    command = count(10, "right")
    assert count_stock(command, actor=make.SYSTEM, now=make.NOON) is None
    make.dose(make.person(), lot)

    assert count_stock(command, actor=make.SYSTEM, now=make.NOON) is None
    assert held() == 9
    assert count_stock(count(7, "short"), actor=make.SYSTEM, now=make.NOON) is not None
    assert held() == 7 and stock_book.ledger_sum() == 0


@pytest.mark.parametrize("doses", [0, -5])
def test_nothing_and_less_cannot_be_moved(doses):
    with pytest.raises(BadInput):
        move(MoveKind.RECEIPT, doses)


def test_an_unknown_site_is_told():
    with pytest.raises(Refusal) as refusal:
        post(move(MoveKind.RECEIPT, 5, site="nowhere"))
    assert refusal.value.reason is Refused.NOT_KNOWN
    assert StockMove.objects.count() == 0
