"""Importing a list and recording its doses one by one leave the same rows, flags and balances."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import polars as pl
import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from balmis.contexts.people.models import Person
from balmis.contexts.supply.models import Lot
from balmis.core.vocabulary.clinic import DoseKind
from balmis.demo.replays.run import request_for
from balmis.flows.clinic.import_doses import COLUMNS, ImportDoses, import_doses
from balmis.flows.clinic.record_dose import RecordDose, record_dose
from tests import make
from tests.budgets import examples
from tests.databases import fresh_copy

SOURCE = "line list"
BIRTHS = (date(1950, 5, 5), date(2009, 6, 1), date(2021, 6, 10))
LOTS = {
    ("comirnaty", "A1"): dict(doses=3, expires=date(2021, 6, 20)),
    ("comirnaty", "A2"): dict(doses=0, expires=None),
    ("jcovden", "J1"): dict(doses=40, expires=date(2021, 6, 1)),
}
START = datetime(2021, 6, 1, 3, tzinfo=UTC)
HEARD = START + timedelta(days=41)


@st.composite
def doses(draw: st.DrawFn) -> dict[str, object]:
    product, lot = draw(st.sampled_from([*LOTS, ("comirnaty", ""), ("jcovden", "")]))
    return {
        "person": f"P{draw(st.integers(1, len(BIRTHS)))}",
        "product": product,
        "lot": lot,
        "site": draw(st.sampled_from(["hall", "hall", "clinic", ""])),
        "kind": draw(st.sampled_from(list(DoseKind))).value,
        "units": draw(st.sampled_from([1.0, 0.5])),
        "given_at": START + timedelta(hours=draw(st.integers(0, 24 * 40))),
    }


def prepare() -> None:
    make.campaign()
    for number, born in enumerate(BIRTHS, start=1):
        make.person(number, born=born)
    for (product, number), lot in LOTS.items():
        make.lot(number, product=product, doses=lot["doses"], expires=lot["expires"])
    make.dose(
        Person.objects.get(external_id="P1"), None, site=None, given_at=START + timedelta(days=3)
    )


def outcome() -> dict[str, list[tuple[object, ...]]]:
    queries = {
        "doses": "SELECT request_id, campaign_id, person_id, product_id, lot_id, site_id, kind,"
        " completes, units, given_at, given_on, recorded_at, actor FROM clinic_dose ORDER BY 1",
        "flags": "SELECT d.request_id, f.reason, f.raised_at FROM safety_flag f"
        " JOIN clinic_dose d ON d.id = f.dose_id ORDER BY 1, 2",
        "moves": "SELECT request_id, kind, lot_id, site_id, source, target, doses, occurred_on,"
        " recorded_at, actor, reason FROM supply_stockmove ORDER BY 1, 2",
        "balances": "SELECT lot_id, account, site_id, doses, overdrawn_at FROM supply_balance"
        " WHERE doses <> 0 ORDER BY 1, 2, 3",
    }
    found = {}
    with connection.cursor() as cursor:
        for name, query in queries.items():
            cursor.execute(query)
            found[name] = cursor.fetchall()
    return found


def one_by_one(rows: list[dict[str, object]]) -> None:
    people = dict(Person.objects.values_list("external_id", "id"))
    lots = {(lot.product.code, lot.number): lot.pk for lot in Lot.objects.select_related("product")}
    for key, row in sorted(enumerate(rows), key=lambda item: (item[1]["given_at"], item[0])):
        command = RecordDose(
            request_id=request_for(SOURCE, key),
            campaign=make.SLUG,
            person_id=people[row["person"]],
            product=row["product"],
            kind=DoseKind(row["kind"]),
            given_at=row["given_at"],
            units=Decimal(str(row["units"])),
            lot_id=lots.get((row["product"], row["lot"])),
            site=row["site"] or None,
        )
        record_dose(command, actor=make.SYSTEM, now=HEARD)


def as_list(rows: list[dict[str, object]]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {"row": i, "key": str(i), **row, "given_at": row["given_at"].isoformat()}
            for i, row in enumerate(rows)
        ],
        schema=COLUMNS,
    )


@settings(max_examples=examples(20), deadline=None, suppress_health_check=list(HealthCheck))
@given(rows=st.lists(doses(), min_size=1, max_size=14))
def test_importing_leaves_what_recording_one_by_one_leaves(template, rows):
    with fresh_copy(template):
        prepare()
        one_by_one(rows)
        expected = outcome()
    with fresh_copy(template):
        prepare()
        register = Person.objects.first().register_id
        import_doses(
            ImportDoses(
                campaign=make.SLUG, register_id=register, source=SOURCE, rows=as_list(rows)
            ),
            actor=make.SYSTEM,
            now=HEARD,
        )
        found = outcome()
    for table in expected:
        assert found[table] == expected[table], table


@pytest.fixture
def island(committed):
    prepare()


def listed(rows: list[dict[str, object]]) -> ImportDoses:
    register = Person.objects.first().register_id
    return ImportDoses(campaign=make.SLUG, register_id=register, source=SOURCE, rows=as_list(rows))


ROW = {
    "person": "P1",
    "product": "comirnaty",
    "lot": "A1",
    "site": "hall",
    "kind": "primary_2",
    "units": 1.0,
    "given_at": START + timedelta(days=30),
}


def test_importing_a_list_again_changes_nothing(island):
    first = import_doses(listed([ROW]), actor=make.SYSTEM, now=HEARD)
    before = outcome()

    again = import_doses(listed([ROW]), actor=make.SYSTEM, now=HEARD)

    assert (first.recorded, again.recorded, again.known_before) == (1, 0, 1)
    assert outcome() == before


def test_a_list_with_a_problem_records_nothing_and_names_every_row(island):
    from balmis.core.errors import BadInput

    before = outcome()
    rows = [
        ROW,
        ROW | {"person": "nobody"},
        ROW | {"lot": "B9"},
        ROW | {"site": "moon"},
        ROW | {"product": "water"},
        ROW | {"kind": "eleventh"},
    ]

    with pytest.raises(BadInput) as refused:
        import_doses(listed(rows), actor=make.SYSTEM, now=HEARD)

    told = "\n".join(refused.value.problems)
    for row, what in ((1, "nobody"), (2, "B9"), (3, "moon"), (4, "water"), (5, "eleventh")):
        assert f"row {row}: " in told and what in told
    assert outcome() == before
