"""Synthetic residents: the margins of the file, the same people for the same seed, no valid id."""

import re
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.campaigns.plan.checks import check
from balmis.contexts.people.models import Person, Register
from balmis.contexts.people.synthesis.names import CN_CHECKS, CN_WEIGHTS
from balmis.contexts.people.synthesis.population import apportion, residents
from balmis.core.dates import age_on
from balmis.core.errors import Refusal
from balmis.core.vocabulary.reasons import Refused
from balmis.flows.people.synthesise_people import SynthesisePeople, recipe_for, synthesise_people
from tests import make

PRESETS = Path(__file__).parents[2] / "balmis" / "presets"


def drawn(name: str, *, seed: int = 1, scale: float = 0.02) -> pl.DataFrame:
    plan = check((PRESETS / f"{name}.yaml").read_text()).plan
    assert plan is not None
    return pl.concat([c.people for c in residents(recipe_for(plan, seed=seed, scale=scale))])


def test_parts_add_up_to_the_whole():
    assert list(apportion(10, [1, 1, 1])) == [4, 3, 3]
    assert apportion(674_635, [3.3, 0.1, 9]).sum() == 674_635
    assert list(apportion(0, [1, 2])) == [0, 0]


def test_every_area_age_band_and_sex_has_the_number_the_file_says(committed):
    make.campaign()
    made = synthesise_people(
        SynthesisePeople(campaign=make.SLUG, seed=1, scale=1.0), actor=make.SYSTEM, now=make.NOON
    )

    assert made.people == 1000
    people = list(Person.objects.select_related("area"))
    by_area = {code: sum(p.area.code == code for p in people) for code in ("IS-N", "IS-S")}
    assert by_area == {"IS-N": 600, "IS-S": 400}
    plan = campaigns.latest_plan(campaigns.campaign(make.SLUG).pk)
    as_of = recipe_for(plan, seed=1, scale=1.0).as_of
    ages = [age_on(p.born, as_of) for p in people]
    bands = {(0, 9): 100, (10, 19): 100, (20, 39): 300, (40, 64): 300, (65, 130): 200}
    for (low, high), expected in bands.items():
        assert abs(sum(low <= a <= high for a in ages) - expected) <= 2
    assert abs(sum(p.sex == "M" for p in people) - 500) <= 10


def test_the_same_seed_gives_the_same_people_and_another_seed_others():
    assert drawn("jeju-2021").equals(drawn("jeju-2021"))
    assert not drawn("jeju-2021").equals(drawn("jeju-2021", seed=2))


@pytest.mark.parametrize(
    ("name", "script"),
    [
        ("jeju-2021", r"[가-힣]{2,5}$"),
        ("shanxi-booster-2021", r"[一-鿿]{2,4}$"),
        ("quang-ninh-2021", r"[^\d]+ [^\d]+ ?[^\d]*$"),
    ],
)
def test_names_stand_in_the_regions_script(name, script):
    names = drawn(name, scale=0.002)["name"]
    assert all(re.match(script, n) for n in names)
    assert names.n_unique() > 100


def test_no_synthetic_id_is_valid():
    korean = drawn("jeju-2021")["national_id"]
    assert korean.str.contains(r"^\d{6}-[09]\d{6}$").all()
    chinese = drawn("shanxi-booster-2021", scale=0.0005)["national_id"]
    for text in chinese[:2000]:
        total = sum(int(d) * w for d, w in zip(text[:17], CN_WEIGHTS, strict=True))
        assert text[17] != CN_CHECKS[total % 11]
    vietnamese = drawn("quang-ninh-2021", scale=0.002)["national_id"]
    assert vietnamese.str.contains(r"^000\d{9}$").all()
    for ids in (korean, chinese, vietnamese):
        assert ids.n_unique() == len(ids)


def test_the_register_says_that_it_is_synthetic_and_is_made_once(committed):
    make.campaign()
    synthesise_people(
        SynthesisePeople(campaign=make.SLUG, seed=1, scale=0.1), actor=make.SYSTEM, now=make.NOON
    )

    register = Register.objects.get()
    assert register.synthetic and "SYNTHETIC" in register.title
    with pytest.raises(Refusal) as refusal:
        synthesise_people(
            SynthesisePeople(campaign=make.SLUG, seed=2, scale=0.1),
            actor=make.SYSTEM,
            now=make.NOON,
        )
    assert refusal.value.reason is Refused.REGISTER_EXISTS
    assert Person.objects.count() == 100


def test_groups_of_a_stated_size_have_it(committed):
    make.campaign()
    synthesise_people(
        SynthesisePeople(campaign=make.SLUG, seed=1, scale=1.0), actor=make.SYSTEM, now=make.NOON
    )
    campaign = campaigns.campaign(make.SLUG)
    ids = {code: i for i, code in campaigns.groups(campaign.pk).items()}
    counted = campaigns.headcounts(campaign.pk)
    assert counted.by_group[ids["staff"]] == 50
    assert counted.people == 1000
    assert max(p.born for p in Person.objects.all()) <= date(2021, 3, 1)
