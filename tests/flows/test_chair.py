"""What the chair has to know before the needle, and whose word it is."""

from datetime import date, timedelta

import pytest

from balmis.contexts.clinic.models import Dose, Visit
from balmis.contexts.journal.models import AuditEntry
from balmis.contexts.safety.models import Flag
from balmis.core.clinic.pre_dose_check import at_the_door
from balmis.core.clinic.step_facts import Sent
from balmis.core.vocabulary.clinic import Check, Light, StepKind, VisitStatus
from balmis.core.vocabulary.schedule import Eligibility
from balmis.flows.clinic.day_bundle import day_bundle, find_people
from balmis.flows.clinic.pre_dose_check import InHand, situation_of
from balmis.flows.clinic.visit_steps import take_step
from tests import make
from tests.flows.test_visits import CONSENT, DESK, NOON, answers, check, dose_facts, ready, send

CHILD = date(2007, 6, 18)  # 13 years old
PARENT = {"by": "guardian", "name": "Kim Minji", "relation": "mother"}


def bundle(person):
    day = day_bundle(make.SLUG, "hall", actor=make.SYSTEM, now=NOON + timedelta(hours=1))
    return day, next(p for p in day["people"] if p["id"] == person.pk)


def at_door(person):
    from balmis.contexts.campaigns import queries as campaigns
    from balmis.contexts.places import queries as places

    campaign, site = campaigns.campaign(make.SLUG), places.site("hall")
    hand = InHand(product="", lot=None)
    return at_the_door(situation_of(campaign, person, site, hand, now=NOON))


@pytest.fixture
def child(hall):
    found = make.person(9, born=CHILD)
    make.enrol()
    return found


# ---- told at the door ------------------------------------------------------------------------


def test_too_early_is_said_before_the_questions_with_the_day(hall):
    lot, (person, *_) = hall
    make.dose(person, lot, given_at=NOON - timedelta(days=10))
    found = at_door(person)
    assert (found.light, found.checks) == (Light.RED, (Check.TOO_EARLY,))
    send(person, StepKind.CHECK_IN, how="photo_id")
    _, seen = bundle(person)
    assert seen["due"]["status"] == Eligibility.NOT_YET
    assert seen["due"]["from_on"] == make.TODAY + timedelta(days=11)
    assert (seen["due"]["number"], seen["due"]["reason"]) == (2, "due_later")
    assert seen["doses"] == [
        {"product": "comirnaty", "on": make.TODAY - timedelta(days=10), "kind": "primary_1"}
    ]


def test_under_age_for_every_vaccine_is_said_before_the_questions(hall):
    small = make.person(8, born=date(2015, 1, 1))
    make.enrol()
    assert Check.UNDER_AGE in at_door(small).checks
    assert at_door(small).light is Light.RED
    _, (grown, *_) = hall
    assert at_door(grown).light is Light.GREEN


def test_a_vaccine_for_older_people_is_red_for_a_child_of_thirteen(hall, child):
    other = make.lot("J1", product="jcovden", doses=5)
    lot, _ = hall
    assert Check.UNDER_AGE in check(child, other, "jcovden").checks
    assert Check.UNDER_AGE not in check(child, lot).checks


# ---- a minor's consent -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "said, fine",
    [
        ({}, False),
        (PARENT | {"relation": ""}, False),
        ({"maturity": "Dr Han"}, False),  # the campaign lets none consent alone
        (PARENT, True),
    ],
)
def test_a_minor_has_no_dose_before_a_guardian_is_named(hall, child, said, fine):
    lot, _ = hall
    send(child, StepKind.CHECK_IN, how="photo_id")
    send(child, StepKind.SCREEN, 1, **answers())
    send(child, StepKind.CONSENT, 2, **CONSENT | said)
    assert (Check.NO_GUARDIAN in check(child, lot).checks) is not fine
    send(child, StepKind.DOSE, 6, **dose_facts(lot))  # a fact is recorded, and looked at
    flagged = Flag.objects.filter(dose__person=child, reason="not_cleared").exists()
    assert flagged is not fine


def test_a_minor_found_mature_consents_alone_where_the_campaign_allows_it(committed):
    make.campaign(make.plan_text() + "policy: {clinic: {maturity_age: 13}}\n")
    lot = make.lot()
    found = make.person(9, born=CHILD)
    make.enrol()
    send(found, StepKind.CHECK_IN, how="photo_id")
    send(found, StepKind.SCREEN, 1, **answers())
    send(found, StepKind.CONSENT, 2, **CONSENT | {"maturity": "Dr Han"})
    assert Check.NO_GUARDIAN not in check(found, lot).checks
    day, _ = bundle(found)
    assert (day["age_of_consent"], day["maturity_age"], day["youngest"]) == (18, 13, 12)


# ---- the doctor says never -------------------------------------------------------------------


def test_anaphylaxis_goes_to_the_doctor_who_decides_for_each_vaccine(hall):
    lot, (person, *_) = hall
    other = make.lot("J1", product="jcovden", doses=5)
    send(person, StepKind.CHECK_IN, how="photo_id")
    told = send(person, StepKind.SCREEN, 1, **answers(anaphylaxis=True))
    assert told.visit.status == VisitStatus.TO_DOCTOR
    _, seen = bundle(person)
    assert seen["stops"] == [], "a nurse's tick rules nothing out"
    never = {"outcome": "never", "text": "anaphylaxis to PEG in 2019", "product": "comirnaty"}
    send(person, StepKind.DOCTOR, 2, **never)
    send(person, StepKind.DOCTOR, 3, outcome="proceed", text="J&J instead", minutes=60)
    send(person, StepKind.CONSENT, 4, **CONSENT)
    assert check(person, lot).checks == (Check.NEVER_THIS,)
    assert Check.NEVER_THIS not in check(person, other, "jcovden").checks
    _, seen = bundle(person)
    (stop,) = seen["stops"]
    assert (stop["outcome"], stop["product"], stop["reason"], stop["by"]) == (
        "never",
        "comirnaty",
        "anaphylaxis to PEG in 2019",
        make.SYSTEM.name,
    )
    assert Visit.objects.get().status == VisitStatus.CONSENTED


def test_what_a_doctor_ruled_out_is_lifted_by_a_doctor_alone(hall):
    lot, (person, *_) = hall
    send(person, StepKind.CHECK_IN, how="photo_id")
    send(person, StepKind.DOCTOR, 1, outcome="never", text="told of a shock", product="comirnaty")
    ready(person, 2)  # all answers are no
    assert Check.NEVER_THIS in check(person, lot).checks
    send(person, StepKind.DOCTOR, 5, outcome="proceed", text="it was a faint", product="comirnaty")
    send(person, StepKind.CONSENT, 6, **CONSENT)
    from balmis.contexts.clinic import deferrals

    assert not deferrals.standing_of([person.pk])


# ---- who is meant ----------------------------------------------------------------------------


def test_namesakes_are_told_apart_by_their_birth_date(hall):
    for n, born in enumerate((date(1975, 3, 2), date(1975, 3, 3), date(1980, 1, 1)), 20):
        found = make.person(n, born=born)
        make.change_person(found.pk, name="김민호")

    def find(text):
        rows = find_people(make.SLUG, "hall", text, actor=make.SYSTEM, now=NOON)
        return [(p["name"], p["born"].isoformat(), p["area"]["en"]) for p in rows]

    assert len(find("김민호")) == 3
    assert find("김민호 1975") == [
        ("김민호", "1975-03-02", "North"),
        ("김민호", "1975-03-03", "North"),
    ]
    assert [b for _, b, _ in find("김민호 1975-03-03")] == ["1975-03-03"]
    assert [b for _, b, _ in find("1980-01-01")] == ["1980-01-01"]
    assert find("김민호 1975-13-01") == []


# ---- what was decided here counts at every other desk ----------------------------------------


def explained(person):
    from balmis.flows.eligibility.explain import Explain, explain

    asked = Explain(campaign=make.SLUG, person=person.external_id, on=make.TODAY)
    return explain(asked, actor=make.SYSTEM, now=NOON).decision


def registrar_says(person):
    from balmis.flows.booking.registrar import open_person

    return open_person(make.SLUG, person.pk, actor=make.SYSTEM, now=NOON)


def invited(person):
    from balmis.contexts.booking import invitations
    from balmis.contexts.campaigns import queries as campaigns
    from balmis.contexts.people.contacts import keep_contact

    keep_contact(person, phone="+821000000001", language="ko", now=NOON)
    campaign = campaigns.campaign(make.SLUG).pk
    return person.pk in {p for p, _ in invitations.to_invite(campaign, make.TODAY, most=100)}


def run():
    from balmis.contexts.eligibility import queries
    from balmis.flows.eligibility.run import RunEligibility, run_eligibility

    run_eligibility(
        RunEligibility(campaign=make.SLUG, on=make.TODAY), actor=make.SYSTEM, clock=lambda: NOON
    )
    from balmis.contexts.campaigns import queries as campaigns

    return lambda p: queries.next_dose(campaigns.campaign(make.SLUG).pk, p.pk)


def test_what_a_doctor_ruled_out_is_offered_at_no_other_desk(hall):
    _, (person, other, _) = hall
    stored = run()
    assert invited(person) and stored(person).status == Eligibility.ELIGIBLE
    send(person, StepKind.CHECK_IN, how="photo_id")
    send(person, StepKind.DOCTOR, 1, outcome="never", text="anaphylaxis to PEG")
    assert (explained(person).status, explained(person).reason) == ("excluded", "contraindicated")
    seen = registrar_says(person)
    assert seen.held is None and seen.why_not.facts["finding"] == "contraindicated"
    assert [s.reason for s in seen.stops] == ["anaphylaxis to PEG"]
    assert not invited(person) and invited(other)
    stored = run()
    assert (stored(person).status, stored(other).status) == ("excluded", "eligible")
    send(person, StepKind.DOCTOR, 2, outcome="proceed", text="not an allergy after all")
    assert explained(person).status == Eligibility.ELIGIBLE
    assert run()(person).status == Eligibility.ELIGIBLE and invited(person)


def test_one_vaccine_ruled_out_leaves_the_others(hall):
    _, (person, *_) = hall
    send(person, StepKind.CHECK_IN, how="photo_id")
    send(person, StepKind.DOCTOR, 1, outcome="never", text="allergic to it", product="comirnaty")
    assert explained(person).status == Eligibility.ELIGIBLE
    assert "comirnaty" not in explained(person).products and explained(person).products
    assert "comirnaty" not in registrar_says(person).held.products
    assert "comirnaty" not in run()(person).products


def test_a_fever_moves_the_day_everywhere(hall):
    _, (person, *_) = hall
    send(person, StepKind.CHECK_IN, how="photo_id")
    send(person, StepKind.SCREEN, 1, **answers(infected=True))
    ends = make.TODAY + timedelta(days=10)
    assert (explained(person).status, explained(person).from_on) == ("not_yet", ends)
    assert registrar_says(person).held.first == ends
    found = run()(person)
    assert (found.status, found.from_on, found.reason) == ("not_yet", ends, "deferred")


def test_the_day_on_paper_says_who_must_not_have_a_dose(hall):
    from balmis.web.clinic.day_sheet import may_have

    _, (person, other, third) = hall
    send(person, StepKind.CHECK_IN, how="photo_id")
    send(person, StepKind.DOCTOR, 1, outcome="never", text="anaphylaxis to PEG")
    send(other, StepKind.CHECK_IN, how="photo_id")
    send(other, StepKind.SCREEN, 1, **answers(unwell=True))
    send(third, StepKind.CHECK_IN, how="photo_id")
    says = [may_have(bundle(p)[1]) for p in (person, other, third)]
    assert says[0] == (False, "NEVER with any vaccine: anaphylaxis to PEG")
    assert says[1] == (False, f"not before {make.TODAY + timedelta(days=1)}")
    assert says[2] == (True, "yes")


def test_the_day_on_paper_says_that_a_guardian_signs_for_a_minor(hall, child):
    from balmis.web.clinic.day_sheet import may_have

    send(child, StepKind.CHECK_IN, how="photo_id")
    assert "the guardian signs" in may_have(bundle(child)[1])[1]


# ---- the booking of a dose that was given elsewhere ------------------------------------------


def book(person, session, number=1):
    from balmis.contexts.booking import places as booking_places
    from balmis.core.vocabulary.booking import Channel

    wish = booking_places.Wish(
        request_id=make.request(f"b {person.pk} {number}"),
        pool=make.pools(session)[0].pk,
        person=person.pk,
        campaign=session.campaign_id,
        number=number,
        product="comirnaty",
    )
    (answer,) = booking_places.take([wish], channel=Channel.RESIDENT, now=NOON)
    assert answer.ok
    return answer.booking


@pytest.mark.parametrize("door", ["desk", "api"])
def test_a_dose_fulfils_the_booking_of_another_day_and_frees_its_place(hall, door):
    from balmis.contexts.booking.drift import drift
    from balmis.contexts.booking.models import Booking
    from balmis.contexts.notices.models import Notice
    from balmis.flows.booking.notices import announce, remind

    lot, (person, *_) = hall
    session = make.session()  # tomorrow
    first = book(person, session)
    second = book(person, make.session(on=make.TODAY + timedelta(days=30)), 2)
    ready(person)
    _, seen = bundle(person)
    assert seen["booking"] is None or not seen["booking"]["here"]
    if door == "desk":
        given = send(person, StepKind.DOSE, 5, **dose_facts(lot))
    else:
        make.dose(person, lot)
    status = dict(Booking.objects.values_list("pk", "status"))
    assert status == {first: "fulfilled", second: "confirmed"}
    assert make.pools(session)[0].taken == 0 and drift() == []
    announce(now=NOON)
    remind(now=NOON + timedelta(hours=12))
    assert not Notice.objects.filter(facts__bookings__contains=[first]).exists()
    if door == "desk":
        key = str(given.step.request_id)
        send(person, StepKind.UNDO, 9, step=key, reason="wrong person")
        again = Booking.objects.get(number=1, status="confirmed")
        assert again.pool_id == make.pools(session)[0].pk and drift() == []


@pytest.mark.parametrize("door", ["desk", "correction"])
@pytest.mark.parametrize("free", [True, False])
def test_a_dose_taken_back_gives_the_booking_back_or_says_that_it_cannot(hall, door, free):
    from balmis.contexts.booking.drift import drift
    from balmis.contexts.booking.models import Booking, Pool
    from balmis.core.vocabulary.clinic import CorrectionReason
    from balmis.flows.clinic.correct_dose import correct_dose

    lot, (person, *_) = hall
    session = make.session()  # tomorrow
    first = book(person, session)
    ready(person)
    given = send(person, StepKind.DOSE, 5, **dose_facts(lot))
    if not free:  # another has the place meanwhile
        pool = make.pools(session)[0]
        Pool.objects.filter(pk=pool.pk).update(capacity=0)
    if door == "desk":
        key = str(given.step.request_id)
        lost = send(person, StepKind.UNDO, 9, step=key, reason="wrong person").lost
    else:
        lost = correct_dose(
            Dose.objects.get().pk,
            CorrectionReason.ENTERED_IN_ERROR,
            request_id=make.request("c"),
            actor=make.SYSTEM,
            now=NOON + timedelta(hours=5),
        )
    live = Booking.objects.filter(status="confirmed")
    if free:
        assert live.get().pool_id == make.pools(session)[0].pk and not lost
        assert drift() == []
    else:
        assert not live.exists() and [b.pk for b in lost] == [first]
    action = "booking.given_back" if free else "booking.place_gone"
    assert AuditEntry.objects.filter(action=action).count() == 1


def test_a_booking_whose_time_is_over_is_not_given_back(hall):
    from balmis.contexts.booking.models import Booking

    lot, (person, *_) = hall
    book(person, make.session())  # tomorrow
    ready(person)
    given = send(person, StepKind.DOSE, 5, **dose_facts(lot))
    sent = Sent(
        request_id=make.request("late undo"),
        person=person.pk,
        kind=StepKind.UNDO,
        at=NOON + timedelta(minutes=9),
        facts={"step": str(given.step.request_id), "reason": "wrong person"},
    )
    take_step(DESK, sent, actor=make.SYSTEM, now=NOON + timedelta(days=2))
    assert not Booking.objects.filter(status="confirmed").exists()


def test_a_dose_that_has_to_be_repeated_leaves_the_booking(hall):
    from balmis.contexts.booking.models import Booking

    lot, (person, *_) = hall
    make.dose(person, lot, given_at=NOON - timedelta(days=5))
    second = book(person, make.session(on=make.TODAY + timedelta(days=30)), 2)
    ready(person)
    send(person, StepKind.DOSE, 5, **dose_facts(lot))  # five days after the first one
    assert Booking.objects.get(pk=second).status == "confirmed"


# ---- the day comes by itself -----------------------------------------------------------------


def test_a_booking_and_a_cancellation_made_meanwhile_reach_the_desks(hall):
    from balmis.contexts.booking import places as booking_places
    from balmis.core.vocabulary.booking import BookingStatus, EndReason
    from balmis.flows.clinic.day_bundle import day_changes

    _, (person, other, _) = hall
    today = make.session(on=make.TODAY, starts_at=NOON, ends_at=NOON + timedelta(hours=1))
    taken = NOON + timedelta(minutes=10)  # the day was taken along; the tablets ask every 5 seconds

    def changes(minutes):
        found = day_changes(
            make.SLUG,
            "hall",
            taken,
            actor=make.SYSTEM,
            now=NOON + timedelta(minutes=minutes),
        )
        return {p["id"]: bool(p["booking"] and p["booking"]["here"]) for p in found["people"]}

    send(other, StepKind.CHECK_IN, how="photo_id")  # long before, and recorded in five hours
    wish = booking_places.Wish(
        request_id=make.request("by phone"),
        pool=make.pools(today)[0].pk,
        person=person.pk,
        campaign=today.campaign_id,
        number=1,
        product="comirnaty",
    )
    from balmis.core.vocabulary.booking import Channel

    at = taken + timedelta(minutes=5)
    (made,) = booking_places.take([wish], channel=Channel.REGISTRAR, now=at)
    assert changes(20)[person.pk] is True
    booking_places.end(
        [made.booking], BookingStatus.CANCELLED, EndReason.BY_PERSON, now=at + timedelta(minutes=9)
    )
    assert changes(30)[person.pk] is False
