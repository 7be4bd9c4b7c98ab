"""Who may do what, where."""

import pytest

from balmis.contexts.access import services as access
from balmis.contexts.places import queries as places
from balmis.core.actor import Actor
from balmis.core.errors import NotAllowed
from balmis.core.roles import MAY, Act
from balmis.core.vocabulary.access import Role
from tests import make


@pytest.fixture(autouse=True)
def island(committed):
    make.campaign()


def someone(role: Role, *, area: str | None = None, site: str | None = None) -> Actor:
    grant = (role, places.area(area) if area else None, places.site(site) if site else None)
    return access.actor_for(
        access.keep_user("someone", name="Someone", password="a-long-password", grants=[grant])
    )


def test_a_role_in_an_area_holds_for_what_lies_in_it_and_nowhere_else():
    actor = someone(Role.AREA_MANAGER, area="IS-S")
    assert access.may(actor, Act.CLOSE_DAY, area=places.area("IS-S"))
    assert access.may(actor, Act.READ_REPORT, site=places.site("clinic"))
    assert not access.may(actor, Act.CLOSE_DAY, area=places.area("IS"))
    assert not access.may(actor, Act.READ_REPORT, site=places.site("hall"))


def test_a_role_at_a_site_holds_there_and_not_for_its_area():
    actor = someone(Role.VACCINATOR, site="hall")
    assert access.may(actor, Act.RECORD_DOSE, site=places.site("hall"))
    assert not access.may(actor, Act.RECORD_DOSE, site=places.site("clinic"))
    assert not access.may(actor, Act.RECORD_DOSE, area=places.area("IS-N"))


def test_new_grants_replace_the_old_ones():
    someone(Role.PLANNER)
    actor = someone(Role.AUDITOR)
    with pytest.raises(NotAllowed):
        access.check_may(actor, Act.CHANGE_PLAN, area=places.area("IS"))


@pytest.mark.parametrize("act", list(Act))
def test_every_act_is_someones_and_never_the_publics(act):
    assert MAY[act] and Role.PUBLIC not in MAY[act]


def test_the_system_is_trusted_and_a_person_without_grants_may_nothing():
    nobody = Actor(name="user:1", grants=frozenset())
    assert access.may_somewhere(make.SYSTEM, Act.CHANGE_PLAN)
    assert not any(access.may_somewhere(nobody, act) for act in Act)
