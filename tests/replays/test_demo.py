"""The demo: it gives what its campaign file reports, and its people can go on."""

from datetime import UTC, datetime
from pathlib import Path

from tests.databases import world

PRESET = Path(__file__).parents[2] / "balmis" / "presets" / "jeju-2021.yaml"


def demo():
    """A hundredth of the demo, loaded; what was played."""
    from balmis.contexts.campaigns.plan.checks import check
    from balmis.demo.demo import demo_script, is_loaded, load_demo

    script = demo_script(check(PRESET.read_text()), seed=1, scale=0.01)
    assert not is_loaded()
    return script, load_demo(script, progress=lambda n: None, registered=lambda n: None)


def test_the_demo_gives_the_doses_the_campaign_file_reports(committed):
    from balmis.contexts.supply import stock_book
    from balmis.core.vocabulary.access import Role
    from balmis.demo.demo import LAST_DAY, is_loaded, load_demo, seed_users
    from balmis.flows.reporting.overview import overview
    from tests import make

    script, played = world(demo)
    seen = overview("jeju-2021", LAST_DAY, now=make.LATER)
    assert is_loaded() and seen.synthetic
    assert played.people == 6746
    assert seen.report.doses.total == played.doses > 2000
    assert seen.report.status == "closed"
    assert stock_book.ledger_sum() == 0 and stock_book.balances_amiss() == 0
    users = seed_users("a-demo-password")
    assert {u.role for u in users} == set(Role) - {Role.PUBLIC}

    again = load_demo(script, progress=lambda n: None, registered=lambda n: None)
    assert (again.days, again.doses, again.people) == (0, 0, 0)
    assert overview("jeju-2021", LAST_DAY, now=make.LATER).report == seen.report


def test_in_the_demo_a_resident_can_book(committed):
    from django.conf import settings

    from balmis.contexts.campaigns import queries as campaigns
    from balmis.contexts.people import letters
    from balmis.contexts.people import queries as people
    from balmis.core.booking.signed_text import key_of
    from balmis.demo import bookings
    from balmis.demo.demo import seed_users
    from balmis.flows.booking.passes import pass_for
    from balmis.flows.booking.search import Search, Seeker, find_times

    world(demo)
    seed_users("a-demo-password")

    now = datetime.now(UTC)
    assert bookings.seed_sessions(now=now) > 20
    assert bookings.seed_sessions(now=now) == 0
    assert bookings.seed_unit(coordinator="unit-coordinator", now=now) > 10
    (example,) = bookings.examples(1, now=now)
    campaign = campaigns.campaign(bookings.SLUG)
    secret = key_of(settings.SECRET_KEY, "one-time code")
    letter = letters.letter_with(example.code, campaign.slug, secret=secret)
    assert letter is not None and letter.person.born == example.born
    person = people.person_of(letter.person_id)
    held = pass_for(campaign, person, now=now)
    assert find_times(campaign, Seeker(person=person, held=held), Search(), now=now).days
