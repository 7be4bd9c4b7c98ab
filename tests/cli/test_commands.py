"""The command line: what it prints, and that a mistake is told in a line, never a traceback."""

import json
import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from tests import make
from tests.databases import _create, _drop
from tests.programs import addresses_of, url_of

ISLAND = Path(make.__file__).with_name("island.yaml")
ROOT = Path(__file__).parents[2]
ABSENT = ROOT / "tests" / "absent"


def test_a_campaign_from_its_file_to_the_days_report(balmis, balmis_apart):
    assert "no problems" in balmis_apart("campaign", "check", ISLAND).stdout
    assert "island-2021" in balmis_apart("campaign", "load", ISLAND).stdout
    assert "nothing has changed" in balmis("campaign", "load", ISLAND).stdout
    assert "island-2021" in balmis("campaign", "list").stdout
    assert "group staff" in balmis("campaign", "show", "island-2021").stdout
    made = balmis("people", "synthesise", "island-2021", "--seed", 3)
    assert "1,000 synthetic residents" in made.stdout
    report = json.loads(
        balmis("report", "daily", "island-2021", "2021-06-17", "--format", "json").stdout
    )
    assert report["by_area"][0]["people"] == 1000
    assert "is closed" in balmis("report", "close", "island-2021", "2021-06-17").stdout
    assert "closed" in balmis("report", "daily", "island-2021", "2021-06-17").stdout


def test_a_campaigns_eligibility_from_the_command_line(balmis):
    balmis("campaign", "load", ISLAND)
    balmis("people", "synthesise", "island-2021", "--seed", 3)
    done = balmis("eligibility", "run", "island-2021", "--on", "2021-06-17").stdout
    assert "1,000 of 1,000 people evaluated, 1,000 answers changed" in done
    assert "0 of 1,000" in balmis("eligibility", "run", "island-2021", "--on", "2021-06-17").stdout
    counts = json.loads(balmis("eligibility", "show", "island-2021", "--json").stdout)
    assert sum(row["number"] for row in counts) == 1000
    curve = json.loads(
        balmis("eligibility", "demand", "island-2021", "--weeks", 4, "--json").stdout
    )
    adults = json.loads(
        balmis(
            "eligibility", "open", "island-2021", "second", "--on", "2021-06-20", "--json"
        ).stdout
    )
    assert sum(w["people"] for w in curve["weeks"]) >= adults["people"] > 0
    told = balmis(
        "eligibility", "explain", "island-2021", "1", "--on", "2021-06-17", "--trace"
    ).stdout
    assert "By" not in told.splitlines()[0] and "forecast:" in told


def test_a_schedule_from_the_command_line(balmis, tmp_path):
    assert "shanxi-covid19-2021" in balmis("schedule", "list").stdout
    assert "no problems" in balmis("schedule", "check", "jeju-covid19-2021").stdout
    assert "dose 3 (booster)" in balmis("schedule", "show", "shanxi-covid19-2021").stdout
    person = tmp_path / "person.json"
    person.write_text(
        '{"born": "1980-05-31", "doses": [{"product": "cvx:510", "on": "2021-05-10"}, '
        '{"product": "bbibp-corv", "on": "2021-05-31"}]}'
    )
    told = json.loads(
        balmis(
            "schedule",
            "evaluate",
            "shanxi-covid19-2021",
            "--person",
            person,
            "--on",
            "2021-11-15",
            "--json",
        ).stdout
    )
    assert told["groups"][0]["earliest"] == "2021-12-01"
    assert [d["status"] for d in told["doses"]] == ["valid", "valid"]
    assert "in force" in balmis("schedule", "load", "jeju-covid19-2021").stdout
    assert "was in force already" in balmis("schedule", "load", "jeju-covid19-2021").stdout


MISTAKES = [
    (["schedule", "check", "nowhere"], "There is no preset, file or folder 'nowhere'"),
    (["schedule", "evaluate", "jeju-covid19-2021"], "State the person"),
    (["schedule", "evaluate", "jeju-covid19-2021", "--born", "soon"], "cannot be read"),
    (["schedule", "evaluate", "jeju-covid19-2021", "--born", "9995-01-01"], "not a plausible day"),
    (
        [
            "schedule",
            "evaluate",
            "jeju-covid19-2021",
            "--born",
            "1980-01-01",
            "--dose",
            "x@2021-01-01",
        ],
        "no product 'x'",
    ),
    (
        [
            "schedule",
            "evaluate",
            "jeju-covid19-2021",
            "--born",
            "1980-01-01",
            "--dose",
            "comirnaty",
        ],
        "write PRODUCT@DATE",
    ),
    (
        ["schedule", "evaluate", "jeju-covid19-2021", "--born", "1980-01-01", "--group", "Polio"],
        "no vaccine group 'Polio'",
    ),
    (["eligibility", "run", "nowhere"], "There is no campaign 'nowhere'"),
    (["eligibility", "demand", "nowhere"], "There is no campaign 'nowhere'"),
    (["campaign", "load", "nowhere"], "There is no preset or file 'nowhere'"),
    (["campaign", "check", "missing.yaml"], "There is no file missing.yaml"),
    (["campaign", "show", "nowhere"], "There is no campaign 'nowhere'"),
    (["report", "daily", "nowhere", "2021-06-17"], "There is no campaign 'nowhere'"),
    (["report", "daily", "nowhere", "June"], "is not a date"),
    (["report", "daily", "x", "2021-06-17", "--format", "pdf"], "is not a format"),
    (["people", "synthesise", "nowhere"], "There is no campaign 'nowhere'"),
    (["replay", "jeju", "--data", "missing"], "is missing"),
    (["replay", "italy", "--area", "XYZ", "--data", "missing"], "missing"),
    (["db", "restore", "missing.backup"], "There is no file missing.backup"),
]


def test_a_mistake_is_told_in_a_line(environment, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "tests.cli.in_turn"],
        input=json.dumps([arguments for arguments, _ in MISTAKES]),
        env=environment | {"PYTHONPATH": os.pathsep.join(map(str, (ABSENT, ROOT)))},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    for (arguments, words), told in zip(MISTAKES, json.loads(done.stdout), strict=True):
        assert told["status"] != 0 and "Traceback" not in told["err"], (arguments, told)
        assert words in " ".join((told["err"] + told["out"]).split()), (arguments, told)


def test_every_problem_of_a_broken_file_is_printed(balmis, tmp_path):
    path = tmp_path / "broken.yaml"
    path.write_text(
        make.plan_text().replace("Asia/Seoul", "Asia/Soul").replace("[staff, old]", "[x]")
    )
    done = balmis("campaign", "check", path, check=False)
    assert done.returncode == 7
    assert "line 5, column 1" in done.stdout and "line 44" in done.stdout


def test_a_database_that_does_not_answer_is_told(balmis_apart):
    url = "postgresql://nobody@127.0.0.1:1/none"
    done = balmis_apart("campaign", "list", check=False, DATABASE_URL=url, BALMIS_OWNER_URL="")
    assert done.returncode == 6 and "cannot be reached" in " ".join(done.stderr.split())


def test_a_data_folder_that_cannot_be_used_is_told(balmis_apart, tmp_path):
    (tmp_path / "file").write_text("")
    done = balmis_apart(
        "db", "start", check=False, DATABASE_URL="", BALMIS_HOME=str(tmp_path / "file/x")
    )
    assert done.returncode == 6 and "BALMIS_HOME" in " ".join(done.stderr.split())


def everything(database: str) -> dict[str, list[str]]:
    """Every row of every table, and where every sequence stands."""
    found = {}
    with psycopg.connect(url_of(database)) as connection:
        tables = connection.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
            " AND table_type = 'BASE TABLE' ORDER BY 1"
        ).fetchall()
        for (table,) in tables:
            query = sql.SQL("SELECT t::text FROM {} t ORDER BY 1").format(sql.Identifier(table))
            found[table] = [row[0] for row in connection.execute(query).fetchall()]
        found["sequences"] = [
            f"{name} {value}"
            for name, value in connection.execute(
                "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public'"
                " ORDER BY 1"
            ).fetchall()
        ]
    return found


@pytest.fixture
def other(committed, template):
    """A second database, empty."""
    name = f"{committed}_other"
    _create(name, "template0")
    yield name
    _drop(name)


def test_a_restored_backup_holds_every_row_of_every_table(balmis_apart, committed, other, tmp_path):
    make.campaign()
    lot = make.lot(doses=10)
    for number in range(1, 6):
        make.dose(make.person(number), lot)
    file = tmp_path / "all.backup"

    balmis_apart("db", "backup", file)
    balmis_apart("db", "restore", file, **addresses_of(other))

    before, after = everything(committed), everything(other)
    exported, restored = before["ledger_auditentry"][-1], after["ledger_auditentry"].pop()
    assert "database.exported" in exported and "database.restored" in restored
    assert "balmis db restore" in restored and '""behind""' in restored, "by whom, too"
    assert before.keys() == after.keys() and len(before) > 25
    differ = {t: set(before[t]) ^ set(after[t]) for t in before if before[t] != after[t]}
    assert set(differ) == {"sequences"}
    assert all(one.startswith("ledger_auditentry_id_seq") for one in differ["sequences"])
    assert len(after["clinic_dose"]) == 5


def test_a_backup_overwrites_nothing(balmis, tmp_path):
    file = tmp_path / "all.backup"
    file.write_text("mine")
    done = balmis("db", "backup", file, check=False)
    assert done.returncode == 6 and file.read_text() == "mine"


def test_restoring_what_is_no_backup_leaves_everything_as_it_was(balmis, committed, tmp_path):
    make.campaign()
    before = everything(committed)
    file = tmp_path / "no.backup"
    file.write_text("nonsense")
    assert balmis("db", "restore", file, check=False).returncode == 6, "not empty"
    assert balmis("db", "restore", "--overwrite", file, check=False).returncode == 6
    assert everything(committed) == before


def test_deliveries_doses_and_users_from_the_command_line(balmis, tmp_path):
    balmis("campaign", "load", ISLAND)
    balmis("people", "synthesise", "island-2021")
    at = ["--site", "hall", "--product", "comirnaty", "--lot", "A1", "--on", "2021-06-17"]
    assert "30 doses" in balmis("stock", "move", "receipt", 30, *at).stdout
    assert balmis("stock", "move", "return", 31, *at, check=False).returncode == 3
    path = tmp_path / "doses.csv"
    path.write_text(
        "key,person,product,lot,site,kind,given_at\n"
        "1,SYN-0000001,comirnaty,A1,hall,primary_1,2021-06-17\n"
        "2,SYN-0000002,comirnaty,A1,hall,primary_1,2021-06-17T09:30\n"
    )
    person = ["--campaign", "island-2021", "--register", "synthetic-island-2021"]
    ids = _people(balmis)
    path.write_text(path.read_text().replace("SYN-0000001", ids[0]).replace("SYN-0000002", ids[1]))
    done = balmis("doses", "import", path, *person, "--source", "hall")
    assert "2 doses recorded" in done.stdout
    assert "2 known before" in balmis("doses", "import", path, *person, "--source", "hall").stdout
    assert "taken back" in balmis("doses", "correct", 1, "--reason", "duplicate").stdout
    assert "now says 20" in balmis("stock", "count", 20, *at, "--reason", "Evening count").stdout
    report = json.loads(
        balmis("report", "daily", "island-2021", "2021-06-17", "--format", "json").stdout
    )
    assert report["doses"]["total"] == 1 and report["stock"][0]["balance"] == 20

    balmis(
        "user", "keep", "nurse", "--grant", "vaccinator@site:hall", BALMIS_PASSWORD="a-long-one-42"
    )
    assert "vaccinator@site:hall" in balmis("user", "list").stdout
    weak = balmis("user", "keep", "n", "--grant", "planner", check=False, BALMIS_PASSWORD="short")
    assert weak.returncode == 7 and "12 characters" in weak.stderr
    for wrong in ("king", "vaccinator@hall", "vaccinator@site:nowhere"):
        done = balmis(
            "user", "keep", "n", "--grant", wrong, check=False, BALMIS_PASSWORD="a-long-one-42"
        )
        assert done.returncode in (3, 7)


def _people(balmis) -> list[str]:
    from balmis.contexts.people.models import Person

    return list(Person.objects.order_by("id").values_list("external_id", flat=True)[:2])


def test_a_list_of_doses_with_mistakes_is_told_row_by_row(balmis, tmp_path):
    balmis("campaign", "load", ISLAND)
    balmis("people", "synthesise", "island-2021")
    path = tmp_path / "doses.csv"
    path.write_text(
        "key,person,product,kind,given_at,units\n1,nobody,comirnaty,primary_1,2021-06-17,1\n"
        ",nobody,comirnaty,primary_1,June,many\n"
    )
    options = ["--campaign", "island-2021", "--register", "synthetic-island-2021", "--source", "x"]
    done = balmis("doses", "import", path, *options, check=False)
    assert done.returncode == 7
    assert all(words in done.stderr for words in ("row 3, given_at", "row 3, units", "row 3, key"))
    path.write_text(path.read_text().rsplit("\n", 2)[0] + "\n")
    done = balmis("doses", "import", path, *options, check=False)
    assert done.returncode == 7 and "nobody in the register" in " ".join(done.stderr.split())


def test_goods_from_the_command_line(balmis):
    balmis("campaign", "load", ISLAND)
    balmis(
        "stock",
        "move",
        "receipt",
        "60",
        "--site",
        "hall",
        "--product",
        "comirnaty",
        "--lot",
        "A1",
        "--on",
        "2021-06-16",
    )
    kept = balmis(
        "supply", "packaging", "9501101530003", "comirnaty", "--level", "carton", "--vials", 10
    )
    assert "09501101530003 is a carton of comirnaty with 10 vials" in kept.stdout
    for wrong in (("9501101530004", "comirnaty"), ("9501101530003", "comirnaty", "--vials", 10)):
        done = balmis("supply", "packaging", *wrong, check=False)
        assert done.returncode != 0 and done.stderr
    assert (
        "hall: 60 doses on the shelf, 0 given"
        in balmis("supply", "where", "comirnaty", "A1").stdout
    )
    refused = balmis("supply", "close-day", "hall", "2021-06-17", "--count", "A1=58", check=False)
    assert refused.returncode != 0 and "2 doses fewer counted (58)" in " ".join(
        refused.stderr.split()
    )
    closed = balmis(
        "supply",
        "close-day",
        "hall",
        "2021-06-17",
        "--count",
        "A1=58",
        "--explain",
        "A1=two fell from the shelf",
    )
    assert "is closed" in closed.stdout
