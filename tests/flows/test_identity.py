"""Registering without a number, and two records that turn out to be one person."""

import re
import threading
from datetime import date, timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from balmis.contexts.booking import places as booking_places
from balmis.contexts.booking.drift import drift
from balmis.contexts.booking.models import Booking, Standby
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.campaigns.models import Headcount, Member
from balmis.contexts.clinic.models import Dose
from balmis.contexts.journal.models import AuditEntry
from balmis.contexts.notices.models import Notice
from balmis.contexts.people import merges
from balmis.contexts.people import queries as people_queries
from balmis.contexts.people.contacts import keep_contact
from balmis.contexts.people.models import Contact, Merge, Person, Registration, Trait
from balmis.contexts.people.registrations import Stated, perhaps_known
from balmis.contexts.places import queries as places
from balmis.contexts.reporting.models import Tally
from balmis.contexts.reporting.services import catch_up
from balmis.contexts.units import queries as unit_queries
from balmis.contexts.units import services as units
from balmis.core.actor import Actor
from balmis.core.errors import BadInput, Conflict, NotAllowed, Refusal
from balmis.core.people.made_number import is_made_wrong
from balmis.core.vocabulary.booking import BookingStatus, Channel, EndReason
from balmis.core.vocabulary.people import Proof, Sex
from balmis.core.vocabulary.reasons import Refused
from balmis.flows.booking import standby
from balmis.flows.booking.passes import pass_for
from balmis.flows.people import merge as people_merge
from balmis.flows.people import registrations
from balmis.flows.units import rosters
from tests import make
from tests.databases import as_owner

NOON = make.NOON
HOUR = timedelta(hours=1)
ENDED = (BookingStatus.CANCELLED, EndReason.BY_PERSON)


def stated(name="Resident 1", **changes):
    fields = {
        "name": name,
        "born": date(1950, 5, 5),
        "sex": Sex.FEMALE,
        "area": "IS-N",
        "address": "010-1234-5678",
        "language": "ko",
    }
    return Stated(**(fields | changes))


@pytest.fixture
def register(committed):
    make.campaign()
    people = [make.person(n) for n in (1, 2)]
    make.enrol()
    return people


def code():
    return str(Notice.objects.filter(purpose="code").latest("pk").facts["code"])


def registers(said):
    """The registration is made and the right code entered."""
    row = registrations.register(make.SLUG, said, now=NOON)
    return registrations.check_code(make.SLUG, row, code(), now=NOON)


# ---- registering ----------------------------------------------------------------------------


def test_a_name_of_the_register_proves_nothing(register):
    """Who knows name, birthday, sex and home gets a record of their own, and learns nothing."""
    keep_contact(register[0], phone="+821099998888", language="ko", now=NOON)
    make.dose(register[1])
    for name in ("resident 1", "Resident 2"):
        found = registers(stated(name))
        made = Person.objects.get(pk=found.person)
        assert made.register.provisional and made not in register
        assert pass_for(campaigns.campaign(make.SLUG), made, now=NOON).number == 1
    assert set(Notice.objects.values_list("address", flat=True)) == {"+821012345678"}
    assert register[0].contact.phone == "+821099998888"
    assert not Contact.objects.filter(person=register[1]).exists()
    assert registrations.waiting_reviews(make.SLUG, ["/IS/"]) == 2


def test_the_owner_registers_from_the_address_that_is_known_to_be_theirs(register):
    keep_contact(register[0], phone="+821012345678", language="ko", now=NOON)
    assert registers(stated("Resident 1")).person == register[0].pk
    Contact.objects.update(proof="claimed")
    assert registers(stated("Resident 1")).person != register[0].pk


def claimed(register):
    """Somebody has registered with the name of the first resident, and booked."""
    found = registers(stated("Resident 1", address="010-9999-0000"))
    made = Person.objects.get(pk=found.person)
    pools = make.pools(make.session(products=("comirnaty",)))
    take(made, pools[0])
    return made, asked_row()


def test_the_owner_sees_who_registered_in_their_name_and_keeps_the_appointment(register):
    made, row = claimed(register)
    assert registrations.claims_on(make.SLUG, made.pk) == []
    assert registrations.claims_on(make.SLUG, register[0].pk) == [], "not proven yet"
    prove(register[0])
    assert registrations.claims_on(make.SLUG, register[0].pk) == [row]
    registrations.settle_claim(make.SLUG, register[0].pk, row.pk, mine=True, now=NOON)
    assert Booking.objects.get(status="confirmed").person_id == register[0].pk
    assert register[0].contact.phone == "+821055556666", "nobody proved the other phone"
    assert registrations.claims_on(make.SLUG, register[0].pk) == []
    row.refresh_from_db()
    assert (row.status, row.person_id) == ("known", register[0].pk)
    # and who registered so knows no more than before: they begin anew, as somebody else
    again = registers(stated("Resident 1", address="010-9999-0000"))
    assert again.person not in (register[0].pk, made.pk)


def test_the_owner_gives_up_what_a_stranger_booked_in_their_name(register):
    made, row = claimed(register)
    prove(register[0])
    registrations.settle_claim(make.SLUG, register[0].pk, row.pk, mine=False, now=NOON)
    assert [(b.person_id, b.status) for b in Booking.objects.all()] == [(made.pk, "cancelled")]
    row.refresh_from_db()
    assert (row.status, row.person_id) == ("new", made.pk)
    with pytest.raises(Refusal):
        registrations.settle_claim(make.SLUG, register[0].pk, row.pk, mine=True, now=NOON)
    assert not Merge.objects.exists()


def prove(person):
    keep_contact(person, phone="+821055556666", language="ko", proof=Proof.LETTER, now=NOON)


def test_who_says_the_same_again_settles_nothing_of_the_first(register):
    """A stranger with the same words from another phone neither sees nor takes nor cancels it."""
    _, row = claimed(register)
    second = registers(stated("Resident 1", address="010-7777-0000")).person
    assert registrations.claims_on(make.SLUG, second) == []
    for mine in (True, False):
        with pytest.raises(Refusal):
            registrations.settle_claim(make.SLUG, second, row.pk, mine=mine, now=NOON)
    assert Booking.objects.get().status == "confirmed"


def test_a_claim_on_somebody_else_is_nobodys_to_settle(register):
    _, row = claimed(register)
    prove(register[1])
    for mine in (True, False):
        with pytest.raises(Refusal):
            registrations.settle_claim(make.SLUG, register[1].pk, row.pk, mine=mine, now=NOON)
    assert Booking.objects.get().status == "confirmed"


def test_asking_tells_nobody_who_is_registered(register):
    """The same number of codes goes to the asker, known or not, and then the same refusal."""
    for n in range(5):
        registrations.register(make.SLUG, stated(f"Someone Else {n}"), now=NOON)
    for name in ("Resident 1", "Nobody Known"):
        with pytest.raises(Refusal) as refused:
            registrations.register(make.SLUG, stated(name), now=NOON)
        assert refused.value.reason is Refused.TOO_MANY_TRIES
    assert set(Notice.objects.values_list("address", flat=True)) == {"+821012345678"}


def test_who_is_like_nobody_gets_a_provisional_record_and_may_book(register):
    people = Headcount.objects.get(area__code="IS-N", group__code="old").people
    found = registers(stated("Nguyễn Văn Hùng"))
    person = Person.objects.get(pk=found.person)
    assert person.register.code == "provisional"
    assert re.fullmatch(r"[0-9A-Z]{5}-[0-9A-Z]{5}", person.external_id)
    assert not is_made_wrong(person.external_id)
    assert person.contact.phone == "+821012345678"
    assert pass_for(campaigns.campaign(make.SLUG), person, now=NOON).number == 1
    assert Headcount.objects.get(area__code="IS-N", group__code="old").people == people + 1
    # the next time they are found
    assert registers(stated("nguyen van hung")).person == person.pk


def test_one_phone_makes_six_new_people_and_then_the_desk_looks(register):
    names = [
        "Trần Thị Hoa",
        "Lê Văn Sơn",
        "Phạm Quốc Bảo",
        "Đỗ Mỹ Linh",
        "Hoàng Gia Huy",
        "Vũ Thu Hà",
    ]
    for n, name in enumerate(names):
        found = registrations.check_code(
            make.SLUG,
            registrations.register(make.SLUG, stated(name), now=NOON + n * HOUR),
            code(),
            now=NOON + n * HOUR,
        )
        assert found.person is not None
    late = NOON + 7 * HOUR
    row = registrations.register(make.SLUG, stated("Bùi Anh Tuấn"), now=late)
    assert registrations.check_code(make.SLUG, row, code(), now=late).person is None


def test_two_codes_entered_at_once_make_one_record(register):
    rows = [registrations.register(make.SLUG, stated("Trần Thị Hoa"), now=NOON) for _ in range(2)]
    codes = [str(n.facts["code"]) for n in Notice.objects.filter(purpose="code").order_by("pk")]
    found = []

    def enter(row, text):
        try:
            found.append(registrations.check_code(make.SLUG, row, text, now=NOON))
        finally:
            connection.close()

    threads = [threading.Thread(target=enter, args=pair) for pair in zip(rows, codes, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({f.person for f in found}) == 1
    assert Person.objects.filter(register__code="provisional").count() == 1


def test_synthetic_residents_are_joined_by_synthetic_newcomers_only(register):
    register[0].register.__class__.objects.update(synthetic=True)
    found = registers(stated("Nguyễn Văn Hùng"))
    assert Person.objects.get(pk=found.person).register.synthetic
    assert not people_queries.any_real()


def test_what_was_never_proven_is_forgotten(register):
    registrations.register(make.SLUG, stated("Somebody"), now=NOON)
    registers(stated("Nguyễn Văn Hùng"))
    assert registrations.forget_unproven(now=NOON + 25 * HOUR) == 1
    assert Registration.objects.get().name == "Nguyễn Văn Hùng"


def asked_row():
    return Registration.objects.latest("pk")


def decide(row, person=None, document="identity card", actor=make.SYSTEM, reached=True):
    cmd = registrations.Decide(
        campaign=make.SLUG,
        registration=row.pk,
        person=person,
        document=document,
        reached=reached,
    )
    return registrations.decide(cmd, actor=actor, now=NOON)


def test_who_is_near_someone_is_looked_at_by_the_desk_which_finds_them(register):
    asked = registers(stated("Resident 3"))  # a slip, or another person
    made = asked.person
    assert made is not None and made not in {p.pk for p in register}
    assert perhaps_known([made, *(p.pk for p in register)]) == {made}, "the needle waits for a look"
    waiting, (row,) = registrations.reviews(make.SLUG, ["/IS/"], actor=make.SYSTEM, now=make.NOON)
    assert waiting == 1
    seen = registrations.open_review(make.SLUG, row.pk, actor=make.SYSTEM, now=NOON)
    assert [p.pk for p, _ in seen.alike] == [p.pk for p in register]
    with pytest.raises(BadInput, match="which document"):
        decide(row, register[1].pk, document=" ")
    person = decide(row, register[1].pk)
    assert (person.pk, person.contact.phone) == (register[1].pk, "+821012345678")
    assert people_queries.canonical_id(made) == register[1].pk
    assert perhaps_known([made, register[1].pk]) == set()
    assert Notice.objects.get(purpose="registered").facts["name"] == "Resident 3"
    with pytest.raises(Conflict):
        decide(row)
    # with the same words they are that person from now on
    assert registers(stated("Resident 3")).person == register[1].pk


def test_a_document_alone_makes_no_strangers_phone_theirs(register):
    registers(stated("Resident 3"))
    decide(asked_row(), register[1].pk, reached=False)
    assert not Contact.objects.filter(person=register[1]).exists()


def test_the_desk_may_say_that_it_is_another_person(register):
    made = registers(stated("Resident 3")).person
    person = decide(asked_row())
    assert person.pk == made and person.register.code == "provisional"
    assert Member.objects.filter(person=person).exists()
    assert registrations.waiting_reviews(make.SLUG, ["/IS/"]) == 0
    registers(stated("Trần Thị Hoa"))
    stranger = Actor("user:9", grants=frozenset({("registrar", "/IS/IS-S/")}))
    registers(stated("Resident 4", area="IS-S"))
    near = asked_row()
    seen = registrations.open_review(make.SLUG, near.pk, actor=stranger, now=NOON)
    assert (seen.alike, [a.code for a in seen.elsewhere]) == ([], ["IS-N"])  # not theirs to see
    with pytest.raises(NotAllowed):
        decide(near, register[0].pk, actor=stranger)
    registers(stated("Resident 5"))
    with pytest.raises(NotAllowed):
        decide(asked_row(), actor=stranger)
    with pytest.raises(BadInput, match="alike"):
        decide(asked_row(), asked_row().person_id)


def test_a_wrong_code_registers_nobody_and_five_end_it(register):
    row = registrations.register(make.SLUG, stated("Nguyễn Văn Hùng"), now=NOON)
    right = code()
    wrong = "000000" if right != "000000" else "000001"
    for _ in range(5):
        assert registrations.check_code(make.SLUG, row, wrong, now=NOON) is None
    assert registrations.check_code(make.SLUG, row, right, now=NOON) is None
    assert registrations.check_code(make.SLUG, 10**9, right, now=NOON) is None
    assert Person.objects.count() == 2


def test_a_phone_of_another_country_gets_no_code(register):
    with pytest.raises(BadInput, match="this country"):
        registrations.register(make.SLUG, stated(address="+44 20 7946 0018"), now=NOON)
    registrations.register(make.SLUG, stated(address="Somebody@Example.org"), now=NOON)
    assert Notice.objects.get().address == "somebody@example.org"


def test_an_area_outside_the_campaign_is_refused(register):
    with pytest.raises(BadInput, match="area"):
        registrations.register(make.SLUG, stated(area="nowhere"), now=NOON)


def test_at_the_desk_no_phone_is_needed(register):
    asked = registrations.register_at_desk(
        make.SLUG, stated("Trần Thị Hoa", address=""), actor=make.SYSTEM, now=NOON
    )
    assert asked.person is not None
    asked = registrations.register_at_desk(
        make.SLUG, stated("Resident 3", address=""), actor=make.SYSTEM, now=NOON
    )
    assert asked.registration is not None
    decide(Registration.objects.get(pk=asked.registration), register[0].pk)
    for n in range(7):  # a carer's phone, at the desk
        registrations.register_at_desk(
            make.SLUG, stated(f"Person {'abcdefg'[n] * 4}"), actor=make.SYSTEM, now=NOON
        )
    assert not Notice.objects.filter(purpose="registered").exists()


# ---- two records of one person --------------------------------------------------------------


def take(person, pool, number=1, name="", **more):
    wish = booking_places.Wish(
        request_id=make.request(f"{person.pk} {number} {name}"),
        pool=pool.pk,
        person=person.pk,
        campaign=campaigns.campaign(make.SLUG).pk,
        number=number,
        product="comirnaty",
        **more,
    )
    (answered,) = booking_places.take([wish], channel=Channel.RESIDENT, now=NOON)
    return answered


def merge(kept, merged):
    return people_merge.merge_people(
        kept.pk, merged.pk, reason="same document", actor=make.SYSTEM, now=NOON
    )


def test_of_two_bookings_one_stays_and_everything_goes_to_the_record_kept(register):
    kept, merged = register
    session = make.session(products=("comirnaty",))
    pools = make.pools(session)
    take(kept, pools[0], hold_until=NOON + timedelta(minutes=10))
    take(merged, pools[1])  # confirmed: it outranks the hold
    take(merged, pools[2], number=2)
    people = Headcount.objects.get(area__code="IS-N", group__code="old").people

    merge(kept, merged)

    live = Booking.objects.filter(status__in=["held", "confirmed"]).order_by("number")
    assert [(b.person_id, b.number, b.pool_id) for b in live] == [
        (kept.pk, 1, pools[1].pk),
        (kept.pk, 2, pools[2].pk),
    ]
    assert Booking.objects.get(status="cancelled").why_ended == "found_twice"
    assert Headcount.objects.get(area__code="IS-N", group__code="old").people == people - 1
    assert not Member.objects.filter(person=merged).exists()
    assert drift() == []
    assert AuditEntry.objects.filter(action="people.merged").count() == 1


def test_sets_of_bookings_are_not_mixed(register):
    """Two doses keep their distance: of two sets the better one stays whole."""
    kept, merged = register
    pools = make.pools(make.session(products=("comirnaty",)))
    take(merged, pools[0])
    take(kept, pools[1])
    take(kept, pools[2], number=2)
    merge(kept, merged)
    live = Booking.objects.filter(status="confirmed")
    assert [(b.person_id, b.number, b.pool_id) for b in live] == [(kept.pk, 1, pools[0].pk)]
    assert Booking.objects.filter(status="cancelled", why_ended="found_twice").count() == 2


def test_a_dose_given_under_one_record_is_not_booked_under_the_other(register):
    kept, merged = register
    pools = make.pools(make.session(products=("comirnaty",)))
    take(kept, pools[0])
    take(kept, pools[1], number=2)
    make.dose(merged)
    merge(kept, merged)
    assert [b.number for b in Booking.objects.filter(status="confirmed")] == [2]


def test_what_is_known_of_the_merged_record_counts_for_the_one_kept(register):
    """Group and roster go over: a hospital worker stays one."""
    kept, merged = register
    Trait.objects.create(person=merged, kind="facility", code="hospital")
    make.enrol()
    rosters.keep_unit(
        rosters.KeepUnit(
            campaign=make.SLUG,
            code="harbour",
            title="Harbour",
            category="staff",
            area="IS-N",
            quota=None,
            coordinator=None,
        ),
        actor=make.SYSTEM,
        now=NOON,
    )
    unit = unit_queries.unit(campaigns.campaign(make.SLUG).pk, "harbour")
    units.add_members(unit, [(kept.pk, ""), (merged.pk, "")], on=make.TODAY)
    made = merge(kept, merged)
    assert campaigns.group_of(campaigns.campaign(make.SLUG).pk, kept.pk) == "staff"
    assert [m.person_id for m in unit_queries.roster(unit.pk)] == [kept.pk]
    people_merge.undo_merge(made.pk, actor=make.SYSTEM, now=NOON)
    assert campaigns.group_of(campaigns.campaign(make.SLUG).pk, kept.pk) == "old"
    assert campaigns.group_of(campaigns.campaign(make.SLUG).pk, merged.pk) == "staff"
    assert unit_queries.roster(unit.pk).count() == 2


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
    take(merged, pools[1], number=2)
    dose = make.dose(merged)
    keep_contact(merged, phone="+821099998888", language="ko", now=NOON)
    made = merge(kept, merged)
    assert kept.contact.phone == "+821099998888"
    catch_up(now=NOON)

    people_merge.undo_merge(made.pk, actor=make.SYSTEM, now=NOON)

    assert Booking.objects.get(status="confirmed").person_id == merged.pk
    assert Dose.objects.get(pk=dose.pk).person_id == merged.pk
    assert not Person.objects.filter(pk=kept.pk, contact__isnull=False).exists()
    assert Member.objects.filter(person=merged).exists()
    assert take(merged, pools[0], number=3).ok
    with pytest.raises(Conflict):
        people_merge.undo_merge(made.pk, actor=make.SYSTEM, now=NOON)
    assert drift() == []


def test_who_was_reached_first_is_counted_anew(register):
    kept, merged = register
    make.dose(kept)
    make.dose(merged, given_at=NOON - timedelta(days=20))  # too far apart to be one dose
    catch_up(now=NOON)

    def covered():
        return {str(t.day): t.covered for t in Tally.objects.filter(dimension="all")}

    assert covered() == {"2021-05-28": 1, "2021-06-17": 1}
    made = merge(kept, merged)
    catch_up(now=NOON)
    assert covered() == {"2021-05-28": 1, "2021-06-17": 0}
    people_merge.undo_merge(made.pk, actor=make.SYSTEM, now=NOON)
    catch_up(now=NOON)
    assert covered() == {"2021-05-28": 1, "2021-06-17": 1}


def test_a_dose_changes_hands_only_through_a_merge(register):
    dose = make.dose(register[0])
    with pytest.raises(DatabaseError, match="append_only"), transaction.atomic():
        Dose.objects.filter(pk=dose.pk).update(person=register[1])
    merge(register[0], register[1])
    with pytest.raises(DatabaseError, match="append_only"), as_owner(), transaction.atomic():
        Dose.objects.filter(pk=dose.pk).update(units=2)


def test_a_merge_that_cannot_be_is_refused(register):
    kept, merged = register
    with pytest.raises(BadInput, match="not two records"):
        merge(kept, kept)
    with pytest.raises(BadInput, match="Say why"):
        people_merge.merge_people(kept.pk, merged.pk, reason=" ", actor=make.SYSTEM, now=NOON)
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
        standby.join(
            campaign,
            standby.JoinStandby(
                held=held, person=person, site=places.site("hall").code, on=session.on
            ),
            now=NOON,
        )
    merge(kept, merged)
    assert Standby.objects.get(status="waiting").person_id == kept.pk


def test_a_merge_left_half_done_is_completed(register):
    kept, merged = register
    pools = make.pools(make.session(products=("comirnaty",)))
    take(merged, pools[0])
    made = merges.note_merge(kept, merged, reason="x", actor="test", now=NOON)
    keep_contact(merged, phone="+821099998888", language="ko", now=NOON)
    assert drift() != []
    assert people_merge.settle_all(clock=lambda: NOON) == 1
    assert drift() == [] and people_merge.settle_all(clock=lambda: NOON) == 0
    assert kept.contact.phone == "+821099998888"
    # one that was undone meanwhile is left alone
    people_merge.undo_merge(made.pk, actor=make.SYSTEM, now=NOON)
    people_merge.settle(made.pk, now=NOON, complete=True)
    assert Booking.objects.get(status="confirmed").person_id == merged.pk


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
                    booking_places.end([found.booking], *ENDED, now=NOON)
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
