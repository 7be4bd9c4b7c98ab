"""Help is called, sent, heard and comes; a phone without a network sends its times later."""

from datetime import timedelta

import pytest

from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.safety import response
from balmis.contexts.safety.models import Incident, IncidentStep
from balmis.contexts.safety.response import Call
from balmis.core.errors import BadInput, Conflict, NotAllowed, Refusal
from balmis.core.vocabulary.access import Role
from balmis.core.vocabulary.reasons import Refused
from balmis.core.vocabulary.safety import IncidentStatus, TeamKind
from balmis.flows.safety import response as safety_response
from balmis.flows.safety import team_sizing
from balmis.flows.safety.response import Tap
from balmis.flows.safety.teams import Keep, keep_team
from tests import make
from tests.flows.test_safety_cases import someone

NOON = make.NOON
S = IncidentStatus


def at(minutes):
    return NOON + timedelta(minutes=minutes)


@pytest.fixture
def teams(hall):
    first, second = someone("first", Role.RESPONDER), someone("second", Role.RESPONDER)
    for code, member in (("one", "first"), ("two", "second")):
        keep = Keep(
            code=code, name=f"Team {code}", kind=TeamKind.CLINICAL, area="IS", members=[member]
        )
        keep_team(keep, actor=make.SYSTEM, now=NOON)
    return first, second


def call(name="c", team="one", **changes):
    known = {
        "request_id": make.request(name),
        "kind": TeamKind.CLINICAL,
        "urgency": 1,
        "what": "collapsed",
        "place": "A4",
    }
    return safety_response.call_for_help(
        safety_response.CallForHelp(
            campaign=make.SLUG, site="hall", call=Call(**known | changes), team=team
        ),
        actor=make.SYSTEM,
        now=NOON,
    )


def tap(incident, to, minute, who, name=None):
    tapped = Tap(
        request_id=make.request(name or f"{incident.pk} {to} {minute}"), to=to, at=at(minute)
    )
    return safety_response.tap(incident.pk, tapped, actor=who, now=at(max(minute, 30)))


def test_a_call_goes_through_all_its_steps_with_the_times_of_the_phone(teams):
    incident = call()
    assert call() == incident  # a retry
    for minute, to in (
        (1, S.ACKNOWLEDGED),
        (2, S.EN_ROUTE),
        (4, S.ON_SITE),
        (9, S.UNDER_CONTROL),
        (20, S.HANDED_OVER),
    ):
        assert tap(incident, to, minute, teams[0]).status == to
    assert tap(incident, S.CLOSED, 25, make.SYSTEM).status == S.CLOSED
    found = safety_response.board(make.SLUG, actor=make.SYSTEM, now=at(30))
    assert found.incidents == () and found.clinical.median == 4.0
    assert found.clinical.within.value == 1.0


def test_a_step_sent_late_is_kept_and_does_not_set_it_back(teams):
    incident = call()
    tap(incident, S.ON_SITE, 4, teams[0])
    done = tap(incident, S.EN_ROUTE, 2, teams[0])
    assert done.status == S.ON_SITE
    kept = IncidentStep.objects.get(status="en_route")
    assert not kept.applied and kept.at == at(2)
    assert tap(incident, S.EN_ROUTE, 2, teams[0]).status == S.ON_SITE  # the same tap again
    assert IncidentStep.objects.filter(status="en_route").count() == 1


def test_a_team_is_at_one_place_at_a_time(teams):
    first, second = call(), call("d", team="", urgency=2)
    with pytest.raises(Refusal) as error:
        safety_response.send(second.pk, "one", make.request("x"), actor=make.SYSTEM, now=at(1))
    assert error.value.reason is Refused.TEAM_BUSY
    tap(first, S.ON_SITE, 2, teams[0])
    tap(first, S.HANDED_OVER, 9, teams[0])
    assert (
        safety_response.send(
            second.pk, "one", make.request("x"), actor=make.SYSTEM, now=at(9)
        ).status
        == S.DISPATCHED
    )


def test_a_team_is_sent_by_sending_it_and_by_no_button(teams):
    incident = call(team="")
    for to in (S.DISPATCHED, S.RAISED):
        with pytest.raises(BadInput):
            tap(incident, to, 2, make.SYSTEM)


def test_the_same_request_for_another_call_or_another_team_is_not_answered_as_done(teams):
    first, second = call("c", team=""), call("d", team="", urgency=2)
    assert call("c", team="").pk == first.pk
    with pytest.raises(Refusal) as error:
        call("c", team="", urgency=3)
    assert error.value.reason is Refused.REQUEST_REUSED
    sent, later = make.request("x"), {"actor": make.SYSTEM, "now": at(1)}
    safety_response.send(first.pk, "one", sent, **later)
    assert safety_response.send(first.pk, "one", sent, **later).pk == first.pk
    with pytest.raises(Refusal) as error:
        safety_response.send(second.pk, "one", sent, **later)
    assert error.value.reason is Refused.REQUEST_REUSED


def test_who_is_off_duty_alone_or_far_away_is_not_sent(teams):
    for changes in ({"on_duty": False}, {"members": []}):
        known = {
            "code": "three",
            "name": "Three",
            "kind": TeamKind.CLINICAL,
            "area": "IS",
            "members": ["first"],
        }
        keep_team(Keep(**known | changes), actor=make.SYSTEM, now=NOON)
        with pytest.raises(BadInput):
            call(str(changes), team="three")
    with pytest.raises(BadInput, match="code"):
        keep_team(
            Keep(code="no good", name="x", kind=TeamKind.CLINICAL, area="IS", members=[]),
            actor=make.SYSTEM,
            now=NOON,
        )


def test_what_a_replaced_team_taps_is_kept_and_changes_nothing(teams):
    incident = call()
    safety_response.send(incident.pk, "two", make.request("two"), actor=make.SYSTEM, now=at(3))
    assert tap(incident, S.ON_SITE, 2, teams[0]).status == S.DISPATCHED
    assert not IncidentStep.objects.get(status="on_site").applied


def test_a_team_that_cannot_come_is_replaced(teams):
    incident = call()
    assert tap(incident, S.DECLINED, 1, teams[0]).status == S.DECLINED
    on_board = safety_response.board(make.SLUG, actor=make.SYSTEM, now=at(2)).incidents[0]
    assert on_board.unheard
    safety_response.send(incident.pk, "two", make.request("again"), actor=make.SYSTEM, now=at(2))
    assert [b.incident for b in safety_response.card(make.SLUG, actor=teams[1], now=at(3))] == [
        incident
    ]
    assert safety_response.card(make.SLUG, actor=teams[0], now=at(3)) == []


def test_a_call_that_nobody_hears_is_loud_after_two_minutes(teams):
    call()
    assert not safety_response.board(make.SLUG, actor=make.SYSTEM, now=at(1)).incidents[0].unheard
    assert safety_response.board(make.SLUG, actor=make.SYSTEM, now=at(2)).incidents[0].unheard


def test_the_buttons_of_a_team_are_the_teams(teams):
    incident = call()
    with pytest.raises(NotAllowed):
        tap(incident, S.ACKNOWLEDGED, 1, teams[1])
    with pytest.raises(NotAllowed):
        tap(incident, S.CLOSED, 1, teams[0])
    with pytest.raises(NotAllowed):
        safety_response.board(make.SLUG, actor=teams[0], now=NOON)


def test_what_is_no_call_is_refused(teams):
    for wrong in ({"what": " "}, {"urgency": 9}):
        with pytest.raises(BadInput):
            call("w", **wrong)
    with pytest.raises(BadInput, match="kind"):
        call("k", kind=TeamKind.INVESTIGATION)
    with pytest.raises(BadInput, match="clock"):
        safety_response.tap(
            call().pk,
            Tap(request_id=make.request("f"), to=S.ACKNOWLEDGED, at=at(5000)),
            actor=teams[0],
            now=NOON,
        )
    tap(call(), S.DECLINED, 1, teams[0])
    done = call("over", team="")
    safety_response.tap(
        done.pk,
        Tap(request_id=make.request("so"), to=S.STOOD_DOWN, at=at(1)),
        actor=make.SYSTEM,
        now=at(1),
    )
    with pytest.raises(Conflict):
        safety_response.send(done.pk, "one", make.request("late"), actor=make.SYSTEM, now=at(2))


def test_those_who_still_wait_make_the_response_slower_not_invisible(teams):
    incident = call()
    tap(incident, S.ON_SITE, 3, teams[0])
    tap(incident, S.HANDED_OVER, 8, teams[0])
    call("open", team="")
    found = safety_response.board(make.SLUG, actor=make.SYSTEM, now=at(60)).clinical
    assert (found.reached, found.waiting) == (1, 1)
    assert found.within.value == 0.5
    assert (
        len(response.open_incidents(campaigns.campaign(make.SLUG).pk))
        == 2
        == Incident.objects.count()
    )


def test_teams_follow_from_the_busiest_hour(teams):
    need = team_sizing.clinical_need(campaigns.campaign(make.SLUG), now=NOON)
    assert (need.busiest, need.teams, need.on_duty) == (0, 0, 2) and not need.own
