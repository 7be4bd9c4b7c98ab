"""Registering without a number, and two records that turn out to be one person."""

import threading
from datetime import date, timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from balmis.contexts.booking import taking
from balmis.contexts.booking.checking import drift
from balmis.contexts.booking.models import Booking, Standby
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.campaigns.models import Headcount, Member
from balmis.contexts.clinic.models import Dose
from balmis.contexts.ledger.models import AuditEntry
from balmis.contexts.ledger.services import Actor
from balmis.contexts.notices.models import Notice
from balmis.contexts.people.models import Merge, Person, Registration
from balmis.contexts.people.services import keep_contact
from balmis.contexts.places import queries as places
from balmis.contexts.reporting.models import Tally
from balmis.contexts.reporting.services import catch_up
from balmis.core.errors import BadInput, Conflict, NotAllowed, Refusal
from balmis.core.vocabulary import BookingStatus, Channel, DoseKind, EndReason, Reason, Sex
from balmis.flows.booking import standby
from balmis.flows.booking.passes import pass_for
from balmis.flows.identity import merging, registering
from balmis.flows.identity.registering import Stated
from tests import make

NOON = make.NOON
ENDED = (BookingStatus.CANCELLED, EndReason.BY_PERSON)


def stated(name="Resident 1", **changes):
    fields = {"name": name, "born": date(1950, 5, 5), "sex": Sex.FEMALE, "area": "IS-N",
              "address": "010-1234-5678", "language": "ko"}  # fmt: skip
    return Stated(**(fields | changes))


@pytest.fixture
def register(committed):
    make.campaign()
    people = [make.person(n) for n in (1, 2)]
    make.enrol()
    return people


def code():
    return str(Notice.objects.filter(purpose="code").latest("pk").facts["code"])


def registers(said, right=True):
    asked = registering.register(make.SLUG, said, now=NOON)
    return registering.check_code(
        make.SLUG, asked.registration, code() if right else "000000", now=NOON
    )


# ---- registering ----------------------------------------------------------------------------


def test_who_stands_in_the_register_gets_a_code_as_with_a_number(register):
    keep_contact(register[0], phone="+821099998888", language="ko", now=NOON)
    asked = registering.register(make.SLUG, stated("resident 1"), now=NOON)
    assert (asked.person, asked.registration) == (register[0].pk, None)
    assert Notice.objects.get().address == "+821099998888"  # on file, not as stated
    assert not Registration.objects.exists()


def test_who_is_like_nobody_gets_a_provisional_record_and_may_book(register):
    people = Headcount.objects.get(area__code="IS-N", group__code="old").people
    asked = registers(stated("Nguyễn Văn Hùng"))
    person = Person.objects.get(pk=asked.person)
    assert (person.register.code, person.external_id) == ("provisional", f"R{asked_row().pk}")
    assert person.contact.phone == "+821012345678"
    assert pass_for(campaigns.campaign(make.SLUG), person, now=NOON).number == 1
    assert Headcount.objects.get(area__code="IS-N", group__code="old").people == people + 1
    # the next time they are found
    assert registering.register(make.SLUG, stated("nguyen van hung"), now=NOON).person == person.pk


def asked_row():
    return Registration.objects.latest("pk")


def test_who_is_near_someone_waits_for_the_desk_which_finds_them(register):
    asked = registers(stated("Resident 3"))  # a slip, or another person
    assert asked.person is None
    (row,) = registering.reviews(make.SLUG, ["/IS/"])
    seen = registering.open_review(make.SLUG, row.pk, actor=make.SYSTEM, now=NOON)
    assert [p.pk for p, _ in seen.alike] == [p.pk for p in register]
    person = registering.decide(make.SLUG, row.pk, register[1].pk, actor=make.SYSTEM, now=NOON)
    assert (person.pk, person.contact.phone) == (register[1].pk, "+821012345678")
    assert Notice.objects.get(purpose="registered").facts["name"] == "Resident 3"
    with pytest.raises(Conflict):
        registering.decide(make.SLUG, row.pk, None, actor=make.SYSTEM, now=NOON)
    # with the same words they are that person from now on
    assert registering.register(make.SLUG, stated("Resident 3"), now=NOON).person == register[1].pk


def test_the_desk_may_say_that_it_is_another_person(register):
    registers(stated("Resident 3"))
    row = asked_row()
    person = registering.decide(make.SLUG, row.pk, None, actor=make.SYSTEM, now=NOON)
    assert person.register.code == "provisional"
    assert Member.objects.filter(person=person).exists()
    registers(stated("Trần Thị Hoa"))
    stranger = Actor("user:9", grants=frozenset({("registrar", "/IS/IS-S/")}))
    registers(stated("Resident 4"))
    with pytest.raises(NotAllowed):
        registering.decide(make.SLUG, asked_row().pk, None, actor=stranger, now=NOON)
    with pytest.raises(BadInput, match="alike"):
        registering.decide(make.SLUG, asked_row().pk, person.pk + 1, actor=make.SYSTEM, now=NOON)


def test_a_wrong_code_registers_nobody_and_five_end_it(register):
    asked = registering.register(make.SLUG, stated("Nguyễn Văn Hùng"), now=NOON)
    right = code()
    wrong = "000000" if right != "000000" else "000001"
    for _ in range(5):
        assert registering.check_code(make.SLUG, asked.registration, wrong, now=NOON) is None
    assert registering.check_code(make.SLUG, asked.registration, right, now=NOON) is None
    assert registering.check_code(make.SLUG, 10**9, right, now=NOON) is None
    assert Person.objects.count() == 2


def test_an_address_gets_five_codes_an_hour(register):
    for n in range(5):
        registering.register(make.SLUG, stated(f"Someone Else {n}"), now=NOON)
    with pytest.raises(Refusal) as refused:
        registering.register(make.SLUG, stated("Someone Else 6"), now=NOON)
    assert refused.value.reason is Reason.TOO_MANY_TRIES


def test_an_area_outside_the_campaign_is_refused(register):
    with pytest.raises(BadInput, match="area"):
        registering.register(make.SLUG, stated(area="nowhere"), now=NOON)


def test_at_the_desk_no_phone_is_needed(register):
    asked = registering.register_at_desk(make.SLUG, stated("Trần Thị Hoa", address=""),
                                         actor=make.SYSTEM, now=NOON)  # fmt: skip
    assert asked.person is not None
    asked = registering.register_at_desk(make.SLUG, stated("Resident 3", address=""),
                                         actor=make.SYSTEM, now=NOON)  # fmt: skip
    assert asked.registration is not None
    registering.decide(make.SLUG, asked.registration, register[0].pk, actor=make.SYSTEM, now=NOON)
    assert not Notice.objects.filter(purpose="registered").exists()


# ---- two records of one person --------------------------------------------------------------


def take(person, pool, number=1, name="", **more):
    wish = taking.Wish(request_id=make.request(f"{person.pk} {number} {name}"), pool=pool.pk,
                       person=person.pk, campaign=campaigns.campaign(make.SLUG).pk, number=number,
                       product="comirnaty", **more)  # fmt: skip
    (answered,) = taking.take([wish], channel=Channel.RESIDENT, now=NOON)
    return answered


def merge(kept, merged):
    return merging.merge_people(
        kept.pk, merged.pk, reason="same document", actor=make.SYSTEM, now=NOON
    )


def test_of_two_bookings_one_stays_and_everything_goes_to_the_record_kept(register):
    kept, merged = register
    session = make.session(products=("comirnaty",))
    pools = make.pools(session)
    take(kept, pools[0], hold_until=NOON + timedelta(minutes=10))
    take(merged, pools[1])  # confirmed: it outranks the hold
    take(merged, pools[2], number=2)
    dose = make.dose(merged)
    people = Headcount.objects.get(area__code="IS-N", group__code="old").people

    merge(kept, merged)

    live = Booking.objects.filter(status__in=["held", "confirmed"]).order_by("number")
    assert [(b.person_id, b.number, b.pool_id) for b in live] == [
        (kept.pk, 1, pools[1].pk), (kept.pk, 2, pools[2].pk),
    ]  # fmt: skip
    assert Booking.objects.get(status="cancelled").why_ended == "found_twice"
    assert Dose.objects.get(pk=dose.pk).person_id == kept.pk
    assert Headcount.objects.get(area__code="IS-N", group__code="old").people == people - 1
    assert not Member.objects.filter(person=merged).exists()
    assert drift() == []
    assert AuditEntry.objects.filter(action="people.merged").count() == 1


def test_nothing_is_booked_for_a_merged_record_any_more_and_its_person_books_as_the_other(register):
    kept, merged = register
    pools = make.pools(make.session(products=("comirnaty",)))
    merge(kept, merged)
    merged.refresh_from_db()
    assert take(merged, pools[0]).answer == 10
    assert pass_for(campaigns.campaign(make.SLUG), merged, now=NOON).person == kept.pk


def test_a_merge_can_be_undone(register):
    kept, merged = register
    pools = make.pools(make.session(products=("comirnaty",)))
    take(merged, pools[1])
    dose = make.dose(merged)
    keep_contact(merged, phone="+821099998888", language="ko", now=NOON)
    made = merge(kept, merged)
    assert kept.contact.phone == "+821099998888"
    catch_up(now=NOON)

    merging.undo_merge(made.pk, actor=make.SYSTEM, now=NOON)

    assert Booking.objects.get(status="confirmed").person_id == merged.pk
    assert Dose.objects.get(pk=dose.pk).person_id == merged.pk
    assert not Person.objects.filter(pk=kept.pk, contact__isnull=False).exists()
    assert Member.objects.filter(person=merged).exists()
    assert take(merged, pools[0], number=2).ok
    with pytest.raises(Conflict):
        merging.undo_merge(made.pk, actor=make.SYSTEM, now=NOON)
    assert drift() == []


def test_who_was_reached_first_is_counted_anew(register):
    kept, merged = register
    make.dose(kept)
    make.dose(merged, kind=DoseKind.PRIMARY_1, given_at=NOON - timedelta(days=1))
    catch_up(now=NOON)

    def covered():
        return {str(t.day): t.covered for t in Tally.objects.filter(dimension="all")}

    assert covered() == {"2021-06-16": 1, "2021-06-17": 1}
    made = merge(kept, merged)
    catch_up(now=NOON)
    assert covered() == {"2021-06-16": 1, "2021-06-17": 0}
    merging.undo_merge(made.pk, actor=make.SYSTEM, now=NOON)
    catch_up(now=NOON)
    assert covered() == {"2021-06-16": 1, "2021-06-17": 1}


def test_a_dose_changes_hands_only_through_a_merge(register):
    dose = make.dose(register[0])
    with pytest.raises(DatabaseError, match="append_only"), transaction.atomic():
        Dose.objects.filter(pk=dose.pk).update(person=register[1])
    merge(register[0], register[1])
    with pytest.raises(DatabaseError, match="append_only"), transaction.atomic():
        Dose.objects.filter(pk=dose.pk).update(units=2)


def test_a_merge_that_cannot_be_is_refused(register):
    kept, merged = register
    with pytest.raises(BadInput, match="not two records"):
        merge(kept, kept)
    with pytest.raises(BadInput, match="Say why"):
        merging.merge_people(kept.pk, merged.pk, reason=" ", actor=make.SYSTEM, now=NOON)
    merge(kept, merged)
    with pytest.raises(BadInput, match="merged already"):
        merge(kept, merged)
    third = make.person(3)
    with pytest.raises(BadInput, match="keep that one"):
        merge(third, kept)


def test_standby_entries_go_over_once(register):
    kept, merged = register
    session = make.session(products=("comirnaty",))
    campaign = campaigns.campaign(make.SLUG)
    for person in register:
        held = pass_for(campaign, person, now=NOON)
        standby.join(campaign, held, person, places.site("hall").code, session.on, now=NOON)
    merge(kept, merged)
    assert Standby.objects.get(status="waiting").person_id == kept.pk


def test_a_merge_left_half_done_is_completed(register):
    kept, merged = register
    pools = make.pools(make.session(products=("comirnaty",)))
    take(merged, pools[0])
    from balmis.contexts.people import identity

    identity.note_merge(kept, merged, reason="x", actor="test", now=NOON)
    assert drift() != []
    assert merging.settle_all(now=NOON) == 1
    assert drift() == [] and merging.settle_all(now=NOON) == 0


def test_bookings_made_while_two_records_are_merged_leave_one(register):
    """Both records book again and again from other connections while they are merged."""
    kept, merged = register
    session = make.session(products=("comirnaty",), stations=2)
    pools = make.pools(session)
    stop = threading.Event()
    errors: list[BaseException] = []

    def book(person):
        n = 0
        try:
            while not stop.is_set() and n < 400:
                n += 1
                found = take(person, pools[n % len(pools)], name=f"{n}")
                if found.ok and n % 3 == 0:
                    taking.end([found.booking], *ENDED, now=NOON)
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=book, args=(p,)) for p in (kept, merged, merged)]
    for thread in threads:
        thread.start()
    merge(kept, merged)
    stop.set()
    for thread in threads:
        thread.join()
    assert errors == []
    assert not Booking.objects.filter(person=merged, status__in=["held", "confirmed"]).exists()
    assert Merge.objects.count() == 1
    assert drift() == []
