"""Closing a day while doses come in: each dose is in the frozen report, or restates it."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction

from balmis.contexts.journal.outbox import deliver
from balmis.contexts.reporting import queries as reporting
from balmis.contexts.reporting.services import take_messages
from balmis.core.errors import Refusal
from balmis.core.vocabulary.clinic import CorrectionReason
from balmis.core.vocabulary.reasons import Refused
from balmis.core.vocabulary.supply import MoveKind
from balmis.flows.clinic.correct_dose import correct_dose
from balmis.flows.reporting.daily_report import close_day, report
from balmis.flows.supply.stock import MoveStock, move_stock
from tests import make
from tests.concurrency.test_doses import at_once

pytestmark = pytest.mark.invariants


@pytest.fixture(autouse=True)
def island(committed):
    make.campaign()


def close():
    return close_day(make.SLUG, make.TODAY, actor=make.SYSTEM, now=make.LATER)


def test_every_dose_is_frozen_or_restates(template):
    lot = make.lot(doses=100)
    people = [make.person(n) for n in range(1, 25)]

    def give(share):
        return lambda: [make.dose(person, lot, now=make.NOON) for person in share]

    results = at_once(close, *[give(people[i::4]) for i in range(4)])

    assert not [r for r in results if isinstance(r, Exception)], results
    frozen = reporting.closed_day(1, make.TODAY).figures["doses"]["total"]
    told = report(make.SLUG, make.TODAY, now=make.LATER + timedelta(hours=1))
    late = told.restatement.reasons.get("doses_reported_late", 0) if told.restatement else 0
    assert frozen + late == 24


def test_closing_waits_for_who_is_counting():
    """A worker that has taken the messages and not committed hides nothing from the report."""
    make.dose(make.person(), None, site=None)
    taken, go = threading.Event(), threading.Event()

    def work():
        try:
            with transaction.atomic():
                deliver("tallies", take_messages, now=make.LATER)
                taken.set()
                go.wait(10)
        finally:
            connection.close()

    worker = threading.Thread(target=work)
    worker.start()
    assert taken.wait(10)
    threading.Timer(0.5, go.set).start()
    assert close().doses.total == 1
    worker.join()


def test_a_day_is_closed_once_by_however_many():
    results = at_once(*[close] * 4)
    refused = [r for r in results if isinstance(r, Refusal)]
    assert len(refused) == 3 and {r.reason for r in refused} == {Refused.ALREADY_CLOSED}


def test_one_move_however_often_it_is_sent_at_once():
    from decimal import Decimal

    from balmis.contexts.journal.models import AuditEntry

    make.lot("A1", doses=0)
    move = MoveStock(
        request_id=make.request("one"),
        kind=MoveKind.RECEIPT,
        site="hall",
        product="comirnaty",
        lot="A1",
        doses=Decimal(5),
        occurred_on=make.TODAY,
    )
    results = at_once(*[lambda: move_stock(move, actor=make.SYSTEM, now=make.NOON).pk] * 6)
    assert len(set(results)) == 1 and isinstance(results[0], int), results
    assert AuditEntry.objects.filter(action="stock.receipt").count() == 1


def test_a_request_that_took_back_one_dose_does_not_take_back_another():
    first, second = (make.dose(make.person(n), None, site=None) for n in (1, 2))
    undo = {"request_id": make.request("undo"), "actor": make.SYSTEM, "now": make.NOON}
    correct_dose(first.pk, CorrectionReason.DUPLICATE, **undo)
    correct_dose(first.pk, CorrectionReason.DUPLICATE, **undo)
    with pytest.raises(Refusal) as refusal:
        correct_dose(second.pk, CorrectionReason.DUPLICATE, **undo)
    assert refusal.value.reason is Refused.REQUEST_REUSED
