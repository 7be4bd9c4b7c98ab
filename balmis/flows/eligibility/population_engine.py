"""Where a population is evaluated. No database here: the workers of a cluster import this."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial

import polars as pl

from balmis.core.schedule.columnar.population import Offered, evaluate_population
from balmis.core.schedule.rules import Schedule

Evaluate = Callable[
    [pl.DataFrame, pl.DataFrame, pl.DataFrame, Schedule, date, Offered], pl.DataFrame
]


@dataclass(frozen=True, slots=True)
class Engine:
    """People, doses, observations in; answers out; so many people at a time."""

    name: str
    evaluate: Evaluate
    slice: int


# in this process, on every core
IN_PROCESS = Engine("local", partial(evaluate_population, threads=os.cpu_count() or 1), 200_000)
