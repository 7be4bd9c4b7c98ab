"""The goods and the cold chain of the whole area, and their exports; the store's deliveries."""

import csv
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO

import pytest

from balmis.contexts.supply.models import Balance, Delivery, LotHold, PurchaseOrder
from balmis.core.vocabulary.access import Role
from balmis.core.vocabulary.coldchain import EquipmentKind
from balmis.core.vocabulary.supply import MoveKind, WastageReason
from balmis.flows.coldchain import readings
from balmis.flows.supply import vials
from balmis.flows.supply.stock import MoveStock, move_stock
from tests import make
from tests.flows.test_leftover import opened
from tests.pages import markup
from tests.web.conftest import user
from tests.web.test_pages import LANGUAGES, text_of

HERE = f"/coordination/{make.SLUG}/"
STORE = f"/store/{make.SLUG}/hall/"


@pytest.fixture
def province(committed):
    make.campaign()
    lot = make.lot(doses=60)
    return user(Role.PLANNER), lot


def rows(page) -> list[dict[str, str]]:
    assert page.status_code == 200 and "attachment" in page["Content-Disposition"]
    return list(csv.DictReader(StringIO(markup(page))))


def test_the_exports_tell_what_was_wasted_and_what_was_too_warm(province):
    client, lot = province
    now = datetime.now(UTC)
    vial = opened(lot)
    vial.opened_at = now - timedelta(hours=2)
    vial.save()
    vials.close_vial(vial.pk, WastageReason.OPEN_TOO_LONG, actor=make.SYSTEM, now=now)
    move_stock(
        MoveStock(
            request_id=make.request("w"),
            kind=MoveKind.WASTAGE,
            site="hall",
            product="comirnaty",
            lot="A1",
            doses=Decimal(12),
            occurred_on=now.date(),
            wasted=WastageReason.BROKEN,
        ),
        actor=make.SYSTEM,
        now=now,
    )
    thrown = rows(client.get(f"{HERE}wastage.csv"))
    assert {(r["kind"], r["reason"], r["doses"]) for r in thrown} == {
        ("opened_vial", "open_too_long", "6.0"),
        ("closed_vial", "broken", "12.0"),
    }
    fridge = readings.Register(code="F1", kind=EquipmentKind.REFRIGERATOR, litres=Decimal(100))
    readings.keep_equipment("hall", fridge, actor=make.SYSTEM, now=now)
    for minutes, celsius in ((90, 5), (60, 12), (30, 5)):
        at = now - timedelta(minutes=minutes)
        readings.read_by_hand(
            readings.ReadByHand(site="hall", equipment="F1", at=at, celsius=celsius),
            actor=make.SYSTEM,
            now=now,
        )
    (out,) = rows(client.get(f"{HERE}excursions.csv"))
    assert (out["equipment"], out["side"], out["peak_celsius"], out["ruling"]) == (
        "F1",
        "warm",
        "12.0",
        "",
    )
    (goods,) = [r for r in rows(client.get(f"{HERE}goods.csv")) if r["site"] == "hall"]
    assert (float(goods["usable"]), float(goods["closed_vial_wastage_doses"])) == (42, 12)
    assert goods["excursions_30_days"] == "1" and goods["opened_vial_wastage"] == "1.0"


def test_only_who_answers_for_goods_sees_them(province):
    keeper = user(Role.STORE_KEEPER, site="hall")
    assert {r["site"] for r in rows(keeper.get(f"{HERE}goods.csv"))} == {"hall"}
    nurse = user(Role.VACCINATOR, site="hall")
    for name in ("goods/", "goods.csv", "wastage.csv", "excursions.csv", "cold-chain/"):
        assert nurse.get(HERE + name).status_code == 403


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pages_speak_every_language(province, language):
    client, _ = province
    keeper = user(Role.STORE_KEEPER, site="hall")
    speaks = {"headers": {"Accept-Language": language}}
    for page in (
        client.get(f"{HERE}goods/", **speaks),
        client.get(f"{HERE}cold-chain/", **speaks),
        keeper.get(f"{STORE}receive/", **speaks),
    ):
        assert page.status_code == 200
    heading = text_of(keeper.get(f"{STORE}receive/", **speaks))
    assert ("what comes, and what came?" in heading) is (language == "en")


def day(ahead: int) -> str:
    return (datetime.now(UTC) + timedelta(days=ahead)).date().isoformat()


def test_an_order_is_noted_counted_in_and_what_was_too_warm_waits(province):
    keeper = user(Role.STORE_KEEPER, site="hall")
    wanted = {
        "request_id": str(make.request("o")),
        "product": "comirnaty",
        "doses": "600",
        "expected": day(3),
        "supplier": "national store",
    }
    for bad in ({"doses": "1,000"}, {"doses": "0"}, {"expected": ""}, {"expected": day(-3)}):
        page = keeper.post(f"{STORE}order/", wanted | bad)
        assert page.status_code == 400 and "national store" in markup(page)
    for _ in range(2):
        assert keeper.post(f"{STORE}order/", wanted).status_code == 302
    order = PurchaseOrder.objects.get()
    assert "doses expected. Orders: 1, late: 0." in text_of(keeper.get(f"{STORE}receive/"))
    came = {
        "request_id": str(make.request("d")),
        "product": "comirnaty",
        "lot": "B2",
        "doses": "598",
        "noted": "600",
        "order": str(order.pk),
        "coldest": "2,5",
        "warmest": "11",
        "minutes": "30",
    }
    page = keeper.post(f"{STORE}receive/", came)
    assert page.status_code == 400 and "why it differs" in text_of(page)
    assert 'value="598"' in markup(page) and not Delivery.objects.exists()
    for bad in ({"coldest": "12"}, {"warmest": "hot"}, {"minutes": "long"}, {"noted": "many"}):
        assert keeper.post(f"{STORE}receive/", came | {"reason": "short"} | bad).status_code == 400
    for _ in range(2):
        keeper.post(f"{STORE}receive/", came | {"reason": "two short"})
    assert Balance.objects.get(lot__number="B2", account="site").doses == 598
    assert LotHold.objects.get().on_the_way
    store = text_of(keeper.get(STORE))
    assert "on the way here: 2.5 … 11.0 °C" in store and "within what its data allow" in store
    assert "two short" in text_of(keeper.get(f"{STORE}receive/"))
    end = {"end": str(order.pk), "why": ""}
    assert keeper.post(f"{STORE}order/", end).status_code == 400
    keeper.post(f"{STORE}order/", end | {"why": "the rest is not made"})
    assert "Nothing is ordered." in text_of(keeper.get(f"{STORE}receive/"))
    other = user(Role.STORE_KEEPER, site="clinic")
    assert other.get(f"{STORE}receive/").status_code == 403
    assert other.post(f"{STORE}order/", wanted).status_code == 403


def test_a_proposal_fills_the_form_of_the_transfer(province):
    keeper = user(Role.STORE_KEEPER, site="hall")
    page = markup(keeper.get(f"{STORE}moves/?product=comirnaty&target=clinic&doses=24"))
    assert 'value="comirnaty|A1" selected' in page and 'value="clinic" selected' in page
    assert 'value="24"' in page
