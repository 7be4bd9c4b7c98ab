"""Where the walk begins: a campaign with stock, people, doses and places; and who is signed in."""

from datetime import timedelta
from typing import Any

from django.test import Client

from balmis.contexts.access import services as access
from balmis.contexts.access.models import User
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.people.contacts import keep_contact
from balmis.contexts.people.models import Person
from balmis.contexts.places import queries as places
from balmis.contexts.places.models import Site
from balmis.contexts.supply.packaging import keep_packaging
from balmis.contexts.units.models import Coordinator, Unit
from balmis.core.dates import local_day
from balmis.core.vocabulary.access import Role
from balmis.flows.units import blocks, rosters
from tests import make
from tests.walk.steps import now
from tests.web.conftest import PASSWORD, coming, signed_in
from tests.web.test_booking import identified

GTIN = "09501101530003"


class World:
    """Rows that are there before the first step, and browsers that are kept."""

    def __init__(self) -> None:
        self.words: dict[str, tuple[str, Any]] = {}  # told on the way, by constraint
        self._browsers: dict[object, Client] = {}
        make.campaign(make.going_on())
        make.other_region()
        self.campaign = campaigns.campaign(make.SLUG)
        self.lot = make.lot(doses=600)
        make.lot("B2", doses=60)
        make.lot("A1", doses=60, site="clinic")
        make.lot("J1", doses=60, product="jcovden")
        keep_packaging(self.lot.product, GTIN, "carton", 10)
        self.people = [make.person(n, area="IS-N" if n < 30 else "IS-S") for n in range(1, 36)]
        make.enrol()
        self.doses = [make.dose(p, self.lot) for p in self.people[20:28]]
        for person in self.people[:6]:
            keep_contact(person, phone="+821055554444", language="en", now=make.NOON)
        self.sessions = [self._going_on(), coming(2), coming(3), coming(23), coming(24)]
        self.unit()

    def _going_on(self) -> Any:
        began = now() - timedelta(hours=1)
        on = local_day(now(), self.campaign.time_zone)
        return coming(on=on, starts_at=began, ends_at=began + timedelta(hours=5))

    def unit(self) -> None:
        kept = rosters.KeepUnit(
            campaign=make.SLUG,
            code="harbour",
            title="Harbour",
            category="staff",
            area="IS-N",
            quota=100,
            coordinator=None,
        )
        rosters.keep_unit(kept, actor=make.SYSTEM, now=make.NOON)
        leads = self.of("IS-N", Role.UNIT_COORDINATOR)
        user = User.objects.get(username=self.name(leads))
        Coordinator.objects.create(unit=Unit.objects.get(code="harbour"), user=user)
        blocks.hold_block(self.sessions[2].pk, "harbour", 2, actor=make.SYSTEM, now=now())

    def person(self, number: int) -> Person:
        return self.people[number - 1]

    def site(self, code: str) -> Site:
        return Site.objects.get(code=code)

    def at(self, site: str, role: Role) -> Client:
        return self._kept((site, role), role, None, places.site(site))

    def of(self, area: str, role: Role, which: int = 1) -> Client:
        return self._kept((area, role, which), role, places.area(area), None)

    def everywhere(self, role: Role) -> Client:
        return self._kept(role, role, None, None)

    def _kept(self, key: object, role: Role, area: Any, site: Any) -> Client:
        if key not in self._browsers:
            name = f"u{len(self._browsers)}"
            grants = [(role, area, site)]
            someone = access.keep_user(name, name=name, password=PASSWORD, grants=grants)
            self._browsers[key] = self.enter(someone)
        return self._browsers[key]

    def enter(self, someone: User) -> Client:
        client = signed_in(someone)
        client.raise_request_exception = False
        return client

    def name(self, client: Client) -> str:
        return str(User.objects.get(pk=client.session["_auth_user_id"]).username)

    def staff(self, name: str, role: Role = Role.SITE_MANAGER, site: str = "hall") -> Client:
        place = places.site(site)
        grants = [(role, None, place)]
        someone = access.keep_user(name, name=name, password=PASSWORD, grants=grants)
        return self.enter(someone)

    def resident(self, number: int) -> Client:
        if number not in self._browsers:
            client = identified(f"P{number}")
            client.raise_request_exception = False
            self._browsers[number] = client
        return self._browsers[number]
