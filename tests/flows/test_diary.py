"""How are you after the dose? Asked in time, answered once, and a red flag is called about."""

from datetime import timedelta

import pytest

from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.notices.models import Notice
from balmis.contexts.people import contacts
from balmis.contexts.safety import diary as kept
from balmis.contexts.safety.models import Case, Contact
from balmis.core.errors import BadInput, NotAllowed, Refusal
from balmis.core.safety.diary import Answer
from balmis.core.vocabulary.access import Role
from balmis.core.vocabulary.clinic import CorrectionReason
from balmis.core.vocabulary.notices import Purpose
from balmis.flows.clinic.correct_dose import correct_dose
from balmis.flows.safety import cases, diary
from tests import make
from tests.flows.test_safety_cases import someone, tell

NOON = make.NOON
ILL = Answer(well=False, symptoms=("chest", "fever"), care="doctor")


@pytest.fixture
def dosed(hall):
    """Two people have had a dose; one has a phone."""
    lot, (one, two, _) = hall
    contacts.keep_contact(one, language="ko", now=NOON, email="", phone="+821012345678")
    return make.dose(one, lot), make.dose(two, lot)


def ask(days):
    return diary.ask(campaigns.campaign(make.SLUG), now=NOON + timedelta(days=days))


def to_call(days):
    day = NOON.date() + timedelta(days=days)
    return kept.to_call(campaigns.campaign(make.SLUG).pk, day, 0)


def contact(dose, day=1):
    return Contact.objects.get(dose=dose, day=day)


def test_everyone_is_asked_on_days_one_three_and_seven_once(dosed):
    assert ask(0) == 0
    assert ask(1) == 1 and ask(1) == 0
    assert [c.status for c in Contact.objects.order_by("dose")] == ["sent", "bounced"]
    notice = Notice.objects.get(purpose=Purpose.DIARY)
    assert "/s/q" in notice.facts["link"] and notice.language == "ko"
    assert ask(3) == 1 and ask(7) == 1
    assert ask(14) == 0 and not Contact.objects.filter(day=14).exists()


def test_after_an_event_of_special_interest_people_are_asked_again_later(dosed):
    tell(dosed[0], event="anaphylaxis")
    ask(1)
    assert {c.day for c in Contact.objects.filter(dose=dosed[0])} == {1, 14, 42}
    assert {c.day for c in Contact.objects.filter(dose=dosed[1])} == {1}


def test_nobody_asks_how_the_dead_are_or_about_a_dose_that_was_taken_back(dosed):
    tell(dosed[0], "first", event="anaphylaxis")
    ask(1)
    assert Notice.objects.filter(purpose=Purpose.DIARY).count() == 1
    assert [c.dose for c in to_call(1)]
    tell(dosed[0], "second", event="sudden_death", died=True, serious=True)
    correct_dose(
        dosed[1].pk,
        CorrectionReason.ENTERED_IN_ERROR,
        request_id=make.request("c"),
        actor=make.SYSTEM,
        now=make.LATER,
    )
    assert ask(14) == 0 and ask(42) == 0
    assert Notice.objects.filter(purpose=Purpose.DIARY).count() == 1
    assert to_call(42) == []


def test_an_answer_is_taken_once_and_a_red_flag_opens_a_draft_and_a_clock(dosed):
    ask(1)
    token = diary.token_of(contact(dosed[0]))
    assert diary.opened(make.SLUG, token, now=NOON + timedelta(days=1)).status == "opened"
    at = NOON + timedelta(days=1, hours=2)
    diary.answer(make.SLUG, token, ILL, now=at)
    diary.answer(make.SLUG, token, Answer(well=True), now=at)  # a second press
    assert contact(dosed[0]).answer["symptoms"] == ["chest", "fever"]
    case = Case.objects.get()
    (row,) = cases.inbox(make.SLUG, actor=make.SYSTEM, now=at)
    assert row.case == case and row.clock.deadline.code == "callback"
    assert row.clock.due == at + timedelta(hours=1)


def test_who_is_well_opens_nothing(dosed):
    ask(1)
    diary.answer(
        make.SLUG,
        diary.token_of(contact(dosed[0])),
        Answer(well=True),
        now=NOON + timedelta(days=1),
    )
    assert not Case.objects.exists()


def test_whom_no_message_reaches_is_called(dosed):
    ask(1)
    now = NOON + timedelta(days=1)
    ((found, phone),) = diary.phone_list(make.SLUG, actor=make.SYSTEM, now=now)
    assert found.dose == dosed[1] and phone == ""
    diary.answer_by_phone(make.SLUG, found.pk, ILL, actor=make.SYSTEM, now=now)
    assert contact(dosed[1]).by_phone and Case.objects.count() == 1
    assert diary.phone_list(make.SLUG, actor=make.SYSTEM, now=now) == []


def test_rates_have_both_ends(dosed):
    contacts.keep_contact(dosed[1].person, language="en", now=NOON, email="", phone="+821087654321")
    ask(1)
    diary.answer(make.SLUG, diary.token_of(contact(dosed[0])), ILL, now=NOON + timedelta(days=1))
    ((day, care, told),) = diary.rates(make.SLUG, actor=make.SYSTEM)
    assert (day, care.asked, care.answered, care.told) == (1, 2, 1, 1)
    assert (care.least, care.most) == (0.5, 1.0)
    assert told["chest"].told == 1
    # who is silent for two days is called
    ((silent, phone),) = diary.phone_list(
        make.SLUG, actor=make.SYSTEM, now=NOON + timedelta(days=3)
    )
    assert silent.dose == dosed[1] and phone == "+821087654321"


def test_what_is_no_link_and_no_answer_is_refused(dosed):
    ask(1)
    token = diary.token_of(contact(dosed[0]))
    for wrong in (token[:-2] + "xx", "", "x" * 3000):
        with pytest.raises(Refusal):
            diary.opened(make.SLUG, wrong, now=NOON)
    with pytest.raises(Refusal):
        diary.opened("other", token, now=NOON)
    for bad in (
        Answer(well=False),
        Answer(well=False, symptoms=("plague",)),
        Answer(well=True, care="x"),
    ):
        with pytest.raises(BadInput):
            diary.answer(make.SLUG, token, bad, now=NOON)
    nurse = someone("nurse", Role.STORE_KEEPER)
    with pytest.raises(NotAllowed):
        diary.phone_list(make.SLUG, actor=nurse, now=NOON)


def test_who_does_not_answer_within_a_week_is_not_waited_for(dosed):
    ask(1)
    ask(9)
    assert contact(dosed[0]).status == "expired"
    diary.answer(
        make.SLUG,
        diary.token_of(contact(dosed[0])),
        Answer(well=True),
        now=NOON + timedelta(days=9),
    )
    assert contact(dosed[0]).status == "completed"  # late is better than never
