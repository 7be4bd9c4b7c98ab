"""Real campaigns, day by day, compared with their source: not one value may differ."""

import json
import os
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

PRESET = Path(__file__).parents[2] / "balmis" / "presets" / "jeju-2021.yaml"


def balmis(*arguments: object) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-m", "balmis.cli", *map(str, arguments)],
        env=os.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, object] = json.loads(done.stdout)
    return found


@pytest.mark.deep
def test_molise_to_the_last_dose(shared_data):
    told = balmis("replay", "italy", "--area", "MOL", "--data", shared_data / "italy", "--json")
    assert told["differences"] == 0 and told["ledger_sum"] == 0
    assert told["doses"] == 737_182
    assert told["compared"] > 10_000


@pytest.mark.deep
def test_jejus_first_months(shared_data):
    told = balmis(
        "replay", "jeju", "--data", shared_data / "korea", "--until", "2021-04-30", "--json"
    )
    assert told["differences"] == 0 and told["ledger_sum"] == 0
    assert told["target_reached_on"] is None


def test_the_demo_gives_the_doses_the_campaign_file_reports(committed):
    from balmis.contexts.campaigns.plan.checks import check
    from balmis.contexts.supply import stock_book
    from balmis.core.vocabulary.access import Role
    from balmis.demo.demo import LAST_DAY, demo_script, is_loaded, load_demo, seed_users
    from balmis.flows.reporting.overview import overview
    from tests import make

    script = demo_script(check(PRESET.read_text()), seed=1, scale=0.01)
    assert not is_loaded()
    played = load_demo(script, progress=lambda n: None, registered=lambda n: None)

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
    from balmis.contexts.campaigns.plan.checks import check
    from balmis.contexts.people import letters
    from balmis.contexts.people import queries as people
    from balmis.core.booking.signed_text import key_of
    from balmis.demo import bookings
    from balmis.demo.demo import demo_script, load_demo, seed_users
    from balmis.flows.booking.passes import pass_for
    from balmis.flows.booking.search import Search, Seeker, find_times

    script = demo_script(check(PRESET.read_text()), seed=1, scale=0.01)
    load_demo(script, progress=lambda n: None, registered=lambda n: None)
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


def test_a_source_that_was_tampered_with_is_found_out(shared_data, tmp_path):
    """The proof compares with the files, not with what the replay made of them."""
    from balmis.demo.replays import italy
    from balmis.demo.replays.proof import Proof

    source = italy.read(shared_data / "italy", "MOL", date(2021, 1, 3))
    assert source.area == "MOL"
    proof = Proof()
    proof.same("a day", 5, 5)
    proof.same("another", 5, 6)
    assert (proof.compared, proof.differing) == (2, 1) and "another" in proof.examples[0]
