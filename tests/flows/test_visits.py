"""The day at the site: steps from desks, the check before the needle, doses recorded once."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from balmis.contexts.access import services as access
from balmis.contexts.booking import places as booking_places
from balmis.contexts.booking.drift import drift
from balmis.contexts.booking.models import Booking
from balmis.contexts.clinic import deferrals, visits
from balmis.contexts.clinic.models import Conflict, Dose, Step, Visit
from balmis.contexts.people.models import Registration
from balmis.contexts.places import queries as places
from balmis.contexts.places.models import Area, Site
from balmis.contexts.safety.models import EventReport, Flag
from balmis.contexts.supply.models import Balance, LotHold, Product, Vial
from balmis.contexts.supply.stock_book import ledger_sum
from balmis.core.clinic.step_facts import Sent
from balmis.core.errors import BadInput, NotAllowed, Refusal
from balmis.core.vocabulary.access import Role
from balmis.core.vocabulary.booking import Channel
from balmis.core.vocabulary.clinic import Check, ConflictEnd, Light, StepKind, VisitStatus
from balmis.flows.clinic.doses_of_day import settle
from balmis.flows.clinic.pre_dose_check import ClearToVaccinate, clear_to_vaccinate
from balmis.flows.clinic.texts import clinic_file
from balmis.flows.clinic.visit_steps import Desk, take_step
from tests import make

DESK = Desk(make.SLUG, "hall", "tablet 1")
NOON = make.NOON
NO = {q.code: False for q in clinic_file().screening[0].questions}


def send(person, kind: StepKind, minute: int = 0, *, key: str = "", desk: Desk = DESK, **facts):
    name = f"{person.pk} {kind} {minute} {key}"
    sent = Sent(
        request_id=make.request(name),
        person=person.pk,
        kind=kind,
        at=NOON + timedelta(minutes=minute),
        facts=facts,
    )
    return take_step(desk, sent, actor=make.SYSTEM, now=NOON + timedelta(hours=5))


def answers(**yes: bool):
    asked = clinic_file().screening[0]
    return {
        "questionnaire": asked.code,
        "version": asked.version,
        "product": "",
        "answers": NO | yes,
    }


CONSENT = {"text": "covid19", "version": "2021-06", "by": "self", "how": "verbal", "witness": "W"}


def dose_facts(lot, *, light: str = "green", **changes):
    cleared = {"light": light, "as_of": NOON.isoformat(), "checks": []}
    return {
        "product": "comirnaty",
        "lot": lot.number,
        "cleared": cleared,
        "body_site": "left_arm",
    } | changes


def ready(person, minute: int = 0) -> None:
    send(person, StepKind.CHECK_IN, minute, how="photo_id")
    send(person, StepKind.SCREEN, minute + 1, **answers())
    send(person, StepKind.CONSENT, minute + 2, **CONSENT)


def check(person, lot, product="comirnaty"):
    return clear_to_vaccinate(
        ClearToVaccinate(
            campaign=make.SLUG,
            site="hall",
            person_id=person.pk,
            product=product,
            lot_number=lot.number,
        ),
        actor=make.SYSTEM,
        now=NOON + timedelta(minutes=5),
    )


def test_a_whole_visit_from_the_door_to_the_card(hall):
    lot, (person, *_) = hall
    session = make.session(on=make.TODAY, starts_at=NOON, ends_at=NOON + timedelta(hours=1))
    pool = make.pools(session)[0]
    wish = booking_places.Wish(
        request_id=make.request("b"),
        pool=pool.pk,
        person=person.pk,
        campaign=session.campaign_id,
        number=1,
        product="comirnaty",
    )
    booking_places.take([wish], channel=Channel.RESIDENT, now=NOON - timedelta(hours=1))

    ready(person)
    assert check(person, lot) == check(person, lot)
    assert check(person, lot).light is Light.GREEN
    vial = {"id": str(make.request("vial")), "opened_at": NOON.isoformat()}
    given = send(person, StepKind.DOSE, 6, **dose_facts(lot, vial=vial))
    assert given.visit.status == VisitStatus.VACCINATED
    send(person, StepKind.SEAT, 7, minutes=30, seat="A4")
    visit = Visit.objects.get()
    assert (visit.status, visit.observed_until) == ("observed", NOON + timedelta(minutes=37))
    send(person, StepKind.DISCHARGE, 38)
    visit.refresh_from_db()

    assert (visit.status, visit.number, visit.booking_id) == (
        "discharged",
        1,
        Booking.objects.get().pk,
    )
    dose = Dose.objects.get()
    assert (dose.kind, dose.body_site, dose.visit_id, dose.vial.doses) == (
        "primary_1",
        "left_arm",
        visit.pk,
        6,
    )
    assert Balance.objects.get(account="site").doses == 11
    assert Booking.objects.get().status == "kept" and drift() == []
    assert not Flag.objects.exists() and ledger_sum() == 0


def test_every_reason_against_is_said_at_once_and_none_is_a_dead_end(hall):
    lot, (person, *_) = hall
    assert set(check(person, lot).checks) == {Check.NOT_SCREENED, Check.NO_CONSENT}
    ready(person)
    LotHold.objects.create(
        request_id=make.request("h"),
        lot=lot,
        area=Area.objects.get(code="IS"),
        reason="too warm",
        placed_at=NOON,
        placed_by="store",
    )
    assert check(person, lot).checks == (Check.LOT_HELD,)
    other = make.lot("J1", product="jcovden", doses=5)
    assert Check.PRODUCT_UNSUITABLE not in check(person, other, "jcovden").checks


@pytest.mark.parametrize(
    "yes, status, found",
    [
        ("unwell", "deferred", Check.DEFERRED),
        ("anaphylaxis", "to_doctor", Check.WAITS_FOR_DOCTOR),
        ("bleeding", "to_doctor", Check.WAITS_FOR_DOCTOR),
    ],
)
def test_answers_lead_on_and_the_doctor_decides(hall, yes, status, found):
    lot, (person, *_) = hall
    send(person, StepKind.CHECK_IN, how="photo_id")
    screened = send(person, StepKind.SCREEN, 1, **answers(**{yes: True}))
    send(person, StepKind.CONSENT, 2, **CONSENT)
    assert screened.visit.status == status
    assert check(person, lot).checks == (found,)
    if status == "to_doctor":
        decided = send(person, StepKind.DOCTOR, 3, outcome="proceed", text="thin needle, press")
        assert decided.visit.status == VisitStatus.SCREENED
        assert check(person, lot).light is Light.GREEN


def test_an_answer_that_was_taken_back_defers_nobody(hall):
    lot, (person, *_) = hall
    send(person, StepKind.CHECK_IN, how="photo_id")
    wrong = send(person, StepKind.SCREEN, 1, **answers(unwell=True))
    send(person, StepKind.UNDO, 2, step=str(wrong.step.request_id), reason="wrong box")
    send(person, StepKind.SCREEN, 3, **answers())
    send(person, StepKind.CONSENT, 4, **CONSENT)
    assert check(person, lot).light is Light.GREEN


def test_a_dose_against_a_red_check_is_recorded_and_reviewed(hall):
    lot, (person, other, _) = hall
    send(person, StepKind.CHECK_IN, how="photo_id")
    send(person, StepKind.DOSE, 1, **dose_facts(lot, light="red"))
    ready(other)
    override = {"reason": "the doctor was asked", "doctor": "site physician"}
    send(other, StepKind.DOSE, 5, **dose_facts(lot, light="amber", override=override))
    assert [(f.dose.person_id, f.reason) for f in Flag.objects.order_by("pk")] == [
        (person.pk, "not_cleared"),
        (other.pk, "overridden"),
    ]


def test_a_lot_held_while_the_desk_was_offline_is_flagged(hall):
    lot, (person, *_) = hall
    ready(person)
    LotHold.objects.create(
        request_id=make.request("h"),
        lot=lot,
        area=Area.objects.get(code="IS"),
        reason="too warm",
        placed_at=NOON,
        placed_by="store",
    )
    send(person, StepKind.DOSE, 5, **dose_facts(lot))
    assert set(Flag.objects.values_list("reason", flat=True)) == {"not_cleared", "lot_held"}


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_two_records_of_one_dose_are_one_dose_and_one_conflict_in_any_order(hall, order):
    lot, (person, *_) = hall
    second = make.lot("B2", doses=6)
    ready(person)
    for minute in order:
        send(person, StepKind.DOSE, 5 + minute, **dose_facts(lot if minute == 1 else second))
    live = Dose.objects.get(correction__isnull=True)
    conflict = Conflict.objects.get()
    assert (live.given_at, live.lot_id) == (NOON + timedelta(minutes=6), lot.pk)
    assert (conflict.kept.request_id, conflict.end) == (live.request_id, "")
    assert {b.lot_id: b.doses for b in Balance.objects.filter(account="site")} == {
        lot.pk: 11,
        second.pk: 6,
    }
    settle(conflict.pk, ConflictEnd.SAME_DOSE, "both wrote it down", actor=make.SYSTEM, now=NOON)
    with pytest.raises(Refusal):
        settle(conflict.pk, ConflictEnd.TWO_DOSES, "no, two", actor=make.SYSTEM, now=NOON)


def test_two_doses_that_were_really_given_are_both_recorded_and_reviewed(hall):
    lot, (person, *_) = hall
    ready(person)
    send(person, StepKind.DOSE, 8, **dose_facts(lot))
    found = send(person, StepKind.DOSE, 6, key="other", **dose_facts(lot)).conflict
    settle(found.pk, ConflictEnd.TWO_DOSES, "two needles", actor=make.SYSTEM, now=NOON)
    assert Dose.objects.filter(correction__isnull=True).count() == 2
    assert Flag.objects.filter(reason="twice_today").count() == 1
    assert Balance.objects.get(account="site").doses == 10 and ledger_sum() == 0


def test_an_undone_dose_is_back_on_the_shelf_and_the_other_record_stands(hall):
    lot, (person, *_) = hall
    ready(person)
    first = send(person, StepKind.DOSE, 6, **dose_facts(lot))
    send(person, StepKind.DOSE, 8, key="other", **dose_facts(lot))
    done = send(person, StepKind.UNDO, 9, step=str(first.step.request_id), reason="wrong person")
    assert done.visit.status == VisitStatus.VACCINATED
    assert Dose.objects.get(correction__isnull=True).given_at == NOON + timedelta(minutes=8)
    assert Conflict.objects.get().end == "withdrawn"
    second = Step.objects.get(kind="dose", at=NOON + timedelta(minutes=8))
    send(person, StepKind.UNDO, 10, step=str(second.request_id), reason="no dose at all")
    assert not Dose.objects.filter(correction__isnull=True).exists()
    assert Balance.objects.get(account="site").doses == 12
    assert Visit.objects.get().status == VisitStatus.CONSENTED


def test_a_retry_changes_nothing_and_an_id_is_used_once(hall):
    lot, (person, other, _) = hall
    ready(person)
    first, again = (send(person, StepKind.DOSE, 6, **dose_facts(lot)) for _ in range(2))
    assert (first.is_new, again.is_new, again.step) == (True, False, first.step)
    stolen = Sent(
        request_id=first.step.request_id,
        person=other.pk,
        kind=StepKind.DOSE,
        at=first.step.at,
        facts=dose_facts(lot),
    )
    with pytest.raises(Refusal, match="request_reused"):
        take_step(DESK, stolen, actor=make.SYSTEM, now=NOON + timedelta(hours=1))


def test_a_reaction_is_reported_in_one_step_and_remembered(hall):
    lot, (person, *_) = hall
    ready(person)
    send(person, StepKind.DOSE, 6, **dose_facts(lot))
    send(person, StepKind.REACTION, 9, what="rash", serious=False)
    assert EventReport.objects.get().dose == Dose.objects.get()
    assert visits.had_reaction(person.pk, but=None)
    assert not visits.had_reaction(person.pk, but=Visit.objects.get().pk)


@pytest.mark.parametrize(
    "kind, facts",
    [
        (StepKind.SCREEN, {"questionnaire": "none", "version": "1", "answers": {}}),
        (StepKind.SCREEN, answers() | {"answers": {"unwell": False}}),
        (StepKind.CONSENT, CONSENT | {"by": "guardian"}),
        (StepKind.CHECK_IN, {"how": "magic"}),
        (StepKind.SEAT, {"minutes": 999}),
        (StepKind.DOSE, {"product": "x"}),
        (StepKind.UNDO, {"step": "1", "reason": "x"}),
        (StepKind.DISCHARGE, {"more": 1}),
    ],
)
def test_what_cannot_be_read_is_refused_and_nothing_is_written(hall, kind, facts):
    _, (person, *_) = hall
    with pytest.raises(BadInput):
        send(person, kind, **facts)
    assert not Step.objects.exists() and not Visit.objects.exists()


def test_the_same_vial_on_two_tablets_is_one_vial(hall):
    lot, people = hall
    for n, person in enumerate(people[:2]):
        ready(person, n)
        vial = {"id": str(UUID(int=n + 1)), "opened_at": NOON.isoformat(), "serial": "S1"}
        send(person, StepKind.DOSE, 6, **dose_facts(lot, vial=vial))
    assert Vial.objects.count() == 1
    assert set(Dose.objects.values_list("vial", flat=True)) == {UUID(int=1)}


def test_numbers_are_given_out_in_the_order_of_coming(hall):
    _, people = hall
    for n, person in enumerate(people):
        assert send(person, StepKind.CHECK_IN, n, how="code").visit.number == n + 1
    assert isinstance(Visit.objects.first().status_at, datetime)


def flags() -> set[str]:
    return set(Flag.objects.values_list("reason", flat=True))


def test_a_decision_counts_for_what_was_shown_and_by_a_doctor_alone(hall):
    lot, people = hall
    override = {"reason": "looked at the label", "doctor": ""}
    for n, (doctor, checks) in enumerate(
        (("", ["no_consent"]), ("Dr", ["no_consent"]), ("Dr", []))
    ):
        send(people[n], StepKind.CHECK_IN, n, how="photo_id")
        send(people[n], StepKind.SCREEN, n + 1, **answers())
        cleared = {"light": "red", "as_of": NOON.isoformat(), "checks": checks}
        said = dose_facts(lot, override=override | {"doctor": doctor}, cleared=cleared)
        send(people[n], StepKind.DOSE, n + 5, **said)
    unclear = Flag.objects.filter(reason="not_cleared").values_list("dose__person", flat=True)
    assert set(unclear) == {people[0].pk, people[2].pk}
    assert Flag.objects.filter(reason="overridden").count() == 3


def test_a_vial_that_was_open_too_long_is_seen_by_the_server(hall):
    lot, (person, *_) = hall
    Product.objects.filter(pk=lot.product_id).update(open_vial_hours=6)
    ready(person)
    vial = {"id": str(UUID(int=9)), "opened_at": (NOON - timedelta(hours=7)).isoformat()}
    send(person, StepKind.DOSE, 5, **dose_facts(lot, vial=vial))
    assert flags() == {"not_cleared"}


def test_what_is_said_after_the_needle_clears_nothing(hall):
    lot, (person, *_) = hall
    send(person, StepKind.SCREEN, 20, **answers())
    send(person, StepKind.CONSENT, 21, **CONSENT)
    send(person, StepKind.DOSE, 5, **dose_facts(lot))
    assert flags() == {"not_cleared"}


def test_a_lot_released_meanwhile_was_on_hold_at_the_needle(hall):
    lot, (person, *_) = hall
    ready(person)
    LotHold.objects.create(
        request_id=make.request("h"),
        lot=lot,
        site=Site.objects.get(code="hall"),
        reason="warm",
        placed_at=NOON,
        placed_by="x",
        released_at=NOON + timedelta(hours=2),
        decision="fine",
    )
    send(person, StepKind.DOSE, 5, **dose_facts(lot))
    assert "lot_held" in flags()


def test_not_today_ends_with_the_day_and_a_doctor_lifts_what_the_answers_said(hall):
    lot, (person, *_) = hall
    send(person, StepKind.CHECK_IN, how="photo_id")
    send(person, StepKind.DEFER, 1, reason="feels weak")
    (put_off,) = deferrals.standing_of([person.pk])
    assert put_off.until == make.TODAY + timedelta(days=1)
    send(person, StepKind.SCREEN, 2, **answers(unwell=True))
    send(person, StepKind.DOCTOR, 3, outcome="proceed", text="no fever, may have it")
    send(person, StepKind.CONSENT, 4, **CONSENT)
    assert check(person, lot).light is Light.GREEN


def test_nobody_undoes_a_doctor_and_an_undo_stays(hall):
    from balmis.contexts.access import services as access
    from balmis.contexts.places import queries as places

    _, (person, *_) = hall
    send(person, StepKind.CHECK_IN, how="photo_id")
    decided = send(person, StepKind.DOCTOR, 1, outcome="never", text="allergic to it")
    nurse = access.keep_user(
        "n",
        name="n",
        password="correct-horse-battery",
        grants=[(Role.VACCINATOR, None, places.site("hall"))],
    )
    undo = Sent(
        request_id=make.request("u"),
        person=person.pk,
        kind=StepKind.UNDO,
        at=NOON + timedelta(minutes=2),
        facts={"step": str(decided.step.request_id), "reason": "no, no"},
    )
    with pytest.raises(NotAllowed):
        take_step(DESK, undo, actor=access.actor_for(nurse), now=NOON + timedelta(hours=1))
    undone = send(
        person, StepKind.UNDO, 3, step=str(decided.step.request_id), reason="wrong person"
    )
    with pytest.raises(BadInput, match="not undone"):
        send(person, StepKind.UNDO, 4, step=str(undone.step.request_id), reason="again")


def test_a_second_record_after_the_seat_does_not_set_the_visit_back(hall):
    lot, (person, *_) = hall
    ready(person)
    send(person, StepKind.DOSE, 5, **dose_facts(lot))
    send(person, StepKind.SEAT, 6, minutes=30)
    send(person, StepKind.DISCHARGE, 40)
    send(person, StepKind.DOSE, 45, **dose_facts(lot))
    assert Visit.objects.get().status == VisitStatus.DISCHARGED


def test_two_records_of_one_person_have_one_dose_and_one_conflict_and_part_again(hall):
    from balmis.flows.people.merge import merge_people, undo_merge

    lot, (person, other, _) = hall
    for n, one in enumerate((person, other)):
        ready(one, n)
        send(one, StepKind.DOSE, 5 + n, **dose_facts(lot))
    send(other, StepKind.DEFER, 20, reason="feels weak")
    merge = merge_people(
        person.pk,
        other.pk,
        reason="same birth certificate",
        actor=make.SYSTEM,
        now=NOON + timedelta(hours=6),
    )
    live = Dose.objects.get(correction__isnull=True)
    assert (live.person_id, live.given_at) == (person.pk, NOON + timedelta(minutes=5))
    assert Conflict.objects.get().end == "" and deferrals.standing_of([person.pk])
    later = send(other, StepKind.SEAT, 30, minutes=15)  # a device still knows the merged record
    assert later.visit.person_id in (person.pk, other.pk)
    undo_merge(merge.pk, actor=make.SYSTEM, now=NOON + timedelta(hours=7))
    live_doses = Dose.objects.filter(correction__isnull=True)
    assert set(live_doses.values_list("person", flat=True)) == {person.pk, other.pk}
    assert Conflict.objects.get().end == "withdrawn" and not deferrals.standing_of([person.pk])
    assert Balance.objects.get(account="site").doses == 10 and ledger_sum() == 0


@pytest.mark.parametrize("desk_first", [True, False])
def test_a_dose_told_by_others_and_by_a_desk_is_one_dose_and_a_question(hall, desk_first):
    from balmis.flows.clinic.record_dose import record_dose

    lot, (person, *_) = hall
    ready(person)
    acts = [
        lambda: send(person, StepKind.DOSE, 6, **dose_facts(lot)),
        lambda: record_dose(
            make.dose_command(person, lot), actor=make.SYSTEM, now=NOON + timedelta(hours=5)
        ),
    ]
    for act in acts if desk_first else reversed(acts):
        act()
    live = Dose.objects.get(correction__isnull=True)
    conflict = Conflict.objects.get(end="")
    assert live.step is None and conflict.dose == live and conflict.kept is None
    assert Balance.objects.get(account="site").doses == 11
    settle(conflict.pk, ConflictEnd.TWO_DOSES, "two needles", actor=make.SYSTEM, now=NOON)
    assert Dose.objects.filter(correction__isnull=True).count() == 2 and ledger_sum() == 0


def test_what_was_done_in_a_role_that_ended_meanwhile_is_kept(today_at_hall):
    """Taken in an emergency, worked without a network, sent when the role was over."""
    user = access.keep_user(
        "helper",
        name="Helper",
        password="correct-horse-battery",
        grants=[access.GrantWanted(Role.VACCINATOR, site=places.site("hall"), until=NOON)],
    )
    actor = access.actor_for(user)
    assert actor.grants == frozenset(), "by now the role is over"

    def sent(minute: int, hours: int = 5):
        step = Sent(
            request_id=make.request(f"late {minute} {hours}"),
            person=today_at_hall.pk,
            kind=StepKind.CHECK_IN,
            at=NOON + timedelta(minutes=minute),
            facts={"how": "photo_id"},
        )
        return take_step(DESK, step, actor=actor, now=NOON + timedelta(hours=hours))

    with pytest.raises(NotAllowed):
        sent(1)
    with pytest.raises(NotAllowed):
        sent(-10, hours=49)
    assert sent(-10).is_new


def test_who_may_be_known_by_another_record_is_looked_at_before_the_needle(today_at_hall):
    asked = ClearToVaccinate(
        campaign=make.SLUG,
        person_id=today_at_hall.pk,
        site="hall",
        product="comirnaty",
        lot_number="A1",
    )
    before = clear_to_vaccinate(asked, actor=make.SYSTEM, now=NOON)
    assert Check.PERHAPS_KNOWN not in before.checks
    Registration.objects.create(
        scope=make.SLUG,
        name=today_at_hall.name,
        born=today_at_hall.born,
        sex=today_at_hall.sex,
        area=today_at_hall.area,
        made_at=NOON,
        digest=b"",
        status="near",
        person=today_at_hall,
    )
    found = clear_to_vaccinate(asked, actor=make.SYSTEM, now=NOON)
    assert Check.PERHAPS_KNOWN in found.checks


@pytest.fixture
def today_at_hall(committed):
    make.campaign()
    found = make.person(1)
    make.enrol()
    return found
