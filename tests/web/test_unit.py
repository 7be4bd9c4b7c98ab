"""The unit coordinator's desk: a list is brought in, people answer, and are booked in one act."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from balmis.contexts.booking.models import Booking
from balmis.contexts.units.models import Answer, Membership
from balmis.core.vocabulary.access import Role
from balmis.flows.units import blocks, rosters
from tests import make
from tests.pages import markup
from tests.web.conftest import user
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
    rows = [f"{p.external_id},{p.born}" for p in people]
    return "\n".join(["number,born", *rows])


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


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_desk_in_every_language_and_not_for_everyone(harbour, language):
    client, people = harbour
    send(client, listed(people))
    page = client.get(UNIT, headers={"Accept-Language": language})
    assert page.status_code == 200 and f'value="{people[0].pk}"' in markup(page)
    assert user(Role.VACCINATOR, site="hall").get(UNIT).status_code == 403
