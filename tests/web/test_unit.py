"""The unit coordinator's desk: a list is brought in, people answer, and are booked in one act."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from balmis.contexts.access.models import User
from balmis.contexts.booking.models import Booking, Session
from balmis.contexts.journal.models import AuditEntry
from balmis.contexts.people.contacts import keep_contact
from balmis.contexts.units.models import Answer, Coordinator, Membership, RosterCount, Unit
from balmis.core.vocabulary.access import Role
from balmis.core.vocabulary.clinic import DoseKind
from balmis.flows.units import blocks, rosters
from tests import make
from tests.databases import as_owner
from tests.pages import markup
from tests.web.conftest import user
from tests.web.test_booking import MINE, identified
from tests.web.test_pages import LANGUAGES

UNIT = f"/unit/{make.SLUG}/harbour/"


@pytest.fixture
def harbour(committed):
    """A unit without people, and a block of one place for it."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SELECT setval(pg_get_serial_sequence('people_person', 'id'), 1234567)")
    make.campaign()
    people = [make.person(n) for n in (1, 2)]
    make.enrol()
    rosters.keep_unit(
        rosters.KeepUnit(
            campaign=make.SLUG,
            code="harbour",
            title="Harbour",
            category="old",
            area="IS-N",
            quota=100,
            coordinator=None,
        ),
        actor=make.SYSTEM,
        now=make.NOON,
    )
    start = datetime.now(UTC) + timedelta(days=3)
    session = make.session(
        on=start.date(),
        starts_at=start,
        ends_at=start + timedelta(hours=1),
        products=("comirnaty",),
    )
    blocks.hold_block(session.pk, "harbour", 1, actor=make.SYSTEM, now=make.NOON)
    return user(Role.PLANNER), people


def send(client, text: str, name: str = "harbour.csv", **more: str):
    file = SimpleUploadedFile(name, text.encode())
    return client.post(f"{UNIT}roster/", {"file": file} | more)


def listed(people) -> str:
    rows = [f"{p.external_id},{p.name},{p.born}" for p in people]
    return "\n".join(["number,name,born", *rows])


def test_a_list_is_checked_brought_in_and_booked_in_one_act(harbour):
    client, people = harbour
    assert "would be added" in markup(send(client, listed(people), dry_run="1"))
    assert not Membership.objects.exists()
    line = AuditEntry.objects.get(action="roster.checked")
    assert line.facts["people"] == sorted(p.pk for p in people)
    assert "2 of 2 rows were added" in markup(send(client, listed(people)))
    asked = {"request_id": str(make.request("b")), "person": [people[0].pk]}
    assert "1 people are newly booked" in markup(client.post(f"{UNIT}book/", asked))
    assert Booking.objects.get().person_id == people[0].pk
    client.post(f"{UNIT}answers/", {"answer": "left", "person": [people[1].pk]})
    assert people[1].name not in markup(client.get(UNIT))


def test_what_is_wrong_stands_beside_its_field_and_what_was_chosen_stays(harbour):
    client, people = harbour
    none = client.post(f"{UNIT}roster/")
    shown = markup(none)
    assert none.status_code == 400 and 'id="id_file_error"' in shown
    assert '<a href="#id_file">File: Choose a CSV or Excel file of up to 2 MB.</a>' in shown
    bad = send(client, "who,when\nx,y", "my people.csv")
    assert bad.status_code == 400 and "holds the headings number" in markup(bad)
    assert '<a href="#id_file">' in markup(bad)
    broken = send(client, "x", "my people.xlsx")
    assert broken.status_code == 400 and "/tmp" not in markup(broken)
    send(client, listed(people))
    keys = [p.pk for p in people]
    asked = {"request_id": str(make.request("b")), "person": keys, "reason": "night shift"}
    small = client.post(f"{UNIT}book/", asked)  # one place for two
    shown = markup(small)
    assert small.status_code == 409 and "1 places left, fewer than the 2" in shown
    assert all(f'value="{key}" checked' in shown for key in keys)
    assert 'name="reason" value="night shift"' in shown and not Booking.objects.exists()
    assert client.post(f"{UNIT}book/", asked | {"request_id": "x"}).status_code == 400
    long = {"answer": "refused", "person": keys[:1], "reason": "x" * 201}
    page = client.post(f"{UNIT}answers/", long)
    shown = markup(page)
    assert page.status_code == 400 and 'href="#people-reason"' in shown and "x" * 201 in shown
    assert f'value="{keys[0]}" checked' in shown and not Answer.objects.exists()
    assert client.post(f"{UNIT}answers/", long | {"answer": "maybe"}).status_code == 400
    assert client.post(f"{UNIT}answers/", long | {"person": ["x"]}).status_code == 400
    client.post(f"{UNIT}answers/", long | {"reason": "ill"})
    assert Answer.objects.get().membership.person_id == keys[0]


@pytest.fixture
def coordinator(harbour):
    """Who leads the unit and nothing else, with ten more people on the roster."""
    client, people = harbour
    more = [*people, *(make.person(n) for n in range(3, 13))]
    make.enrol()
    send(client, listed(more))
    led = user(Role.UNIT_COORDINATOR, area="IS-N")
    unit = Unit.objects.get(code="harbour")
    Coordinator.objects.create(unit=unit, user=User.objects.get(username="unit_coordinator"))
    return led, more


def test_an_employer_sees_nobodys_state_who_did_not_say_yes(coordinator):
    client, people = coordinator
    for person in people[:6]:
        make.dose(person)
    shown = markup(client.get(UNIT))
    assert "<strong>6</strong> of 12 have had a dose" in shown
    assert "vaccinated</span>" not in shown
    resident = identified("P1")
    page = markup(resident.get(f"{MINE}?all=1"))
    assert "May Harbour see where you stand?" in page
    key = Unit.objects.get().pk
    resident.post(f"{MINE}units/{key}/", {"yes": ""})
    shown = markup(client.get(UNIT))
    assert shown.count("vaccinated</span>") == 1
    resident.post(f"{MINE}units/{key}/", {"no": ""})
    assert "vaccinated</span>" not in markup(client.get(UNIT))
    assert resident.post(f"{MINE}units/999/", {"yes": ""}).status_code == 302
    # the registration desk, which sees people anyway, sees where they stand
    assert markup(user(Role.PLANNER).get(UNIT)).count("vaccinated</span>") == 6


def test_counts_below_five_are_not_told_to_an_employer(coordinator):
    client, people = coordinator
    make.dose(people[0])
    shown = markup(client.get(UNIT))
    assert "12 people are on the roster" in shown and "have had a dose" not in shown


def told(client) -> str:
    """What an employer reads of the whole, of each member, and of the block."""
    return re.sub(r'value="[0-9a-f-]{36}"|csrf\w+" value="\w+"', "", markup(client.get(UNIT)))


def test_what_became_of_one_member_shows_nowhere(coordinator):
    """Whatever a coordinator does with a member who was vaccinated reads as with one who was not."""
    client, people = coordinator
    done, other, *rest = people
    for person in [done, *rest[:5]]:
        make.dose(person)
    for person in people:
        keep_contact(person, phone=f"+8210{person.pk:08d}", language="ko", now=make.NOON)
    later = make.NOON + timedelta(days=30)
    make.dose(done, kind=DoseKind.PRIMARY_2, given_at=later, now=later)
    blocks.hold_block(Session.objects.get().pk, "harbour", 5, actor=make.SYSTEM, now=make.NOON)
    before = told(client)
    read = {}
    for name, person in (("done", done), ("other", other)):
        answered = {"answer": "willing", "person": [person.pk]}
        client.post(f"{UNIT}answers/", answered)
        willing = told(client).replace(person.name, "X").replace(person.external_id, "N")
        client.post(f"{UNIT}answers/", {"answer": "left", "person": [person.pk]})
        without = told(client)
        send(client, listed([person]))
        asked = {"request_id": str(make.request(name)), "person": [person.pk]}
        page = markup(client.post(f"{UNIT}book/", asked))
        notice = page[page.index('role="status"') :].split("</div>")[0]
        read[name] = (figures(willing), figures(without), notice, figures(told(client)))
    assert read["done"] == read["other"]
    assert "One more does not let you see" in read["done"][2]
    assert figures(before) == read["done"][1], "nor do the figures of the whole change"
    assert Booking.objects.get().person_id == other.pk, "though who can be booked is"


def figures(page: str) -> list[str]:
    """The sentence of the whole, and the block."""
    whole = page[page.index('class="answer"') :].split("</p>")[0]
    return [whole, page[page.index('id="block"') :].split("</section>")[0]]


def test_the_whole_is_counted_anew_when_five_stand_elsewhere_and_a_day_has_passed(coordinator):
    client, people = coordinator
    for person in people[:6]:
        make.dose(person)
    assert "6</strong> of 12" in markup(client.get(UNIT))
    for person in people[6:10]:
        make.dose(person)
    RosterCount.objects.update(at=datetime.now(UTC) - timedelta(days=2))
    assert "6</strong> of 12" in markup(client.get(UNIT)), "four are too few"
    make.dose(people[10])
    make.dose(people[11])
    RosterCount.objects.update(at=datetime.now(UTC) - timedelta(hours=2))
    assert "6</strong> of 12" in markup(client.get(UNIT)), "and it is the same day"
    RosterCount.objects.update(at=datetime.now(UTC) - timedelta(days=2))
    assert "12</strong> of 12" in markup(client.get(UNIT))


def test_those_whom_nobody_could_tell_are_not_booked_behind_their_back(coordinator):
    client, people = coordinator
    asked = {"request_id": str(make.request("b")), "person": [p.pk for p in people]}
    page = client.post(f"{UNIT}book/", asked)
    assert "12 others do not let you see" in markup(page)
    assert not Booking.objects.exists(), "none of them has a phone or mail"


def test_who_is_left_when_all_others_are_seen_is_not_told(coordinator):
    """Eleven of twelve said yes before it was counted: the whole less those would be the twelfth."""
    client, people = coordinator
    for person in people:
        make.dose(person)
    Membership.objects.exclude(person=people[0]).update(seen_since=datetime.now(UTC))
    assert "of 12 have had a dose" not in markup(client.get(UNIT))


def test_birthdays_are_not_tried_out_with_lists(coordinator):
    client, people = coordinator
    head, days = (
        "number,name,born",
        [f"{y}-{m:02}-{d:02}" for y in range(1950, 1960) for m in range(1, 13) for d in (1, 9)],
    )
    rows = [f"P1,Resident 2,{day}" for day in days * 9]
    for _ in range(2):
        page = client.post(
            f"{UNIT}roster/",
            {
                "file": SimpleUploadedFile("a.csv", "\n".join([head, *rows]).encode()),
                "dry_run": "1",
            },
        )
    assert page.status_code == 409 and "Too many tries" in markup(page)
    told = AuditEntry.objects.filter(action="roster.imported").latest("pk")
    assert told.facts["people"] == sorted(p.pk for p in people)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_desk_in_every_language_and_not_for_everyone(harbour, language):
    client, people = harbour
    send(client, listed(people))
    page = client.get(UNIT, headers={"Accept-Language": language})
    assert page.status_code == 200 and f'value="{people[0].pk}"' in markup(page)
    assert user(Role.VACCINATOR, site="hall").get(UNIT).status_code == 403
