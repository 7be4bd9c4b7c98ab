"""Putting a whole register into groups gives each person the group the scalar rule gives."""

from datetime import date, timedelta

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from balmis.contexts.campaigns import enrolment, services
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.campaigns.plan.format import GroupEntry, Known, group_rules
from balmis.contexts.people.models import Person, Trait
from balmis.core.campaigns.groups import first_group
from balmis.core.dates import age_on
from balmis.core.vocabulary.people import Sex, TraitKind
from tests import make
from tests.budgets import examples

CODES = ("hospital", "ward", "chronic")
START = date(2021, 3, 1)


@st.composite
def descriptions(draw: st.DrawFn) -> Known:
    trait = draw(st.sampled_from([None, *TraitKind]))
    low = draw(st.integers(0, 90))
    more = {trait.value: draw(st.sampled_from(CODES))} if trait else {}
    return Known(
        age_from=low,
        age_to=draw(st.none() | st.integers(low, 100)),
        sex=draw(st.none() | st.sampled_from(list(Sex))),
        **more,
    )


groups = st.lists(st.lists(descriptions(), min_size=1, max_size=3), min_size=1, max_size=4)
people = st.lists(
    st.tuples(
        st.dates(date(1920, 1, 1), START)
        | st.sampled_from(
            [
                date(1956, 2, 29),
                START - timedelta(days=1),
                START,
                date(1956, 3, 1),
                date(1956, 3, 2),
            ]
        ),
        st.sampled_from(list(Sex)),
        st.sets(st.tuples(st.sampled_from(list(TraitKind)), st.sampled_from(CODES)), max_size=3),
    ),
    min_size=1,
    max_size=12,
)


@pytest.mark.usefixtures("island")
@settings(
    max_examples=examples(40),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(known=groups, residents=people)
def test_the_register_and_the_rule_agree(known, residents):
    campaign = campaigns.campaign(make.SLUG)
    plan = campaigns.latest_plan(campaign.pk)
    entries = [
        GroupEntry(code=f"g{i}", title={"en": f"g{i}"}, known_by=k) for i, k in enumerate(known)
    ]
    from msgspec.structs import replace

    plan = replace(plan, groups=entries)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM campaigns_headcount")
            cursor.execute("DELETE FROM campaigns_member")
            cursor.execute("DELETE FROM people_trait")
            cursor.execute("DELETE FROM people_person")
        for number, (born, sex, traits) in enumerate(residents):
            person = make.person(number, born=born, sex=sex)
            Trait.objects.bulk_create(
                Trait(person=person, kind=kind.value, code=code) for kind, code in traits
            )
        services.keep_groups(campaign, plan)
        enrolment.enrol(campaign, plan)
        names = campaigns.groups(campaign.pk)
        with connection.cursor() as cursor:
            cursor.execute("SELECT person_id, group_id FROM campaigns_member")
            found = {person: names[group] for person, group in cursor.fetchall() if group}

    rules = group_rules(plan)
    for person, (born, sex, traits) in zip(Person.objects.order_by("id"), residents, strict=True):
        wanted = first_group(
            rules, age=age_on(born, plan.period.starts_on), sex=sex, traits=frozenset(traits)
        )
        assert found.get(person.pk) == wanted


@pytest.fixture
def island(committed):
    make.campaign()
