"""A line list goes in whole or not at all; every problem is told by row."""

import csv
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest

from balmis.cli.people_lists import open_book, read_mapping
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.people.models import Person, Register
from balmis.core.actor import Actor
from balmis.core.errors import BadInput, NotAllowed, Unusable
from balmis.core.people.list_columns import PEOPLE
from balmis.core.vocabulary.access import Role
from balmis.flows.people.import_people import BadRows, ImportPeople, import_people
from tests import make

pytestmark = pytest.mark.usefixtures("island")
HEADING = ["external_id", "name", "born", "sex", "area", "national_id"]
GOOD = [
    ["007", "김하늘", "1950-05-03", "F", "IS-N", "500503-2012345"],
    ["008", "王小明", "1990-01-31", "M", "South", ""],
    ["009", "Nguyễn Thị Ánh", "2001-12-24", "nữ", "IS-S", ""],
]


@pytest.fixture
def island(committed):
    make.campaign()


def write(folder: Path, rows: list[list[str]], heading: list[str] = HEADING) -> Path:
    path = folder / "list.csv"
    with path.open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle).writerows([heading, *rows])
    return path


def command(path: Path, **changes: object) -> ImportPeople:
    book, digest = open_book(path)
    fields = {"file": path.name, "campaign": make.SLUG, "register": "hospital"} | changes
    return ImportPeople(book=book, digest=digest, **fields)


def run(path: Path, **changes: object):
    return import_people(command(path, **changes), actor=make.SYSTEM, now=make.NOON)


def people() -> list[tuple]:
    found = Person.objects.order_by("external_id")
    return list(
        found.values_list("external_id", "name", "born", "sex", "area__code", "national_id")
    )


def test_names_dates_and_leading_zeros_come_through(tmp_path):
    done = run(write(tmp_path, GOOD))

    assert (done.rows, done.added, done.changed, done.same) == (3, 3, 0, 0)
    assert people() == [
        ("007", "김하늘", date(1950, 5, 3), "F", "IS-N", "500503-2012345"),
        ("008", "王小明", date(1990, 1, 31), "M", "IS-S", None),
        ("009", "Nguyễn Thị Ánh", date(2001, 12, 24), "F", "IS-S", None),
    ]
    assert not Register.objects.get().synthetic
    counted = campaigns.headcounts(campaigns.campaign(make.SLUG).pk)
    assert counted.people == 3


def test_excel_with_real_dates_serials_and_numbers(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(HEADING)
    sheet.append(["007", "김하늘", datetime(1950, 5, 3), "F", "IS-N", "500503-2012345"])  # noqa: DTZ001
    sheet.append([8, "王小明", 32904, "M", "IS-S", None])
    path = tmp_path / "list.xlsx"
    book.save(path)

    run(path)

    assert [(p[0], p[2]) for p in people()] == [("007", date(1950, 5, 3)), ("8", date(1990, 1, 31))]


def test_a_mapping_and_day_first_dates(tmp_path):
    file = tmp_path / "mapping.yaml"
    file.write_text("external_id: Ký hiệu\nname: Họ tên\nborn: Sinh\nsex: Giới\narea: Nơi ở\n")
    heading = ["Ký hiệu", "Họ tên", "Sinh", "Giới", "Nơi ở"]
    path = write(tmp_path, [["1", "Trần Văn Bình", "03/05/1950", "Nam", "IS-N"]], heading)

    run(path, mapping=read_mapping(file, [c.name for c in PEOPLE]), day_first=True)

    assert people()[0][2] == date(1950, 5, 3)


def test_again_changes_nothing_and_a_change_changes_one(tmp_path):
    run(write(tmp_path, GOOD))
    again = run(write(tmp_path, GOOD))
    moved = run(write(tmp_path, [[*GOOD[0][:4], "IS-S", GOOD[0][5]], *GOOD[1:]]))

    assert (again.added, again.changed, again.same) == (0, 0, 3)
    assert (moved.added, moved.changed, moved.same) == (0, 1, 2)
    assert people()[0][4] == "IS-S"


def test_a_dry_run_checks_everything_and_writes_nothing(tmp_path):
    done = run(write(tmp_path, GOOD), dry_run=True)
    assert done.added == 3
    assert people() == [] and not Register.objects.exists()


def test_one_bad_row_stops_all_and_every_problem_is_reported_beside_the_file(tmp_path):
    bad = [
        GOOD[0],
        ["", "No id", "1990-01-01", "F", "IS-N", ""],
        ["011", "Bad date", "31/02/1990", "F", "IS-N", ""],
        ["012", "Bad area", "1990-01-01", "F", "=XX", ""],
        ["013", "Bad sex", "1990-01-01", "robot", "IS-N", ""],
        ["014", "Not born", "2090-01-01", "F", "IS-N", ""],
        ["007", "Twice", "1990-01-01", "F", "IS-N", ""],
        ["015", "", "1990-01-01", "F", "IS-N", ""],
    ]
    with pytest.raises(BadInput, match="7 of 8 rows") as error:
        run(write(tmp_path, bad))

    assert people() == [] and not Register.objects.exists()
    assert {(p.row, p.column) for p in error.value.taken.problems} == {
        (3, "external_id"),
        (4, "born"),
        (5, "area"),
        (6, "sex"),
        (7, "born"),
        (8, "external_id"),
        (9, "name"),
    }
    assert len(error.value.problems) == 7


def test_a_cell_that_looks_like_a_formula_is_data(tmp_path):
    run(write(tmp_path, [["1", "=HYPERLINK(1)", "1990-01-01", "F", "IS-N", ""]]))
    assert people()[0][1] == "=HYPERLINK(1)"


def test_a_national_id_of_someone_else_is_told(tmp_path):
    run(write(tmp_path, GOOD))
    with pytest.raises(BadInput) as error:
        run(write(tmp_path, [["010", "Other", "1990-01-01", "F", "IS-N", "500503-2012345"]]))
    assert "belongs to 007" in error.value.problems[0]
    assert len(people()) == 3


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\x81\xff\x00bad\xff" * 50, "not text|no text has"),
        (b"a,b\n1,2\n", "name"),
        (b"hello world\n", "holds the headings name; its first row is: hello world"),
        (b"external_id,name,born,sex,area\n1,\x00,1990-01-01,F,IS-N\n", "no text has"),
        (b"external_id,name,name,born,sex,area\n", "name more than once"),
        (b'external_id,name,born,sex,area\n1,"A,1990-01-01,F,IS-N\n', "never closed"),
    ],
)
def test_what_is_no_line_list_is_one_clear_error(tmp_path, content, words):
    path = tmp_path / "list.csv"
    path.write_bytes(content)
    with pytest.raises(BadInput, match=words):
        run(path)


def test_a_row_with_a_cell_too_many_is_a_problem_of_that_row(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("external_id,name,born,sex,area\n1,A,1990-01-01,F,IS-N,x\n")
    with pytest.raises(BadRows) as error:
        run(path)
    assert "row 2" in error.value.problems[0] and "more cells" in error.value.problems[0]


def test_a_file_that_is_no_excel_file(tmp_path):
    path = tmp_path / "list.xlsx"
    path.write_bytes(b"PK\x03\x04 not a zip")
    with pytest.raises(BadInput, match="Excel"):
        run(path)


def test_titles_may_stand_above_the_headings(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["Residents of the island"])
    book.active.append([])
    book.active.append(HEADING)
    book.active.append(GOOD[0])
    path = tmp_path / "list.xlsx"
    book.save(path)
    assert run(path).added == 1
    assert people()[0][0] == "007"


def test_a_list_without_a_column_takes_nothing_away(tmp_path):
    run(write(tmp_path, GOOD))
    again = run(write(tmp_path, [row[:5] for row in GOOD], HEADING[:5]))
    assert again.changed == 0
    assert people()[0][5] == "500503-2012345"


def test_who_moves_takes_their_doses_along(tmp_path):
    from balmis.flows.reporting.daily_report import report

    run(write(tmp_path, GOOD))
    make.dose(Person.objects.get(external_id="007"), None, site=None)
    before = report(make.SLUG, make.TODAY, now=make.LATER)
    run(write(tmp_path, [[*GOOD[0][:4], "IS-S", GOOD[0][5]], *GOOD[1:]]))

    after = report(make.SLUG, make.TODAY, now=make.LATER)
    covered = [{r.code: r.covered for r in f.by_area} for f in (before, after)]
    assert covered == [{"IS": 1, "IS-N": 1, "IS-S": 0}, {"IS": 1, "IS-N": 0, "IS-S": 1}]


def test_a_register_serves_every_campaign_of_its_areas(tmp_path):
    from balmis.contexts.campaigns.plan.checks import check
    from balmis.flows.campaigns.load_campaign import load_campaign

    run(write(tmp_path, GOOD))
    text = make.plan_text().replace("id: island-2021", "id: island-2022")
    later = load_campaign(check(text), actor=make.SYSTEM, now=make.NOON).campaign
    assert campaigns.headcounts(later.pk).people == 3


def test_a_changed_group_takes_its_people(tmp_path):
    run(write(tmp_path, [["1", "A", "1990-01-01", "F", "IS-N", ""]]))
    campaign = campaigns.campaign(make.SLUG)
    make.campaign(
        make.plan_text().replace("known_by: [{age_from: 65}]", "known_by: [{age_from: 25}]")
    )
    ids = {code: i for i, code in campaigns.groups(campaign.pk).items()}
    assert campaigns.headcounts(campaign.pk).by_group == {ids["old"]: 1}


@pytest.mark.parametrize("code", ["", "bad name/[x]", "x" * 61])
def test_what_cannot_name_a_register(tmp_path, code):
    with pytest.raises(BadInput, match="cannot name a register"):
        run(write(tmp_path, GOOD), register=code)


def test_real_people_do_not_mix_with_synthetic_ones(tmp_path):
    from balmis.flows.people.synthesise_people import SynthesisePeople, synthesise_people

    synthesise_people(
        SynthesisePeople(campaign=make.SLUG, seed=1, scale=0.01), actor=make.SYSTEM, now=make.NOON
    )
    with pytest.raises(Unusable, match="synthetic"):
        run(write(tmp_path, GOOD), register=f"synthetic-{make.SLUG}")


def test_only_those_who_may_register_people_do(tmp_path):
    nurse = Actor(name="user:1", grants=frozenset({(Role.VACCINATOR.value, "/")}))
    with pytest.raises(NotAllowed):
        import_people(command(write(tmp_path, GOOD)), actor=nurse, now=make.NOON)
    assert people() == []
