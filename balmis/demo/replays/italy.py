"""The Italian campaign of an area, from the published files of italia/covid19-opendata-vaccini.

The files give doses by day, type and sex, deliveries by day and supplier, and target
populations by age. They do not give who was vaccinated, with which product (after
2021-05-03), from which lot or where: the first in line (the oldest first) is taken, the
second dose is of the first one's product, other doses are split by what is in stock. Nobody gets a
dose before the interval of the last one: where too few have waited as long, somebody comes whose
earlier doses were given elsewhere.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from balmis.contexts.campaigns.plan.format import FORMAT
from balmis.contexts.campaigns.services import State
from balmis.contexts.people.synthesis.population import Place, Recipe, apportion, residents
from balmis.core.dates import days_between, noon
from balmis.core.errors import Unusable
from balmis.core.schedule.spacing import Step
from balmis.core.vocabulary.clinic import DoseKind
from balmis.demo.replays.queues import Line, Positions, split_by_sex, take_from
from balmis.demo.replays.run import LOT
from balmis.demo.replays.script import DayScript, Delivery, Script

ZONE = "Europe/Rome"
DELIVERIES = "consegne-vaccini-latest.csv"
DOSES = "somministrazioni-vaccini-summary-latest.csv"
TARGETS = "platea-storico.csv.gz"
WHERE = (
    "Get the files from the public repository italia/covid19-opendata-vaccini (folder 'dati', "
    "licence CC BY 4.0) and name their folder with --data; docs/how-to/replay.md says which."
)

# column of the source -> kind of dose
KINDS = {
    "d1": DoseKind.PRIMARY_1,
    "d2": DoseKind.PRIMARY_2,
    "dpi": DoseKind.AFTER_INFECTION,
    "db1": DoseKind.BOOSTER_1,
    "db2": DoseKind.BOOSTER_2,
    "db3": DoseKind.BOOSTER_3,
}

# supplier -> code, doses per vial, storage, primary doses, interval in days (WHO EUL pages)
SUPPLIERS = {
    "Pfizer/BioNTech": ("pfizer", 6, "ultra_cold", 2, 21),
    "Pfizer Pediatrico": ("pfizer-paediatric", 10, "ultra_cold", 2, 21),
    "Moderna": ("moderna", 10, "frozen", 2, 28),
    "Vaxzevria (AstraZeneca)": ("astrazeneca", 10, "refrigerated", 2, 28),
    "Janssen": ("janssen", 5, "frozen", 1, 28),
    "Novavax": ("novavax", 10, "refrigerated", 2, 21),
    "Sanofi": ("sanofi", 10, "refrigerated", 2, 28),
}
UNKNOWN = -1
NOBODY = "none"  # the line of people who had no dose here
BANDS = ("00-04", "05-11", "12-19", "20-29", "30-39", "40-49", "50-59", "60-69", "70-79", "80+")


@dataclass(frozen=True, slots=True)
class Source:
    """The files of one area: `doses` by day; `deliveries`; `targets` by day published and age."""

    area: str
    name: str
    doses: pl.DataFrame
    deliveries: pl.DataFrame
    targets: pl.DataFrame


def read(folder: Path, area: str, until: date | None = None) -> Source:
    """Read the area's rows. Raises Unusable when a file or the area is missing."""
    for name in (DELIVERIES, DOSES, TARGETS):
        if not (folder / name).exists():
            raise Unusable(f"{folder / name} is missing. {WHERE}")
    doses = pl.read_csv(folder / DOSES, try_parse_dates=True).filter(pl.col("area") == area)
    if doses.is_empty():
        known = pl.read_csv(folder / DOSES, columns=["area"])["area"].unique().sort()
        raise Unusable(f"There is no area '{area}'; one of {', '.join(known)}.")
    deliveries = pl.read_csv(folder / DELIVERIES, try_parse_dates=True).filter(
        pl.col("area") == area
    )
    targets = pl.read_csv(folder / TARGETS, try_parse_dates=True).filter(
        (pl.col("area") == area) & (pl.col("file") == "platea.csv")
    )
    unknown = set(deliveries["forn"]) - set(SUPPLIERS)
    if unknown:
        raise Unusable(f"Suppliers that are not known: {', '.join(sorted(unknown))}.")
    if until is not None:
        doses = doses.filter(pl.col("data") <= until)
        if doses.is_empty():
            raise Unusable(f"The source holds no dose of {area} up to {until}.")
        deliveries = deliveries.filter(pl.col("data_consegna") <= until)
        first = targets["published"].min()
        targets = targets.filter((pl.col("published") <= until) | (pl.col("published") == first))
    return Source(
        area,
        str(doses["reg"][0]),
        doses.sort("data"),
        deliveries.sort("data_consegna", "forn"),
        targets,
    )


def slug(area: str) -> str:
    return f"replay-italy-{area.lower()}"


def site_code(area: str) -> str:
    return f"IT-{area}-all-sites"


def target_versions(source: Source) -> list[tuple[date, dict[str, int]]]:
    """Each distinct published target population: (day, people by age band)."""
    versions: list[tuple[date, dict[str, int]]] = []
    for (day,), rows in source.targets.sort("published").group_by("published", maintain_order=True):
        bands = rows.group_by("gruppo", maintain_order=True).agg(
            pl.col("totale_popolazione").last()
        )
        people = {str(b): int(n) for b, n in bands.iter_rows() if b in BANDS}
        if people and (not versions or versions[-1][1] != people):
            versions.append((_as_date(day), people))
    return versions


def _as_date(value: object) -> date:
    if not isinstance(value, date):
        raise TypeError(f"not a date: {value!r}")
    return value


def _products() -> list[dict[str, Any]]:
    return [
        {
            "code": c,
            "name": supplier,
            "manufacturer": supplier,
            "storage": storage,
            "doses_per_vial": vial,
            "primary_doses": primary,
            "min_interval_days": days,
            "min_age_years": 5,
            "source": "eul",
        }
        for supplier, (c, vial, storage, primary, days) in SUPPLIERS.items()
    ]


def _groups(key: str) -> list[dict[str, Any]]:
    return [
        {
            "code": f"age-{band.replace('+', '')}",
            "title": {"en": f"People aged {band}"},
            "status": "open",
            "known_by": [_known(band)],
            "source": key,
        }
        for band in reversed(BANDS)
    ]


def _target(key: str, total: int, youngest: str, by: date, as_of: date) -> dict[str, Any]:
    return {
        "code": "target-population",
        "title": {"en": "Target population, one dose or more"},
        "measure": "covered",
        "share": 0.9,
        "by": by.isoformat(),
        "source": key,
        "assumption": "The aim of 90 % of the time",
        "denominator": {
            "people": total,
            "label": {"en": f"Target population, {youngest} and older"},
            "as_of": as_of.isoformat(),
            "source": key,
        },
    }


def plan_content(source: Source, people: dict[str, int], as_of: date) -> dict[str, Any]:
    """A campaign file's content for the area, with this target population."""
    total = sum(people.values())
    key = "opendata"
    first, last = source.doses["data"][0], source.doses["data"][-1]
    return {
        "format": FORMAT,
        "id": slug(source.area),
        "title": {"en": f"Replay: {source.name}, Italy"},
        "period": {"starts_on": first.isoformat(), "ends_on": last.isoformat()},
        "time_zone": ZONE,
        "languages": ["en"],
        "sources": {
            key: "Italian Government, covid19-opendata-vaccini, CC BY 4.0",
            "eul": "WHO Emergency Use Listing, product information",
        },
        "areas": [
            {
                "code": f"IT-{source.area}",
                "names": {"en": source.name},
                "kind": "region",
                "people": total,
                "source": key,
            }
        ],
        "population": {
            "ages": _ages(people),
            "male_share": 0.485,
            "source": key,
            "assumption": "Even spread within a band",
        },
        "naming": {"names": "it"},
        "targets": [_target(key, total, min(people), last, as_of)],
        "groups": _groups(key),
        "phases": [
            {
                "code": "oldest-first",
                "title": {"en": "The oldest first"},
                "groups": ["age-80", "age-70-79"],
                "status": "open",
                "source": key,
            }
        ],
        "sites": [
            {
                "code": site_code(source.area),
                "names": {"en": "All sites"},
                "kind": "centre",
                "area": f"IT-{source.area}",
                "status": "open",
                "source": key,
            }
        ],
        "products": _products(),
        "observation": {"minutes": 15, "assumption": "15 minutes as a rule"},
    }


def _known(band: str) -> dict[str, int]:
    low = int(band[:2])
    return {"age_from": low} if band.endswith("+") else {"age_from": low, "age_to": int(band[3:])}


def _ages(people: dict[str, int]) -> dict[str, float]:
    """The bands from age 0 on, with nobody where the target begins later."""
    return {
        f"{int(b[:2])}{b[2:] if b.endswith('+') else '-' + str(int(b[3:]))}": people.get(b, 0)
        for b in BANDS
    }


class Italy:
    """Writes the script of an area: who stands in which line, and what the site holds."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.ids: list[pl.Series] = []
        self.male = np.zeros(0, dtype=np.bool_)
        self.lines: dict[tuple[str, bool], Line] = {
            (name, male): Line()
            for name in (NOBODY, "one", "single", "done", "b1", "b2", "b3")
            for male in (False, True)
        }
        self.product_of = np.zeros(
            0, dtype=np.int64
        )  # of the first dose; UNKNOWN: none was given here
        self.codes = [v[0] for v in SUPPLIERS.values()]
        self.waits = [timedelta(v[4] - Step(0).grace) for v in SUPPLIERS.values()]
        self.coming: list[
            tuple[date, str, Positions]
        ] = []  # into which line, and from which day on
        self.held = np.zeros(len(self.codes))
        self.received = np.zeros(len(self.codes))
        self.registered: dict[str, int] = {}

    def script(self, seed: int) -> Script:
        versions = target_versions(self.source)
        first_day = self.source.doses["data"][0]
        start = min(_as_date(first_day), self._first_delivery(first_day))
        day_one, people = versions[0] if versions else (start, dict.fromkeys(BANDS, 0))
        states = [
            State(
                start,
                "First published target population",
                WHERE_FROM,
                plan_content(self.source, people, day_one),
            )
        ]
        chunks = self._enlist(people, seed)
        script = Script(slug(self.source.area), f"italia/{self.source.area}", states, chunks, [])
        later = dict(versions[1:])
        doses = {row["data"]: row for row in self.source.doses.iter_rows(named=True)}
        deliveries = self._deliveries()
        last = max(_as_date(self.source.doses["data"][-1]), *deliveries, start)
        for day in days_between(start, last):
            entry = DayScript(day, deliveries.get(day, []))
            if day in later:
                entry.revision = State(
                    day,
                    "Revised target population",
                    WHERE_FROM,
                    plan_content(self.source, later[day], day),
                )
                entry.newcomers = self._enlist(later[day], seed + len(script.days))
            self._receive(entry.deliveries)
            self._join_lines(day)
            if day in doses:
                entry.newcomers += self._enlist_missing(doses[day], seed + len(script.days))
                entry.doses = self._doses(day, doses[day])
            script.days.append(entry)
        return script

    def _first_delivery(self, default: date) -> date:
        found = self.source.deliveries
        return default if found.is_empty() else _as_date(found["data_consegna"][0])

    def _deliveries(self) -> dict[date, list[Delivery]]:
        by_day: dict[date, list[Delivery]] = {}
        for row in self.source.deliveries.iter_rows(named=True):
            if row["numero_dosi"]:
                code = SUPPLIERS[row["forn"]][0]
                by_day.setdefault(row["data_consegna"], []).append(
                    Delivery(site_code(self.source.area), code, row["numero_dosi"])
                )
        return by_day

    # ---- people -----------------------------------------------------------------------------

    def _enlist(self, people: dict[str, int], seed: int) -> list[Any]:
        """Register as many of each age band as the register lacks, the oldest at the front."""
        missing = {b: max(0, n - self.registered.get(b, 0)) for b, n in people.items()}
        for band, number in missing.items():
            self.registered[band] = self.registered.get(band, 0) + number
        if not any(missing.values()):
            return []
        return self._make(_ages(missing), sum(missing.values()), seed)

    def _make(self, ages: dict[str, float], number: int, seed: int) -> list[Any]:
        recipe = Recipe(
            places=[Place(f"IT-{self.source.area}", number, ages, 0.485)],
            traits=[],
            as_of=self.source.doses["data"][0],
            name_style="it",
            id_style="none",
            seed=seed,
            first_index=self.male.size + 1,
            prefix="S",
        )
        chunks = list(residents(recipe))
        for chunk in chunks:
            self._join(chunk.people)
        return chunks

    def _join(self, people: pl.DataFrame) -> None:
        first = self.male.size
        self.ids.append(people["external_id"])
        male = (people["sex"] == "M").to_numpy()
        self.male = np.concatenate([self.male, male])
        self.product_of = np.concatenate([self.product_of, np.full(male.size, UNKNOWN)])
        order = people["born"].arg_sort().to_numpy().astype(np.int64)
        for sex in (False, True):
            self.lines[NOBODY, sex].join(first + order[male[order] == sex])

    def _enlist_missing(self, row: dict[str, Any], seed: int) -> list[Any]:
        """More doses than people left for them: someone was not in the target population."""
        chunks: list[Any] = []
        for sex, at_most in ((False, row["f"]), (True, row["m"])):
            while (
                short := min(self._strangers(row, sex), at_most) - len(self.lines[NOBODY, sex])
            ) > 0:
                chunks += self._make({"0-19": 0, "20-59": 1, "60+": 0}, 2 * short + 50, seed)
        return chunks

    def _strangers(self, row: dict[str, Any], sex: bool) -> int:
        """Doses of the day for people who had none here, at most, if all of them are of this sex."""
        waiting = {c: self._waiting(c, sex, but=NOBODY) for c in KINDS}
        return sum(max(0, row[c] - waiting[c]) for c in KINDS)

    def _waiting(self, column: str, sex: bool, but: str = "") -> int:
        return sum(len(self.lines[g, sex]) for g in self.GIVES[column] if g != but)

    # ---- doses ------------------------------------------------------------------------------

    # which line gives people for each kind, and which one takes over when it is empty
    GIVES = {
        "d1": (NOBODY,),
        "d2": ("one", "single", NOBODY),
        "dpi": (NOBODY,),
        "db1": ("done", "single", "one", NOBODY),
        "db2": ("b1", NOBODY),
        "db3": ("b2", NOBODY),
    }
    TAKES = {"d1": "one", "d2": "done", "dpi": "done", "db1": "b1", "db2": "b2", "db3": "b3"}

    def _doses(self, day: date, row: dict[str, Any]) -> pl.DataFrame | None:
        wanted = {c: int(row[c]) for c in KINDS if row[c]}
        men = split_by_sex(
            list(wanted.values()),
            int(row["m"]),
            [self._waiting(c, False) for c in wanted],
            [self._waiting(c, True) for c in wanted],
        )
        frames = []
        for (column, number), of_men in zip(wanted.items(), men, strict=True):
            chosen = np.concatenate(
                [
                    take_from([self.lines[g, False] for g in self.GIVES[column]], number - of_men),
                    take_from([self.lines[g, True] for g in self.GIVES[column]], of_men),
                ]
            )
            products = self._products(column, chosen)
            self._wait(day, column, chosen, products)
            frames.append(self._frame(day, column, chosen, products))
        return pl.concat(frames) if frames else None

    def _wait(self, day: date, column: str, chosen: Positions, products: Positions) -> None:
        """The line for their next dose, which they join when the interval of this one is over."""
        if column == "d1":
            self.product_of[chosen] = products
        for product in np.unique(products):
            single = column == "d1" and self.codes[product] == "janssen"
            name = "single" if single else self.TAKES[column]
            self.coming.append((day + self.waits[product], name, chosen[products == product]))

    def _join_lines(self, day: date) -> None:
        """Those whose interval is over by the day, who came first before the others."""
        ready = sorted((c for c in self.coming if c[0] <= day), key=lambda c: c[0])
        self.coming = [c for c in self.coming if c[0] > day]
        for _, name, people in ready:
            for sex in (False, True):
                self.lines[name, sex].join(people[self.male[people] == sex])

    def _receive(self, deliveries: list[Delivery]) -> None:
        for delivery in deliveries:
            i = self.codes.index(delivery.product)
            self.held[i] += delivery.doses
            self.received[i] += max(0, delivery.doses)

    def _products(self, column: str, chosen: Positions) -> Positions:
        """Second doses as the first given here; the others split by what the site holds."""
        products = self.product_of[chosen] if column == "d2" else np.full(chosen.size, UNKNOWN)
        free = products == UNKNOWN
        holding = np.maximum(self.held, 0)
        if not holding.any():
            holding = np.where(self.received == self.received.max(), 1.0, 0.0)
        if column != "d1":
            holding[self.codes.index("janssen")] = 0.0
            if not holding.any():
                holding[0] = 1.0
        parts = apportion(int(free.sum()), holding)
        products[free] = np.repeat(np.arange(len(self.codes)), parts)
        self.held -= np.bincount(products, minlength=len(self.codes))
        return products.astype(np.int64)

    def _frame(
        self, day: date, column: str, chosen: Positions, products: Positions
    ) -> pl.DataFrame:
        if len(self.ids) > 1:
            self.ids = [pl.concat(self.ids)]
        number = pl.int_range(1, chosen.size + 1, eager=True).cast(pl.String)
        return pl.DataFrame(
            {
                "key": f"{day}/{column}/" + number,
                "person": self.ids[0].gather(chosen),
                "product": pl.Series(self.codes).gather(products),
            }
        ).with_columns(
            lot=pl.lit(LOT),
            site=pl.lit(site_code(self.source.area)),
            kind=pl.lit(KINDS[column].value),
            units=pl.lit(1.0),
            given_at=pl.lit(noon(day, ZONE).isoformat()),
        )


WHERE_FROM = "Italian Government, covid19-opendata-vaccini, CC BY 4.0"
