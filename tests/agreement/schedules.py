"""Random schedules, people and histories that stay on the awkward days.

One `random.Random` makes everything, so that Hypothesis can draw it, and a bench can seed it.
"""

from datetime import date, timedelta
from random import Random
from typing import Any

from balmis.core.schedule import format as f
from balmis.core.schedule.history import Given, Observed, Person
from balmis.core.vocabulary.people import Sex
from balmis.core.vocabulary.schedule import SeriesType

PRODUCTS = ("one", "two", "three", "four")
AWKWARD = [
    date(2000, 2, 29),
    date(2003, 1, 31),
    date(2003, 3, 31),
    date(2003, 8, 31),
    date(2003, 12, 31),
    date(1999, 11, 30),
    date(2004, 2, 28),
    date(2004, 2, 29),
    date(2003, 2, 28),
    date(2003, 3, 1),
]
ON = [date(2021, 2, 28), date(2021, 3, 1), date(2020, 2, 29), date(2021, 8, 31), date(2021, 12, 31)]
LENGTHS = ("0d", "14d", "21d", "4w", "28d", "1mo", "2mo", "3mo", "6mo", "6mo - 4d", "8w", "1y")
AGES = ("0d", "6w", "1y", "12y", "12y - 4d", "16y", "18y", "18y - 4d", "20y", "21y")


def day_near(r: Random, day: date, *, back: int = 0) -> date:
    """A day that thresholds fall on: the same day of another month, or a few days off."""
    months = r.choice((0, 1, 2, 3, 6, 12)) * (-1 if r.random() < 0.5 else 1)
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    moved = date(year, month + 1, min(day.day, 28)) + timedelta(days=r.choice((0, 0, 1, 2, 3, -1)))
    return moved - timedelta(days=back)


def person(r: Random) -> Person:
    born = (
        r.choice(AWKWARD) if r.random() < 0.5 else date(1995, 1, 1) + timedelta(r.randrange(9000))
    )
    observed = tuple(
        Observed(
            r.choice(("closed", "one-off", "ill", "infected", "picky", "unheard")),
            day_near(r, r.choice(ON)) if r.random() < 0.8 else None,
            day_near(r, date(2021, 6, 30)) if r.random() < 0.5 else None,
        )
        for _ in range(r.choice((0, 0, 0, 1, 2)))
    )
    return Person(born, r.choice(list(Sex)), observed)


def history(r: Random, on: date) -> list[Given]:
    """Doses in any order, some on one day, some unknown, spoilt, expired or still to come."""
    doses: list[Given] = []
    for n in range(r.choice((0, 1, 1, 2, 2, 2, 3, 3, 4, 5, 6))):
        near = doses[-1].on if doses and r.random() < 0.6 else on - timedelta(r.randrange(0, 700))
        given = near if doses and r.random() < 0.15 else day_near(r, near)
        doses.append(
            Given(
                r.choice(PRODUCTS) if r.random() < 0.95 else "unheard-of",
                given,
                key=f"{n:03}",
                lot_expires_on=given + timedelta(r.choice((-1, 0, 1)))
                if r.random() < 0.1
                else None,
                spoilt=r.random() < 0.05,
            )
        )
    return doses


def schedule(r: Random) -> f.ScheduleFile:
    """A schedule of campaign features only, of any sense or none."""
    return f.ScheduleFile(
        format=f.FORMAT,
        id="random",
        version="1",
        title={"en": "random"},
        grace=r.choice((None, "4d")),
        sources={"s": "made up"},
        products={
            code: f.Product(
                name=code,
                antigens=[f.Association(antigen="A")],
                manufacturer=("x", "y", "x", "z")[n],
                platform=("p", "p", "q", "q")[n],
            )
            for n, code in enumerate(PRODUCTS)
        },
        vaccine_groups={"A": f.VaccineGroup(antigens=["A"])},
        observations={
            c: f.Observation(title=c) for c in ("closed", "one-off", "ill", "infected", "picky")
        },
        series=[_series(r, n) for n in range(r.choice((1, 1, 2, 3, 4)))],
        contraindications=_contraindications(r),
        deferrals=_deferrals(r),
    )


def _maybe(r: Random, values: tuple[str, ...], chance: float = 0.6) -> str | None:
    return r.choice(values) if r.random() < chance else None


def _some(r: Random) -> list[str]:
    return r.sample(PRODUCTS, r.randint(1, 4))


def _dates(r: Random) -> dict[str, Any]:
    day = day_near(r, r.choice(ON))
    if r.random() < 0.8:
        return {}
    return {"effective": day} if r.random() < 0.5 else {"cessation": day}


def _series(r: Random, n: int) -> f.Series:
    doses = r.randint(1, 3)
    return f.Series(
        id=f"s{n}",
        title=f"s{n}",
        antigen="A",
        vaccine_group="A",
        source="s",
        type=r.choice((SeriesType.STANDARD,) * 3 + (SeriesType.EVALUATION_ONLY,)),
        sexes=r.choice(([], [], [Sex.FEMALE], [Sex.MALE, Sex.UNKNOWN])),
        select=f.Select(
            group=r.choice(("1", "1", "2")),
            equivalent=r.choice(([], ["1"], ["2"], ["1", "2"])),
            preference=r.choice((None, 1, 2)),
            default=r.random() < 0.3,
            product_path=r.random() < 0.3,
            min_start_age=_maybe(r, AGES, 0.2),
            max_start_age=_maybe(r, AGES, 0.2),
        ),
        doses=[_dose(r, k + 1) for k in range(doses)],
    )


def _dose(r: Random, number: int) -> f.SeriesDose:
    return f.SeriesDose(
        number=number,
        role=r.choice(("primary", "additional", "booster")),  # type: ignore[arg-type]
        ages=[
            f.Age(
                abs_min=_maybe(r, AGES, 0.3),
                min=_maybe(r, AGES),
                rec_from=_maybe(r, AGES, 0.4),
                rec_to=_maybe(r, AGES, 0.3),
                max=_maybe(r, AGES, 0.2),
                **_dates(r),
            )
            for _ in range(r.choice((0, 1, 1, 2)))
        ],
        intervals=[
            _interval(r, number) for _ in range(r.choice((0, 1, 1, 2)) if number > 1 else 0)
        ],
        allowable_intervals=[
            f.AllowableInterval(from_previous=True, abs_min=_maybe(r, LENGTHS), **_dates(r))
            for _ in range(r.choice((0, 0, 1)) if number > 1 else 0)
        ],
        preferable=[
            f.Preferable(
                product=p,
                begin_age=_maybe(r, AGES, 0.3),
                end_age=_maybe(r, AGES, 0.1),
                forecast=r.random() < 0.9,
            )
            for p in _some(r)
        ],
        allowable=[
            f.Allowable(product=p, begin_age=_maybe(r, AGES, 0.3), end_age=_maybe(r, AGES, 0.1))
            for p in (_some(r) if r.random() < 0.5 else [])
        ],
        inadvertent=[f.Inadvertent(product=r.choice(PRODUCTS))] if r.random() < 0.15 else [],
        product_rules=[_rule(r, number) for _ in range(r.choice((0, 0, 1)) if number > 1 else 0)],
        skips=[_skip(r) for _ in range(r.choice((0, 0, 1, 2)))],
    )


def _interval(r: Random, number: int) -> f.Interval:
    kind = r.choice(("previous", "previous", "dose", "recent"))
    when = f.When(
        previous=_some(r) if r.random() < 0.5 else [], this=_some(r) if r.random() < 0.4 else []
    )
    return f.Interval(
        from_previous=kind == "previous",
        from_dose=r.randint(1, number - 1) if kind == "dose" else None,
        from_recent=_some(r) if kind == "recent" else [],
        when=when if r.random() < 0.5 else None,
        abs_min=_maybe(r, LENGTHS, 0.5),
        min=_maybe(r, LENGTHS),
        rec_from=_maybe(r, LENGTHS),
        rec_to=_maybe(r, LENGTHS, 0.5),
        **_dates(r),
    )


def _rule(r: Random, number: int) -> f.ProductRule:
    return f.ProductRule(
        key=r.choice(("product", "manufacturer", "platform")),  # type: ignore[arg-type]
        same_as=r.choice(("previous", r.randint(1, number - 1))),  # type: ignore[arg-type]
        strength=r.choice(("must", "should")),  # type: ignore[arg-type]
        exceptions=[f.Accepted(products=_some(r)[:2], from_=day_near(r, r.choice(ON)))]
        if r.random() < 0.4
        else [],
    )


def _skip(r: Random) -> f.Skip:
    return f.Skip(
        context=r.choice(("evaluation", "forecast", "both")),  # type: ignore[arg-type]
        logic=r.choice((None, "and", "or")),  # type: ignore[arg-type]
        sets=[
            f.SkipSet(
                logic=r.choice((None, "and", "or")),  # type: ignore[arg-type]
                conditions=[_condition(r) for _ in range(r.choice((1, 1, 2)))],
                **_dates(r),
            )
            for _ in range(r.choice((1, 1, 2)))
        ],
    )


def _condition(r: Random) -> f.Condition:
    kind = r.choice(("age", "interval", "count_by_age", "count_by_date"))
    return f.Condition(
        type=kind,  # type: ignore[arg-type]
        begin_age=r.choice(AGES) if kind == "age" else _maybe(r, AGES, 0.2),
        end_age=_maybe(r, AGES, 0.2),
        interval=r.choice(LENGTHS) if kind == "interval" else None,
        from_=day_near(r, r.choice(ON)) if kind == "count_by_date" else None,
        count=r.randint(0, 3),
        doses=r.choice(("valid", "total")),  # type: ignore[arg-type]
        op=r.choice((">", "=", "<")),  # type: ignore[arg-type]
        products=_some(r) if r.random() < 0.6 else [],
    )


def _contraindications(r: Random) -> list[f.Contraindication]:
    found = [
        f.Contraindication(antigen="A", observation="closed", begin_age=_maybe(r, AGES, 0.2)),
        f.Contraindication(
            antigen="A",
            observation="one-off",
            products=[
                f.BarredProduct(
                    product=p, begin_age=_maybe(r, AGES, 0.3), end_age=_maybe(r, AGES, 0.3)
                )
                for p in _some(r)
            ],
        ),
    ]
    return r.sample(found, r.randint(0, 2))


def _deferrals(r: Random) -> list[f.Deferral]:
    found = [
        f.Deferral(antigen="A", observation="ill", text={"en": "ill"}),
        f.Deferral(antigen="A", observation="infected", text={"en": "i"}, for_=r.choice(LENGTHS)),
        f.Deferral(
            antigen="A",
            observation="picky",
            text={"en": "p"},
            products=_some(r),
            for_=_maybe(r, LENGTHS),
        ),
    ]
    return r.sample(found, r.randint(0, 3))
