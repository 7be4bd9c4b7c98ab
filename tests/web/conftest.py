"""A small campaign with doses, and someone of every role."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client, override_settings

from balmis.contexts.access import services as access
from balmis.contexts.access import sign_ins
from balmis.contexts.access.models import User
from balmis.contexts.access.sign_ins import Browser
from balmis.contexts.notices.models import Notice
from balmis.contexts.places import queries as places
from balmis.core.vocabulary.access import Role, SignInMeans
from balmis.flows.reporting.daily_report import close_day
from tests import make
from tests.databases import world

PASSWORD = "correct-horse-battery"


@pytest.fixture(autouse=True)
def _known_host() -> Iterator[None]:
    with override_settings(ALLOWED_HOSTS=["testserver"]):
        yield


@pytest.fixture
def island(committed):
    world(_island)


def _island() -> None:
    make.campaign()
    lot = make.lot(doses=50)
    people = [make.person(n, area="IS-N" if n < 8 else "IS-S") for n in range(1, 10)]
    make.enrol()
    for person in people:
        make.dose(person, lot)
    close_day(make.SLUG, make.TODAY, actor=make.SYSTEM, now=make.LATER)


@pytest.fixture
def dosed(committed):
    return world(_dosed)


def _dosed():
    make.campaign()
    lot = make.lot(doses=50)
    found = [make.dose(make.person(n), lot) for n in range(1, 7)]
    make.enrol()
    return found


def coming(days: int = 2, **changes):
    """A session some days from now, at nine in Seoul."""
    starts = (datetime.now(UTC) + timedelta(days=days)).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    fields = {
        "on": starts.date(),
        "starts_at": starts,
        "ends_at": starts + timedelta(hours=1),
        "products": ("comirnaty",),
    }
    return make.session(**(fields | changes))


@pytest.fixture
def opened(committed):
    """People, and places from the day after tomorrow and again four weeks on."""
    return world(_opened)


def _opened():
    make.campaign()
    people = [make.person(n) for n in (1, 2, 3)]
    make.enrol()
    coming(2)
    coming(23)
    return people


def sent_code() -> str:
    return str(Notice.objects.filter(purpose="code").latest("pk").facts["code"])


def user(role: Role | None, *, area: str | None = None, site: str | None = None) -> Client:
    """A signed-in browser of someone with the role, or with none."""
    name = role.value if role else "nobody"
    grants = (
        [(role, places.area(area) if area else None, places.site(site) if site else None)]
        if role
        else []
    )
    made = access.keep_user(name, name=name, password=PASSWORD, grants=grants)
    return signed_in(made)


def signed_in(someone: User) -> Client:
    """A browser in which they have just signed in."""
    client, now = Client(), datetime.now(UTC)
    client.force_login(someone)
    session = client.session
    session["sign_in"] = sign_ins.start(
        someone.pk,
        SignInMeans.PASSWORD,
        Browser("test", "127.0.0.1"),
        locks_after=timedelta(hours=1),
        now=now,
    )
    session.save()
    return client


@pytest.fixture
def planner(island) -> Client:
    return user(Role.PLANNER)
