"""The looks: a bad lot is held by rule, where it should be; what crossed stays crossed."""

import random
from datetime import UTC, date, datetime, time, timedelta

import pytest

from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.clinic.models import Dose
from balmis.contexts.places.models import Site
from balmis.contexts.safety.exposure import doses_by
from balmis.contexts.safety.models import Case, HoldOrder, Look, Signal
from balmis.contexts.supply import lot_holds
from balmis.contexts.supply.models import Lot
from balmis.core.safety.lot_or_site import Compared, Place
from balmis.core.vocabulary.clinic import CorrectionReason, DoseKind
from balmis.core.vocabulary.safety import HoldKind, HoldScope, HoldStatus, SignalStatus
from balmis.flows.clinic.correct_dose import correct_dose
from balmis.flows.holds import hold_orders
from balmis.flows.holds.hold_orders import Ask
from balmis.flows.safety import public_summary, reference_data, signal_board, surveillance
from balmis.flows.safety.exposure import counted
from tests import make
from tests.flows.test_safety_cases import tell, working_values

NOON = make.NOON


def give(people, lot, site: str, day: date, name: str) -> list[Dose]:
    """Doses as rows: a statistic looks at nothing else."""
    lot = Lot.objects.select_related("product").get(pk=lot.pk)
    campaign, at = campaigns.campaign(make.SLUG), Site.objects.get(code=site)
    rows = [
        Dose(
            request_id=make.request(f"{name} {i}"),
            campaign=campaign,
            person=p,
            product=lot.product,
            lot=lot,
            kind=DoseKind.PRIMARY_1.value,
            completes=False,
            units=1,
            given_on=day,
            site=at,
            given_at=datetime.combine(day, time(3), UTC),
            recorded_at=NOON,
            actor="test",
        )
        for i, p in enumerate(people)
    ]
    return Dose.objects.bulk_create(rows)


@pytest.fixture
def crowd(committed):
    """Four thousand people, a lot that everyone has, and one that few have."""
    make.campaign()
    first = make.person(0)
    from balmis.contexts.people.models import Person

    people = Person.objects.bulk_create(
        Person(
            register=first.register,
            external_id=f"C{n}",
            name=f"Resident {n}",
            born=date(1950, 1, 1 + n % 28),
            sex="FM"[n % 2],
            area=first.area,
        )
        for n in range(4000)
    )
    return people, make.lot("GOOD", doses=4000), make.lot("BAD", doses=1000)


def watch(now):
    return surveillance.watch(make.SLUG, now=now)


def report_some(doses, share: float, seed: int, **changes):
    rng = random.Random(seed)
    found = [d for d in doses if rng.random() < share]
    for d in found:
        tell(d, f"{seed} {d.pk}", onset_on=d.given_on, event="other", **changes)
    return found


def test_a_planted_lot_is_held_softly_by_rule_and_the_others_are_not(crowd):
    people, good, bad = crowd
    day = make.TODAY - timedelta(days=10)
    ok = give(people[:3000], good, "hall", day, "good")
    ill = give(people[3000:], bad, "hall", day, "bad")
    ill += give(people[2000:2600], bad, "clinic", day, "bad2")
    report_some(ok, 0.0045, 1)
    told = report_some(ill, 0.0045 * 12, 2)
    found = watch(make.LATER)
    assert [s.look.lot_id for s in found.signals] == [bad.pk]
    (order,) = found.orders
    assert (order.scope, order.kind, order.status, order.lot_id) == (
        "lot",
        "soft",
        "active",
        bad.pk,
    )
    assert order.rule and order.expires_at == make.LATER + timedelta(hours=24)
    assert order.radius["given"] == 1600
    (hold,) = lot_holds.holds()
    assert hold.soft and hold.lot_id == bad.pk
    look = Signal.objects.get().look
    assert look.observed == len(told) and look.facts["doses"] == 1600
    # another look finds nothing new, and holds nothing twice
    assert watch(make.LATER).signals == ()
    assert HoldOrder.objects.count() == 1


def test_a_crossing_is_not_erased_by_what_turns_out_later(crowd):
    people, _, bad = crowd
    ill = give(people[:1000], bad, "hall", make.TODAY - timedelta(days=10), "bad")
    report_some(ill, 0.06, 3)
    assert watch(make.LATER).signals
    crossed = Look.objects.filter(crossed=True).count()
    for case in Case.objects.all():
        working_values(case, certainty="ruled_out")
    again = watch(make.LATER + timedelta(hours=1))
    assert again.signals == () and not any(x.crossed for x in Look.objects.order_by("-pk")[:2])
    assert Look.objects.filter(crossed=True).count() == crossed
    assert Signal.objects.get().status == SignalStatus.RAISED


def test_reactions_at_one_site_do_not_hold_the_lot_everywhere(crowd):
    """California, January 2021, made small: under ten reactions at one site, the lot is quiet elsewhere."""
    people, good, bad = crowd
    day = make.TODAY
    here = give(people[:60], bad, "hall", day, "here")
    give(people[1000:4000], bad, "clinic", day, "there")
    give(people[200:900], good, "hall", day, "beside")
    for d in here[:6]:
        tell(d, f"r{d.pk}", event="anaphylaxis", onset_on=day)
    state = counted(campaigns.campaign(make.SLUG), now=make.LATER)
    (cluster,) = surveillance.clusters(state)
    assert (cluster.event, cluster.lot, len(cluster.cases)) == ("anaphylaxis", bad.pk, 6)
    assert cluster.found.place is Place.LOT_AT_SITE and cluster.scope is HoldScope.LOT_AT_SITE
    assert cluster.found.lot_elsewhere.says is Compared.QUIET
    assert cluster.found.site_otherwise.says is Compared.QUIET
    # the same six, and the lot has reactions everywhere: then it is the lot
    for d in Dose.objects.filter(lot=bad, site__code="clinic")[:30]:
        tell(d, f"x{d.pk}", event="anaphylaxis", onset_on=day)
    state = counted(campaigns.campaign(make.SLUG), now=make.LATER)
    assert {c.scope for c in surveillance.clusters(state) if c.site == cluster.site} == {
        HoldScope.LOT
    }


def test_denominators_are_exact_with_every_dose_and_every_correction(hall):
    lot, people = hall
    campaign = campaigns.campaign(make.SLUG)
    given = [make.dose(p, lot) for p in people]

    def count(*dimensions, **only):
        return {r[:-1]: r[-1] for r in doses_by(campaign.pk, dimensions, make.TODAY, **only)}

    assert count("lot", "sex") == {(lot.pk, "F"): 3}
    assert count("hour", "age", "kind") == {(NOON, 71, "primary_1"): 3}
    correct_dose(
        given[0].pk,
        CorrectionReason.ENTERED_IN_ERROR,
        request_id=make.request("c"),
        actor=make.SYSTEM,
        now=NOON,
    )
    assert count() == {(): 2}
    assert count("site", lot=lot.pk) == {(given[1].site_id,): 2}
    with pytest.raises(KeyError):
        count("name")


def test_the_board_ranks_what_stands_out_and_finds_it_in_place_and_time(crowd):
    people, good, bad = crowd
    day = make.TODAY - timedelta(days=10)
    report_some(give(people[:3000], good, "clinic", day, "good"), 0.004, 4)
    told = report_some(give(people[3000:], bad, "hall", day, "bad"), 0.05, 5)
    found = signal_board.board(make.SLUG, "any_report", actor=make.SYSTEM, now=make.LATER)
    assert found.lots[0].name.endswith("BAD") and found.lots[0].q05 > 1.5
    assert found.lots[0].observed == len(told)
    windows, threshold = signal_board.scan(
        make.SLUG, "any_report", actor=make.SYSTEM, now=make.LATER
    )
    assert windows[0].lots == (bad.pk,) and windows[0].statistic > threshold and windows[0].p < 0.01
    drill = signal_board.rehearse(make.SLUG, "any_report", 5.0, actor=make.SYSTEM, now=make.LATER)
    assert drill.campaigns == 200 and drill.false_alarms <= 15


def test_a_signal_is_judged_by_people_and_stays_on_record(crowd):
    people, _, bad = crowd
    report_some(give(people[:1000], bad, "hall", make.TODAY - timedelta(days=10), "bad"), 0.06, 3)
    (signal,) = watch(make.LATER).signals
    for to in (SignalStatus.VALIDATED, SignalStatus.ASSESSED, SignalStatus.ACTED):
        signal_board.decide(
            signal_board.DecideSignal(
                campaign=make.SLUG, signal_id=signal.pk, to=to, note="as found"
            ),
            actor=make.SYSTEM,
            now=make.LATER,
        )
    assert Signal.objects.get().status == "acted"


def test_the_public_sees_counts_with_their_doses_and_no_small_ones(crowd):
    people, good, _ = crowd
    doses = give(people[:2000], good, "hall", make.TODAY - timedelta(days=3), "good")
    for d in doses[:12]:
        tell(d, f"p{d.pk}", event="fever", onset_on=d.given_on)
    for d in doses[12:14]:
        tell(d, f"p{d.pk}", event="seizure", onset_on=d.given_on, serious=True)
    found = public_summary.figures(make.SLUG, now=make.LATER + timedelta(days=1))
    assert (found.doses, found.total.reports, found.deaths) == (2000, 14, 0)
    assert found.total.serious is None  # two: someone might know them
    rows = {r.key: r for r in found.by_event}
    assert rows["seizure"].reports is None and rows["fever"].reports is None  # or they add up
    assert {r.key for r in found.by_sex} == {"F", "M"}
    assert found.total.per_100_000 == pytest.approx(700.0)


def test_before_the_first_dose_there_is_nothing_to_look_at(committed):
    make.campaign()
    assert watch(NOON).looks == 0
    assert signal_board.scan(make.SLUG, "any_report", actor=make.SYSTEM, now=NOON)[0] == []
    assert signal_board.rehearse(make.SLUG, "any_report", 5.0, actor=make.SYSTEM, now=NOON) is None
    assert public_summary.figures(make.SLUG, now=NOON).total.reports == 0


def orders_now():
    return [(o.scope, o.status) for o in HoldOrder.objects.order_by("pk")]


def test_a_lot_that_goes_on_is_held_wider_and_anew_until_people_refute_it(crowd):
    people, _, bad = crowd
    day = make.TODAY - timedelta(days=6)
    here = give(people[:300], bad, "hall", day, "here")
    give(people[1000:3000], bad, "clinic", day, "there")
    report_some(here, 0.2, 6)
    watch(make.LATER)
    assert orders_now() == [("lot_at_site", "active")]
    # the rule's own hold is prolonged as long as the lot is over its line
    late = make.LATER + timedelta(hours=20)
    watch(late)
    assert HoldOrder.objects.get().expires_at == late + timedelta(hours=24)
    # nobody looked, and it ran out: it is placed again
    gone = late + timedelta(hours=25)
    hold_orders.expire_due(now=gone)
    assert not lot_holds.holds()
    watch(gone)
    assert orders_now() == [("lot_at_site", "expired"), ("lot_at_site", "active")]
    # reactions at the other site, too: the whole lot
    report_some(Dose.objects.filter(lot=bad, site__code="clinic")[:600], 0.3, 7)
    watch(gone + timedelta(minutes=5))
    assert ("lot", "active") in orders_now()
    # people say that it is none
    signal_board.decide(
        signal_board.DecideSignal(
            campaign=make.SLUG,
            signal_id=Signal.objects.first().pk,
            to=SignalStatus.REFUTED,
            note="a rumour",
        ),
        actor=make.SYSTEM,
        now=gone,
    )
    for order in HoldOrder.objects.filter(status="active"):
        hold_orders.end(
            hold_orders.EndHold(
                campaign=make.SLUG, order_id=order.pk, to=HoldStatus.LIFTED, decision="a rumour"
            ),
            actor=make.SYSTEM,
            now=gone,
        )
    assert watch(gone + timedelta(hours=1)).orders == () and not lot_holds.holds()


def propose_by_hand(crowd, kind):
    """A bad lot whose hold somebody has proposed before the rule looks."""
    people, _, bad = crowd
    report_some(give(people[:1000], bad, "hall", make.TODAY - timedelta(days=6), "bad"), 0.1, 8)
    give(people[1000:1100], bad, "clinic", make.TODAY - timedelta(days=6), "few")
    ask = Ask(
        request_id=make.request("p"),
        scope=HoldScope.LOT,
        kind=kind,
        reason="it looks odd",
        product="comirnaty",
        lot="BAD",
    )
    hold_orders.propose(make.SLUG, ask, actor=make.SYSTEM, now=make.LATER)


def test_a_proposal_of_the_same_hold_is_put_in_force_by_the_rule(crowd):
    propose_by_hand(crowd, HoldKind.SOFT)
    watch(make.LATER)
    assert ("lot", "active") in orders_now() or ("lot_at_site", "active") in orders_now()
    assert lot_holds.holds()


def test_a_hard_hold_that_waits_for_signatures_stops_no_rule(crowd):
    propose_by_hand(crowd, HoldKind.HARD)
    assert not lot_holds.holds()
    watch(make.LATER)
    assert lot_holds.holds()
    assert ("lot", "proposed") in orders_now()  # for people to decide on, as before


def test_one_person_who_tells_often_is_one(crowd):
    people, _, bad = crowd
    doses = give(people[:300], bad, "hall", make.TODAY - timedelta(days=5), "bad")
    for n in range(12):
        tell(doses[0], f"again {n}", onset_on=doses[0].given_on, event="other")
    assert watch(make.LATER).signals == ()
    assert signal_board.board(make.SLUG, "any_report", actor=make.SYSTEM, now=make.LATER).cases == 1


def test_cases_count_only_where_something_was_due(crowd):
    """Heart attacks have rates of two groups of men: those of others say nothing about a ratio."""
    people, good, _ = crowd
    doses = give(people[:2000], good, "hall", make.TODAY - timedelta(days=5), "good")
    for d in doses[:6]:  # born in 1950
        tell(
            d,
            f"h{d.pk}",
            event="heart_attack",
            onset_on=d.given_on + timedelta(days=2),
            serious=True,
        )
    assert [s.look.event for s in watch(make.LATER).signals if s.look.method == "product"] == []
    state = counted(campaigns.campaign(make.SLUG), now=make.LATER)
    assert state.due(reference_data.event("heart_attack")).sum() == 0
    assert state.of_event(reference_data.event("heart_attack")) == []


@pytest.mark.parametrize("same_day", [0.2, 0.6])
def test_quick_telling_and_much_telling_hold_no_lot(crowd, same_day):
    """Korea's first weeks: 1.3 % of doses were told of, most at once."""
    people, good, bad = crowd
    rng = random.Random(int(same_day * 10))
    held = 0
    for n, (lot, site) in enumerate(
        [(good, "hall"), (bad, "clinic"), (good, "clinic"), (bad, "hall")]
    ):
        for d in give(
            people[n * 1000 : n * 1000 + 1000], lot, site, make.TODAY - timedelta(days=n), f"n{n}"
        ):
            if rng.random() < 0.013 * (same_day if n == 0 else 1):
                tell(d, f"t{d.pk}", onset_on=d.given_on, event="other")
        held += len(watch(make.LATER).orders)
    assert held == 0


def test_faintings_whose_background_nobody_knows_are_no_cluster(crowd):
    people, good, _ = crowd
    for d in give(people[:2000], good, "hall", make.TODAY, "good")[:3]:
        tell(d, f"f{d.pk}", event="fainting", onset_on=d.given_on)
    assert surveillance.clusters(counted(campaigns.campaign(make.SLUG), now=make.LATER)) == []
