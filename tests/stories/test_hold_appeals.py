"""A store asks about a hold from its phone, and reads the answer of the safety desk."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from playwright.sync_api import Browser, expect

from balmis.contexts.access import queries
from balmis.contexts.access import services as access
from balmis.contexts.places import queries as places
from balmis.core.vocabulary.access import Role
from balmis.core.vocabulary.safety import HoldKind, HoldScope
from balmis.flows.holds import hold_orders
from balmis.flows.holds.hold_orders import Ask
from tests import make
from tests.programs import serve_pages
from tests.stories.conftest import Visit as Seen
from tests.stories.test_clinic import PASSWORD
from tests.stories.test_safety import PHONE, WIDE, signed_in

pytestmark = pytest.mark.story


@pytest.fixture
def held(started) -> str:
    make.campaign()
    make.lot(doses=60)
    island, hall = places.area("IS"), places.site("hall")
    for name, role, area, site in (
        ("keeper", Role.STORE_KEEPER, None, hall),
        ("lead", Role.CLINICAL_LEAD, island, None),
    ):
        access.keep_user(name, name=name, password=PASSWORD, grants=[(role, area, site)])
    lead = access.actor_named(f"user:{queries.user_id('lead')}")
    now = datetime.now(UTC)
    ask = Ask(
        request_id=make.request("order"),
        scope=HoldScope.LOT,
        kind=HoldKind.HARD,
        reason="Three reactions at the hall within an hour.",
        product="comirnaty",
        lot="A1",
    )
    order = hold_orders.propose(make.SLUG, ask, actor=lead, now=now)
    hold_orders.sign(make.SLUG, order.pk, emergency=True, actor=lead, now=now)
    connection.close()
    return serve_pages(started)


def test_a_store_asks_about_a_hold_and_is_answered(browser: Browser, held: str):
    # given a lot that the safety desk holds, the keeper reads by whom and asks
    keeper = signed_in(browser, held, "keeper", PHONE)
    keeper.goto(f"{held}/store/{make.SLUG}/hall/")
    phone = Seen(keeper)
    expect(keeper.get_by_text("Clinical lead for safety, ")).to_be_visible()
    keeper.get_by_text("Ask for it to be looked at again").click()
    keeper.get_by_label("What should be looked at again, and why?").fill("All had the flu before.")
    phone.check()
    keeper.get_by_role("button", name="Ask", exact=True).click()
    expect(keeper.get_by_text("waits for an answer")).to_be_visible()
    phone.check()
    # the safety desk has it on top, and answers on the page of the order
    lead = signed_in(browser, held, "lead", WIDE)
    lead.goto(f"{held}/safety/{make.SLUG}/")
    desk = Seen(lead)
    expect(lead.get_by_text("A site asks that 1 hold be looked at again.")).to_be_visible()
    lead.get_by_role("link", name="Holds (1)").click()
    expect(lead.get_by_text("All had the flu before.")).to_be_visible()
    desk.check()
    lead.get_by_role("link", name="Look at it and answer").click()
    lead.get_by_label("It stands, because …").fill("A fourth person had none.")
    lead.get_by_role("button", name="Answer: it stands").click()
    expect(lead.get_by_text("the hold stands")).to_be_visible()
    desk.check()
    # and the store reads it beside the hold
    keeper.reload()
    expect(keeper.get_by_text("A fourth person had none.")).to_be_visible()
    phone.check()
