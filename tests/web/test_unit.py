"""The unit coordinator's desk: a list is brought in, people answer, and are booked in one act."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from balmis.contexts.access.models import User
from balmis.contexts.booking.models import Booking
from balmis.contexts.journal.models import AuditEntry
from balmis.contexts.units.models import Answer, Coordinator, Membership, Unit
from balmis.core.vocabulary.access import Role
from balmis.flows.units import blocks, rosters
from tests import make
from tests.pages import markup
from tests.web.conftest import user
from tests.web.test_booking import MINE, identified
from tests.web.test_pages import LANGUAGES

UNIT = f"/unit/{make.SLUG}/harbour/"


@pytest.fixture
def harbour(committed):
    """A unit without people, and a block of one place for it."""
    with connection.cursor() as cursor:
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
    assert bad.status_code == 400 and "lacks the column" in markup(bad)
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


def test_counts_below_five_are_not_told_to_an_employer_nor_what_became_of_so_few(coordinator):
    client, people = coordinator
    make.dose(people[0])
    shown = markup(client.get(UNIT))
    assert "12 people are on the roster" in shown and "have had a dose" not in shown
    asked = {"request_id": str(make.request("b")), "person": [people[0].pk]}
    page = client.post(f"{UNIT}book/", asked)
    assert page.status_code == 400 and "at least five of the others" in markup(page)
    five_times = client.post(f"{UNIT}book/", asked | {"person": [people[0].pk] * 5})
    assert five_times.status_code == 400 and not Booking.objects.exists()


def test_who_is_left_when_all_others_are_seen_is_not_told(coordinator):
    """Eleven of twelve said yes: the count of the whole less those would be the twelfth."""
    client, people = coordinator
    for person in people:
        make.dose(person)
    assert "12</strong> of 12" in markup(client.get(UNIT))
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
