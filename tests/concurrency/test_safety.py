"""Many at once: one case of an event, one hold, one place for a team, whoever presses first."""

import pytest

from balmis.contexts.safety.cases import ToldEvent
from balmis.contexts.safety.models import (
    Case,
    CaseNote,
    EventReport,
    HoldOrder,
    Incident,
    IncidentStep,
)
from balmis.contexts.safety.response import Call
from balmis.contexts.supply.models import LotHold
from balmis.core.errors import Conflict, Refusal
from balmis.core.vocabulary.access import Role
from balmis.core.vocabulary.safety import (
    HoldKind,
    HoldScope,
    HoldStatus,
    IncidentStatus,
    TeamKind,
)
from balmis.flows.holds import hold_orders
from balmis.flows.holds.hold_orders import Ask
from balmis.flows.safety import assessments, cases, response
from balmis.flows.safety.report_event import report_event
from balmis.flows.safety.response import Tap
from balmis.flows.safety.teams import Keep, keep_team
from tests import make
from tests.concurrency.test_doses import at_once
from tests.flows.test_safety_cases import SOUND, awaiting, someone

pytestmark = pytest.mark.invariants
NOON = make.NOON


@pytest.fixture
def dose(committed):
    make.campaign()
    found = make.dose(make.person(1), make.lot(doses=10))
    make.enrol()
    return found


def tell(dose, name):
    told = ToldEvent(
        request_id=make.request(name),
        onset_on=make.TODAY,
        serious=False,
        died=False,
        dose_id=dose.pk,
        event="fever",
        words=name,
    )
    return lambda: report_event(make.SLUG, told, actor=make.SYSTEM, now=make.LATER)[1].pk


def test_eight_reports_of_one_event_at_once_are_one_case_with_all_of_them(dose):
    found = at_once(*[tell(dose, f"r{n}") for n in range(8)], *[tell(dose, "r0")] * 2)
    assert set(found) == {Case.objects.get().pk}
    assert EventReport.objects.count() == 8 == CaseNote.objects.filter(kind="report").count()
    assert set(Case.objects.get().narrative.splitlines()) == {f"r{n}" for n in range(8)}


def order_of(lot="A1", name="o"):
    ask = Ask(
        request_id=make.request(name),
        scope=HoldScope.LOT,
        kind=HoldKind.HARD,
        reason="three reactions",
        product="comirnaty",
        lot=lot,
    )
    return hold_orders.propose(make.SLUG, ask, actor=make.SYSTEM, now=NOON)


def test_two_who_sign_at_once_put_it_in_force_once(dose):
    order = order_of()
    people = [someone(f"p{n}", Role.SAFETY_OFFICER) for n in range(4)]
    at_once(*[lambda p=p: hold_orders.sign(make.SLUG, order.pk, actor=p, now=NOON) for p in people])
    assert HoldOrder.objects.get().status == "active"
    assert LotHold.objects.filter(released_at=None).count() == 1


def test_orders_of_one_scope_proposed_at_once_are_one(dose):
    found = at_once(*[lambda n=n: order_of(name=f"o{n}") for n in range(4)])
    assert sum(isinstance(f, HoldOrder) for f in found) == 1
    assert all(isinstance(f, HoldOrder | Conflict) for f in found)


def test_a_hold_that_is_lifted_and_prolonged_at_once_is_one_of_both(dose):
    order = order_of()
    for n in range(2):
        hold_orders.sign(make.SLUG, order.pk, actor=someone(f"p{n}", Role.SAFETY_OFFICER), now=NOON)

    def end(to):
        return lambda: hold_orders.end(
            hold_orders.EndHold(
                campaign=make.SLUG, order_id=order.pk, to=to, decision="looked into"
            ),
            actor=make.SYSTEM,
            now=NOON,
        )

    at_once(
        end(HoldStatus.LIFTED),
        end(HoldStatus.REVIEWED),
        end(HoldStatus.LIFTED),
        end(HoldStatus.RECALLED),
    )
    order.refresh_from_db()
    standing = LotHold.objects.filter(released_at=None).count()
    assert (order.status, standing) in {("lifted", 0), ("recalled", 1)}


def test_a_team_called_to_two_places_at_once_goes_to_one(dose):
    someone("member", Role.RESPONDER)
    keep_team(
        Keep(code="one", name="One", kind=TeamKind.CLINICAL, area="IS", members=["member"]),
        actor=make.SYSTEM,
        now=NOON,
    )

    def send(n):
        asked = Call(
            request_id=make.request(f"c{n}"), kind=TeamKind.CLINICAL, urgency=1, what="collapsed"
        )
        return lambda: response.call_for_help(
            response.CallForHelp(campaign=make.SLUG, site="hall", call=asked, team="one"),
            actor=make.SYSTEM,
            now=NOON,
        )

    found = at_once(*[send(n) for n in range(4)])
    assert Incident.objects.filter(status="dispatched").count() == 1
    assert sum(isinstance(f, Refusal) for f in found) == 3


def test_one_tap_sent_many_times_is_one_step(dose):
    incident = response.call_for_help(
        response.CallForHelp(
            campaign=make.SLUG,
            site="hall",
            call=Call(
                request_id=make.request("c"), kind=TeamKind.CLINICAL, urgency=1, what="collapsed"
            ),
        ),
        actor=make.SYSTEM,
        now=NOON,
    )
    tap = Tap(request_id=make.request("t"), to=IncidentStatus.STOOD_DOWN, at=NOON)
    at_once(*[lambda: response.tap(incident.pk, tap, actor=make.SYSTEM, now=NOON)] * 6)
    assert IncidentStep.objects.filter(status="stood_down").count() == 1


def test_three_who_assess_at_once_are_two_assessments(dose):
    case = awaiting(dose)
    people = [someone(f"a{n}", Role.SAFETY_ASSESSOR) for n in range(3)]
    at_once(
        *[
            lambda p=p: assessments.assess(
                assessments.AssessCase(
                    campaign=make.SLUG, case_id=case.pk, answers=SOUND, note="as I see it"
                ),
                actor=p,
                now=make.LATER,
            )
            for p in people
        ]
    )
    assert case.assessments.filter(final=False).count() == 2
    assert case.assessments.filter(final=True).count() == 1


def test_two_cases_merged_into_each_other_at_once_leave_one(dose):
    one = Case.objects.get(pk=tell(dose, "a")())
    told = ToldEvent(
        request_id=make.request("b"),
        onset_on=make.TODAY,
        serious=False,
        died=False,
        dose_id=dose.pk,
        event="seizure",
    )
    other = report_event(make.SLUG, told, actor=make.SYSTEM, now=make.LATER)[1]

    def merge(a, b):
        return lambda: cases.merge(
            cases.MergeCases(campaign=make.SLUG, case_id=a.pk, into=b.pk, version=a.version),
            actor=make.SYSTEM,
            now=make.LATER,
        )

    found = at_once(merge(one, other), merge(other, one))
    assert Case.objects.filter(status="merged").count() == 1
    assert sum(isinstance(f, Exception) for f in found) == 1 or any(
        isinstance(f, Refusal) for f in found
    )
