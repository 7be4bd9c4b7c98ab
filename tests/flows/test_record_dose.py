"""A dose has been given: what must be true at once, whatever went wrong before."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from balmis.contexts.clinic.models import Dose
from balmis.contexts.journal.models import AuditEntry, Message
from balmis.contexts.safety.models import Flag
from balmis.contexts.supply import stock_book
from balmis.contexts.supply.balances import balance
from balmis.core.actor import Actor
from balmis.core.errors import NotAllowed, Refusal
from balmis.core.vocabulary.access import Role
from balmis.core.vocabulary.clinic import CorrectionReason, DoseFlag, DoseKind
from balmis.core.vocabulary.reasons import Refused
from balmis.flows.clinic.correct_dose import correct_dose
from balmis.flows.clinic.record_dose import record_dose
from tests import make

pytestmark = pytest.mark.usefixtures("committed")


@pytest.fixture(autouse=True)
def island(committed: None) -> None:
    make.campaign()


def hall():
    from balmis.contexts.places.queries import site

    return site("hall")


def flags(dose: Dose) -> set[str]:
    return set(Flag.objects.filter(dose=dose).values_list("reason", flat=True))


def test_a_dose_takes_stock_and_is_audited_and_published():
    lot = make.lot(doses=10)

    dose = make.dose(make.person(), lot)

    assert balance(lot, hall()) == 9
    assert stock_book.ledger_sum() == 0
    assert AuditEntry.objects.filter(action="dose.recorded", subject=f"dose:{dose.pk}").count() == 1
    assert Message.objects.filter(topic="dose.recorded.v1", payload__dose=dose.pk).count() == 1
    assert flags(dose) == set()


def test_a_dose_from_an_expired_lot_is_recorded_flagged_and_reviewed():
    lot = make.lot(expires=make.TODAY - timedelta(days=1))

    dose = make.dose(make.person(), lot)

    assert flags(dose) == {DoseFlag.LOT_EXPIRED}


def test_a_lot_may_be_used_through_its_expiry_date():
    assert flags(make.dose(make.person(), make.lot(expires=make.TODAY))) == set()


def test_a_vial_in_hand_outranks_the_book_which_then_asks_for_a_recount():
    lot = make.lot(doses=0)

    dose = make.dose(make.person(), lot)

    assert balance(lot, hall()) == -1
    assert flags(dose) == {DoseFlag.STOCK_SHORT}
    assert stock_book.ledger_sum() == 0


def test_a_retry_from_the_device_gives_back_the_same_dose():
    lot, person = make.lot(doses=10), make.person()

    assert make.dose(person, lot) == make.dose(person, lot)
    assert Dose.objects.count() == 1
    assert balance(lot, hall()) == 9


def test_a_request_id_used_for_another_dose_is_refused():
    lot = make.lot(doses=10)
    command = make.dose_command(make.person(1), lot)
    record_dose(command, actor=make.SYSTEM, now=make.NOON)

    with pytest.raises(Refusal) as refused:
        make.dose(make.person(2), lot, request_id=command.request_id)

    assert refused.value.reason is Refused.REQUEST_REUSED


def test_a_dose_too_soon_and_too_young_is_recorded_with_both_flags():
    child, lot = make.person(born=date(2015, 1, 1)), make.lot()
    make.dose(child, lot, given_at=make.NOON - timedelta(days=10))

    second = make.dose(child, lot, kind=DoseKind.PRIMARY_2)

    assert flags(second) == {DoseFlag.TOO_YOUNG, DoseFlag.TOO_SOON}


def test_a_dose_given_elsewhere_draws_no_stock():
    lot = make.lot(doses=10)

    dose = make.dose(make.person(), None, site=None)

    assert (dose.site, dose.lot) == (None, None)
    assert balance(lot, hall()) == 10


def test_a_fractional_dose_draws_its_part_of_a_full_dose():
    lot = make.lot(doses=10)

    make.dose(make.person(), lot, kind=DoseKind.BOOSTER_1, units=Decimal("0.5"))

    assert balance(lot, hall()) == Decimal("9.5")


def test_the_day_of_a_dose_is_the_day_at_the_site():
    just_after_midnight_in_seoul = make.NOON + timedelta(hours=12, minutes=30)

    dose = make.dose(make.person(), make.lot(), given_at=just_after_midnight_in_seoul)

    assert dose.given_on == make.TODAY + timedelta(days=1)


def test_a_lot_of_another_product_is_refused():
    lot = make.lot()

    with pytest.raises(Refusal) as refused:
        make.dose(make.person(), lot, product="jcovden")

    assert refused.value.reason is Refused.LOT_OF_OTHER_PRODUCT
    assert Dose.objects.count() == 0


def test_a_vaccinator_of_another_site_may_not_record():
    lot, person = make.lot(), make.person()
    elsewhere = Actor("user:1", grants=frozenset({(Role.VACCINATOR.value, "/IS/IS-S/@clinic")}))

    with pytest.raises(NotAllowed):
        record_dose(make.dose_command(person, lot), actor=elsewhere, now=make.NOON)


def test_a_vaccinator_of_the_site_may_record():
    lot, person = make.lot(), make.person()
    here = Actor("user:1", grants=frozenset({(Role.VACCINATOR.value, "/IS/IS-N/@hall")}))

    assert record_dose(make.dose_command(person, lot), actor=here, now=make.NOON).pk


def test_taking_a_dose_back_returns_its_stock_and_leaves_the_fact():
    lot = make.lot(doses=10)
    dose = make.dose(make.person(), lot)

    correct_dose(
        dose.pk,
        CorrectionReason.ENTERED_IN_ERROR,
        request_id=make.request("undo"),
        actor=make.SYSTEM,
        now=make.NOON,
    )
    correct_dose(
        dose.pk,
        CorrectionReason.ENTERED_IN_ERROR,
        request_id=make.request("undo"),
        actor=make.SYSTEM,
        now=make.NOON,
    )

    assert Dose.objects.filter(pk=dose.pk).exists()
    assert balance(lot, hall()) == 10
    assert stock_book.ledger_sum() == 0


def test_a_dose_cannot_be_taken_back_twice():
    dose = make.dose(make.person(), make.lot())
    correct_dose(
        dose.pk,
        CorrectionReason.DUPLICATE,
        request_id=make.request(1),
        actor=make.SYSTEM,
        now=make.NOON,
    )

    with pytest.raises(Refusal) as refused:
        correct_dose(
            dose.pk,
            CorrectionReason.DUPLICATE,
            request_id=make.request(2),
            actor=make.SYSTEM,
            now=make.NOON,
        )

    assert refused.value.reason is Refused.ALREADY_CORRECTED
