"""What would break a constraint is told in words by the commands, alone and at the same moment as another."""

import csv
import re
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import Result
from typer.testing import CliRunner

from balmis.cli.main import app
from balmis.cli.people_lists import open_book
from balmis.cli.schedule import schedule_file
from balmis.contexts.access import services as access
from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.campaigns.plan.checks import check
from balmis.contexts.journal.models import AuditEntry
from balmis.contexts.people.models import Person
from balmis.contexts.supply.models import StockMove
from balmis.core.errors import BalmisError
from balmis.core.vocabulary.access import Role
from balmis.core.vocabulary.clinic import CorrectionReason
from balmis.core.vocabulary.safety import TeamKind
from balmis.core.vocabulary.supply import Level, MoveKind
from balmis.flows.access.save_user import KeepUser, keep_user, read_grant
from balmis.flows.campaigns.load_campaign import load_campaign
from balmis.flows.clinic.correct_dose import correct_dose
from balmis.flows.eligibility.load_schedule import load_schedule
from balmis.flows.people.import_people import ImportPeople, import_people
from balmis.flows.reporting.daily_report import close_day
from balmis.flows.safety.teams import Keep, keep_team
from balmis.flows.supply.packaging import KeepPackaging, keep_packaging
from balmis.flows.supply.stock import MoveStock, move_stock
from balmis.flows.units.rosters import KeepUnit, keep_unit
from tests import make
from tests.invariants.test_constraints import lines
from tests.walk.sending import at_once

RUN = CliRunner()
WHO = {"actor": make.SYSTEM, "now": make.NOON}


@pytest.fixture
def island(committed):
    make.campaign()
    lot = make.lot(doses=60)
    people = [make.person(n) for n in (1, 2, 3)]
    make.enrol()
    return [make.dose(p, lot) for p in people]


# ---- one at a time ---------------------------------------------------------------------------


def _plan(path: Path, change: Callable[[dict[str, Any]], object]) -> str:
    plan = make.plan_dict() | {"id": "another-2021"}
    change(plan)
    path.write_text(yaml.safe_dump(plan, allow_unicode=True))
    return str(path)


def _of(part: str, name: str, value: object) -> Callable[[dict[str, Any]], object]:
    return lambda plan: plan[part][0].update({name: value})


def _twice(part: str) -> Callable[[dict[str, Any]], object]:
    return lambda plan: plan[part].append(dict(plan[part][0]))


FILES: dict[str, Callable[[dict[str, Any]], object]] = {
    "group_status_known": _of("groups", "status", "perhaps"),
    "group_once": _twice("groups"),
    "places_area_code_key": lambda plan: plan["areas"][0]["areas"].append(
        dict(plan["areas"][0]["areas"][0])
    ),
    "places_area_path_key": lambda plan: plan["areas"][0]["areas"].append(
        dict(plan["areas"][0]["areas"][0])
    ),
    "places_site_code_key": _twice("sites"),
    "site_kind_known": _of("sites", "kind", "castle"),
    "site_status_known": _of("sites", "status", "haunted"),
    "places_site_observation_seats_check": _of("sites", "observation_seats", -1),
    "places_site_parking_places_check": _of("sites", "parking_places", -1),
    "places_site_stations_check": _of("sites", "stations", -1),
    "product_doses_sane": _of("products", "doses_per_vial", 0),
    "supply_product_doses_per_vial_check": _of("products", "doses_per_vial", -1),
    "supply_product_min_age_years_check": _of("products", "min_age_years", -1),
    "supply_product_min_interval_days_check": _of("products", "min_interval_days", -1),
    "supply_product_open_vial_hours_check": _of("products", "open_vial_hours", -1),
    "supply_product_primary_doses_check": _of("products", "primary_doses", -1),
    "supply_product_code_key": _twice("products"),
}
MOVE = ["6", "hall", "comirnaty", "A1", "2021-06-17"]
UNIT = ["unit", "keep", make.SLUG, "harbour", "--title", "Harbour", "--area", "IS-N"]
TEAM = ["safety", "team", "one", "--name", "One", "--area", "IS"]
PACK = ["supply", "packaging", "09501101530003", "comirnaty"]
CALLS: dict[str, list[str]] = {
    "grant_role_known": ["user", "keep", "ann", "--grant", "king", "--keep-password"],
    "user_second_factor_known": [
        *("user", "keep", "ann", "--grant", "planner", "--keep-password"),
        *("--second-factor", "sometimes"),
    ],
    "correction_reason_known": ["doses", "correct", "1", "--reason", "because"],
    "team_kind_known": [*TEAM, "--kind", "fire"],
    "move_doses_positive": ["stock", "move", "receipt", "0", *MOVE[1:]],
    "move_words_known": ["stock", "move", "gift", *MOVE],
    "a_vial_is_one": [*PACK, "--level", "vial", "--vials", "3"],
    "packaging_level_known": [*PACK, "--level", "barrel"],
    "supply_packaging_vials_check": [*PACK, "--level", "carton", "--vials=-1"],
    "units_unit_quota_check": [*UNIT, "--quota=-1"],
}
PEOPLE = {
    "person_born_sane": [["P9", "A B", "1870-01-01", "F", ""]],
    "person_sex_known": [["P9", "A B", "1950-01-01", "both", ""]],
    "person_once": [["P9", "A B", "1950-01-01", "F", ""], ["P9", "C D", "1951-01-01", "M", ""]],
    "person_key_once": [
        ["P9", "A B", "1950-01-01", "F", ""],
        ["p 9", "C D", "1951-01-01", "M", ""],
    ],
    "one_change_a_list": [
        ["P8", "A B", "1950-01-01", "F", "500505-2000001"],
        ["p\u20108", "A B", "1950-01-01", "F", ""],
        ["P-8", "A B", "1950-01-01", "F", ""],
    ],
    "national_id_once": [
        ["P8", "A B", "1950-01-01", "F", "500505-2000001"],
        ["P9", "C D", "1951-01-01", "M", "500505-2000001"],
    ],
}


def _said(done: Result) -> str:
    """What the person reads; a fault of ours has none."""
    if isinstance(done.exception, BalmisError):
        return str(done.exception) + " ".join(getattr(done.exception, "problems", ()))
    assert done.exit_code == 2, (done.exit_code, done.exception, done.output)
    return re.sub(r"\s+", " ", done.stderr)


def _rows() -> tuple[int, ...]:
    """Of the trail without its looks: a list that is not taken leaves one."""
    changes = AuditEntry.objects.exclude(action__endswith=".checked").count()
    return (changes, *(kind.objects.count() for kind in (Person, Campaign, StockMove)))


@pytest.fixture
def lists(tmp_path: Path) -> Callable[[str], list[str]]:
    def of(name: str) -> list[str]:
        if name in FILES:
            return ["campaign", "load", _plan(tmp_path / "plan.yaml", FILES[name])]
        if name in CALLS:
            return CALLS[name]
        with (tmp_path / "people.csv").open("w", newline="") as file:
            page = csv.writer(file)
            page.writerow(["external_id", "name", "born", "sex", "national_id", "area"])
            page.writerows([*row, "IS-N"] for row in PEOPLE[name])
        where = ["--campaign", make.SLUG, "--register", "residents"]
        return ["people", "import", str(tmp_path / "people.csv"), *where]

    return of


def test_each_command_refuses_in_words_and_keeps_nothing(island, lists):
    for name in (*FILES, *CALLS, *PEOPLE):
        before = _rows()
        said = _said(RUN.invoke(app, lists(name)))
        assert len(said) > 10 and _rows() == before, name


# ---- at once ---------------------------------------------------------------------------------


def _load(title: str) -> object:
    text = make.plan_text().replace("Island campaign", title)
    return load_campaign(check(text), **WHO)


def _fresh(title: str) -> object:
    text = make.plan_text().replace("island-2021", "another-2021").replace("IS-", "FR-")
    text = text.replace("code: IS\n", "code: FR\n").replace("Island campaign", title)
    return load_campaign(check(text), **WHO)


def _user(name: str) -> object:
    wanted = KeepUser(
        username="ann", name=name, password="gravel tulip nine", grants=[read_grant("planner")]
    )
    return keep_user(wanted, **WHO)


def _correct(dose: int, request: str) -> object:
    key = make.request(request)
    return correct_dose(dose, CorrectionReason.DUPLICATE, request_id=key, **WHO)


def _team(name: str) -> object:
    kept = Keep(code="one", name=name, kind=TeamKind.CLINICAL, area="IS", members=["lea", "lea"])
    return keep_team(kept, **WHO)


def _move(doses: int) -> object:
    asked = MoveStock(
        request_id=make.request("walk"),
        kind=MoveKind.RECEIPT,
        site="hall",
        product="comirnaty",
        lot="A1",
        doses=Decimal(doses),
        occurred_on=make.TODAY,
    )
    return move_stock(asked, **WHO)


def _unit(title: str, coordinator: int | None = None) -> object:
    kept = KeepUnit(
        campaign=make.SLUG,
        code="harbour",
        title=title,
        category="old",
        area="IS-N",
        quota=None,
        coordinator=coordinator,
    )
    return keep_unit(kept, **WHO)


def _pack(number: int) -> object:
    kept = KeepPackaging(
        gtin="09501101530003", product="comirnaty", level=Level.CARTON, number=number
    )
    return keep_packaging(kept, **WHO)


def _import(name: str) -> object:
    book, digest = open_book(Path(f"{name}.csv"))
    cmd = ImportPeople(book=book, digest=digest, file=name, campaign=make.SLUG, register="clinic")
    return import_people(cmd, **WHO)


def _schedule(_: object) -> object:
    return load_schedule(schedule_file("jeju-covid19-2021"), **WHO)


def _close(_: object) -> object:
    return close_day(make.SLUG, make.TODAY, actor=make.SYSTEM, now=make.LATER)


Act = Callable[[Any], object]
RACES: dict[str, tuple[Act, Any, Any]] = {  # what is done, and of what the two
    "campaigns_campaign_slug_key": (_fresh, "One", "Two"),
    "revision_number_once": (_load, "One", "Two"),
    "access_user_username_key": (_user, "One", "Two"),
    "clinic_dosecorrection_dose_id_key": (lambda r: _correct(1, r), "a", "b"),
    "clinic_dosecorrection_request_id_key": (lambda n: _correct(n, "c"), 2, 3),
    "people_register_code_key": (_import, "one", "two"),
    "eligibility_scheduleversion_digest_key": (_schedule, None, None),
    "safety_team_code_key": (_team, "One", "Two"),
    "supply_packaging_gtin_key": (_pack, 10, 20),
    "move_request_once": (_move, 6, 7),
    "unit_once": (_unit, "One", "Two"),
    "coordinator_once": (lambda title: _unit(title, 1), "One", "Two"),
    "day_closed_once": (_close, None, None),
}


def _settled(act: Callable[[], object]) -> Callable[[], object]:
    """What became of it: an answer, or words; whatever else is a fault."""

    def run() -> object:
        try:
            return act() is not None
        except BalmisError as error:
            return error
        except Exception as error:
            return f"{type(error).__name__}: {error}"

    return run


def test_two_commands_at_once_are_both_answered(island, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    access.keep_user("lea", name="Lea", password=None, grants=[(Role.RESPONDER, None, None)])
    for name in ("one", "two"):
        rows = f"external_id,name,born,sex,area\n{name},A B,1950-01-01,F,IS-N\n"
        Path(f"{name}.csv").write_text(rows)
    tables = {c: t for t, c in lines()}
    for name, (act, one, two) in RACES.items():
        runs = [_settled(partial(act, each)) for each in (one, two)]
        became = at_once(runs[0], runs[1], tables[name])
        assert not [b for b in became if b is None or isinstance(b, str)], (name, became)


def test_every_constraint_of_a_command_is_driven():
    driven = {*FILES, *CALLS, *PEOPLE, *RACES, "team_member_once"}  # a team's list names lea twice
    wanted = {c for (_, c), line in lines().items() if line["door"].startswith("balmis ")}
    assert wanted == driven
