"""From the chair to the stock and back: a reaction, help, two reports of one case, a cluster, a hold."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from playwright.sync_api import Browser, Page, expect

from balmis.contexts.access import services as access
from balmis.contexts.booking import places as booking_places
from balmis.contexts.booking.models import Booking
from balmis.contexts.clinic.models import Dose, Visit
from balmis.contexts.places import queries as places
from balmis.contexts.safety.models import Case, HoldOrder, Incident, IncidentStep, Reaction
from balmis.contexts.supply.models import LotHold
from balmis.core.vocabulary.access import Role
from balmis.core.vocabulary.booking import Channel
from balmis.core.vocabulary.safety import NoteKind, TeamKind
from balmis.flows.clinic.visit_steps import Desk, take_step
from balmis.flows.safety import reactions
from balmis.flows.safety.reactions import NewNote
from balmis.flows.safety.teams import Keep, keep_team
from tests import make
from tests.flows.test_visits import CONSENT, Sent, StepKind, answers, dose_facts
from tests.programs import serve_pages
from tests.stories.conftest import Visit as Seen
from tests.stories.test_clinic import PASSWORD, open_desk, press, scan, sent, settled, to_the_needle
from tools.screenshots import sign_in

pytestmark = pytest.mark.story
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 800}


def book(person, session, product="comirnaty"):
    wish = booking_places.Wish(
        request_id=make.request(f"b{person.pk}"),
        pool=make.pools(session)[1].pk,
        person=person.pk,
        campaign=session.campaign_id,
        number=1,
        product=product,
    )
    booking_places.take([wish], channel=Channel.RESIDENT, now=datetime.now(UTC))


def session_at(site: str, starts: datetime, **more):
    return make.session(
        site=site,
        on=starts.astimezone(ZoneInfo("Asia/Seoul")).date(),
        starts_at=starts,
        ends_at=starts + timedelta(hours=2),
        products=("comirnaty",),
        stations=2,
        seats=10,
        opens_at=datetime.now(UTC) - timedelta(days=1),
        **more,
    )


def step(person, site, kind, **facts):
    """What another tablet sent."""
    sent_ = Sent(
        request_id=make.request(f"{person.pk} {site} {kind}"),
        person=person.pk,
        kind=kind,
        at=datetime.now(UTC),
        facts=facts,
    )
    return take_step(
        Desk(make.SLUG, site, "tablet 2"), sent_, actor=make.SYSTEM, now=datetime.now(UTC)
    )


def vaccinated(person, site, lot):
    step(person, site, StepKind.CHECK_IN, how="photo_id")
    step(person, site, StepKind.SCREEN, **answers())
    step(person, site, StepKind.CONSENT, **CONSENT)
    return step(person, site, StepKind.DOSE, **dose_facts(lot)).visit


@pytest.fixture
def island(started):
    """The same lot at two sites, people booked at both today, and tomorrow at the hall."""
    make.campaign()
    today = datetime.now(ZoneInfo("Asia/Seoul")).date()
    lot = make.lot(doses=400, on=today)
    make.lot(doses=20, site="clinic", on=today)
    make.lot("B2", doses=400, site="clinic", on=today)
    people = [make.person(n) for n in range(1, 6)]
    make.enrol()
    soon = datetime.now(UTC) + timedelta(minutes=2)
    hall, clinic = session_at("hall", soon), session_at("clinic", soon)
    tomorrow = session_at("hall", soon + timedelta(hours=20))
    session_at("clinic", soon + timedelta(hours=20))
    for person, at in ((people[0], hall), (people[3], clinic), (people[4], tomorrow)):
        book(person, at)
    island = places.area("IS")
    for name, role, area, site in (
        ("nurse", Role.VACCINATOR, None, "hall"),
        ("other", Role.VACCINATOR, None, "clinic"),
        ("officer", Role.SAFETY_OFFICER, island, None),
        ("lead", Role.CLINICAL_LEAD, island, None),
        ("manager", Role.AREA_MANAGER, island, None),
        ("responder", Role.RESPONDER, island, None),
    ):
        where = (role, area, places.site(site) if site else None)
        access.keep_user(name, name=name, password=PASSWORD, grants=[where])
    keep_team(
        Keep(code="one", name="Team one", kind=TeamKind.CLINICAL, area="IS", members=["responder"]),
        actor=make.SYSTEM,
        now=datetime.now(UTC),
    )
    connection.close()
    return serve_pages(started), lot, people


def signed_in(browser: Browser, url: str, who: str, size: dict[str, int]) -> Page:
    page = browser.new_context(viewport=size, locale="en-GB").new_page()
    sign_in(page, url, who, PASSWORD)
    return page


def second_reaction(person, lot) -> None:
    """At the same table half an hour later, on another tablet."""
    visit = vaccinated(person, "hall", lot)
    step(person, "hall", StepKind.SEAT, minutes=30, seat="A5")
    step(person, "hall", StepKind.REACTION, what="throat tight, hives", serious=True)
    for n, (kind, facts) in enumerate(
        [
            (NoteKind.SIGN, {"code": "hives"}),
            (NoteKind.SIGN, {"code": "wheeze"}),
            (NoteKind.IMPRESSION, {"value": "anaphylaxis"}),
        ]
    ):
        now = datetime.now(UTC)
        reactions.note(
            visit.pk,
            NewNote(request_id=make.request(f"second {n}"), kind=kind, facts=facts, at=now),
            actor=make.SYSTEM,
            now=now,
        )
    connection.close()


def of_lot(desk: Page, number: str) -> int:
    """Where the lot stands in the choice of vials."""
    options = desk.get_by_label("Scan the vial, or choose").locator("option").all_inner_texts()
    return next(i for i, text in enumerate(options) if number in text)


def a_dose_at_the_hall_and_one_elsewhere(browser: Browser, url: str, lot, people):
    # given a dose at the hall, and one elsewhere that nobody reacts to
    nurse = open_desk(browser, url, "nurse")
    to_the_needle(nurse, people[0])
    if not nurse.get_by_text("May be given").is_visible():
        nurse.get_by_label("Scan the vial, or choose").select_option(index=1)
    press(nurse, "Dose given")
    nurse.get_by_label("Seat").fill("A4")
    press(nurse, "Start the observation")
    sent(nurse)
    vaccinated(people[2], "clinic", lot)
    return nurse


def a_reaction_on_the_chair(nurse: Page, people):
    # when the person on the chair reacts
    nurse.locator("details > summary", has_text="Reaction").click()
    nurse.get_by_label("Reaction").fill("itching, short of breath")
    press(nurse, "Report the reaction")
    sent(nurse)
    settled(Reaction.objects.exists)
    nurse.reload()
    expect(nurse.locator("html[data-kept='1'][data-state=online]")).to_be_attached(timeout=20_000)
    scan(nurse, f"balmis:booking:{make.request(f'b{people[0].pk}')}")
    nurse.get_by_role("link", name="Signs, vital signs, treatment, team").click()
    seen = Seen(nurse)
    for sign in (
        "Began suddenly",
        "Got worse rapidly",
        "Hives or redness all over",
        "Wheeze on both sides",
    ):
        nurse.get_by_role("button", name=sign).click()
    expect(nurse.get_by_text("Level 1 of certainty")).to_be_visible()
    nurse.get_by_label("Dose and way, as given").fill("0.5 mg, thigh")
    nurse.get_by_role("button", name="Adrenaline into the muscle").click()
    nurse.get_by_role("button", name="Anaphylaxis", exact=True).click()
    seen.check()


def a_team_that_loses_the_network_and_comes(browser: Browser, nurse: Page, url: str):
    # then a team is sent, hears it on the phone, loses the network and comes
    nurse.get_by_role("button", name="Send the team").click()
    expect(nurse.get_by_text("Team one: sent")).to_be_visible()
    phone = signed_in(browser, url, "responder", PHONE)
    phone.goto(f"{url}/team/{make.SLUG}/")
    carried = Seen(phone)
    expect(phone.get_by_role("heading", name="Where do I go?")).to_be_visible()
    carried.check()
    phone.get_by_role("button", name="Heard, we come").click()
    settled(lambda: Incident.objects.get().status == "acknowledged")
    expect(phone.get_by_role("button", name="✓ Heard, we come")).to_be_disabled()
    phone.context.set_offline(True)
    phone.wait_for_timeout(500)  # a second tap at once is taken for a double one
    phone.get_by_role("button", name="We are coming").click()
    phone.wait_for_timeout(500)
    phone.get_by_role("button", name="On site").click()
    expect(phone.get_by_text("2 unsent")).to_be_visible()
    assert Incident.objects.get().status == "acknowledged"
    phone.context.set_offline(False)
    settled(lambda: Incident.objects.get().status == "on_site")
    assert IncidentStep.objects.filter(applied=True).count() == 5


def a_second_report_joins_the_case(browser: Browser, url: str, people):
    # and a second report of the same event joins the case
    officer = signed_in(browser, url, "officer", WIDE)
    officer.goto(f"{url}/safety/{make.SLUG}/")
    desk = Seen(officer)
    expect(officer.get_by_text("1 open case, 1 serious")).to_be_visible()
    desk.check()
    officer.get_by_role("link", name="New report").click()
    officer.get_by_label("Number of the person").fill("P1")
    officer.get_by_role("button", name="Find").click()
    officer.get_by_label("Event", exact=True).select_option("anaphylaxis")
    officer.get_by_label("Began on").fill(
        Visit.objects.filter(person=people[0]).get().on.isoformat()
    )
    officer.get_by_label("In hospital, or kept there longer").check()
    officer.get_by_role("button", name="Report", exact=True).click()
    expect(officer.get_by_role("heading", name="Anaphylaxis")).to_be_visible()
    desk.check()
    connection.close()
    assert Case.objects.get().why_serious == ["hospital", "important"]
    return officer


def a_cluster_a_proposal_and_two_signatures(browser: Browser, url: str, officer: Page, lot, people):
    desk = Seen(officer)
    # a second person at the same table reacts: a cluster, and the question whether it is the lot
    second_reaction(people[1], lot)
    officer.goto(f"{url}/safety/{make.SLUG}/signals/")
    expect(officer.get_by_text("Anaphylaxis: 2", exact=True)).to_be_visible()
    expect(officer.get_by_text("It is the lot.")).to_be_visible()
    desk.check()
    officer.get_by_role("link", name="Propose a hold").click()
    officer.get_by_role("button", name="Show what it would do").click()
    # the page says what it would do: doses at two sites, people in the chairs, who is booked tomorrow
    expect(officer.get_by_text("3 people are still in the chairs")).to_be_visible()
    expect(officer.get_by_text("at 2 sites")).to_be_visible()
    desk.check()
    officer.get_by_role("button", name="Sign the hold").click()
    expect(officer.get_by_text("1 signature is missing.")).to_be_visible()
    connection.close()
    assert not LotHold.objects.exists()
    lead = signed_in(browser, url, "lead", WIDE)
    lead.goto(officer.url)
    lead.get_by_role("button", name="Sign the hold").click()
    expect(lead.get_by_text("in force")).to_be_visible()
    return lead


def the_scanner_elsewhere_is_red(browser: Browser, url: str, people):
    # at another site the scanner is red
    clinic = browser.new_context(viewport=WIDE, locale="en-GB").new_page()
    sign_in(clinic, url, "other", PASSWORD)
    clinic.goto(f"{url}/clinic/{make.SLUG}/clinic/")
    expect(clinic.locator("html[data-kept='1'][data-state=online]")).to_be_attached(timeout=20_000)
    to_the_needle(clinic, people[3])
    clinic.get_by_label("Scan the vial, or choose").select_option(index=of_lot(clinic, "A1"))
    expect(clinic.get_by_text("The lot is on hold: put the vial away.")).to_be_visible()
    return clinic


def those_booked_are_moved(browser: Browser, url: str, hold: str, people):
    # those booked tomorrow are moved to where there is another lot
    manager = signed_in(browser, url, "manager", WIDE)
    manager.goto(hold)
    manager.get_by_role("button", name="Move 1 person and tell them").click()
    expect(manager.get_by_text("in force")).to_be_visible()
    connection.close()
    moved = Booking.objects.filter(person=people[4]).latest("pk")
    assert moved.pool.slot.session.site.code == "clinic" and moved.channel == Channel.REPLACEMENT


def the_hold_is_lifted(lead: Page, clinic: Page, people):
    # and when it was looked into, the hold is lifted and the scanner is not red any more
    lead.reload()
    lead.get_by_label("What was decided").fill(
        "The vial of the hall was contaminated; the lot is sound"
    )
    lead.get_by_role("button", name="Lift it").click()
    expect(lead.get_by_text("It has ended.")).to_be_visible()
    connection.close()
    assert (
        HoldOrder.objects.get().status == "lifted"
        and not LotHold.objects.filter(released_at=None).exists()
    )
    assert Dose.objects.count() == 3
    clinic.reload()
    expect(clinic.locator("html[data-kept='1'][data-state=online]")).to_be_attached(timeout=20_000)
    scan(clinic, f"balmis:booking:{make.request(f'b{people[3].pk}')}")
    clinic.get_by_label("Scan the vial, or choose").select_option(index=of_lot(clinic, "A1"))
    expect(clinic.get_by_text("May be given")).to_be_visible()


def test_from_the_chair_to_the_stock_and_back(browser: Browser, island):
    url, lot, people = island
    nurse = a_dose_at_the_hall_and_one_elsewhere(browser, url, lot, people)
    a_reaction_on_the_chair(nurse, people)
    a_team_that_loses_the_network_and_comes(browser, nurse, url)
    officer = a_second_report_joins_the_case(browser, url, people)
    lead = a_cluster_a_proposal_and_two_signatures(browser, url, officer, lot, people)
    clinic = the_scanner_elsewhere_is_red(browser, url, people)
    those_booked_are_moved(browser, url, officer.url, people)
    the_hold_is_lifted(lead, clinic, people)
