"""What the code of a vial or a carton means: taught once where goods come in, known to all."""

import pytest

from balmis.contexts.access import services as access
from balmis.contexts.journal.models import AuditEntry
from balmis.contexts.places import queries as places
from balmis.contexts.supply.models import Packaging
from balmis.core.errors import BadInput, Conflict, NotAllowed, Refusal
from balmis.core.vocabulary.access import Role
from balmis.core.vocabulary.supply import Level
from balmis.flows.clinic.day_bundle import day_bundle
from balmis.flows.supply.packaging import (
    KeepPackaging,
    forget_packaging,
    keep_packaging,
    teach_packaging,
)
from tests import make

GTIN = "09501101530003"


@pytest.fixture
def keepers(committed):
    """Two store keepers of the hall."""
    make.campaign()
    make.lot(doses=60)
    return keeper("one"), keeper("two")


def keeper(name):
    grants = [(Role.STORE_KEEPER, None, places.site("hall"))]
    access.keep_user(name, name=name, password="correct-horse-battery", grants=grants)
    return access.actor_for(access.user_named(name))


def teach(actor, site="hall", **changes):
    said = {"gtin": GTIN, "product": "comirnaty", "level": Level.CARTON, "number": 195}
    return teach_packaging(site, KeepPackaging(**said | changes), actor=actor, now=make.NOON)


def test_an_unknown_code_is_taught_and_the_chair_knows_it(keepers):
    one, two = keepers
    made = teach(one)
    assert teach(two) == made, "the same again changes nothing"
    (known,) = day_bundle(make.SLUG, "hall", actor=make.SYSTEM, now=make.NOON)["packaging"]
    assert known == {"gtin": GTIN, "product": "comirnaty", "level": "carton", "vials": 195}
    entry = AuditEntry.objects.get(action="packaging.taught")
    assert entry.actor == one.name


def test_what_a_code_means_already_is_not_taught_anew(keepers):
    one, two = keepers
    teach(one)
    for changes in ({"number": 10}, {"product": "jcovden"}):
        with pytest.raises(Conflict):
            teach(two, **changes)
    assert Packaging.objects.get().vials == 195


@pytest.mark.parametrize(
    "changes",
    [{"gtin": "09501101530004"}, {"gtin": "x"}, {"level": Level.VIAL}, {"number": 1}],
)
def test_a_code_that_is_none_or_a_vial_of_many_teaches_nothing(keepers, changes):
    with pytest.raises(BadInput):
        teach(keepers[0], **changes)
    assert not Packaging.objects.exists()


def test_only_who_keeps_the_stock_of_a_site_teaches(keepers):
    with pytest.raises(NotAllowed):
        teach(keepers[0], site="clinic")


def test_who_taught_it_takes_it_back_and_others_do_not(keepers):
    one, two = keepers
    made = teach(one)
    with pytest.raises(NotAllowed):
        forget_packaging(made.pk, "wrong carton", actor=two, now=make.NOON)
    with pytest.raises(BadInput):
        forget_packaging(made.pk, " ", actor=one, now=make.NOON)
    forget_packaging(made.pk, "wrong carton", actor=one, now=make.NOON)
    assert not Packaging.objects.exists()
    assert AuditEntry.objects.get(action="packaging.forgotten").reason == "wrong carton"
    again = teach(two, number=10)
    forget_packaging(again.pk, "by the planner", actor=make.SYSTEM, now=make.NOON)
    kept = keep_packaging(
        KeepPackaging(gtin=GTIN, product="comirnaty", level=Level.CARTON, number=195),
        actor=make.SYSTEM,
        now=make.NOON,
    )
    with pytest.raises(Refusal):
        forget_packaging(kept.pk, "not taught at a store", actor=one, now=make.NOON)
