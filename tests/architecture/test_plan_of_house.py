"""Every floor has the same rooms, named by one list of words; and a stranger is seen."""

import shutil
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parents[2] / "balmis"
DOMAINS = set(
    "reporting safety clinic units booking supply coldchain holds eligibility planning campaigns"
    " people".split()
)
WORDS = DOMAINS | {"notices", "access", "places", "journal"}
# rules of the whole program, which belong to no domain
CORE = set(
    "schedule vocabulary files actor birth_date collation confidence_limits dates errors policy"
    " rate_limit refusal_texts request_ids roles spreadsheet_cells states written_forms".split()
)
DESKS = set(
    "public resident registrar unit clinic store coordination planning safety audit access".split()
)
WEB = DESKS | {"shared", "labels", "templatetags", "urls", "apps", "templates", "static"}
# what runs the program, next to the commands of a domain
CLI = {"__main__", "main", "runtime", "serve", "db", "check", "demo", "replay", "schedule"}
FLOORS = {
    "core": WORDS | CORE,
    "contexts": WORDS,
    "flows": WORDS | {"retry"},
    "web": WEB,
    "api": WORDS | {"v1"},
    "cli": WORDS | CLI,
}


def strangers(program: Path) -> list[str]:
    """What stands on a floor under a name that the plan does not have."""
    found = []
    for floor, known in FLOORS.items():
        for path in sorted((program / floor).iterdir()):
            name = path.name.removesuffix(".py")
            if name in ("__init__", "__pycache__"):
                continue
            if floor == "cli":  # a command with much to say has several modules
                name = name if name in known else name.partition("_")[0]
            if name not in known or (floor == "flows" and path.is_file() and name != "retry"):
                found.append(f"{floor}/{path.name}")
    return found


def test_the_house_is_built_to_its_plan():
    assert strangers(PROGRAM) == []


@pytest.mark.parametrize(
    "stranger",
    [
        "core/numbers.py",
        "contexts/stock/models.py",
        "flows/supply.py",
        "flows/doses/give.py",
        "web/supply/pages.py",
        "api/v2.py",
        "cli/tools_of_supply.py",
    ],
)
def test_a_room_that_the_plan_does_not_have_is_seen(tmp_path, stranger):
    program = tmp_path / "balmis"
    shutil.copytree(PROGRAM, program, ignore=shutil.ignore_patterns("__pycache__", "static"))
    (program / stranger).parent.mkdir(exist_ok=True)
    (program / stranger).write_text("")

    assert strangers(program) == ["/".join(stranger.split("/")[:2])]
