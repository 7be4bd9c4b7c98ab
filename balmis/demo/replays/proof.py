"""Does what was played equal its source, value by value?"""

import json
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import polars as pl
from django.db import connection

from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.supply import stock_book
from balmis.demo.replays.italy import KINDS, SUPPLIERS, Source, slug

EXAMPLES = 10


@dataclass(slots=True)
class Proof:
    """How many values were compared, and those that differ."""

    compared: int = 0
    differing: int = 0
    examples: list[str] = field(default_factory=list)

    def same(self, what: str, expected: object, found: object) -> None:
        self.compared += 1
        if expected != found:
            self.differing += 1
            if len(self.examples) < EXAMPLES:
                self.examples.append(f"{what}: the source says {expected}, Balmis {found}")


FROZEN = """
SELECT day, figures -> 'doses' FROM reporting_closedday WHERE campaign_id = %s ORDER BY day
"""
BY_SEX = """
SELECT d.given_on, p.sex, count(*) FROM clinic_dose d JOIN people_person p ON p.id = d.person_id
WHERE d.campaign_id = %s GROUP BY 1, 2
"""
DELIVERED = """
SELECT m.occurred_on, pr.code, sum(CASE WHEN m.target = 'site' THEN m.doses ELSE -m.doses END)
FROM supply_stockmove m JOIN supply_lot l ON l.id = m.lot_id
JOIN supply_product pr ON pr.id = l.product_id
WHERE 'supplier' IN (m.source, m.target) GROUP BY 1, 2
"""


def prove(source: Source) -> Proof:
    """Compare every day's doses by kind and cumulative, sex, deliveries and balances."""
    proof = Proof()
    campaign_id = campaigns.campaign(slug(source.area)).pk
    _doses(proof, source, [(day, json.loads(f)) for day, f in _rows(FROZEN, campaign_id)])
    _sexes(proof, source, _rows(BY_SEX, campaign_id))
    _deliveries(proof, source, _rows(DELIVERED))
    proof.same("the sum over all accounts", 0, int(stock_book.ledger_sum()))
    proof.same("balances that differ from their moves", 0, stock_book.balances_amiss())
    return proof


def _rows(query: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, list(values))
        return list(cursor.fetchall())


def _doses(proof: Proof, source: Source, frozen: list[tuple[Any, ...]]) -> None:
    """Each closed day's frozen figures: of the day and cumulative, by kind and in all."""
    days: dict[date, dict[str, Any]] = {r["data"]: r for r in source.doses.iter_rows(named=True)}
    total = dict.fromkeys([*KINDS, "totale"], 0)
    for day, figures in frozen:
        row = days.pop(day, {})
        for column in total:
            of_the_day = int(row.get(column, 0))
            total[column] += of_the_day
            found = (
                figures if column == "totale" else figures["by_kind"].get(KINDS[column].value, {})
            )
            proof.same(f"{day} {column}", of_the_day, found.get("day", 0))
            proof.same(f"{day} {column} cumulative", total[column], found.get("total", 0))
    proof.same("days of the source that were not reported", [], sorted(days))


def _sexes(proof: Proof, source: Source, found: list[tuple[Any, ...]]) -> None:
    given = {(day, sex): number for day, sex, number in found}
    for row in source.doses.iter_rows(named=True):
        for column, sex in (("m", "M"), ("f", "F")):
            proof.same(f"{row['data']} {column}", row[column], given.get((row["data"], sex), 0))


def _deliveries(proof: Proof, source: Source, found: list[tuple[Any, ...]]) -> None:
    """Deliveries minus returns, by day and supplier."""
    moved = {(day, code): int(doses) for day, code, doses in found}
    by_day = source.deliveries.group_by("data_consegna", "forn").agg(pl.col("numero_dosi").sum())
    for day, supplier, doses in by_day.sort("data_consegna", "forn").iter_rows():
        code = SUPPLIERS[supplier][0]
        proof.same(f"{day} delivered {code}", doses, moved.pop((day, code), 0))
    rest = {key: doses for key, doses in moved.items() if doses}
    proof.same("deliveries that the source does not have", {}, rest)
