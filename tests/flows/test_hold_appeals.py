"""Appeals against holds: who is stopped asks, who decides answers, and the end of a hold answers too."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, ProgrammingError, transaction

from balmis.contexts.access import services as access
from balmis.contexts.journal.models import AuditEntry
from balmis.contexts.places import queries as places
from balmis.contexts.safety import hold_appeals as kept
from balmis.contexts.safety.models import HoldAppeal, HoldOrder
from balmis.core.errors import BadInput, Conflict, NotAllowed, Refusal
from balmis.core.roles import Office
from balmis.core.vocabulary.access import Role
from balmis.core.vocabulary.reasons import Refused
from balmis.core.vocabulary.safety import HoldKind, HoldScope, HoldStatus
from balmis.flows.holds import hold_orders
from balmis.flows.holds.hold_appeals import AppealHold, KeepHold, appeal_hold, keep_hold
from balmis.flows.holds.lot_holds import release_lot
from balmis.flows.holds.site_holds import holds_of_site, over_lately
from tests import make
from tests.flows.test_holds import hold
from tests.flows.test_safety_cases import someone
from tests.flows.test_safety_holds import end, propose, sign

NOON = make.NOON


def at(site, name="keeper", role=Role.STORE_KEEPER):
    return someone(f"{name} {site}", role, site=places.site(site))


@pytest.fixture
def keeper(hall):
    return at("hall")


@pytest.fixture
def lead(hall):
    return someone("lead", Role.CLINICAL_LEAD)


@pytest.fixture
def order(lead):
    return sign(propose(lead), lead, emergency=True)


def ask(who, held, name="appeal", site="hall", words="the fridge was never warm", now=NOON):
    is_order = isinstance(held, HoldOrder)
    cmd = AppealHold(
        request_id=make.request(name),
        site=site,
        words=words,
        order_id=held.pk if is_order else None,
        hold_id=None if is_order else held.pk,
    )
    return appeal_hold(cmd, actor=who, now=now)


def keep(who, appeal, words="two more reactions came"):
    return keep_hold(KeepHold(appeal_id=appeal.pk, words=words), actor=who, now=NOON)


def refused(act, reason):
    with pytest.raises(Refusal) as error:
        act()
    assert error.value.reason is reason
    return error.value


def seen(site="hall"):
    (one,) = holds_of_site(places.site(site), now=NOON)
    return one


def test_who_is_stopped_sees_by_which_office_and_asks(hall, order, keeper, lead):
    shown = seen()
    assert shown.order == order and [h.lot.number for h in shown.lots] == ["A1"]
    campaign_area = order.campaign.area
    assert shown.placed_by == ((lead.name, Office(Role.CLINICAL_LEAD, campaign_area.names)),)
    assert shown.reaches and shown.open is None
    made = ask(keeper, order)
    assert seen().open == made and (made.words, made.by) == (
        "the fridge was never warm",
        keeper.name,
    )
    line = AuditEntry.objects.get(action="hold.appealed")
    assert (line.subject, line.actor) == (f"hold-appeal:{made.pk}", keeper.name)
    assert line.facts["order"] == order.pk and line.facts["site"] == "hall"
    assert [a.pk for a in kept.waiting(order.campaign)] == [made.pk]


def test_what_was_answered_stands_beside_the_hold(hall, order, keeper, lead):
    keep(lead, ask(keeper, order))
    (answered,) = seen().appeals
    assert (answered.appeal.status, answered.appeal.answer) == ("kept", "two more reactions came")
    assert answered.office == Office(Role.CLINICAL_LEAD, order.campaign.area.names)
    assert answered.appeal.answered_at == NOON and HoldOrder.objects.get().status == "active"
    line = AuditEntry.objects.get(action="hold.appeal_answered")
    assert (line.actor, line.facts["to"]) == (lead.name, "kept")
    with pytest.raises(Conflict):
        keep(lead, answered.appeal)
    assert ask(keeper, order, "anew").status == "open"  # news may come


def test_one_is_open_at_a_time_and_a_second_is_told_since_when(hall, order, keeper, lead):
    first = ask(keeper, order)
    manager = at("hall", "manager", Role.SITE_MANAGER)
    told = refused(lambda: ask(manager, order, "second"), Refused.APPEAL_OPEN)
    assert told.facts["since"] == NOON
    assert told.facts["office"] == Office(Role.CLINICAL_LEAD, order.campaign.area.names)
    assert ask(keeper, order) == first  # the same request
    refused(
        lambda: ask(keeper, order, site="hall", words="x" * 9, name="third"), Refused.APPEAL_OPEN
    )
    assert HoldAppeal.objects.count() == 1


def test_a_request_that_asks_for_something_else_is_told(hall, order, keeper):
    ask(keeper, order)
    other = hold().hold
    refused(lambda: ask(keeper, other), Refused.REQUEST_REUSED)


def test_a_site_that_is_not_reached_cannot_appeal(hall, order, lead):
    there = at("clinic")
    refused(lambda: ask(there, order, site="clinic"), Refused.NOT_STOPPED_BY)
    own = hold().hold  # at the hall alone
    refused(lambda: ask(there, own, site="clinic"), Refused.NOT_STOPPED_BY)
    make.lot("A1", doses=5, site="clinic")
    assert ask(there, order, site="clinic").site.code == "clinic"
    assert holds_of_site(places.site("store"), now=NOON)[0].reaches is False


def test_an_order_for_one_site_is_that_sites_matter(hall, lead, keeper):
    make.lot("A1", doses=5, site="clinic")
    order = sign(
        propose(lead, scope=HoldScope.SITE, site="hall", lot="", product=""), lead, emergency=True
    )
    refused(lambda: ask(at("clinic"), order, site="clinic"), Refused.NOT_STOPPED_BY)
    assert ask(keeper, order).order == order


def test_a_vaccine_held_for_a_group_stops_a_site_with_a_session_of_it(hall, lead, keeper):
    order = propose(lead, scope=HoldScope.PRODUCT_GROUP, lot="", from_age=60, to_age=80)
    sign(order, lead, emergency=True)
    refused(lambda: ask(keeper, order), Refused.NOT_STOPPED_BY)
    assert holds_of_site(places.site("hall"), now=NOON) == []
    make.session(products=("jcovden",))
    refused(lambda: ask(keeper, order), Refused.NOT_STOPPED_BY)
    make.session(
        products=("comirnaty",),
        starts_at=make.OPENS + timedelta(hours=3),
        ends_at=make.OPENS + timedelta(hours=5),
    )
    assert ask(keeper, order) == seen().open


def test_staff_of_elsewhere_neither_ask_nor_answer(hall, order, keeper):
    with pytest.raises(NotAllowed):
        ask(at("clinic"), order)
    with pytest.raises(NotAllowed):
        ask(at("hall", "nurse", Role.VACCINATOR), order)
    made = ask(keeper, order)
    make.other_region()
    area = places.area("FR")
    far = access.actor_for(
        access.keep_user(
            "far",
            name="far",
            password="correct-horse-battery",
            grants=[(Role.CLINICAL_LEAD, area, None)],
        )
    )
    with pytest.raises(NotAllowed):
        keep(far, made)
    with pytest.raises(NotAllowed):
        keep(at("hall", "manager", Role.SITE_MANAGER), made)  # holds a lot, and signs no order


@pytest.mark.parametrize("words", ["", "  ", "no", "x" * 1001])
def test_words_are_asked_for(hall, order, keeper, lead, words):
    with pytest.raises(BadInput):
        ask(keeper, order, words=words)
    made = ask(keeper, order)
    with pytest.raises(BadInput):
        keep(lead, made, words)


def test_nobody_answers_their_own(hall, keeper):
    placed = hold().hold
    made = ask(keeper, placed)
    with pytest.raises(BadInput):
        keep(keeper, made)
    assert HoldAppeal.objects.get().status == "open"
    assert keep(at("hall", "manager", Role.SITE_MANAGER), made).status == "kept"
    with transaction.atomic(), pytest.raises(IntegrityError):
        HoldAppeal.objects.create(
            request_id=make.request("raw"),
            hold=placed,
            site=placed.site,
            words="as it is",
            at=NOON,
            by=keeper.name,
            status="kept",
            answer="no",
            answered_at=NOON,
            answered_by=keeper.name,
        )


def test_an_order_that_is_lifted_answers_what_is_open(hall, order, keeper, lead):
    ask(keeper, order)
    end(order, HoldStatus.LIFTED, lead, "the lot is sound")
    (found,) = over_lately(places.site("hall"), NOON)
    assert (found.appeal.status, found.appeal.answer) == ("lifted", "the lot is sound")
    assert found.office == Office(Role.CLINICAL_LEAD, order.campaign.area.names)
    assert holds_of_site(places.site("hall"), now=NOON) == []
    refused(lambda: ask(keeper, order, "again"), Refused.HOLD_NOT_STANDING)
    assert ask(keeper, order) == found.appeal  # the retry of the first


def test_an_order_whose_time_is_over_answers_what_is_open(hall, lead, keeper):
    order = sign(propose(lead, kind=HoldKind.SOFT), lead)
    made = ask(keeper, order)
    assert hold_orders.expire_due(now=NOON + timedelta(hours=25)) == 1
    made.refresh_from_db()
    assert (made.status, made.answered_by) == ("lifted", "system:holds")
    assert made.answer == "Its time was over and nobody prolonged it."


def test_goods_that_are_recalled_are_not_called_lifted(hall, order, keeper, lead):
    made = ask(keeper, order)
    end(order, HoldStatus.RECALLED, lead, "the maker takes it back")
    made.refresh_from_db()
    assert (made.status, made.answer) == ("recalled", "the maker takes it back")
    assert not seen().reaches and seen().order.status == "recalled"


def test_an_order_that_goes_on_leaves_the_question_open(hall, order, keeper, lead):
    made = ask(keeper, order)
    end(order, HoldStatus.REVIEWED, lead, hours=24)
    made.refresh_from_db()
    assert made.status == "open"


def test_a_lot_that_is_released_answers_what_is_open(hall, keeper):
    placed = hold().hold
    made = ask(keeper, placed)
    release_lot(
        placed.pk, "the logger was wrong", actor=at("hall", "m", Role.SITE_MANAGER), now=NOON
    )
    made.refresh_from_db()
    assert (made.status, made.answer) == ("lifted", "the logger was wrong")
    refused(lambda: ask(keeper, placed, "again"), Refused.NOT_KNOWN)


def test_what_an_order_holds_is_appealed_at_the_order(hall, order, keeper):
    (placed,) = seen().lots
    with pytest.raises(BadInput):
        ask(keeper, placed)
    with pytest.raises(BadInput):
        appeal_hold(
            AppealHold(request_id=make.request("none"), site="hall", words="which?"),
            actor=keeper,
            now=NOON,
        )


def test_what_was_asked_is_never_changed_and_answered_once(hall, order, keeper, lead):
    made = ask(keeper, order)
    for change in ({"words": "other"}, {"site": places.site("clinic")}, {"order": None}):
        with transaction.atomic(), pytest.raises(ProgrammingError):
            HoldAppeal.objects.filter(pk=made.pk).update(**change)
    keep(lead, made)
    with transaction.atomic(), pytest.raises(ProgrammingError):
        HoldAppeal.objects.filter(pk=made.pk).update(answer="another")
    with transaction.atomic(), pytest.raises(ProgrammingError):
        HoldAppeal.objects.filter(pk=made.pk).delete()
