"""Ids of a thousand and more stand in forms and links as they are, in every language."""

import re

import pytest
from django.db import connection

from balmis.contexts.booking.models import Booking
from balmis.contexts.people.models import Registration
from balmis.core.vocabulary.access import Role
from tests import make
from tests.databases import as_owner
from tests.pages import markup
from tests.web.conftest import coming, user
from tests.web.test_booking import BOOK, MINE, first_time, identified
from tests.web.test_pages import LANGUAGES
from tests.web.test_registering import DESK, FORM

TABLES = (
    "people_person",
    "booking_session",
    "booking_slot",
    "booking_pool",
    "booking_booking",
    "people_registration",
    "booking_standby",
    "units_unit",
    "people_merge",
)


@pytest.fixture
def grown(committed):
    """A province's second month: every id is beyond ten thousand."""
    with as_owner(), connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), 1234567)")
    make.campaign()
    people = [make.person(n) for n in (1, 2, 3)]
    make.enrol()
    coming(2)
    coming(23)
    return people


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_resident_books_both_doses_moves_and_cancels(grown, language):
    client = identified(language=language)
    form = first_time(client)
    assert form["pool"].isdigit() and form["second"].isdigit()
    assert client.post(f"{BOOK}hold/", form).headers["Location"] == f"{BOOK}confirm/"
    client.post(
        f"{BOOK}confirm/",
        {"held": re.findall(r'name="held" value="([^"]+)"', markup(client.get(f"{BOOK}confirm/")))},
    )
    assert Booking.objects.filter(status="confirmed").count() == 2
    page = markup(client.get(MINE))
    first = Booking.objects.get(number=1)
    assert f"?move={first.pk}" in page and f"/my/{first.pk}/cancel/" in page
    day = first.pool.slot.session.on
    times = markup(client.get(f"{BOOK}times/?move={first.pk}&on={day}&site=hall"))
    assert f'name="move" value="{first.pk}"' in times
    assert client.post(f"{MINE}{first.pk}/cancel/").status_code == 200
    assert Booking.objects.filter(status="cancelled").count() == 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_form_or_link_of_the_desks_groups_its_digits(grown, language):
    registrar = user(Role.REGISTRAR)
    registrar.cookies["django_language"] = language
    registrar.post(f"{DESK}register/", FORM | {"name": "Resident 9", "address": ""})
    pages = [
        f"{DESK}?q=Resident",
        f"{DESK}{grown[0].pk}/",
        f"{DESK}reviews/",
        f"{DESK}reviews/{Registration.objects.get().pk}/",
    ]
    planner = user(Role.PLANNER)
    planner.cookies["django_language"] = language
    found = [markup(registrar.get(p)) for p in pages]
    found.append(markup(planner.get(f"/coordination/{make.SLUG}/sessions/")))
    for page in found:
        places = re.findall(r'(?:value|href|action)="([^"]*)"', page)
        assert not [v for v in places if re.search(r"\d[,.\u00a0]\d{3}", v)]
