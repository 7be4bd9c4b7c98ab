"""What a row on paper says, as steps of its own day."""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from balmis.core.clinic.paper_form import Row, Sheet, first_doses, read_row
from balmis.core.vocabulary.clinic import StepKind
from tests import make

ZONE = "Asia/Seoul"
SHEET = Sheet(
    id=UUID(int=5),
    on=make.TODAY,
    time_zone=ZONE,
    as_of=make.NOON,
    questionnaire=("q", "1"),
    questions=("fever",),
    consent=("c", "1"),
)


def row(**changes) -> Row:
    told = {
        "number": 3,
        "person": 7,
        "questions": "x",
        "consent": "x",
        "at": "09:30",
        "lot": "A1",
        "arm": "left",
        "product": "comirnaty",
    } | changes
    return Row(**told)


@pytest.mark.parametrize(
    ("at", "until"),
    [
        ("00:00", "00:01"),
        ("00:02", "00:20"),
        ("23:50", "23:59"),
        ("23:50", "00:20"),
        ("12:00", "12:15"),
    ],
)
def test_all_steps_are_of_the_sheet_s_day_and_in_order(at, until):
    told = read_row(row(at=at, until=until), SHEET)
    assert not told.problems
    times = [s.at for s in told.steps]
    assert times == sorted(times)
    assert {t.astimezone(ZoneInfo(ZONE)).date() for t in times} == {make.TODAY}


def test_a_vial_is_opened_with_its_first_dose():
    rows = [row(vial="7"), row(person=8, at="08:10", vial=" 7"), row(person=9, vial="8", lot="B2")]
    opened = first_doses(rows, SHEET)
    eight = datetime.combine(
        make.TODAY, datetime.min.time().replace(hour=8, minute=10), ZoneInfo(ZONE)
    )
    assert sorted(opened.values())[0] == eight and len(opened) == 2
    facts = [read_row(r, SHEET, opened).steps[3].facts["vial"] for r in rows]
    assert facts[0] == facts[1] != facts[2]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("x", {"by": "self"}),
        ("Kim Minji, mother", {"by": "guardian", "name": "Kim Minji", "relation": "mother"}),
        ("李梅，母亲", {"by": "guardian", "name": "李梅", "relation": "母亲"}),
        ("Kim Minji", None),
        ("", None),
        ("no", None),
    ],
)
def test_a_minor_s_consent_on_paper_names_who_gave_it(written, said):
    steps = {s.kind: s.facts for s in read_row(row(consent=written), SHEET).steps}
    facts = steps.get(StepKind.CONSENT)
    assert (facts and {k: facts[k] for k in said}) == said if said else facts is None
