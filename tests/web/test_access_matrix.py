"""Who may come through which door: one reviewed file, compared with the program as it runs.

`docs/reference/access-matrix.csv` has a line for every page, call of the API and command. `who` is the acts
of which one is needed (`core/roles.py` says whose they are), or one of `WORDS`.
"""

import csv
import re
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from balmis.core.roles import MAY, Act
from balmis.core.vocabulary.access import Role
from tests import make
from tests.doors import Door, doors
from tests.web.conftest import user

FILE = Path(__file__).parents[2] / "docs" / "reference" / "access-matrix.csv"
WORDS = {
    "public",  # everybody
    "resident",  # who has proven who they are, of themselves alone
    "link",  # who holds a signed link that was sent to them
    "signed in",  # every user, of themselves alone
    "secret",  # who holds a secret of the installation or of a device
    "operator",  # who runs the program, on its machine
}
STAFF = [role for role in Role if role is not Role.PUBLIC]
NO_KEY = 999_999_999
NO_FILE = "00000000-0000-4000-8000-000000000000"
VALUES = {
    "slug": make.SLUG,
    "site": "hall",
    "code": "harbour",
    "theme": "light",
    "day": "2021-06-17",
}


def lines() -> dict[tuple[str, str, str], str]:
    with FILE.open(newline="") as file:
        return {(r["kind"], r["path"], r["name"]): r["who"] for r in csv.DictReader(file)}


def differences(found: list[Door], said: dict[tuple[str, str, str], str]) -> list[str]:
    """What the file and the program do not say alike."""
    told = []
    here = {(d.kind, d.path, d.name): d.acts for d in found}
    told += [f"no line for {' '.join(door)}" for door in here if door not in said]
    told += [f"a line for nothing: {' '.join(door)}" for door in said if door not in here]
    for door in here.keys() & said.keys():
        who = said[door]
        acts = {a.value for a in Act}
        if who not in WORDS and not set(who.split("|")) <= acts:
            told.append(f"{door}: {who} is nobody")
        if here[door] and here[door] != who:
            told.append(f"{door}: the file says {who}, the program asks for {here[door]}")
        if not here[door] and door[0] == "page" and who not in WORDS:
            told.append(f"{door}: the file says {who}, the program asks nobody")
    return told


def test_the_file_says_of_every_door_what_the_program_does():
    assert differences(doors(), lines()) == []


def test_a_door_without_a_line_a_line_of_nothing_and_another_act_are_found():
    """Planted: a page that leaks, a page nobody wrote down, a command."""
    said = lines()
    real = doors()
    goods = next(d for d in real if d.name == "goods")
    planted = [
        *[d for d in real if d is not goods],
        Door("page", "goods", goods.path, ""),
        Door("page", "new", "store/new/", "move_stock"),
        Door("command", "balmis people show", "balmis people show", ""),
    ]
    found = differences(planted, said)
    assert len(found) == 3
    assert any("asks nobody" in f for f in found)
    assert any("store/new/" in f for f in found) and any("people show" in f for f in found)
    closed = Door("page", "goods", goods.path, "change_plan")
    (other,) = differences([*[d for d in real if d is not goods], closed], said)
    assert "asks for change_plan" in other
    assert any("for nothing" in f for f in differences(real[1:], said))


def staff_pages() -> list[tuple[str, str]]:
    """The address of each page of staff with values of the island, and the acts that it asks for."""
    found = []
    for (kind, path, name), who in lines().items():
        if kind == "page" and who not in WORDS:
            names = re.findall(r"<(\w+):(\w+)>", path)
            none = {"int": NO_KEY, "uuid": NO_FILE}
            values = {n: none.get(t) or VALUES.get(n, "none") for t, n in names}
            found.append((reverse(name, kwargs=values), who))
    return found


def answers(client: Client) -> dict[str, int]:
    """The status of each page of staff; of those that only take acts, of an empty one."""
    found = {}
    for path, _ in staff_pages():
        status = client.get(path).status_code
        found[path] = client.post(path).status_code if status in (302, 405) else status
    return found


@pytest.mark.deep
@pytest.mark.parametrize("role", STAFF)
def test_a_role_comes_through_its_own_doors_and_no_other(island, role):
    seen = answers(user(role))
    for path, who in staff_pages():
        mine = any(role in MAY[Act(act)] for act in who.split("|"))
        assert seen[path] < 500, path
        assert mine or seen[path] == 403, (path, role, seen[path])


@pytest.mark.deep
@pytest.mark.parametrize("role", STAFF)
def test_a_role_of_another_region_comes_through_none(island, role):
    make.other_region()
    seen = answers(user(role, area="FR"))
    assert seen.pop("/coordination/") in (302, 403), "it leads everybody to what is theirs"
    assert {path: status for path, status in seen.items() if status not in (403, 404)} == {}


def test_nobody_comes_through_the_doors_of_staff(island):
    """They are asked to sign in; a page that only acts leads to its own, which asks."""
    client, pages = Client(), {path for path, _ in staff_pages()}
    for path in pages:
        for answer in (client.get(path), client.post(path)):
            to = answer.headers.get("Location", "")
            asked = to.startswith("/sign-in/") or (
                to in pages and answer.request["REQUEST_METHOD"] == "GET"
            )
            assert asked or answer.status_code in (403, 405), (path, answer.status_code)


def test_calls_of_the_api_ask_who_it_is(island):
    client = Client()
    for (kind, path, name), who in lines().items():
        if kind == "api" and who not in ("public",):
            method, where = (
                name.split()[0],
                path.format(slug=make.SLUG, site="hall", day="2021-06-17", conflict_id=1),
            )
            call = client.get if method == "GET" else client.post
            assert call(f"/{where}", content_type="application/json").status_code in (401, 403, 422)
