"""Of whom only the year of birth is known: at the chair taken as the youngest it may be, and said so."""

from datetime import date

from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.places import queries as places
from balmis.flows.clinic.people_of_day import DayHere, people_of_day
from tests import make


def test_the_chair_takes_them_as_the_youngest_and_asks_for_the_day_where_it_counts(committed):
    make.campaign()
    years = {1: 2002, 2: 1980, 3: 1980}  # 18 or 19 today; 40 or 41
    people = {n: make.person(n, area="IS-N") for n in years}
    for n, year in years.items():
        known = "year" if n < 3 else "day"
        make.change_person(people[n].pk, born=date(year, 1, 1), born_precision=known)
    make.enrol()
    here = DayHere(campaigns.campaign(make.SLUG), places.site("hall"), make.TODAY)
    found = {p["id"]: p for p in people_of_day(here, [p.pk for p in people.values()], {}, [])}
    turning, grown, sure = (found[people[n].pk] for n in years)
    of_age = campaigns.policy_of(here.campaign.pk).clinic.age_of_consent
    assert turning["minor"] == (of_age > 18) and turning["day_counts"]
    assert str(turning["born"]) == "2002-01-01" and turning["born_precision"] == "year"
    assert not grown["day_counts"] and not grown["minor"]
    assert not sure["day_counts"] and sure["born_precision"] == "day"
