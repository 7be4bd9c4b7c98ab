"""Many devices at once, on a real database with real commits."""

import threading
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import connection

from balmis.contexts.clinic.models import Dose
from balmis.contexts.supply import stock_book
from balmis.contexts.supply.balances import balance
from balmis.core.errors import Refusal
from balmis.core.vocabulary.supply import MoveKind
from balmis.flows.clinic.record_dose import record_dose
from balmis.flows.supply.stock import MoveStock, move_stock
from tests import make

pytestmark = pytest.mark.invariants


def at_once(*tasks: Callable[[], object]) -> list[object]:
    """Run the tasks in threads that start together; results or exceptions, in order."""
    gate = threading.Barrier(len(tasks))
    results: list[object] = [None] * len(tasks)

    def run(i: int) -> None:
        gate.wait()
        try:
            results[i] = tasks[i]()
        except Exception as error:
            results[i] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(i,)) for i in range(len(tasks))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


def test_eight_identical_requests_make_one_dose(committed):
    make.campaign()
    lot = make.lot(doses=10)
    command = make.dose_command(make.person(), lot)

    doses = at_once(*[lambda: record_dose(command, actor=make.SYSTEM, now=make.NOON)] * 8)

    assert len({dose.pk for dose in doses}) == 1
    assert Dose.objects.count() == 1
    assert balance(lot, lot_site()) == 9


def lot_site():
    from balmis.contexts.places.queries import site

    return site("hall")


def test_eight_people_at_once_draw_eight_doses(committed):
    make.campaign()
    lot = make.lot(doses=10)
    commands = [make.dose_command(make.person(n), lot) for n in range(8)]

    results = at_once(
        *[lambda c=c: record_dose(c, actor=make.SYSTEM, now=make.NOON) for c in commands]
    )

    assert all(isinstance(r, Dose) for r in results), results
    assert balance(lot, lot_site()) == 2
    assert stock_book.balances_amiss() == 0


def test_two_transfers_cannot_both_take_the_last_doses(committed):
    make.campaign()
    lot = make.lot(doses=10)

    def transfer(n: int) -> object:
        move = MoveStock(
            request_id=make.request(f"transfer {n}"),
            kind=MoveKind.TRANSFER_OUT,
            site="hall",
            product="comirnaty",
            lot="A1",
            doses=Decimal(7),
            occurred_on=make.TODAY,
        )
        return move_stock(move, actor=make.SYSTEM, now=make.NOON)

    results = at_once(*[lambda n=n: transfer(n) for n in range(4)])

    assert sum(isinstance(r, Refusal) for r in results) == 3, results
    assert balance(lot, lot_site()) == 3
    assert stock_book.ledger_sum() == 0


def test_receipts_returns_and_doses_at_once_never_deadlock(committed):
    make.campaign()
    lot = make.lot(doses=100)
    person = make.person()

    def move(n: int, kind: MoveKind) -> object:
        command = MoveStock(
            request_id=make.request(f"{kind} {n}"),
            kind=kind,
            site="hall",
            product="comirnaty",
            lot="A1",
            doses=Decimal(2),
            occurred_on=make.TODAY,
        )
        return move_stock(command, actor=make.SYSTEM, now=make.NOON)

    kinds = [MoveKind.RECEIPT, MoveKind.RETURN, MoveKind.TRANSFER_OUT, MoveKind.WASTAGE] * 3
    tasks = [lambda n=n, k=k: move(n, k) for n, k in enumerate(kinds)]
    tasks.append(lambda: make.dose(person, lot))

    results = at_once(*tasks)

    assert not [r for r in results if isinstance(r, Exception)]
    assert balance(lot, lot_site()) == 100 + 6 - 18 - 1
    assert stock_book.balances_amiss() == 0
