"""Messages reach their consumers at least once, whoever asks, and however often."""

import threading

import pytest
from django.db import connection, transaction

from balmis.contexts.journal.models import Delivery, Message
from balmis.contexts.reporting import queries as reporting
from balmis.contexts.reporting import services as counting
from balmis.flows.reporting.daily_report import report
from balmis.worker.jobs import deliver_all
from tests import make


@pytest.fixture(autouse=True)
def island(committed):
    make.campaign()
    for number in range(1, 7):
        make.dose(make.person(number), None, site=None)


def waiting() -> int:
    return Delivery.objects.filter(consumer="tallies").count()


def total() -> int:
    return int(report(make.SLUG, make.TODAY, now=make.LATER).doses.total)


def test_a_message_waits_until_it_is_taken_and_stays_as_a_record():
    assert waiting() == Message.objects.count() == 6
    assert deliver_all(make.LATER) == 6
    assert waiting() == 0 and Message.objects.count() == 6
    assert deliver_all(make.LATER) == 0


def test_taking_a_message_twice_counts_it_once():
    deliver_all(make.LATER)
    before = total()
    messages = [(m.topic, m.payload) for m in Message.objects.all()]
    with transaction.atomic():
        counting.take_messages(messages)
    assert total() == before == 6


def test_a_consumer_that_fails_loses_nothing():
    with pytest.raises(RuntimeError), transaction.atomic():
        counting.catch_up(now=make.LATER)
        raise RuntimeError("the machine lost power")
    assert waiting() == 6
    assert total() == 6


def test_many_who_deliver_at_once_count_right():
    def work() -> None:
        try:
            for _ in range(4):
                deliver_all(make.LATER)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for number in range(7, 17):
        make.dose(make.person(number), None, site=None)
    for thread in threads:
        thread.join()
    assert total() == 16
    assert waiting() == 0
    assert reporting.last_counted(1) == make.TODAY
