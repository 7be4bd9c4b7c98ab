"""Who is stopped by a hold sees by which office, asks at the store, and is answered by the safety desk."""

import re
from datetime import UTC, datetime
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from balmis.contexts.safety.models import HoldAppeal, HoldOrder
from balmis.contexts.supply.models import LotHold
from balmis.core.vocabulary.access import Role
from balmis.core.vocabulary.safety import HoldStatus
from balmis.flows.holds import hold_orders
from balmis.flows.holds.hold_orders import EndHold
from tests import make
from tests.pages import markup
from tests.web.conftest import user
from tests.web.test_pages import LANGUAGES, text_of

S, STORE = f"/safety/{make.SLUG}/", f"/store/{make.SLUG}/hall/"
ORDER = {
    "scope": "lot",
    "kind": "hard",
    "product": "comirnaty",
    "lot": "A1",
    "reason": "three reactions in an hour",
}
WORDS = "All three had the flu before."


def said_by(page) -> str:
    """What a reader reads, without the markup."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text_of(page))).split())


@pytest.fixture
def lead(dosed):
    return user(Role.CLINICAL_LEAD, area="IS")


@pytest.fixture
def order(lead):
    lead.post(f"{S}holds/propose/", ORDER | {"request_id": str(make.request("o"))})
    made = HoldOrder.objects.get()
    lead.post(f"{S}holds/{made.pk}/act/", {"act": "emergency"})
    return made


@pytest.fixture
def keeper(order):
    return user(Role.STORE_KEEPER, site="hall")


def asked(order, **changes):
    known = {"request_id": str(make.request("a")), "held": f"order-{order.pk}", "words": WORDS}
    return known | changes


def test_the_store_sees_who_holds_it_and_asks(order, keeper, lead):
    shown = said_by(keeper.get(STORE))
    for words in (
        "three reactions in an hour",
        "Held by Clinical lead for safety, Island",
        "Decided at Safety desk, Island",
        "Ask for it to be looked at again",
    ):
        assert words in shown, words
    assert "clinical_lead" not in shown, "a user is not named"
    assert "Release the lot" not in shown, "it ends where it was signed"
    empty = keeper.post(f"{STORE}appeal/", asked(order, words=" "))
    assert empty.status_code == 400 and "Say what should be looked at again" in said_by(empty)
    assert f'href="#appeal-order-{order.pk}-words"' in markup(empty)
    assert keeper.post(f"{STORE}appeal/", asked(order)).status_code == 302
    assert keeper.post(f"{STORE}appeal/", asked(order)).status_code == 302  # pressed twice
    assert HoldAppeal.objects.get().words == WORDS
    shown = said_by(keeper.get(STORE))
    assert "waits for an answer" in shown and "Ask for it to be looked at again" not in shown
    second = keeper.post(f"{STORE}appeal/", asked(order, request_id=str(make.request("b"))))
    said = said_by(second)
    assert second.status_code == 409 and "This site asked on" in said
    assert "and Clinical lead for safety, Island has not answered yet" in said
    for wrong in ({"held": "x"}, {"held": f"order-{'9' * 18}"}, {"held": "hold-999"}):
        sent = asked(order, request_id=str(make.request(str(wrong))), **wrong)
        assert keeper.post(f"{STORE}appeal/", sent).status_code in (400, 404, 409), wrong


def test_the_desk_that_decides_sees_it_first_and_answers(order, keeper, lead):
    assert "Sites ask for another look" not in said_by(lead.get(f"{S}holds/"))
    keeper.post(f"{STORE}appeal/", asked(order))
    assert "A site asks that 1 hold be looked at again." in said_by(lead.get(S))
    assert "Holds (1)" in said_by(lead.get(f"{S}signals/"))
    board = said_by(lead.get(f"{S}holds/"))
    assert "Sites ask for another look" in board and WORDS in board and "store_keeper" in board
    page, made = f"{S}holds/{order.pk}/", HoldAppeal.objects.get()
    shown = said_by(lead.get(page))
    assert WORDS in shown and "Answer: it stands" in shown
    none = lead.post(f"{page}act/", {"act": "keep", "appeal": made.pk, "words": ""})
    assert none.status_code == 400 and "Say why the hold stands." in said_by(none)
    said = {"act": "keep", "appeal": made.pk, "words": "A fourth person had no flu."}
    assert lead.post(f"{page}act/", said).status_code == 302
    again = lead.post(f"{page}act/", said)
    assert again.status_code == 409 and "This was answered meanwhile" in said_by(again)
    shown = said_by(keeper.get(STORE))
    assert "the hold stands A fourth person had no flu. Clinical lead for safety, Island" in shown
    assert "Holds (1)" not in said_by(lead.get(S))


def test_an_order_that_is_lifted_is_the_answer(order, keeper, lead):
    keeper.post(f"{STORE}appeal/", asked(order))
    lead.post(f"{S}holds/{order.pk}/act/", {"act": "lift", "decision": "The lot is sound."})
    shown = said_by(keeper.get(STORE))
    assert "What you asked about, and has ended" in shown
    assert "the hold has ended The lot is sound. Clinical lead for safety, Island" in shown
    assert "0 on hold" in shown


def test_what_expired_is_said_in_the_readers_language(order, keeper):
    keeper.post(f"{STORE}appeal/", asked(order))
    HoldOrder.objects.update(expires_at=datetime.now(UTC))
    assert hold_orders.expire_due(now=datetime.now(UTC)) == 1
    assert "Its time was over and nobody prolonged it. the program (holds)" in said_by(
        keeper.get(STORE)
    )


def test_goods_that_were_recalled_cannot_be_asked_about(order, keeper):
    recall = EndHold(
        campaign=make.SLUG, order_id=order.pk, to=HoldStatus.RECALLED, decision="the maker says so"
    )
    hold_orders.end(recall, actor=make.SYSTEM, now=datetime.now(UTC))
    shown = said_by(keeper.get(STORE))
    assert "for good: the goods were recalled" in shown
    assert "Ask for it to be looked at again" not in shown
    assert keeper.post(f"{STORE}appeal/", asked(order)).status_code == 409


def test_a_lot_held_by_hand_is_answered_by_a_colleague_or_by_the_safety_desk(dosed):
    keeper, manager = user(Role.STORE_KEEPER, site="hall"), user(Role.SITE_MANAGER, site="hall")
    officer = user(Role.SAFETY_OFFICER, area="IS")
    hold = {"request_id": str(make.request("h")), "product": "comirnaty", "lot": "A1"}
    manager.post(f"{STORE}hold/", hold | {"reason": "too warm"})
    held = LotHold.objects.get()
    shown = said_by(keeper.get(STORE))
    assert "Held by Site manager, Town hall" in shown
    assert "Until a decision is recorded" in shown and "Release the lot" in shown
    body = {"held": f"hold-{held.pk}", "words": "the logger is broken"}
    keeper.post(f"{STORE}appeal/", body | {"request_id": str(make.request("a"))})
    first = HoldAppeal.objects.get()
    answer = {"appeal": first.pk, "words": "two loggers say so"}
    assert "Answer: it stands" not in said_by(keeper.get(STORE))
    own = keeper.post(f"{STORE}appeal/answer/", answer)
    assert own.status_code == 400 and "You asked for this yourself" in said_by(own)
    assert "Answer: it stands" in said_by(manager.get(STORE))
    assert manager.post(f"{STORE}appeal/answer/", answer).status_code == 302
    keeper.post(f"{STORE}appeal/", body | {"request_id": str(make.request("b"))})
    second, path = HoldAppeal.objects.latest("pk"), f"{S}holds/appeals/answer/"
    assert "the logger is broken" in said_by(officer.get(f"{S}holds/"))
    sent = {"appeal": second.pk, "act": "release", "words": ""}
    assert officer.post(path, sent).status_code == 400
    assert officer.post(path, sent | {"act": "eat", "words": "so it is"}).status_code == 400
    assert officer.post(path, sent | {"words": "within the budget"}).status_code == 302
    second.refresh_from_db()
    assert (second.status, second.answer) == ("lifted", "within the budget")
    assert LotHold.objects.get().decision == "within the budget"
    assert officer.post(path, sent | {"appeal": 999, "words": "gone"}).status_code == 409


def test_others_neither_ask_nor_answer(order, keeper):
    keeper.post(f"{STORE}appeal/", asked(order))
    made = HoldAppeal.objects.get()
    there = user(Role.STORE_KEEPER, site="clinic")
    sent = asked(order, request_id=str(make.request("x")))
    assert there.post(f"{STORE}appeal/", sent).status_code == 403
    answer = {"appeal": made.pk, "words": "it stands"}
    nurse = user(Role.VACCINATOR, site="hall")
    assert nurse.post(f"{STORE}appeal/answer/", answer).status_code == 403
    manager = user(Role.SITE_MANAGER, site="hall")
    assert manager.post(f"{STORE}appeal/answer/", answer).status_code == 403
    keep = answer | {"act": "keep"}
    assert manager.post(f"{S}holds/{order.pk}/act/", keep).status_code == 403
    assert manager.post(f"{S}holds/appeals/answer/", keep).status_code == 403
    make.other_region()
    far = user(Role.CLINICAL_LEAD, area="FR")
    assert far.post(f"/safety/{make.OTHER}/holds/appeals/answer/", keep).status_code == 403
    assert HoldAppeal.objects.get().status == "open"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_of_an_appeal_is_whole(order, keeper, lead, language):
    keeper.post(f"{STORE}appeal/", asked(order))
    for client, page in ((keeper, STORE), (lead, S), (lead, f"{S}holds/{order.pk}/")):
        found = client.get(page, headers={"accept-language": language})
        assert found.status_code == 200 and not re.search(r"{[%{]", markup(found)), page


def test_the_shelf_asks_the_database_as_often_with_many_answers_as_with_few(order, keeper, lead):
    def count(client, page) -> int:
        client.get(page)
        with CaptureQueriesContext(connection) as seen:
            assert client.get(page).status_code == 200
        return len(seen)

    def exchange(name: str) -> None:
        keeper.post(f"{STORE}appeal/", asked(order, request_id=str(make.request(name))))
        made = HoldAppeal.objects.latest("pk")
        said = {"act": "keep", "appeal": made.pk, "words": "it stands as it did"}
        lead.post(f"{S}holds/{order.pk}/act/", said)

    exchange("one")
    few = [count(keeper, STORE), count(lead, f"{S}holds/{order.pk}/")]
    for n in range(4):
        exchange(f"more {n}")
    assert HoldAppeal.objects.filter(status="kept").count() == 5
    assert [count(keeper, STORE), count(lead, f"{S}holds/{order.pk}/")] == few
