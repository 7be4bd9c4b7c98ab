"""The store desk: shelves, holds, open vials, deliveries and the day's closing."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from balmis.contexts.journal.models import AuditEntry
from balmis.contexts.supply.models import (
    Balance,
    DayClose,
    LotHold,
    Packaging,
    PurchaseOrder,
    Vial,
)
from balmis.contexts.supply.packaging import keep_packaging
from balmis.core.vocabulary.access import Role
from tests import make
from tests.pages import markup
from tests.web.conftest import user
from tests.web.test_pages import LANGUAGES, text_of

STORE = f"/store/{make.SLUG}/hall/"
GTIN = "09501101530003"


@pytest.fixture
def keeper(committed):
    make.campaign()
    soon = datetime.now(UTC).date() + timedelta(days=5)
    lot = make.lot(doses=60, expires=soon)
    keep_packaging(lot.product, GTIN, "carton", 10)
    return user(Role.STORE_KEEPER, site="hall"), lot


def fields(page) -> dict[str, str]:
    found = re.findall(r'name="(\w+)"[^>]* value="([^"]*)"', markup(page))
    return dict(reversed(found))  # of the first form


def test_a_lot_is_held_and_released_with_reasons(keeper):
    client, _ = keeper
    page = client.get(STORE)
    assert "soon: use first" in text_of(page) and "0 on hold, 1 expire" in text_of(page)
    asked = {"request_id": str(make.request("h")), "product": "comirnaty", "lot": "A1"}
    assert client.post(f"{STORE}hold/", asked | {"reason": " "}).status_code == 400
    client.post(f"{STORE}hold/", asked | {"reason": "too warm"})
    assert "on hold" in text_of(client.get(STORE))
    held = LotHold.objects.get()
    assert client.post(f"{STORE}release/", {"hold": held.pk, "decision": ""}).status_code == 400
    client.post(f"{STORE}release/", {"hold": held.pk, "decision": "within the budget"})
    assert LotHold.objects.get().released_at
    assert (
        client.post(f"{STORE}release/", {"hold": held.pk, "decision": "again"}).status_code == 409
    )


def test_a_lot_expires_soon_as_the_campaign_says(keeper):
    client, _ = keeper
    make.lot("LATER", expires=datetime.now(UTC).date() + timedelta(days=29))
    make.lot("MUCH LATER", expires=datetime.now(UTC).date() + timedelta(days=32))
    assert "2 expire within 30 days" in text_of(client.get(STORE))


def test_a_carton_is_scanned_and_counted_in_once(keeper):
    client, _ = keeper
    page = client.post(f"{STORE}receive/", {"read": "1", "scan": f"(01){GTIN}(17)301231(10)C7"})
    found = fields(page)
    assert found["request_id"]
    assert (found["lot"], found["expires"], found["doses"]) == ("C7", "2030-12-31", "60")
    wrong = client.post(f"{STORE}receive/", {"read": "1", "scan": "(01)09501101530004(10)C7"})
    assert wrong.status_code == 400 and "check digit" in text_of(wrong)
    sent = {
        "request_id": str(make.request("r")),
        "product": "comirnaty",
        "lot": "C7",
        "doses": "58",
        "expires": "2030-12-31",
    }
    for _ in range(2):  # pressed twice
        client.post(f"{STORE}receive/", sent)
    assert Balance.objects.get(account="site", lot__number="C7").doses == 58
    assert client.post(f"{STORE}receive/", sent | {"doses": "many"}).status_code == 400


def test_the_day_is_closed_when_nothing_stands_against_it(keeper):
    client, lot = keeper
    site = Balance.objects.get(account="site").site_id
    vial = Vial.objects.create(
        id=make.request("v"),
        lot=lot,
        site_id=site,
        doses=6,
        opened_at=datetime.now(UTC),
        recorded_at=datetime.now(UTC),
    )
    page = text_of(client.post(f"{STORE}close/", {"look": "1"}))
    assert "is open, 6 doses in it" in page and "is not counted" in page
    assert client.post(f"{STORE}vial/", {"vial": str(vial.pk)}).status_code == 400
    client.post(f"{STORE}vial/", {"vial": str(vial.pk), "why": "broken"})
    count = {f"count-{lot.pk}": "53"}
    refused = client.post(f"{STORE}close/", count | {"close": "1"})
    assert refused.status_code == 409 and "1 doses fewer counted" in text_of(refused)
    shown, id_ = markup(refused), f"close-count-{lot.pk}"
    assert f'<label for="{id_}" class="hide">Counted A1</label>' in shown
    assert f'name="count-{lot.pk}" value="53" inputmode="numeric" size="6" id="{id_}"' in shown
    client.post(f"{STORE}close/", count | {"close": "1", f"reason-{lot.pk}": "one fell"})
    assert DayClose.objects.count() == 1 and "Closed at" in text_of(client.get(STORE))


def test_the_shelf_names_the_field_that_is_wrong_and_keeps_what_was_typed(keeper):
    client, lot = keeper
    counts = {f"count-{lot.pk}": "1,000", f"reason-{lot.pk}": "two fell", "close": "1"}
    page = client.post(f"{STORE}close/", counts)
    shown = markup(page)
    assert page.status_code == 400 and 'value="1,000"' in shown and 'value="two fell"' in shown
    told = f'<a href="#close-count-{lot.pk}">Counted A1: A count is a number of doses.</a>'
    assert told in shown and f'id="close-count-{lot.pk}_error"' in shown
    asked = {"request_id": str(make.request("h")), "product": "comirnaty", "lot": "A1"}
    shown = markup(client.post(f"{STORE}hold/", asked | {"reason": "x"}))
    assert "<details open>" in shown and 'name="reason" value="x"' in shown
    assert "Say why the lot is held." in shown and 'href="#hold-reason"' in shown
    assert client.post(f"{STORE}hold/", asked | {"request_id": "x"}).status_code == 400
    assert client.post(f"{STORE}release/", {"hold": "x"}).status_code == 400
    assert client.post(f"{STORE}vial/", {"vial": "x"}).status_code == 400


def test_a_delivery_names_the_field_that_is_wrong_and_keeps_what_was_typed(keeper):
    client, _ = keeper
    sent = {
        "request_id": str(make.request("r")),
        "product": "comirnaty",
        "lot": "C7",
        "doses": "1,000",
        "noted": "60",
        "expires": "31.12.2030",
        "coldest": "9",
        "warmest": "8",
    }
    page = client.post(f"{STORE}receive/", sent)
    shown, id_ = markup(page), "delivery-doses"
    assert page.status_code == 400 and f'<a href="#{id_}">Doses counted: Write the doses' in shown
    assert (
        f'id="{id_}_error"' in shown and f'value="{sent["request_id"]}"' not in shown
    )  # another try is another request
    for kept in ('name="doses" value="1,000"', 'name="noted" value="60"', "selected>Comirnaty"):
        assert kept in shown, kept
    assert "This is not a day: 31.12.2030" in shown
    assert "The coldest is warmer than the warmest." in shown and 'name="sure"' not in shown
    right = sent | {"doses": "60", "expires": "2021-01-01", "coldest": "", "warmest": ""}
    doubted = client.post(f"{STORE}receive/", right)
    assert doubted.status_code == 400 and 'name="sure"' in markup(doubted)
    differs = client.post(f"{STORE}receive/", right | {"doses": "58", "sure": "on"})
    assert 'href="#delivery-reason"' in markup(differs) and differs.status_code == 400
    assert client.post(f"{STORE}receive/", right | {"sure": "1"}).status_code == 302


def test_an_order_is_noted_and_ended_and_says_what_is_wrong(keeper):
    client, _ = keeper
    on = (datetime.now(UTC) + timedelta(days=9)).date().isoformat()
    sent = {"request_id": str(make.request("o")), "product": "comirnaty", "doses": "60"}
    page = client.post(f"{STORE}order/", sent | {"supplier": "synthetic"})
    shown = markup(page)
    assert page.status_code == 400 and '<a href="#order-expected">Expected on: Say on' in shown
    assert 'name="supplier" value="synthetic"' in shown
    assert client.post(f"{STORE}order/", sent | {"expected": on}).status_code == 302
    order = PurchaseOrder.objects.get()
    short = client.post(f"{STORE}order/", {"end": order.pk, "why": "no"})
    assert short.status_code == 400 and f'href="#endorder-{order.pk}-why"' in markup(short)
    whole = sent | {"request_id": str(make.request("r")), "lot": "C7", "order": str(order.pk)}
    for _ in range(2):  # pressed twice, the order ends with the first
        assert client.post(f"{STORE}receive/", whole).status_code == 302
    assert client.post(f"{STORE}order/", {"end": order.pk, "why": "all came"}).status_code == 302


def test_only_those_who_keep_the_stock_see_it(keeper):
    assert user(Role.STORE_KEEPER, site="clinic").get(STORE).status_code == 403
    assert user(Role.REGISTRAR, area="IS-N").get(STORE).status_code == 403
    stranger = user(Role.SITE_MANAGER, site="clinic")
    asked = {
        "request_id": str(make.request("h")),
        "product": "comirnaty",
        "lot": "A1",
        "reason": "x x x",
    }
    assert stranger.post(f"{STORE}hold/", asked).status_code == 403 and not LotHold.objects.exists()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_store_speaks_every_language(keeper, language):
    client, _ = keeper
    client.cookies["django_language"] = language
    page = client.get(STORE)
    assert page.status_code == 200 and "style=" not in markup(page)


def test_who_had_a_dose_of_a_lot_is_listed_and_the_look_logged(keeper):
    client, lot = keeper
    person = make.person(7)
    make.change_person(person.pk, name="=Kim")
    make.enrol()
    make.dose(person, lot=lot)
    asked = f"{STORE}recipients.csv?product=comirnaty&lot=A1"
    assert client.get(asked).status_code == 403, "who keeps goods sees no people"
    manager = user(Role.SITE_MANAGER, site="hall")
    lines = markup(manager.get(asked)).splitlines()
    assert lines[0].startswith("number,name") and len(lines) == 2 and "'=Kim" in lines[1]
    told = AuditEntry.objects.get(action="lot.recipients_read")
    assert told.facts["people"] == [person.pk]
    assert manager.get(asked.replace("A1", "NONE")).status_code == 404
    other = user(Role.SITE_MANAGER, site="clinic")
    assert other.get(asked).status_code == 403


def test_a_nul_character_is_answered_and_writes_nothing(keeper):
    client, _ = keeper
    asked = {
        "request_id": str(make.request("h")),
        "product": "comirnaty",
        "lot": "A\x001",
        "reason": "warm",
    }
    assert client.post(f"{STORE}hold/", asked).status_code == 400
    came = {
        "request_id": str(make.request("d")),
        "product": "comirnaty",
        "lot": "A\x001",
        "doses": "6",
    }
    assert client.post(f"{STORE}receive/", came).status_code == 400
    assert not LotHold.objects.exists()


UNKNOWN = "09501101530010"


def test_an_unknown_code_is_chosen_once_looked_at_and_known_from_then_on(keeper):
    client, _ = keeper
    scan = f"(01){UNKNOWN}(17)301231(10)D9"
    page = client.post(f"{STORE}receive/", {"read": "1", "scan": scan})
    assert "Say once what this code means" in text_of(page)
    (address,) = re.findall(r'href="(/store/[^"]*/code/\?[^"]+)"', markup(page))
    asked = fields(client.get(address.replace("&amp;", "&")))
    assert (asked["gtin"], asked["scan"]) == (UNKNOWN, scan)
    said = {"gtin": UNKNOWN, "scan": scan, "product": "comirnaty", "level": "carton", "vials": "3"}
    look = client.post(f"{STORE}code/", said)
    assert f"The code {UNKNOWN} will mean from now on" in text_of(look)
    assert "vials: 3, doses: 18" in text_of(look)
    assert client.post(f"{STORE}code/", said | {"level": ""}).status_code == 400
    wrong = client.post(f"{STORE}code/", said | {"level": "vial", "keep": "1"})
    assert wrong.status_code == 400 and "A vial is one vial" in text_of(wrong)
    kept = client.post(f"{STORE}code/", said | {"keep": "1"}, follow=True)
    found = fields(kept)
    assert (found["lot"], found["doses"], found["expires"]) == ("D9", "18", "2030-12-31")
    key = Packaging.objects.get(gtin=UNKNOWN).pk
    assert client.post(f"{STORE}code/forget/", {"code": key, "why": ""}).status_code == 400
    client.post(f"{STORE}code/forget/", {"code": key, "why": "another carton"})
    assert not Packaging.objects.filter(gtin=UNKNOWN).exists()
