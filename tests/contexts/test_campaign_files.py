"""A campaign file with a mistake is told where it is and what to write instead."""

from collections import Counter
from pathlib import Path

import msgspec
import pytest
import yaml

from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.campaigns.plan.checks import check
from balmis.contexts.campaigns.plan.format import Plan
from balmis.core.dates import local_day
from balmis.core.errors import BadInput
from balmis.flows.campaigns.load_campaign import load_campaign
from tests import make

PRESETS = Path(__file__).parents[2] / "balmis" / "presets"

# what is written wrong: (was, is now, line, the words of the message)
BROKEN = {
    "a tab as indent": ("    names: {en: Island", "\tnames: {en: Island", 11, "a tab; indent"),
    "a misspelt key": ("time_zone: Asia", "timezone: Asia", 5, "did you mean 'time_zone'?"),
    "a day that is none": (
        "    by: 2021-11-30\n    source: plan\n    denominator: {people: 1000",
        "    by: 2021-11-31\n    source: plan\n    denominator: {people: 1000",
        28,
        "write a date like 2021-02-26",
    ),
    "a zone that is none": ("Asia/Seoul", "Asia/Soul", 5, "there is no time zone 'Asia/Soul'"),
    "a number without source": (
        "people: 600, source: plan",
        "people: 600",
        16,
        "people without a source; add 'source: KEY'",
    ),
    "an unknown source": (
        "people: 400, source: plan",
        "people: 400, source: plann",
        17,
        "there is no source 'plann'; did you mean 'plan'?",
    ),
    "an unknown group": ("[staff, old]", "[staff, olds]", 44, "there is no 'olds' in groups"),
    "a code twice": ("{code: clinic,", "{code: hall,", 48, "the code 'hall' stands twice"),
    "areas that do not add up": (
        "people: 600",
        "people: 700",
        13,
        "its areas hold 1,100 people together, not 1,000",
    ),
    "an end before the start": (
        "ends_on: 2021-11-30}",
        "ends_on: 2020-11-30}",
        4,
        "before it starts on 2021-03-01; swap the dates",
    ),
    "a share above one": ("share: 0.7\n", "share: 70\n", 27, "write a number from 0 to 1"),
    "a storage class that is none": (
        "storage: frozen",
        "storage: freezer",
        52,
        "did you mean 'frozen'?",
    ),
    "ages upside down": (
        "age_from: 65}",
        "age_from: 65, age_to: 60}",
        40,
        "age_to 60 is below age_from 65",
    ),
    "a deferral without reason": (
        "reason: {en: No data yet}, ",
        "",
        42,
        "a deferred group says why",
    ),
    "a key twice": (
        "time_zone: Asia/Seoul",
        "time_zone: Asia/Seoul\ntime_zone: Asia/Tokyo",
        6,
        "the key 'time_zone' stands twice",
    ),
    "zero doses in a vial": (
        "doses_per_vial: 6",
        "doses_per_vial: 0",
        51,
        "'doses_per_vial' is 0; write at least 1",
    ),
    "a denominator of nobody": ("{people: 1, label", "{people: 0, label", 37, "write at least 1"),
    "names of a country we do not know": ("names: ko", "names: fr", 22, "write one of"),
    "a kind of dose that is none": ("doses: {primary_1: 70}", "doses: {first: 70}", 55, "first"),
    "totals that fall": ("primary_1: 140", "primary_1: 14", 56, "never fall"),
    "sites that give more than all": ("share: 0.3,", "share: 0.9,", 46, "add up to 1.6"),
    "an open quote": (
        '"The plan of the island"',
        '"The plan of the island',
        19,
        "does not fit the lines above",
    ),
}


@pytest.mark.parametrize("mistake", BROKEN)
def test_a_broken_file_is_told_its_line_and_what_to_write(mistake):
    was, now, line, words = BROKEN[mistake]
    text = make.plan_text()
    assert was in text

    checked = check(text.replace(was, now, 1))

    told = [str(p) for p in checked.problems]
    assert checked.plan is None
    assert any(t.startswith(f"line {line}, column ") and words in t for t in told), told


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "just words", "a: [1, 2", "\x00", "a: &x [*x]"])
def test_what_is_no_campaign_file_is_one_clear_problem(text):
    problems = check(text).problems
    assert problems and all(str(p).startswith("line ") for p in problems)


def test_every_mistake_is_told_at_once():
    text = make.plan_text().replace("Asia/Seoul", "Asia/Soul").replace("[staff, old]", "[x]")
    assert len(check(text).problems) >= 2


@pytest.mark.parametrize("name", ["jeju-2021", "shanxi-booster-2021", "quang-ninh-2021"])
def test_every_preset_is_a_clean_file(name):
    checked = check((PRESETS / f"{name}.yaml").read_text())
    assert not checked.problems
    assert checked.plan is not None and checked.plan.id == name


def preset(name: str) -> Plan:
    plan = check((PRESETS / f"{name}.yaml").read_text()).plan
    assert plan is not None
    return plan


def leaves(areas):
    for area in areas:
        if area.areas:
            yield from leaves(area.areas)
        else:
            yield area


def test_shanxi_has_eleven_cities_117_counties_and_ten_key_categories():
    plan = preset("shanxi-booster-2021")
    assert len(plan.root.areas) == 11
    assert Counter(a.kind for a in leaves(plan.areas))["county"] == 117
    key = set(plan.phases[0].groups)
    assert len(key) == 10


def test_quang_ninh_has_thirteen_districts_and_a_revision_to_eighty_per_cent():
    checked = check((PRESETS / "quang-ninh-2021.yaml").read_text())
    plan = checked.plan
    assert plan is not None and len(plan.root.areas) == 13
    assert any("81/KH-UBND" in (b.number + b.title) for b in plan.legal_basis)
    last = msgspec.convert(checked.later[-1][3], Plan, strict=False)
    assert {0.8} & {t.share for t in last.targets} and not {0.8} & {t.share for t in plan.targets}


def test_jeju_holds_the_plan_and_what_happened():
    checked = check((PRESETS / "jeju-2021.yaml").read_text())
    plan = checked.plan
    assert plan is not None and plan.root.people == 674_635
    assert any(t.aim == 472_235 for t in plan.targets)
    assert plan.revisions, "the second centre and the lowered aim are revisions"


def test_loading_again_changes_nothing(committed):
    checked = check(make.plan_text())
    first = load_campaign(checked, actor=make.SYSTEM, now=make.NOON)
    again = load_campaign(checked, actor=make.SYSTEM, now=make.LATER)
    assert first.new_revisions == (1,)
    assert again.new_revisions == ()
    assert len(campaigns.revisions(first.campaign.pk)) == 1


def test_a_changed_file_is_a_revision_with_a_readable_diff_not_an_overwrite(committed):
    campaign = load_campaign(check(make.plan_text()), actor=make.SYSTEM, now=make.NOON).campaign
    text = (
        make.plan_text()
        .replace("share: 0.7\n", "share: 0.8\n")
        .replace("observation_seats: 10", "observation_seats: 24")
    )

    stored = load_campaign(check(text), actor=make.SYSTEM, now=make.LATER)

    assert stored.new_revisions == (2,)
    assert any("seventy" in line and "0.7" in line and "0.8" in line for line in stored.diff)
    assert any("hall" in line and "10" in line and "24" in line for line in stored.diff)
    assert campaigns.plan_on(campaign.pk, make.TODAY).targets[0].share == 0.7
    assert (
        campaigns.plan_on(campaign.pk, local_day(make.LATER, "Asia/Seoul")).targets[0].share == 0.8
    )
    first = campaigns.revisions(campaign.pk)[0]
    assert first.content["targets"][0]["share"] == 0.7


def test_a_broken_file_loads_nothing(committed):
    with pytest.raises(BadInput, match="nothing was loaded"):
        load_campaign(check("format: 1"), actor=make.SYSTEM, now=make.NOON)
    assert campaigns.campaigns() == []


def test_the_schema_of_the_reference_accepts_the_presets():
    import json

    import jsonschema

    schema = json.loads(
        (Path(__file__).parents[2] / "docs/reference/campaign.schema.json").read_text()
    )
    validator = jsonschema.Draft202012Validator(schema)
    for path in sorted(PRESETS.glob("*.yaml")):
        content = json.loads(json.dumps(yaml.safe_load(path.read_text()), default=str))
        assert list(validator.iter_errors(content)) == []


def test_a_minor_is_who_the_law_of_the_place_says():
    """Korean Civil Act, article 4: of age at 19; the others name no other age than 18."""
    names = ("jeju-2021", "quang-ninh-2021", "shanxi-booster-2021")
    ages = {name: preset(name).policy.clinic.age_of_consent for name in names}
    assert ages == {"jeju-2021": 19, "quang-ninh-2021": 18, "shanxi-booster-2021": 18}


def test_a_group_that_nobody_is_invited_of_and_a_phase_that_never_begins_are_told():
    assert check(make.plan_text()).notes == ()
    text = make.plan_text().replace(
        "groups: [staff, old], starts_on: 2021-03-01", "groups: [staff]"
    )
    said = [str(note) for note in check(text).notes]
    assert len(said) == 2
    assert "the group old is open and in no phase" in said[0] and said[0].startswith("line ")
    assert "the phase first has no first day" in said[1]
