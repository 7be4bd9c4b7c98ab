"""From people, doses and offers to rows that say what everyone may have next.

The one function that every engine runs on its part of the population: in this process, or
on the workers of a cluster.
"""

from dataclasses import dataclass
from datetime import date

import polars as pl

from balmis.core.schedule.campaign_offer import Offer
from balmis.core.schedule.columnar.frames import evaluate_frames
from balmis.core.schedule.columnar.offer import REASONS, STATUSES, decide_frame
from balmis.core.schedule.columnar.tables import ROLES
from balmis.core.schedule.rules import Schedule


@dataclass(frozen=True, slots=True)
class Offered:
    """What a campaign's plan offers; groups and areas in the order of the people's numbers."""

    offers: tuple[Offer, ...]
    groups: tuple[str, ...]
    deferred: frozenset[str]
    areas: tuple[tuple[str, ...], ...]


def evaluate_population(
    people: pl.DataFrame,
    doses: pl.DataFrame,
    observations: pl.DataFrame,
    schedule: Schedule,
    on: date,
    offered: Offered,
    *,
    threads: int = 2,
) -> pl.DataFrame:
    """One row a person: `person_id`, status, reason, number, role, ready_on, from_on, past_due,
    phase, products (a PostgreSQL array), valid_until.

    People: person, born, sex, group, area (numbers in `offered`). Doses and observations as
    in `frames`.
    """
    answers = evaluate_frames(
        people, doses, schedule, on, observations=observations, threads=threads
    ).people
    placed = answers.with_columns(people["group"], people["area"])
    decided = decide_frame(
        placed,
        offered.offers,
        schedule,
        on,
        groups=offered.groups,
        deferred_groups=offered.deferred,
        areas=offered.areas,
    )
    open_ = answers["earliest"].is_not_null()
    phases = [o.phase or None for o in offered.offers]
    return pl.DataFrame(
        {
            "person_id": people["person"],
            "status": _names(decided["status"], [s.value for s in STATUSES]),
            "reason": _names(decided["reason"], [r.value for r in REASONS]),
            "number": answers.select(pl.when(open_).then(pl.col("number")))["number"],
            "role": _names(answers["role"], [*ROLES]).fill_null(""),
            "ready_on": decided["ready_on"],
            "from_on": decided["from_on"],
            "past_due": answers["past_due"],
            "phase": _names(decided["phase"], phases),
            "suitable": _arrays(answers["products"], answers["preferred"], list(schedule.products)),
            "products": _arrays(decided["products"], answers["preferred"], list(schedule.products)),
            "valid_until": decided["valid_until"],
        }
    )


def _names(numbers: pl.Series, names: list[str | None] | list[str]) -> pl.Series:
    """Numbers as names; null for those that name nothing."""
    known = dict(enumerate(names))
    return numbers.cast(pl.Int64).replace_strict(known, default=None, return_dtype=pl.String)


def _arrays(products: pl.Series, preferred: pl.Series, codes: list[str]) -> pl.Series:
    """Masks as array literals, preferred products first. Few masks occur, so each is written once."""
    pairs = pl.DataFrame({"products": products, "preferred": preferred & products})
    known = pairs.unique()

    def literal(mask: int, first: int) -> str:
        named = [c for n, c in enumerate(codes) if mask >> n & 1]
        named.sort(key=lambda c: not first >> codes.index(c) & 1)
        return "{" + ",".join(named) + "}"

    written = known.with_columns(
        pl.Series("array", [literal(m, f) for m, f in known.iter_rows()], pl.String)
    )
    return pairs.join(written, on=["products", "preferred"], how="left", maintain_order="left")[
        "array"
    ]
