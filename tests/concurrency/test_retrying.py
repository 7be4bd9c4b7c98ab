"""Two flows that lock the same places in opposite order both come to their end."""

import threading

import pytest
from django.db import OperationalError, connection, transaction

from balmis.contexts.booking.models import Pool
from balmis.flows.retry import retried
from tests import make


def test_of_two_that_block_each_other_one_is_tried_again(committed):
    make.campaign()
    first, second = [p.pk for p in make.pools(make.session())[:2]]
    meet = threading.Barrier(2)
    began: list[str] = []
    errors: list[BaseException] = []

    @retried
    @transaction.atomic(durable=True)
    def lock(name, *pools):
        began.append(name)
        for nth, pool in enumerate(pools):
            Pool.objects.select_for_update().get(pk=pool)
            if nth == 0 and len(began) <= 2:
                meet.wait(5)  # both have their first: now they want each other's

    def run(name, *pools):
        try:
            lock(name, *pools)
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [
        threading.Thread(target=run, args=("a", first, second)),
        threading.Thread(target=run, args=("b", second, first)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert errors == []
    assert len(began) == 3


def test_other_errors_and_flows_inside_a_transaction_are_not_tried_again(committed):
    calls = []

    @retried
    def broken():
        calls.append(1)
        raise OperationalError("the database is away")

    with pytest.raises(OperationalError):
        broken()
    assert calls == [1]
