"""What was decided at a chair, laid over the answers of a run."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from balmis.contexts.clinic import bulk as clinic
from balmis.contexts.eligibility import bulk
from balmis.core.schedule.campaign_offer import Decision, with_deferrals
from balmis.core.vocabulary.clinic import Outcome
from balmis.core.vocabulary.schedule import Eligibility, Finding

COLUMNS: dict[str, pl.DataType | type[pl.DataType]] = {
    "person": pl.Int64,
    "outcome": pl.String,
    "product": pl.String,
    "until": pl.Date,
}


@dataclass(frozen=True, slots=True)
class Stops:
    """Of one person: not before the day, and never with these products."""

    until: date | None
    never: frozenset[str]


def stops_of_asked(on: date) -> dict[int, Stops]:
    """Of the people that a run asks about, those of whom something stands on the day."""
    until: dict[int, date] = {}
    never: dict[int, set[str]] = defaultdict(set)
    for person, outcome, product, day in bulk.frame(clinic.PUT_OFF, COLUMNS).iter_rows():
        if outcome == Outcome.NEVER:
            never[person].add(product or "*")
        elif (day or date.max) > on:
            until[person] = max(until.get(person, on), day or date.max)
    people = {*until, *never}
    return {p: Stops(until.get(p), frozenset(never.get(p, ()))) for p in people}


def laid_over(answers: pl.DataFrame, stops: Mapping[int, Stops], on: date) -> pl.DataFrame:
    """The answers with what stands against them; the rows of everyone else are as they were."""
    theirs = pl.col("person_id").is_in(list(stops))
    rows = [
        row | _changed(row, stops[row["person_id"]], on)
        for row in answers.filter(theirs).iter_rows(named=True)
    ]
    if not rows:
        return answers
    return pl.concat([answers.filter(~theirs), pl.DataFrame(rows, schema=answers.schema)])


def _changed(row: dict[str, Any], stops: Stops, on: date) -> dict[str, Any]:
    decision = Decision(
        status=Eligibility(row["status"]),
        reason=Finding(row["reason"]),
        from_on=row["from_on"],
        ready_on=row["ready_on"],
        phase=row["phase"],
        products=tuple(p for p in row["products"].strip("{}").split(",") if p),
        valid_until=row["valid_until"],
    )
    found = with_deferrals(decision, on, until=stops.until, never=stops.never)
    return {
        "status": found.status.value,
        "reason": found.reason.value,
        "from_on": found.from_on,
        "ready_on": found.ready_on,
        "phase": found.phase,
        "products": "{" + ",".join(found.products) + "}",
        "valid_until": found.valid_until,
    }
