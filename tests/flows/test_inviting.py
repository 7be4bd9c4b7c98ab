"""Invitations: those due without an appointment, once, in order, as many as there is room for."""

from datetime import date, timedelta

import pytest

from balmis.contexts.booking import places as booking_places
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.notices.models import Notice
from balmis.contexts.people.contacts import keep_contact
from balmis.contexts.people.models import Contact
from balmis.core.vocabulary.booking import Channel
from balmis.flows.booking import invitations
from balmis.flows.booking.invitations import (
    choose_messages,
    invite_all,
    person_of_token,
    stop_token,
)
from balmis.flows.eligibility.run import RunEligibility, run_eligibility
from tests import make

NOON = make.NOON


@pytest.fixture
def due(committed):
    """Four people of the first group and two of a later one, all reached by phone, all due."""
    make.campaign()
    people = [make.person(n, born=date(1950 if n < 5 else 1990, 5, 5)) for n in range(1, 7)]
    make.enrol()
    for n, person in enumerate(people):
        keep_contact(person, phone=f"+82100000000{n}", language="ko", now=NOON)
    run_eligibility(
        RunEligibility(campaign=make.SLUG, on=make.TODAY), actor=make.SYSTEM, clock=lambda: NOON
    )
    return people


def invited():
    return set(Notice.objects.filter(purpose="invitation").values_list("person_id", flat=True))


def places(n):
    session = make.session(ends_at=make.OPENS + timedelta(minutes=15), slot_minutes=15)
    (pool,) = make.pools(session)
    pool.capacity = n
    pool.save()
    return pool


def test_nobody_is_invited_where_no_place_is_free(due):
    assert invite_all(now=NOON) == 0


def test_each_is_invited_once_and_not_those_who_have_booked_or_want_none(due):
    pool = places(3)
    wish = booking_places.Wish(
        request_id=make.request("b"),
        pool=pool.pk,
        person=due[0].pk,
        number=1,
        campaign=campaigns.campaign(make.SLUG).pk,
    )
    booking_places.take([wish], channel=Channel.RESIDENT, now=NOON)
    choose_messages(due[1].pk, tell=False, language=None, now=NOON)
    assert invite_all(now=NOON) == 2
    assert invited() == {due[2].pk, due[3].pk}
    assert invite_all(now=NOON) == 0
    first = Notice.objects.filter(purpose="invitation").first()
    assert (first.language, "/s/i" in first.facts["link"]) == ("ko", True)


def test_no_more_are_invited_than_there_is_room_for_and_the_first_group_first(due):
    places(1)
    assert invite_all(now=NOON) == 2
    assert invited() == {due[0].pk, due[1].pk}
    assert invite_all(now=NOON + timedelta(hours=1)) == 0  # they count as coming
    assert invite_all(now=NOON + timedelta(days=3)) == 0  # the place is in the past by then


def test_an_invitation_waits_for_the_morning(due):
    places(3)
    night = NOON + timedelta(hours=11)  # 23:00 in Seoul
    assert invite_all(now=night) == 4
    assert Notice.objects.filter(purpose="invitation", not_before__gt=night).count() == 4


def test_the_link_to_stop_messages_is_the_persons_own_and_nothing_else(due):
    campaign = campaigns.campaign(make.SLUG).pk
    token = stop_token(due[0].pk, campaign, now=NOON)
    assert person_of_token(token, campaign, now=NOON) == due[0].pk
    assert person_of_token(token, campaign + 1, now=NOON) is None
    assert person_of_token(token[:-2] + "xx", campaign, now=NOON) is None
    assert person_of_token(token, campaign, now=NOON + timedelta(days=399)) == due[0].pk
    assert person_of_token(token, campaign, now=NOON + timedelta(days=401)) is None, "links end"
    choose_messages(due[0].pk, tell=False, language="vi", now=NOON)
    contact = Contact.objects.get(person=due[0])
    assert (contact.tell, contact.language) == (False, "vi")
    assert invitations.person_of_token("", 1, now=NOON) is None
