"""The pages of a unit's link: the coordinator's, and that of whoever opens it."""

import re
from urllib.parse import urlsplit

import pytest
from django.test import Client

from balmis.contexts.access.models import User
from balmis.contexts.journal.models import AuditEntry
from balmis.contexts.people.models import Person
from balmis.contexts.units.models import Coordinator, Membership, Unit, UnitLink
from balmis.core.vocabulary.access import Role
from balmis.flows.units import rosters
from balmis.web.resident import unit_link
from tests import make
from tests.pages import markup
from tests.web.conftest import sent_code, user
from tests.web.test_booking import BOOK, BORN, MINE, identified, letter_to
from tests.web.test_pages import LANGUAGES
from tests.web.test_unit import UNIT, listed, send

OVER = "This link is not good any more"


def keep(quota: int | None = 100) -> Unit:
    kept = rosters.KeepUnit(
        campaign=make.SLUG,
        code="harbour",
        title="Harbour",
        category="staff",
        area="IS-N",
        quota=quota,
        coordinator=None,
    )
    return rosters.keep_unit(kept, actor=make.SYSTEM, now=make.NOON)


@pytest.fixture
def leader(committed):
    """Who leads the unit and nothing else; its people live elsewhere."""
    make.campaign(make.going_on())
    for n in (1, 2, 3):
        make.person(n, area="IS-S")
    make.enrol()
    unit = keep()
    found = user(Role.UNIT_COORDINATOR, area="IS-N")
    Coordinator.objects.create(unit=unit, user=User.objects.get(username="unit_coordinator"))
    return found


def press(client: Client, do: str = "make", name: str = "link"):
    return client.post(f"{UNIT}link/", {"do": do, "request_id": str(make.request(name))})


def link_on(page: str) -> str:
    found = re.search(r'href="([^"]+/join/[^"]+)"', page)
    assert found, page
    return urlsplit(found[1]).path


def test_the_link_is_made_shown_with_its_code_renewed_and_ended(leader):
    shown = markup(leader.get(UNIT))
    assert "Make a link" in shown and "<svg" not in section(shown)
    assert press(leader).headers["Location"] == f"{UNIT}#join"
    shown = section(markup(leader.get(UNIT)))
    first = link_on(shown)
    assert first == f"/c/{make.SLUG}/join/{UnitLink.objects.get().token}/"
    assert "<svg" in shown and "It is good until Thursday, 31 December 2099." in shown
    press(leader)
    assert link_on(markup(leader.get(UNIT))) == first, "the same press"
    press(leader, name="new")
    second = link_on(markup(leader.get(UNIT)))
    assert second != first
    assert Client().get(first).status_code == 410 and Client().get(second).status_code == 200
    press(leader, "end")
    assert "Make a link" in markup(leader.get(UNIT))
    assert Client().get(second).status_code == 410
    assert press(leader, "sell").status_code == 400
    assert user(Role.VACCINATOR, site="hall").post(f"{UNIT}link/").status_code == 403


def section(page: str) -> str:
    return page[page.index('id="join"') :].split("</section>")[0]


@pytest.fixture
def link(leader) -> str:
    press(leader)
    return link_on(markup(leader.get(UNIT)))


def test_whoever_opens_it_shows_who_they_are_comes_back_and_joins(leader, link):
    client = Client()
    before = client.get(link)
    page = markup(before)
    assert "Join the list of Harbour" in page and "<form" not in page.split("<main")[1]
    assert before.headers["Referrer-Policy"] == "same-origin"  # no other site learns the token
    posted = client.post(link, {"seen": "on"})
    assert posted.status_code == 200 and not Membership.objects.exists()
    client.post(BOOK, {"number": letter_to("P1"), "address": "010-1234-5678"} | BORN)
    assert client.post(f"{BOOK}code/", {"code": sent_code()}).headers["Location"] == link
    page = markup(client.get(link))
    assert '<button class="big">Join</button>' in page and "checked" not in page
    assert client.post(link).headers["Location"] == link
    page = markup(client.get(link))
    assert "You are on the list of Harbour" in page and "nothing of where you stand" in page
    shown = markup(leader.get(UNIT))
    assert "Resident 1" in shown and "joined by the link" in shown and "P1<" not in shown
    assert Membership.objects.get().seen_since is None
    assert AuditEntry.objects.filter(action="roster.joined").count() == 1


def test_where_they_stand_is_seen_only_when_they_tick_it_and_they_leave_by_themselves(leader, link):
    make.dose(Person.objects.get(external_id="P2"))
    client = identified("P2")
    client.post(link, {"seen": "on"})
    assert "vaccinated</span>" in markup(leader.get(UNIT))
    mine = markup(client.get(f"{MINE}?all=1"))
    key = Unit.objects.get().pk
    assert "Leave the list of Harbour" in mine and f"{MINE}units/{key}/leave/" in mine
    left = client.post(f"{MINE}units/{key}/leave/")
    assert left.headers["Location"] == f"{MINE}?all=1"
    assert "Harbour" not in markup(client.get(f"{MINE}?all=1"))
    assert "Resident 2" not in markup(leader.get(UNIT))
    assert client.post(f"{MINE}units/{key}/leave/").status_code == 302, "and again"
    assert Client().post(f"{MINE}units/{key}/leave/").headers["Location"] == BOOK
    assert AuditEntry.objects.filter(action="roster.left").count() == 1


def test_a_void_an_ended_and_an_invented_link_read_alike_and_tell_nothing_of_the_unit(leader, link):
    client = identified("P1")
    press(leader, name="new")
    pages = [client.get(link)]
    press(leader, "end")
    pages += [client.get(link), client.get(f"/c/{make.SLUG}/join/invented/"), client.post(link)]
    texts = {re.sub(r"csrf\w+\W+value=\W\w+", "", markup(p)).replace(link, "L") for p in pages}
    assert {p.status_code for p in pages} == {410}
    assert all(OVER in t and "Harbour" not in t for t in texts)
    assert not Membership.objects.exists()
    assert client.get("/c/nowhere/join/invented/").status_code == 404


def test_a_full_unit_says_so_and_what_was_ticked_stays(leader, link):
    identified("P1").post(link)
    keep(quota=1)
    client = identified("P2")
    page = client.post(link, {"seen": "on"})
    assert page.status_code == 409 and "The list of Harbour is full" in markup(page)
    assert re.search(r'name="seen"\s+value="on"\s+checked', markup(page))
    assert Membership.objects.count() == 1


def test_who_tries_many_links_is_stopped(leader, link, monkeypatch):
    few = unit_link.Allowed("links of this test", 3, unit_link.MISSED.every)
    monkeypatch.setattr(unit_link, "MISSED", few)
    guesser = Client(REMOTE_ADDR="8.8.4.4")
    asked = [guesser.get(f"/c/{make.SLUG}/join/guess{n}/").status_code for n in range(5)]
    assert asked == [410, 410, 410, 429, 429]
    assert Client(REMOTE_ADDR="8.8.8.8").get(link).status_code == 200


def test_once_the_campaign_is_over_nobody_joins_and_no_link_is_made(leader, link):
    make.campaign()  # as it was planned: until November 2021
    assert Client().get(link).status_code == 410
    shown = markup(leader.get(UNIT))
    assert "The campaign ended on Tuesday, 30 November 2021" in shown
    assert link not in shown and "Make a link" not in shown
    refused = press(leader, name="late")
    assert refused.status_code == 409 and "The campaign ended on" in markup(refused)


def test_a_list_with_somebody_who_lives_elsewhere_reads_as_one_with_nobody(leader):
    """The page of a real person without a tie, and of one whose birthday is wrong: the same bytes."""
    stranger = Person.objects.get(external_id="P3")
    there = send(leader, listed([stranger]), dry_run="1")
    stranger.born = stranger.born.replace(year=1951)
    nobody = send(leader, listed([stranger]), dry_run="1")
    told = [
        re.sub(r'value="[\w-]{36,}"|csrf\w+" value="\w+"', "", markup(p)) for p in (there, nobody)
    ]
    assert told[0] == told[1]
    assert "or somebody who has to join by the unit's link" in told[0].replace("&#x27;", "'")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pages_in_every_language(leader, link, language):
    headers = {"Accept-Language": language}
    assert "Harbour" in markup(Client().get(link, headers=headers))
    client = identified("P1", language)
    assert client.get(link).status_code == 200
    client.post(link)
    assert f'lang="{language}"' in markup(client.get(link))
    assert leader.get(UNIT, headers=headers).status_code == 200
