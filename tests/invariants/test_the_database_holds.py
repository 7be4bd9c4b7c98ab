"""What no program, ours or another's, can do to the tables."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from balmis.contexts.clinic.models import Dose
from balmis.contexts.supply.models import Balance, StockMove
from balmis.core.vocabulary.clinic import CorrectionReason
from balmis.flows.clinic.correct_dose import correct_dose
from balmis.flows.reporting.daily_report import close_day
from tests import make
from tests.databases import as_owner

pytestmark = pytest.mark.invariants


@pytest.fixture
def history(committed):
    """A dose, its correction, an expired lot's flag, a closed day."""
    make.campaign()
    lot = make.lot(doses=10, expires=make.TODAY - timedelta(days=9))
    dose = make.dose(make.person(1), lot)
    make.dose(make.person(2), lot)
    correct_dose(
        dose.pk,
        CorrectionReason.DUPLICATE,
        request_id=make.request("undo"),
        actor=make.SYSTEM,
        now=make.NOON,
    )
    close_day(make.SLUG, make.TODAY, actor=make.SYSTEM, now=make.LATER)


def run(sql: str, *values: object) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, list(values))


APPEND_ONLY = [
    "ledger_auditentry",
    "ledger_message",
    "ledger_batch",
    "campaigns_planrevision",
    "clinic_dose",
    "clinic_dosecorrection",
    "supply_stockmove",
    "safety_flag",
    "reporting_closedday",
]


@pytest.mark.parametrize("table", [t for t in APPEND_ONLY if t != "ledger_batch"])
def test_rows_of_facts_can_be_neither_changed_nor_deleted(history, table):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        before = cursor.fetchone()[0]
    assert before > 0

    for statement in ("UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE"):
        with pytest.raises(DatabaseError, match="append_only|Cannot"), as_owner():
            run(statement.format(table))

    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        assert cursor.fetchone()[0] == before


def test_one_request_cannot_make_two_doses(history):
    with pytest.raises(DatabaseError, match="request_id"):
        run(
            "INSERT INTO clinic_dose (request_id, campaign_id, person_id, product_id, kind,"
            " completes, units, given_at, given_on, recorded_at, actor) SELECT request_id,"
            " campaign_id, person_id, product_id, kind, completes, units, given_at, given_on,"
            " recorded_at, actor FROM clinic_dose LIMIT 1"
        )


def test_a_balance_below_zero_needs_the_mark_of_the_point_of_use(history):
    balance = Balance.objects.filter(account="site").first()

    with pytest.raises(DatabaseError, match="balance_below_zero"):
        run("UPDATE supply_balance SET doses = -1 WHERE id = %s", balance.pk)


@pytest.mark.parametrize("change", ["doses = 0", "doses = -3"])
def test_a_move_takes_more_than_nothing(history, change):
    move = StockMove.objects.first()

    with pytest.raises(DatabaseError, match="move_doses_positive"):
        run(
            "INSERT INTO supply_stockmove (request_id, kind, lot_id, site_id, source, target,"
            " doses, occurred_on, recorded_at, actor) SELECT gen_random_uuid(), kind, lot_id,"
            f" site_id, source, target, {change.split('=')[1]}, occurred_on, recorded_at, actor"
            " FROM supply_stockmove WHERE id = %s",
            move.pk,
        )


def test_a_day_is_closed_once(history):
    with pytest.raises(DatabaseError, match="day_closed_once"):
        run(
            "INSERT INTO reporting_closedday (campaign_id, day, revision_id, figures, closed_at,"
            " last_dose, last_correction, last_move, last_event, actor, trail_head) SELECT campaign_id,"
            " day, revision_id, figures, closed_at, 0, 0, 0, 0, actor, trail_head"
            " FROM reporting_closedday LIMIT 1"
        )


def test_a_dose_has_a_known_kind(history):
    dose = Dose.objects.first()

    with pytest.raises(DatabaseError, match="dose_kind_known"):
        run(
            "INSERT INTO clinic_dose (request_id, campaign_id, person_id, product_id, kind,"
            " completes, units, given_at, given_on, recorded_at, actor) SELECT gen_random_uuid(),"
            " campaign_id, person_id, product_id, 'ninth', completes, units, given_at, given_on,"
            " recorded_at, actor FROM clinic_dose WHERE id = %s",
            dose.pk,
        )
