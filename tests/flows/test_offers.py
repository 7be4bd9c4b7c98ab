"""Who may come on a day: the public list follows the same offers as eligibility."""

from datetime import timedelta

import pytest

from balmis.contexts.campaigns import queries as campaigns
from balmis.core.vocabulary.schedule import Eligibility, Finding
from balmis.flows.eligibility.evaluate_person import judge_person
from balmis.flows.eligibility.offers import groups_on
from tests import make

DAY = make.TODAY
NOT_INVITED = {Finding.PHASE_LATER, Finding.PHASE_UNDATED, Finding.PHASE_OVER, Finding.NO_PHASE}


def plan_with(committed, phases, **statuses):
    plan = make.plan_dict()
    plan["phases"] = phases
    for group in plan["groups"]:
        group["status"] = statuses.get(group["code"], group.get("status", "planned"))
    make.campaign(make.yaml.safe_dump(plan, allow_unicode=True))
    return campaigns.plan_on(campaigns.campaign(make.SLUG).pk, DAY)


def phase(code, groups, **fields):
    return {"code": code, "title": {"en": code}, "groups": groups, "source": "plan"} | fields


@pytest.mark.parametrize(
    ("phases", "offered", "opens"),
    [
        ([phase("a", ["old"], starts_on=DAY)], True, None),
        ([phase("a", ["old"], starts_on=DAY + timedelta(days=3))], False, 3),
        ([phase("a", ["old"], starts_on=DAY - timedelta(days=9), closes_on=DAY)], True, None),
        (
            [phase("a", ["old"], starts_on=DAY - timedelta(days=9), closes_on=DAY - timedelta(1))],
            False,
            None,
        ),
        ([phase("a", ["old"], starts_on=None)], False, None),
        ([phase("a", ["old"], starts_on=None, status="open")], True, None),
        ([phase("a", ["staff"], starts_on=DAY)], False, None),
        ([phase("a", [], starts_on=DAY)], True, None),
    ],
)
def test_a_group_may_come_when_eligibility_would_invite_its_people(
    committed, phases, offered, opens
):
    plan = plan_with(committed, phases, old="planned")
    found = {g.group.code: g for g in groups_on(plan, DAY)}["old"]
    assert found.offered is offered
    assert found.opens_on == (DAY + timedelta(days=opens) if opens else None)
    person = make.person()
    make.enrol()
    judged = judge_person(campaigns.campaign(make.SLUG), person, DAY)
    assert (judged.decision.status is Eligibility.ELIGIBLE) is offered
    if not offered:
        assert judged.decision.reason in NOT_INVITED


def test_who_is_put_off_is_not_among_them(committed):
    plan = plan_with(committed, [phase("a", ["old", "minors"], starts_on=DAY)])
    assert [g.group.code for g in groups_on(plan, DAY) if g.offered] == ["old"]
    assert "minors" not in {g.group.code for g in groups_on(plan, DAY)}
