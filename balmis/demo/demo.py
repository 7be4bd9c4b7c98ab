"""A campaign to look around in: Jeju's, with synthetic residents and a user of every role."""

from dataclasses import dataclass
from datetime import date

from django.db import transaction

from balmis.contexts.access import services as access
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.campaigns.plan.checks import Checked
from balmis.contexts.people import queries as people
from balmis.contexts.places import queries as places
from balmis.contexts.reporting import queries as reporting
from balmis.core.errors import Unusable
from balmis.core.vocabulary.access import FactorRule, Role
from balmis.demo.replays import jeju
from balmis.demo.replays.run import play
from balmis.demo.replays.script import Played, Progress, Script
from balmis.flows.safety import teams as safety_teams

LAST_DAY = date(2021, 6, 17)  # the last day the campaign file itself reports doses for
AREA, SITE = "KR-49-1", "halla-gymnasium"  # where the demo's local roles work


@dataclass(frozen=True, slots=True)
class DemoUser:
    username: str
    title: str
    role: Role
    where: str  # '' is the whole campaign


def demo_script(checked: Checked, *, seed: int, scale: float) -> Script:
    """Doses as the campaign file reports them; who got them is drawn.

    Raises Unusable when the database holds real people.
    """
    _refuse_real_people()
    if checked.plan is None:
        raise ValueError(f"the preset {jeju.SLUG} has problems: {checked.problems}")
    return jeju.script(jeju.reported(checked.plan, LAST_DAY), checked, seed=seed, scale=scale)


def _refuse_real_people() -> None:
    """Demo users, with a password that stands in a file, must not see real people."""
    if people.any_real():
        raise Unusable(
            "This database holds registers of real people; the demo is not for it. "
            "Name another folder in BALMIS_HOME, or another DATABASE_URL."
        )


def load_demo(script: Script, *, progress: Progress, registered: Progress) -> Played:
    return play(script, progress=progress, registered=registered)


@transaction.atomic(durable=True)
def seed_users(password: str) -> list[DemoUser]:
    """One user of every role, each with the scope such a person has. The password is theirs
    all; a user that exists gets it anew."""
    _refuse_real_people()
    campaign = campaigns.campaign(jeju.SLUG)
    area, site = places.area(AREA), places.site(SITE)
    scopes = {
        Role.AREA_MANAGER: (area, None),
        Role.REGISTRAR: (area, None),
        Role.SITE_MANAGER: (None, site),
        Role.VACCINATOR: (None, site),
        Role.DOCTOR: (None, site),
        Role.UNIT_COORDINATOR: (area, None),
        Role.AUDITOR: (None, None),  # the trail is of the whole
    }
    users = []
    for role in Role:
        if role is Role.PUBLIC:
            continue
        at_area, at_site = scopes.get(role, (campaign.area, None))
        title = f"Demo {role.value.replace('_', ' ')}"
        username = role.value.replace("_", "-")
        access.keep_user(
            username,
            name=title,
            password=password,
            grants=[(role, at_area, at_site)],
            second_factor=FactorRule.NEVER,  # whoever looks around has none
        )
        where = at_site.code if at_site else at_area.code if at_area else ""
        users.append(DemoUser(username, title, role, where))
    safety_teams.seed(area, {u.role: u.username for u in users})
    return users


def is_loaded() -> bool:
    """Was the demo's last day closed already?"""
    found = [c for c in campaigns.campaigns() if c.slug == jeju.SLUG]
    return bool(found) and reporting.closed_day(found[0].pk, LAST_DAY) is not None
