"""Transfers, discards and the day's preparation, on the store's pages."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from balmis.contexts.access import services as access
from balmis.contexts.places import queries as places
from balmis.contexts.supply.models import Balance, Discard, Transfer
from balmis.core.vocabulary.access import Role
from tests import make
from tests.pages import markup
from tests.web.conftest import signed_in, user
from tests.web.test_pages import LANGUAGES, text_of

HALL, CLINIC = (f"/store/{make.SLUG}/{site}/moves/" for site in ("hall", "clinic"))


@pytest.fixture
def keeper(committed):
    make.campaign()
    return user(Role.STORE_KEEPER, site="hall"), make.lot(doses=60)


def on_shelf() -> dict[str, int]:
    rows = Balance.objects.filter(account="site").select_related("site")
    return {b.site.code: int(b.doses) for b in rows if b.site}


def promised(client, **changes):
    asked = {
        "request_id": str(make.request("t")),
        "lot": "comirnaty|A1",
        "target": "clinic",
        "doses": "24",
    }
    return client.post(f"{HALL}promise/", asked | changes)


def test_a_transfer_goes_from_shelf_to_shelf(keeper):
    client, _ = keeper
    assert promised(client).status_code == 302
    assert promised(client, request_id=str(make.request("u")), doses="40").status_code == 409
    assert promised(client, request_id=str(make.request("v")), doses="many").status_code == 400
    assert promised(client, request_id=str(make.request("w")), doses="1,000").status_code == 400
    assert promised(client, target="nowhere").status_code == 400
    assert promised(client, request_id="x").status_code == 400
    key = Transfer.objects.get().pk
    manager = user(Role.SITE_MANAGER, site="clinic")
    assert manager.post(f"{CLINIC}transfer/", {"transfer": key, "send": "1"}).status_code == 403
    client.post(f"{HALL}transfer/", {"transfer": key, "send": "1"})
    assert "Coming here" in text_of(manager.get(CLINIC))
    counted = {"transfer": key, "receive": "1", "doses": "23"}
    assert manager.post(f"{CLINIC}transfer/", counted).status_code == 400
    full = counted | {"reason": "a dose short", "coldest": "2,5", "warmest": "7"}
    manager.post(f"{CLINIC}transfer/", full)
    assert on_shelf() == {"hall": 36, "clinic": 23}
    assert manager.post(f"{CLINIC}transfer/", full).status_code == 409
    assert "a dose short" in text_of(client.get(HALL))


def test_a_transfer_is_cancelled_with_a_reason(keeper):
    client, _ = keeper
    promised(client)
    key = Transfer.objects.get().pk
    assert client.post(f"{HALL}transfer/", {"transfer": key, "cancel": "1"}).status_code == 400
    client.post(f"{HALL}transfer/", {"transfer": key, "cancel": "1", "reason": "no driver"})
    assert Transfer.objects.get().cancelled_at and "no driver" in text_of(client.get(HALL))


def test_doses_go_with_two_signatures(keeper):
    client, _ = keeper
    asked = {
        "request_id": str(make.request("d")),
        "lot": "comirnaty|A1",
        "doses": "6",
        "why": "broken",
        "note": "fell from the shelf",
    }
    assert client.post(f"{HALL}discard/", asked | {"why": "tired"}).status_code == 400
    assert client.post(f"{HALL}discard/", asked | {"note": ""}).status_code == 400
    for _ in range(2):
        client.post(f"{HALL}discard/", asked)
    key = Discard.objects.get().pk
    assert "Another person has to agree" in text_of(client.get(HALL))
    assert client.post(f"{HALL}discard/", {"discard": key, "agree": "1"}).status_code == 400
    manager = user(Role.SITE_MANAGER, site="hall")
    manager.post(f"{HALL}discard/", {"discard": key, "agree": "1"})
    assert on_shelf() == {"hall": 54}


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_in_every_language_and_for_their_own_alone(keeper, language):
    client, lot = keeper
    promised(client)
    person = make.person(1)
    make.enrol()
    from tests.flows.test_holds import book

    tomorrow = datetime.now(UTC) + timedelta(days=1)
    session = make.session(
        products=("comirnaty",),
        on=tomorrow.date(),
        starts_at=tomorrow,
        ends_at=tomorrow + timedelta(hours=1),
    )
    book(person, session)
    prepare = f"/store/{make.SLUG}/hall/prepare/?on={tomorrow.date()}"
    for address in (HALL, prepare, f"/store/{make.SLUG}/hall/prepare/?on=2021-01-01"):
        assert client.get(address, headers={"Accept-Language": language}).status_code == 200
    shown = markup(client.get(prepare))
    assert re.search(r"<strong>1</strong>\s+vials for 1 people", shown) and lot.number in shown
    stranger = access.keep_user(
        "s",
        name="s",
        password="correct-horse-battery",
        grants=[(Role.STORE_KEEPER, None, places.site("clinic"))],
    )
    client = signed_in(stranger)
    for address in (HALL, prepare):
        assert client.get(address).status_code == 403


def test_the_area_s_goods_say_where_they_run_out(keeper):
    _, lot = keeper
    make.lot("C1", doses=600, site="clinic")
    people = [make.person(n) for n in range(1, 4)]
    make.enrol()
    from tests.flows.test_holds import book

    tomorrow = datetime.now(UTC) + timedelta(days=1)
    session = make.session(
        products=("comirnaty",),
        on=tomorrow.date(),
        starts_at=tomorrow,
        ends_at=tomorrow + timedelta(hours=1),
        stations=2,
    )
    for person in people:
        book(person, session)
    Balance.objects.filter(lot=lot, account="site").update(doses=1)
    page = f"/coordination/{make.SLUG}/goods"
    assert user(Role.VACCINATOR, site="hall").get(f"{page}/").status_code == 403
    for language in LANGUAGES:
        shown = user(Role.PLANNER).get(f"{page}/", headers={"Accept-Language": language})
        assert shown.status_code == 200
    planner = user(Role.PLANNER)
    text = text_of(planner.get(f"{page}/"))
    assert "South clinic" in text and "Town hall" in text
    lines = markup(planner.get(f"{page}.csv")).splitlines()
    assert lines[1].startswith("hall,Town hall,comirnaty,1.0,0.0,") and len(lines) == 3
    own = user(Role.SITE_MANAGER, site="clinic")
    assert len(markup(own.get(f"{page}.csv")).splitlines()) == 2
