"""A list that is only looked at tells what the register holds: one line of the trail, and nothing else."""

import csv
from pathlib import Path

import polars as pl
import pytest
from django.db import connection

from balmis.contexts.journal.models import AuditEntry
from balmis.contexts.people.models import Person
from balmis.core.errors import BadInput
from balmis.flows.access.import_users import BadStaff
from balmis.flows.clinic.import_doses import COLUMNS, ImportDoses, import_doses
from balmis.flows.people.import_people import BadRows
from balmis.flows.safety.line_list_import import BadReports
from tests import make
from tests.flows import test_import_users as staff
from tests.flows import test_lists as people
from tests.flows import test_safety_import as events
from tests.flows.test_units import bring, harbour, row  # noqa: F401

SURE = "SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {} AS t"


def contents() -> dict[str, str]:
    """Of every table but the trail."""
    tables = sorted(
        set(connection.introspection.table_names()) - {"ledger_auditentry", "ledger_auditmark"}
    )
    with connection.cursor() as cursor:
        found = {}
        for table in tables:
            cursor.execute(SURE.format(connection.ops.quote_name(table)))
            found[table] = cursor.fetchone()[0]
        return found


class Look:
    """One line more, of this action, and all else as it was."""

    def __enter__(self):
        self.before, self.last = contents(), AuditEntry.objects.count()
        return self

    def __exit__(self, kind, error, traceback):
        if kind is None:
            assert contents() == self.before
            assert AuditEntry.objects.count() == self.last + 1
            self.line = AuditEntry.objects.order_by("pk").last()


@pytest.fixture
def ward(committed):
    make.campaign()
    people.take(people.FIRST, people.SECOND)
    return {p.external_id: p.pk for p in Person.objects.all()}


def test_people(ward):
    moved = [*people.SECOND[:4], "IS-N", *people.SECOND[5:]]
    new = ["a3", "Chị Ba", "1980-02-02", "F", "IS-N", "", "", ""]
    with Look() as look:
        people.take(people.FIRST, moved, new, dry_run=True)
    assert (look.line.action, look.line.actor) == ("people.checked", "system:test")
    assert look.line.facts == {
        "register": "ward",
        "file": "list.csv",
        "rows": 3,
        "added": 1,
        "changed": 1,
        "same": 1,
        "waiting": 0,
        "refused": 0,
        "people": [ward["a2"]],
    }


@pytest.mark.parametrize("dry_run", [True, False])
def test_people_whose_number_or_key_is_somebody_elses_were_shown(ward, dry_run):
    other = ["a1", "Somebody Else", "1971-02-03", "F", "IS-N", "", "", ""]
    stolen = ["a9", "X", "1971-02-03", "F", "IS-N", people.FIRST[5], "", ""]
    for rows in ([other], [stolen]):
        with Look() as look:
            if dry_run:
                people.take(*rows, dry_run=True)
            else:
                with pytest.raises(BadRows):
                    people.take(*rows)
        assert look.line.facts["people"] == [ward["a1"]] and look.line.facts["refused"] == 1


def test_reports(hall):
    lot, known = hall
    for person in known[:1]:
        make.dose(person, lot)
    with Look() as look:
        events.load("P1,fever,2021-06-17,,,,\n", dry_run=True)
    assert look.line.action == "events.checked"
    assert look.line.facts == {"rows": 1, "problems": 0, "people": [known[0].pk]}
    rows = "P2,fever,2021-06-17,,,,\nP77,fever,2021-06-17,,,,\n"  # no dose, and nobody
    for dry_run in (True, False):
        with Look() as look, pytest.raises(BadReports):
            events.load(rows, dry_run=dry_run)
        assert look.line.facts == {"rows": 2, "problems": 2, "people": [known[1].pk]}


def test_staff(hall):
    with Look() as look:
        staff.load("lan,Trần Lan,registrar,North,,\n", dry_run=True)
    assert look.line.action == "users.checked"
    assert look.line.facts == {"rows": 1, "made": 1, "changed": 0, "same": 0, "problems": 0}
    with Look() as look, pytest.raises(BadStaff):
        staff.load("lan,Trần Lan,wizard,North,,\n")
    assert (look.line.facts["made"], look.line.facts["problems"]) == (0, 1)


def test_a_roster_also_beyond_the_quota(harbour, tmp_path):  # noqa: F811
    unit, crew = harbour
    with Look() as look:
        bring(tmp_path, [row(crew[0])], dry_run=True)
    assert look.line.action == "roster.checked" and look.line.facts["people"] == [crew[0].pk]
    type(unit).objects.update(quota=1)
    with Look() as look:
        assert bring(tmp_path, [row(p) for p in crew[:2]]).beyond == 1
    assert look.line.action == "roster.checked"
    assert look.line.facts["people"] == sorted(p.pk for p in crew[:2])


def test_doses_that_are_not_taken(hall):
    _, known = hall
    one = ["k1", "nobody", "comirnaty", "A1", "hall", "primary_1", 1.0, make.NOON.isoformat()]
    cmd = ImportDoses(
        campaign=make.SLUG,
        register_id=known[0].register_id,
        source="elsewhere",
        rows=pl.DataFrame([[1, *one]], schema=COLUMNS, orient="row"),
    )
    with Look() as look, pytest.raises(BadInput):
        import_doses(cmd, actor=make.SYSTEM, now=make.LATER)
    assert look.line.action == "doses.checked"
    assert look.line.facts == {"source": "elsewhere", "rows": 1, "problems": 1}


def write(folder: Path, *rows: tuple[str, ...]) -> Path:
    path = folder / "list.csv"
    with path.open("w", newline="") as out:
        csv.writer(out).writerows(rows)
    return path


def test_the_commands(harbour, balmis, tmp_path):  # noqa: F811
    """Each leaves one line, with its door and whoever ran it."""
    _, crew = harbour
    person = crew[0]
    make.dose(person, None, site=None)
    known = (person.external_id, person.name, "1950-05-05")
    lists = {
        "people.checked": (
            ("people", "import", "--campaign", make.SLUG, "--register", "ward"),
            (people.HEAD, people.FIRST),
        ),
        "roster.checked": (
            ("unit", "import", make.SLUG, "harbour"),
            (("number", "name", "born"), known),
        ),
        "events.checked": (
            ("safety", "import", make.SLUG),
            (("number", "event", "onset_on"), (person.external_id, "fever", "2021-06-17")),
        ),
        "users.checked": (
            ("user", "import"),
            (("username", "role", "area", "site"), ("lan", "registrar", "IS-N", "")),
        ),
    }
    for action, (words, rows) in lists.items():
        with Look() as look:
            balmis(*words, write(tmp_path, *rows), "--dry-run")
        assert look.line.action == action
        assert look.line.facts["door"] == f"balmis {' '.join(words[:2])}"
        assert look.line.facts["behind"] and person.name not in str(look.line.facts)
