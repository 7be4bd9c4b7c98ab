"""Who is known by the year alone, and whose group or earliest day hangs on the day: listed, and asked for."""

import pytest

from balmis.cli.people import unknown_days as command
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.journal.models import AuditEntry
from balmis.contexts.people.models import FormerIdentity
from balmis.core.vocabulary.access import Role
from balmis.flows.people.birth_dates import list_unknown_days
from tests import make
from tests.web.conftest import user
from tests.web.test_lists import text_of

PAGE = f"/registrar/{make.SLUG}/unknown-days/"


@pytest.fixture
def people(committed):
    """The plan counts ages as of its first day: of 1956 one may be 64 or 65, of 1950 one is 70 or so."""
    make.campaign()
    starts = campaigns.latest_plan(campaigns.campaign(make.SLUG).pk).period.starts_on
    found = {}
    for n, (name, year, known) in enumerate(
        [
            ("turning", starts.year - 65, "year"),
            ("old", starts.year - 71, "year"),
            ("sure", starts.year - 65, "day"),
            ("about", starts.year - 66, "about"),
        ],
        1,
    ):
        person = make.person(n, area="IS-N" if name != "about" else "IS-S")
        make.change_person(person.pk, name=name, born=f"{year}-01-01", born_precision=known)
        found[name] = person
    make.enrol()
    return found


def test_those_are_listed_for_whom_the_day_counts_and_the_look_is_logged(people):
    found = list_unknown_days(make.SLUG, actor=make.SYSTEM, now=make.NOON)
    assert {h.person.name: set(h.groups) for h in found} == {
        "turning": {"old", "adults"},
        "about": {"old", "adults"},
    }
    line = AuditEntry.objects.get(action="people.unknown_days_read")
    assert line.facts["people"] == [people["turning"].pk, people["about"].pk]


def test_the_desk_sees_its_own_people_and_enters_the_day_which_settles_the_group(people):
    desk, person = user(Role.REGISTRAR, area="IS-N"), people["turning"]
    page = text_of(desk.get(PAGE))
    assert "The day counts for one person" in page and "turning" in page
    assert "about" not in page.replace("about the", ""), "of another desk"
    own = f"/registrar/{make.SLUG}/{person.pk}/"
    assert "taken as the youngest it may be" in text_of(desk.get(own))
    person.refresh_from_db()
    day = f"{person.born.year}-01-01"
    said = {"name": "turning", "romanised_name": "", "born": day, "sex": person.sex}
    sent = said | {"national_id": "", "document": "family register"}
    assert desk.post(f"{own}correct/", sent).status_code == 302
    person.refresh_from_db()
    assert (str(person.born), person.born_precision) == (day, "day")
    assert campaigns.group_of(campaigns.campaign(make.SLUG).pk, person.pk) == "old"
    assert FormerIdentity.objects.filter(person=person).latest("pk").born_precision == "year"
    assert "taken as the youngest" not in text_of(desk.get(own))
    assert "Nobody's group or earliest day hangs" in text_of(desk.get(PAGE)).replace("&#x27;", "'")


def test_whoever_books_for_nobody_sees_no_such_list(people):
    assert user(Role.AUDITOR).get(PAGE).status_code == 403


def test_the_command_lists_them(people, capsys, monkeypatch):
    monkeypatch.setattr("balmis.cli.people.open_database", lambda: None)
    monkeypatch.setattr("balmis.cli.people.now", lambda: make.NOON)
    monkeypatch.setattr("balmis.cli.people.operator", lambda: make.SYSTEM)
    command(make.SLUG)
    said = capsys.readouterr().out
    assert "turning" in said and "group: adults or old" in said and "2 people" in said
