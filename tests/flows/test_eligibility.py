"""What everyone may have next: stored, explained, brought up to date, and never out of step."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from threading import Event, Thread

import pytest
from django.db import IntegrityError, connection, connections, transaction

from balmis.contexts.booking import places
from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.campaigns.plan.checks import check
from balmis.contexts.eligibility.models import DueCount, NextDose, Run
from balmis.contexts.journal import locks, outbox
from balmis.contexts.journal.models import AuditEntry
from balmis.contexts.people.models import Trait
from balmis.core.actor import Actor
from balmis.core.clinic.step_facts import Sent
from balmis.core.errors import BadInput, NotAllowed, Refusal, Unusable
from balmis.core.schedule.file_checks import check_schedule
from balmis.core.vocabulary.booking import Channel
from balmis.core.vocabulary.clinic import CorrectionReason, StepKind
from balmis.core.vocabulary.schedule import Eligibility, Finding
from balmis.flows.campaigns.enrol import count_again
from balmis.flows.campaigns.load_campaign import load_campaign
from balmis.flows.clinic.correct_dose import correct_dose
from balmis.flows.clinic.visit_steps import take_step
from balmis.flows.eligibility.demand import PartOfDemand, demand, opening
from balmis.flows.eligibility.explain import Explain, explain
from balmis.flows.eligibility.load_schedule import load_schedule
from balmis.flows.eligibility.nightly import renew
from balmis.flows.eligibility.population_engine import IN_PROCESS, Engine
from balmis.flows.eligibility.renew_people import renew_people
from balmis.flows.eligibility.run import Outcome, RunEligibility, run_eligibility
from balmis.presets import schedule_text
from tests import make
from tests.flows.test_visits import DESK, NOON, answers

pytestmark = pytest.mark.usefixtures("committed")


@pytest.fixture(autouse=True)
def island(committed: None) -> None:
    make.campaign()


def run(
    on: date = make.TODAY,
    *,
    everyone: bool = False,
    engine: Engine = IN_PROCESS,
    at: datetime | None = None,
) -> Outcome:
    return run_eligibility(
        RunEligibility(campaign=make.SLUG, on=on, everyone=everyone, engine=engine),
        actor=make.SYSTEM,
        clock=lambda: at or datetime.now(UTC),
    )


def answer(person) -> NextDose:
    return NextDose.objects.get(person=person)


def told(person) -> tuple[str, str]:
    found = answer(person)
    return found.status, found.reason


def test_each_member_gets_an_answer_with_its_reason_rules_and_day():
    old, adult = make.person(1), make.person(2, born=date(1980, 1, 1))
    child = make.person(3, born=date(2012, 1, 1))
    make.enrol()

    outcome = run()

    assert (outcome.people, outcome.evaluated, outcome.changed) == (3, 3, 3)
    assert told(old) == (Eligibility.ELIGIBLE, Finding.DUE)
    assert told(adult) == (Eligibility.NOT_YET, Finding.PHASE_LATER)
    assert (answer(adult).phase, answer(adult).from_on) == ("second", date(2021, 7, 1))
    assert answer(adult).valid_until == date(2021, 7, 1)
    assert told(child) == (Eligibility.NO_DATE, Finding.GROUP_DEFERRED)
    assert answer(old).as_of == make.TODAY
    assert answer(old).rules.digest.startswith(outcome.rules[:8])
    assert answer(old).products[0] == "comirnaty"


def test_the_next_night_touches_only_those_whose_answer_may_have_changed():
    waiting, _, dosed = make.person(1), make.person(2), make.person(3)
    make.enrol()
    run()
    make.dose(dosed)  # comirnaty: the second dose is due after 21 days

    outcome = run(make.TODAY + timedelta(days=1))

    assert (outcome.evaluated, outcome.changed) == (1, 1)
    assert told(dosed) == (Eligibility.NOT_YET, Finding.DUE_LATER)
    assert answer(dosed).from_on == make.TODAY + timedelta(days=21)
    assert answer(waiting).as_of == make.TODAY

    # on 5 July another product may follow AstraZeneca, so the rule is asked again
    assert run(make.TODAY + timedelta(days=17)).evaluated == 0
    assert run(make.TODAY + timedelta(days=21)).evaluated == 1
    assert told(dosed) == (Eligibility.ELIGIBLE, Finding.DUE)


def test_every_fact_that_an_answer_rests_on_is_noticed():
    person = make.person(1)
    make.enrol()
    run()
    assert run().evaluated == 0

    dose = make.dose(person)
    assert run().evaluated == 1
    correct_dose(
        dose.pk,
        CorrectionReason.ENTERED_IN_ERROR,
        request_id=make.request("c"),
        actor=make.SYSTEM,
        now=make.LATER,
    )
    assert run().evaluated == 1
    assert told(person)[0] == Eligibility.ELIGIBLE

    Trait.objects.create(person=person, kind="condition", code="severe-allergy")
    assert run().evaluated == 1
    assert told(person) == (Eligibility.EXCLUDED, Finding.CONTRAINDICATED)

    make.change_person(person.pk, born=date(2000, 1, 1))
    assert run().evaluated == 1
    make.enrol()  # now of another group
    assert run().evaluated == 1


def test_another_plan_changes_the_answers_of_those_it_concerns():
    old, adult = make.person(1), make.person(2, born=date(1980, 1, 1))
    make.enrol()
    first = run()
    text = make.plan_text().replace("starts_on: 2021-07-01", "starts_on: 2021-06-01")
    load_campaign(check(text), actor=make.SYSTEM, now=make.NOON)

    outcome = run()

    assert outcome.rules != first.rules
    assert (outcome.evaluated, outcome.changed) == (2, 1)
    assert told(adult) == (Eligibility.ELIGIBLE, Finding.DUE)
    assert answer(old).rules.digest == outcome.rules


def test_people_who_are_no_members_any_more_have_no_answer():
    person = make.person(1)
    make.enrol()
    run()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM campaigns_member")

    run()

    assert not NextDose.objects.filter(person=person).exists()
    assert not DueCount.objects.exists()


def test_the_stored_answer_is_the_one_that_is_explained():
    people = [make.person(n, born=date(1940 + 9 * n, 2, 28)) for n in range(8)]
    make.enrol()
    for person in people[::2]:
        make.dose(person, product="comirnaty" if person.pk % 4 else "jcovden")
    run(make.TODAY + timedelta(days=30))

    for person in people:
        found = explain(
            Explain(campaign=make.SLUG, person=str(person.pk), on=make.TODAY + timedelta(days=30)),
            actor=make.SYSTEM,
            now=make.LATER,
        )
        stored = answer(person)
        d = found.decision
        assert (stored.status, stored.reason, stored.phase) == (d.status, d.reason, d.phase)
        assert (stored.from_on, stored.ready_on) == (d.from_on, d.ready_on)
        assert (stored.valid_until, set(stored.products)) == (d.valid_until, set(d.products))


def test_each_look_at_a_person_is_logged_and_only_those_who_may_can_look():
    person = make.person(1)
    make.enrol()
    explain(
        Explain(campaign=make.SLUG, person="P1", on=make.TODAY), actor=make.SYSTEM, now=make.NOON
    )
    assert (
        AuditEntry.objects.filter(action="person.read", subject=f"person:{person.pk}").count() == 1
    )
    south = Actor("user:1", grants=frozenset({("registrar", "/IS/IS-S/")}))
    with pytest.raises(NotAllowed):
        explain(Explain(campaign=make.SLUG, person="P1", on=make.TODAY), actor=south, now=make.NOON)
    with pytest.raises(Refusal):
        explain(
            Explain(campaign=make.SLUG, person="nobody", on=make.TODAY),
            actor=make.SYSTEM,
            now=make.NOON,
        )
    with pytest.raises(NotAllowed):
        run_eligibility(
            RunEligibility(campaign=make.SLUG, on=make.TODAY), actor=south, clock=lambda: make.NOON
        )


def test_a_dry_run_says_whom_a_phase_would_add_and_changes_nothing():
    make.person(1)
    for n in range(2, 6):
        make.person(n, born=date(1980, 1, n))
    make.enrol()
    run()
    before = list(NextDose.objects.order_by("id").values())

    found = opening(make.SLUG, "second", make.TODAY, actor=make.SYSTEM)

    assert (found.people, found.unbooked, found.later, found.held_back) == (4, 4, 0, 0)
    assert found.by_group == {"adults": 4}
    assert list(NextDose.objects.order_by("id").values()) == before
    with pytest.raises(Refusal):
        opening(make.SLUG, "third", make.TODAY, actor=make.SYSTEM)


def test_a_dry_run_says_how_many_have_no_booking_yet():
    people = [make.person(n, born=date(1980, 1, n)) for n in range(1, 4)]
    make.enrol()
    run()
    session = make.session()
    wish = places.Wish(
        request_id=make.request("b"),
        pool=make.pools(session)[0].pk,
        person=people[0].pk,
        campaign=session.campaign_id,
        number=1,
    )
    assert places.take([wish], channel=Channel.REGISTRAR, now=make.NOON)[0].ok

    found = opening(make.SLUG, "second", make.TODAY, actor=make.SYSTEM)

    assert (found.people, found.unbooked) == (3, 2)


def test_the_demand_curve_counts_each_person_once():
    for n in range(5):
        make.person(n)
    for n in range(5, 9):
        make.person(n, born=date(1980, 1, n))
    dosed = make.person(10)
    make.enrol()
    make.dose(dosed)
    run()

    found = demand(make.SLUG, weeks=6, actor=make.SYSTEM)

    assert found.as_of == make.TODAY
    assert found.due == 5
    weeks = Counter({w.starts_on: w.people for w in found.weeks if w.people})
    # 1 July is the 14th day after the run, 8 July the 21st
    assert weeks == {date(2021, 6, 25): 4, date(2021, 7, 2): 1}
    assert sum(found.by_status.values()) == 10
    north = demand(make.SLUG, PartOfDemand(area="IS-S"), weeks=1, actor=make.SYSTEM)
    assert north.due == 0


def test_nothing_is_half_written_when_an_engine_fails():
    make.person(1)
    make.enrol()

    def fails(*_: object) -> None:
        raise BadInput("no")

    with pytest.raises(BadInput):
        run(engine=Engine("broken", fails, 10))  # type: ignore[arg-type]
    assert not NextDose.objects.exists()
    assert not Run.objects.exists()
    assert run().evaluated == 1  # and the lock is free again


def test_two_runs_at_once_wait_for_each_other():
    for n in range(20):
        make.person(n)
    make.enrol()
    failures: list[BaseException] = []

    def one() -> None:
        try:
            run(everyone=True)
        except BaseException as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert NextDose.objects.count() == 20
    assert sum(DueCount.objects.values_list("people", flat=True)) == 20


def test_a_campaign_without_a_schedule_is_told_so():
    text = (
        make.plan_text()
        .replace("schedule: jeju-covid19-2021\n", "")
        .replace("id: island-2021", "id: other-2021")
    )
    load_campaign(check(text), actor=make.SYSTEM, now=make.NOON)
    with pytest.raises(Refusal, match="schedule of other-2021|not_known"):
        run_eligibility(
            RunEligibility(campaign="other-2021", on=make.TODAY),
            actor=make.SYSTEM,
            clock=lambda: make.NOON,
        )


def test_each_night_brings_a_campaign_to_its_new_day_once_it_was_run_and_until_it_ends():
    make.person(1)
    make.enrol()
    midnight = datetime(2021, 6, 18, 15, 15, tzinfo=UTC)  # 00:15 on 19 June in Seoul
    assert renew(lambda: midnight) == {}  # never run yet
    run()
    assert renew(lambda: midnight)[make.SLUG].evaluated == 0
    assert Run.objects.latest("id").as_of == date(2021, 6, 19)
    assert renew(lambda: midnight) == {}
    assert renew(lambda: datetime(2022, 1, 1, tzinfo=UTC)) == {}  # the campaign is over


def test_a_lot_found_to_have_expired_changes_the_answer():
    person = make.person(1)
    make.enrol()
    make.dose(person, make.lot())
    run()
    assert told(person) == (Eligibility.NOT_YET, Finding.DUE_LATER)
    make.lot(doses=0, expires=make.TODAY - timedelta(days=1))  # the label is read anew

    assert run().evaluated == 1
    assert told(person) == (Eligibility.ELIGIBLE, Finding.DUE)


def test_a_schedule_put_in_force_again_is_in_force_again():
    make.person(1)
    make.enrol()
    first = run().rules
    file, _ = check_schedule(
        schedule_text("jeju-covid19-2021").replace(
            "{min: 12y, rec_from: 12y}", "{min: 16y, rec_from: 16y}"
        )
    )
    assert file is not None
    load_schedule(file, actor=make.SYSTEM, now=make.NOON)
    second = run().rules
    original, _ = check_schedule(schedule_text("jeju-covid19-2021"))
    assert original is not None
    load_schedule(original, actor=make.SYSTEM, now=make.NOON)

    assert second != first
    assert run().rules == first
    south = Actor("user:1", grants=frozenset({("planner", "/IS/")}))
    with pytest.raises(NotAllowed):
        load_schedule(file, actor=south, now=make.NOON)


def test_an_engine_that_loses_people_is_not_believed():
    for n in range(3):
        make.person(n)
    make.enrol()
    lossy = Engine("lossy", lambda *asked: IN_PROCESS.evaluate(*asked).head(2), 10)

    with pytest.raises(Unusable, match="answered for 2 of 3 people"):
        run(engine=lossy)
    assert not NextDose.objects.exists()


@pytest.mark.invariants
def test_the_database_refuses_answers_that_contradict_themselves():
    person = make.person(1)
    make.enrol()
    run()
    for change in (
        {"status": "maybe"},
        {"reason": "because"},
        {"from_on": date(2030, 1, 1)},
        {"valid_until": make.TODAY},
    ):
        with pytest.raises(IntegrityError):
            NextDose.objects.filter(person=person).update(**change)


MORNING = NOON - timedelta(hours=3)
COLUMNS = [f.name for f in NextDose._meta.concrete_fields if f.name not in ("id", "basis", "as_of")]


def stored(person) -> dict[str, object]:
    return {c: getattr(answer(person), c) for c in COLUMNS}


def said(person, kind: StepKind, facts: dict[str, object], n: int = 1) -> None:
    sent = Sent(
        request_id=make.request(f"{kind} {person.pk} {n}"),
        person=person.pk,
        kind=kind,
        at=NOON + timedelta(minutes=n),
        facts=facts,
    )
    take_step(DESK, sent, actor=make.SYSTEM, now=NOON + timedelta(minutes=n))


def test_what_is_said_and_given_at_a_chair_changes_the_answer_within_seconds_as_a_run_would():
    ill, ruled_out, dosed, changed, same = (make.person(n) for n in range(1, 6))
    make.enrol()
    run(at=MORNING)
    before = stored(same)
    said(ill, StepKind.SCREEN, answers(unwell=True))
    said(ruled_out, StepKind.DOCTOR, {"outcome": "never", "text": "anaphylaxis", "product": ""})
    make.dose(dosed)
    make.change_person(changed.pk, born=date(2012, 1, 1))
    with transaction.atomic():
        count_again([changed.pk], now=NOON)

    assert renew_people(now=NOON + timedelta(minutes=5)) == 4
    assert told(ill) == (Eligibility.NOT_YET, Finding.DEFERRED)
    assert told(ruled_out) == (Eligibility.EXCLUDED, Finding.CONTRAINDICATED)
    assert told(dosed) == (Eligibility.NOT_YET, Finding.DUE_LATER)
    assert stored(same) == before
    renewed = {p.pk: stored(p) for p in (ill, ruled_out, dosed, changed)}
    run(everyone=True, at=MORNING)
    assert renewed == {p.pk: stored(p) for p in (ill, ruled_out, dosed, changed)}

    said(
        ruled_out, StepKind.DOCTOR, {"outcome": "proceed", "text": "not allergic", "product": ""}, 9
    )
    renew_people(now=NOON + timedelta(minutes=10))
    assert told(ruled_out) == (Eligibility.ELIGIBLE, Finding.DUE)


def test_a_run_that_is_on_is_waited_for_and_nothing_is_lost():
    person = make.person(1)
    make.enrol()
    run(at=MORNING)
    make.dose(person)

    def hold() -> None:
        with locks.held(locks.Lock.RUNNING, Campaign.objects.get().pk):
            began.set()
            let_go.wait(20)
        connections.close_all()

    began, let_go = Event(), Event()
    other = Thread(target=hold)
    other.start()
    began.wait(20)
    assert renew_people(now=make.NOON + timedelta(minutes=1)) == 0
    assert told(person) == (Eligibility.ELIGIBLE, Finding.DUE)
    let_go.set()
    other.join()
    assert renew_people(now=make.NOON + timedelta(minutes=1)) == 1
    assert told(person)[0] == Eligibility.NOT_YET


def test_what_a_run_has_seen_waits_for_nobody():
    person = make.person(1)
    make.enrol()
    make.dose(person)
    assert outbox.deliveries_waiting("eligibility") == 1
    assert renew_people(now=make.LATER + timedelta(hours=1)) == 0  # no campaign keeps answers
    assert outbox.deliveries_waiting("eligibility") == 0
