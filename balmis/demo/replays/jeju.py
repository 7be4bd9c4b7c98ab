"""Jeju's campaign of 2021: KDCA's daily first and second doses on synthetic residents.

The published totals are the truth; days are the differences of totals, and a falling total
is doses taken back. A report of a morning holds the doses up to 24:00 of the day before.
Who got a dose (by phase, then at random), where (by the plan's shares within the city) and
of which product (the plan's shares; Janssen left out, since second doses are counted) are
assumptions; so is the supply: each Monday what the week needs and five per cent.
"""

import json
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import msgspec
import numpy as np
import polars as pl
from django.db import connection

from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.campaigns import services as plans
from balmis.contexts.campaigns.plan.checks import Checked
from balmis.contexts.campaigns.plan.format import Plan, group_rules
from balmis.contexts.people.synthesis.population import Chunk, residents
from balmis.contexts.reporting import queries as reporting
from balmis.core.dates import days_between, noon
from balmis.core.errors import Unusable
from balmis.core.reporting.report import read_figures
from balmis.core.vocabulary.clinic import DoseKind
from balmis.core.vocabulary.places import SiteStatus
from balmis.demo.replays.cohort import Cohort
from balmis.demo.replays.proof import Proof
from balmis.demo.replays.queues import Line, Positions
from balmis.demo.replays.run import LOT
from balmis.demo.replays.script import DayScript, Delivery, Script
from balmis.flows.people.synthesise_people import recipe_for

FILE = "kr_sido_daily_doses_2021-03-11_2021-11-26.csv"
SLUG = "jeju-2021"
KINDS = (DoseKind.PRIMARY_1, DoseKind.PRIMARY_2)
WHERE = (
    "KDCA's daily statistics by province are collected in the public repository "
    "HyeokjaeLee/korea-covid19-api; docs/how-to/replay.md says which columns are read."
)


@dataclass(frozen=True, slots=True)
class Series:
    """Cumulative (first, second) doses as of 24:00 of each day."""

    totals: dict[date, tuple[int, int]]
    source: str


def read(folder: Path, until: date | None = None) -> Series:
    path = folder / FILE
    if not path.exists():
        raise Unusable(f"{path} is missing. {WHERE}")
    rows = pl.read_csv(path, try_parse_dates=True).filter(pl.col("sido_en") == "Jeju").sort("date")
    totals = {
        day - timedelta(days=1): (int(first), int(second))
        for day, first, second in rows.select("date", "dose1_total", "dose2_total").iter_rows()
        if until is None or day - timedelta(days=1) <= until
    }
    return Series(totals, "kdca/jeju")


def reported(plan: Plan, until: date) -> Series:
    """The figures that stand in the campaign file itself, evenly filled in between."""
    known = [(plan.period.starts_on - timedelta(days=1), 0, 0)]
    known += [(r.day, r.doses.get(KINDS[0], 0), r.doses.get(KINDS[1], 0)) for r in plan.reported]
    totals: dict[date, tuple[int, int]] = {}
    for (a, a1, a2), (b, b1, b2) in pairwise(known):
        span = (b - a).days
        for n in range(1, span + 1):
            day = a + timedelta(days=n)
            if day <= until:
                totals[day] = (a1 + (b1 - a1) * n // span, a2 + (b2 - a2) * n // span)
    return Series(totals, f"reported/{plan.id}")


def scaled(series: Series, scale: float) -> Series:
    """The same course for a part of the population."""
    return Series(
        {day: (int(a * scale), int(b * scale)) for day, (a, b) in series.totals.items()},
        series.source,
    )


def script(series: Series, checked: Checked, *, seed: int, scale: float = 1.0) -> Script:
    """The whole campaign from its first day to the last of the series."""
    states = plans.states_of(checked)
    plan = checked.plan
    if plan is None or not series.totals:
        raise Unusable("There is nothing to replay: no plan, or no day in the series.")
    last = msgspec.convert(states[-1].content, Plan, strict=False)
    return _Writer(scaled(series, scale), plan, last, seed, scale).write(states, checked)


class _Writer:
    def __init__(self, series: Series, plan: Plan, last: Plan, seed: int, scale: float) -> None:
        self.series, self.plan, self.last, self.scale = series, plan, last, scale
        self.rng = np.random.Generator(np.random.PCG64(seed))
        self.recipe_seed = seed
        self.given: dict[DoseKind, list[tuple[str, int]]] = {kind: [] for kind in KINDS}

    def write(self, states: list[plans.State], checked: Checked) -> Script:
        recipe = recipe_for(self.last, seed=self.recipe_seed, scale=self.scale)
        chunks: list[Chunk] = list(residents(recipe))
        self.cohort = Cohort.of(chunks, group_rules(self.last), self.plan.period.starts_on)
        self.waiting = {
            DoseKind.PRIMARY_1: Line(self.cohort.by_phase(self.rng)),
            DoseKind.PRIMARY_2: Line(),
        }
        self.site_of = self._sites()
        self.product_of = self._products()
        days = [DayScript(day) for day in self._days()]
        before = (0, 0)
        for entry in days:
            now = self.series.totals.get(entry.day, before)
            self._day(entry, tuple(n - b for n, b in zip(now, before, strict=True)))
            before = now
        self._supply(days)
        return Script(SLUG, self.series.source, states, chunks, days)

    def _days(self) -> list[date]:
        """From the first day of the campaign; what was given before the series began is
        spread evenly over the days before (an assumption)."""
        first = min(self.series.totals)
        start = min(self.plan.period.starts_on, first)
        totals = self.series.totals
        span = (first - start).days + 1
        for n, day in enumerate(days_between(start, first)[:-1], start=1):
            totals[day] = (totals[first][0] * n // span, totals[first][1] * n // span)
        return days_between(start, max(totals))

    def _sites(self) -> list[str]:
        """For each person a site in their city, drawn by the plan's shares."""
        weights: dict[str, list[tuple[str, float]]] = {}
        for site in self.last.sites:
            if site.share and site.status is SiteStatus.OPEN:
                city = "-".join(site.area.split("-")[:3])
                weights.setdefault(city, []).append((site.code, site.share))
        everywhere = [pair for pairs in weights.values() for pair in pairs]
        chosen = np.empty(len(self.cohort.area_codes), dtype=object)
        cities = np.array(["-".join(code.split("-")[:3]) for code in self.cohort.area_codes])
        for city in np.unique(cities):
            here = np.flatnonzero(cities == city)
            codes, shares = zip(*weights.get(str(city), everywhere), strict=True)
            p = np.array(shares) / sum(shares)
            chosen[here] = np.array(codes, dtype=object)[
                self.rng.choice(len(codes), here.size, p=p)
            ]
        return [str(code) for code in chosen]

    def _products(self) -> list[str]:
        """Each person's product, by the plan's shares of two-dose products."""
        pairs = [(p.code, p.share or 0.0) for p in self.last.products if p.primary_doses == 2]
        p = np.array([share for _, share in pairs])
        drawn = self.rng.choice(len(pairs), self.cohort.size, p=p / p.sum())
        return [pairs[i][0] for i in drawn]

    def _day(self, entry: DayScript, change: tuple[int, ...]) -> None:
        frames = []
        for kind, wanted in zip(KINDS, change, strict=True):
            if wanted > 0:
                chosen = self.waiting[kind].take(wanted)
                frames.append(self._frame(entry.day, kind, chosen))
            elif wanted < 0:
                self._take_back(entry, kind, -wanted)
        if frames:
            entry.doses = pl.concat(frames)
            firsts = frames[0].filter(pl.col("kind") == KINDS[0].value)["position"].to_numpy()
            self.waiting[DoseKind.PRIMARY_2].join(firsts.astype(np.int64))
            entry.doses = entry.doses.drop("position")

    def _frame(self, day: date, kind: DoseKind, chosen: Positions) -> pl.DataFrame:
        keys = [f"{day}/{kind.value}/{n}" for n in range(1, chosen.size + 1)]
        self.given[kind] += zip(keys, chosen.tolist(), strict=True)
        return pl.DataFrame(
            {
                "key": keys,
                "person": self.cohort.ids.gather(chosen),
                "product": [self.product_of[i] for i in chosen],
                "site": [self.site_of[i] for i in chosen],
                "position": chosen,
            }
        ).with_columns(
            lot=pl.lit(LOT),
            kind=pl.lit(kind.value),
            units=pl.lit(1.0),
            given_at=pl.lit(noon(day, self.plan.time_zone).isoformat()),
        )

    def _take_back(self, entry: DayScript, kind: DoseKind, number: int) -> None:
        """The source's total fell: the newest doses of the kind were not given.

        First doses only of people who still wait for the second.
        """
        if kind is DoseKind.PRIMARY_1:
            people = set(self.waiting[DoseKind.PRIMARY_2].take_last(number).tolist())
        else:
            people = {position for _, position in self.given[kind][-number:]}
        kept: list[tuple[str, int]] = []
        for key, position in reversed(self.given[kind]):
            if position in people:
                people.discard(position)
                entry.taken_back.append(key)
                self.waiting[kind].join_front(np.array([position], dtype=np.int64))
            else:
                kept.append((key, position))
        self.given[kind] = kept[::-1]

    def _supply(self, days: list[DayScript]) -> None:
        """Each Monday, and on the first day, what the coming week needs and five per cent."""
        for i, entry in enumerate(days):
            if i and entry.day.weekday():
                continue
            end = next((j for j in range(i + 1, len(days)) if not days[j].day.weekday()), len(days))
            week = [d.doses for d in days[i:end] if d.doses is not None]
            if not week:
                continue
            need = pl.concat(week).group_by("site", "product").len().sort("site", "product")
            entry.deliveries = [
                Delivery(site, product, -(-number * 105 // 600) * 6)
                for site, product, number in need.iter_rows()
            ]


def prove(series: Series) -> Proof:
    """Every closed day's frozen totals against the source's."""
    proof = Proof()
    campaign_id = campaigns.campaign(SLUG).pk
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT day, figures -> 'doses' -> 'by_kind' FROM reporting_closedday "
            "WHERE campaign_id = %s ORDER BY day",
            [campaign_id],
        )
        frozen = {day: json.loads(kinds) for day, kinds in cursor.fetchall()}
    for day, totals in sorted(series.totals.items()):
        for kind, total in zip(KINDS, totals, strict=True):
            found = frozen.get(day, {}).get(kind.value, {}).get("total")
            proof.same(f"{day} {kind.value}", total, found)
    return proof


def target_reached_on(target: str) -> date | None:
    """The morning of the first report whose frozen figures show the target reached."""
    campaign_id = campaigns.campaign(SLUG).pk
    for day in reversed(reporting.closed_days(campaign_id)):
        closed = reporting.closed_day(campaign_id, day)
        rows = read_figures(closed.figures).coverage if closed else []
        if any(r.target == target and r.people >= r.aim for r in rows):
            return day + timedelta(days=1)
    return None
