"""The ten key categories of Shanxi run through units, from the preset: attested, then due a booster."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.db import transaction

import balmis.presets
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.campaigns.plan.checks import check
from balmis.contexts.clinic import queries as clinic
from balmis.contexts.people import queries as people
from balmis.contexts.people import services as register
from balmis.contexts.places.models import Area
from balmis.contexts.units import queries as units
from balmis.contexts.units import services
from balmis.core.vocabulary.clinic import DoseKind
from balmis.core.vocabulary.people import Sex
from balmis.flows.booking.passes import pass_for
from balmis.flows.campaigns.enrol import enrol_again
from balmis.flows.campaigns.load_campaign import load_campaign
from balmis.flows.clinic.record_dose import RecordDose, record_dose
from balmis.flows.units import rosters
from tests import make

PRESET = Path(balmis.presets.__file__).parent / "shanxi-booster-2021.yaml"
NOW = datetime(2021, 11, 10, 3, tzinfo=UTC)
TODAY = date(2021, 11, 10)
CATEGORIES = [
    "cold-chain",
    "isolation-sites",
    "international-flights",
    "customs-border",
    "transport-hubs",
    "health-care",
    "public-safety",
    "utilities",
    "services",
    "other-high-risk",
]


@pytest.fixture
def shanxi(committed):
    """Two people for each category, both doses of spring, and a unit with them on its roster."""
    slug = load_campaign(check(PRESET.read_text()), actor=make.SYSTEM, now=NOW).campaign.slug
    home = Area.objects.get(code="CN-140105")
    made, everyone = make.register("shanxi"), []
    for n, code in enumerate(CATEGORIES):
        members = [
            register.register_person(
                made,
                external_id=f"{code}-{i}",
                name=f"Resident {n}{i}",
                born=date(1985, 1, 1 + n),
                sex=Sex.FEMALE,
                area=home,
            )
            for i in (1, 2)
        ]
        rosters.keep_unit(
            rosters.KeepUnit(
                campaign=slug,
                code=code,
                title=code.title(),
                category=code,
                area="CN-140105",
                quota=10,
                coordinator=None,
            ),
            actor=make.SYSTEM,
            now=NOW,
        )
        unit = units.unit(campaigns.campaign(slug).pk, code)
        services.add_members(unit, [(p.pk, "") for p in members], on=TODAY)
        everyone += members
    with transaction.atomic():
        enrol_again(campaigns.campaign(slug))
    for person in everyone:
        for kind, day in ((DoseKind.PRIMARY_1, 1), (DoseKind.PRIMARY_2, 25)):
            record_dose(
                RecordDose(
                    request_id=make.request(f"{person.pk} {kind}"),
                    campaign=slug,
                    person_id=person.pk,
                    product="bbibp-corv",
                    kind=kind,
                    given_at=datetime(2021, 4, day, 3, tzinfo=UTC),
                ),
                actor=make.SYSTEM,
                now=NOW,
            )
    return slug


def test_attested_members_of_each_category_are_offered_their_booster(shanxi):
    campaign = campaigns.campaign(shanxi)
    for code in CATEGORIES:
        unit = units.unit(campaign.pk, code)
        ids = [m.person_id for m in units.roster(unit.pk)]
        assert {campaigns.group_of(campaign.pk, p) for p in ids} == {"others"}
        rosters.change_roster(
            rosters.ChangeRoster(campaign=shanxi, unit=code, attest=True),
            actor=make.SYSTEM,
            now=NOW,
        )
        assert {campaigns.group_of(campaign.pk, p) for p in ids} == {code}
        held = pass_for(campaign, people.person_of(ids[0]), now=NOW)
        assert (held.number, f"unit:{code}" in held.pools) == (3, True)
        assert len(clinic.live_doses(ids[0])) == 2
        # who leaves is of the category no more, unless the register says so
        rosters.change_roster(
            rosters.ChangeRoster(campaign=shanxi, unit=code, leaving=ids[:1]),
            actor=make.SYSTEM,
            now=NOW,
        )
        assert campaigns.group_of(campaign.pk, ids[0]) == "others"
        assert campaigns.group_of(campaign.pk, ids[1]) == code
    seen = rosters.standing(shanxi, CATEGORIES[0], actor=make.SYSTEM, now=NOW)
    assert len(seen.members) == 1
