"""The desk of a site on a tablet: a whole visit, a day without a network, two tablets."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from playwright.sync_api import Browser, Page, expect

from balmis.contexts.access import services as access
from balmis.contexts.booking import places as booking_places
from balmis.contexts.clinic.models import Conflict, Dose, Step, Visit
from balmis.contexts.supply.packaging import keep_packaging
from balmis.contexts.supply.products import keep_products
from balmis.core.vocabulary.access import Role
from balmis.core.vocabulary.booking import Channel
from tests import make
from tests.programs import serve_pages, until
from tests.stories.conftest import Visit as Seen
from tools.screenshots import sign_in

pytestmark = pytest.mark.story
PASSWORD = "correct-horse-battery"
TABLET = {"width": 820, "height": 1180}
PEOPLE = 4
GTIN = "09501101530003"  # of GS1's example prefix


@pytest.fixture
def hall(started):
    """Four people with an appointment at the hall today, and a lot on its shelf."""
    make.campaign()
    lot = make.lot(doses=60)
    keep_products([{"code": "comirnaty", "open_vial_hours": 6}])
    keep_packaging(lot.product, GTIN, "vial", 1)
    people = [make.person(n) for n in range(1, PEOPLE + 1)]
    make.enrol()
    now = datetime.now(UTC)
    session = make.session(
        on=now.astimezone(ZoneInfo("Asia/Seoul")).date(),
        stations=2,
        seats=10,
        starts_at=now + timedelta(minutes=2),
        ends_at=now + timedelta(hours=2),
    )
    pool = make.pools(session)[1]
    booking_places.take(
        [
            booking_places.Wish(
                request_id=make.request(f"b{p.pk}"),
                pool=pool.pk,
                person=p.pk,
                campaign=session.campaign_id,
                number=1,
                product="comirnaty",
            )
            for p in people
        ],
        channel=Channel.RESIDENT,
        now=now,
    )
    from balmis.contexts.places import queries as places

    for name, role in (("nurse", Role.VACCINATOR), ("other", Role.VACCINATOR)):
        access.keep_user(
            name, name=name, password=PASSWORD, grants=[(role, None, places.site("hall"))]
        )
    connection.close()
    return serve_pages(started), lot, people


def open_desk(browser: Browser, url: str, who: str, language: str = "en-GB") -> Page:
    page = browser.new_context(viewport=TABLET, locale=language).new_page()
    sign_in(page, url, who, PASSWORD)
    page.goto(f"{url}/clinic/{make.SLUG}/hall/")
    expect(page.locator("html[data-kept='1'][data-state=online]")).to_be_attached(timeout=20_000)
    return page


def scan(page: Page, text: str) -> None:
    page.fill("#find", text)
    page.press("#find", "Enter")


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def to_the_needle(page: Page, person) -> None:
    """From the door to the vial, in English."""
    scan(page, f"balmis:booking:{make.request(f'b{person.pk}')}")
    press(page, "Code of the appointment")
    press(page, "No to all of these")
    page.get_by_label("Witness").fill("Colleague")
    press(page, "Said before the witness")
    expect(page.get_by_role("heading", name="The vial")).to_be_visible()


def vaccinate(page: Page, person, lot) -> None:
    to_the_needle(page, person)
    if not page.get_by_text("May be given").is_visible():
        page.get_by_label("Scan the vial, or choose").select_option(index=1)
    expect(page.get_by_text("May be given")).to_be_visible()
    press(page, "Dose given")
    expect(page.get_by_role("heading", name="To the observation seats")).to_be_visible()


def sent(page: Page, n: int = 0) -> None:
    expect(page.locator(f"html[data-unsent='{n}']")).to_be_attached(timeout=20_000)


def settled(check: Callable[[], bool]) -> None:
    until(lambda: (connection.close(), check())[1])


def test_a_whole_visit_on_a_tablet_in_korean_from_the_code_to_the_card(browser: Browser, hall):
    url, _, (person, *_) = hall
    page = open_desk(browser, url, "nurse", "ko-KR")
    seen = Seen(page)
    # the appointment's code is scanned, the person shows a document
    scan(page, f"balmis:booking:{make.request(f'b{person.pk}')}")
    seen.check()
    press(page, "사진 있는 신분증")
    # the questions, in the person's own language too
    page.get_by_label("접종 대상자의 언어").select_option("vi")
    expect(page.get_by_text("Hôm nay bạn có sốt")).to_be_visible()
    seen.check()
    page.locator("[data-act=answers]").click()
    # a signature on the pad
    pad = page.locator("canvas").bounding_box()
    page.mouse.move(pad["x"] + 20, pad["y"] + 40)
    page.mouse.down()
    page.mouse.move(pad["x"] + 200, pad["y"] + 90, steps=8)
    page.mouse.up()
    press(page, "서명 완료")
    # a vial whose lot is in no book: amber, and nothing is given without a reason
    scan(page, f"(01){GTIN}(17)301231(10)ZZ9(21)S1")
    expect(page.get_by_text("사유 필요", exact=True)).to_be_visible()
    expect(page.get_by_text("장부에 없는 로트입니다.")).to_be_visible()
    seen.check()
    press(page, "그래도 접종함")
    assert not page.get_by_role("heading", name="관찰 자리로").is_visible()
    page.locator(".person textarea").fill("새로 받은 상자, 장부에 아직 없음")
    press(page, "그래도 접종함")
    # the seat, and the board of those who are seated
    page.get_by_label("자리").fill("A4")
    press(page, "관찰 시작")
    expect(page.get_by_text("30분 남음").first).to_be_visible()
    press(page, "관찰 1")
    expect(page.get_by_role("heading", name="지금 누구를 살펴야 하나요?")).to_be_visible()
    seen.check()
    page.locator(".seat").first.click()
    page.locator("[data-act=goes] summary").click()  # before the end: why?
    page.locator("[data-act=goes] input").fill("버스 시간")
    press(page, "귀가 가능")
    expect(page.get_by_role("heading", name="접종 확인 카드")).to_be_visible()
    seen.check()
    sent(page)
    connection.close()
    dose = Dose.objects.get()
    assert (dose.person_id, dose.kind, dose.lot.number) == (person.pk, "primary_1", "ZZ9")
    assert (dose.vial.serial, dose.lot.expires_on) == ("S1", date(2030, 12, 31))
    assert {f.reason for f in dose.flags.all()} == {"overridden", "stock_short"}
    assert Visit.objects.get().status == "discharged"
    assert Step.objects.get(kind="consent").facts["strokes"].startswith("M")


def test_three_visits_without_a_network_and_a_reload_arrive_once(browser: Browser, hall):
    url, lot, people = hall
    page = open_desk(browser, url, "nurse")
    page.context.set_offline(True)
    for person in people[:3]:
        vaccinate(page, person, lot)
    sent(page, 12)
    page.reload()  # the browser was closed and opened again
    expect(page.get_by_text("12 unsent")).to_be_visible(timeout=20_000)
    expect(page.get_by_role("button", name="Ready 3")).to_be_visible()
    assert not Dose.objects.exists()
    page.context.set_offline(False)
    sent(page)
    settled(lambda: Dose.objects.count() == 3)
    assert Step.objects.count() == 12 and not Conflict.objects.exists()
    assert set(Visit.objects.values_list("status", flat=True)) == {"vaccinated"}


def test_the_same_person_on_two_tablets_without_a_network_is_one_dose_and_one_conflict(
    browser: Browser, hall
):
    url, lot, (person, *_) = hall
    pages = [open_desk(browser, url, who) for who in ("nurse", "other")]
    for page in pages:
        page.context.set_offline(True)
        vaccinate(page, person, lot)
    for page in pages:
        page.context.set_offline(False)
        sent(page)
    expect(pages[1].get_by_text("another device has recorded a dose today as well")).to_be_visible()
    connection.close()
    assert Dose.objects.filter(correction__isnull=True).count() == 1
    assert Conflict.objects.filter(end="").count() == 1
    assert Step.objects.filter(kind="dose").count() == 2
