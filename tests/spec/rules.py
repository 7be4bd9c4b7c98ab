# ruff: noqa: E501 tables are read by row
"""The schedule's rules by example: tests, and the pages of the reference, from one source.

`tests/spec/test_rules.py` runs each example; `tools/docs.py` writes one page a rule from the
same, with the example drawn. Change a rule here and both follow.
"""

from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date
from typing import Any

BORN = date(2000, 1, 31)
BASE: dict[str, Any] = {
    "format": "balmis-schedule/1", "id": "example", "version": "1", "title": {"en": "Example"},
    "sources": {"example": "made up to show a rule"},
    "products": {
        "alpha": {"name": "Alpha", "manufacturer": "A-works", "platform": "vector", "antigens": [{"antigen": "X"}]},
        "beta": {"name": "Beta", "manufacturer": "B-works", "platform": "mrna", "antigens": [{"antigen": "X"}]},
    },
    "vaccine_groups": {"X": {"antigens": ["X"]}},
    "observations": {"allergy": {"title": "Severe allergy"}, "illness": {"title": "Acute illness"},
                     "immune": {"title": "Laboratory evidence of immunity"}},
}  # fmt: skip
BOTH = [{"product": "alpha"}, {"product": "beta"}]


def one(**dose: Any) -> dict[str, Any]:
    """A series of one dose."""
    return series([dose])


def two(**dose: Any) -> dict[str, Any]:
    """A series of two doses, the second with these rules; the first asks for nothing."""
    return series([{}, dose])


def series(doses: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {"id": more.pop("id", "standard"), "title": "Example", "antigen": "X", "vaccine_group": "X",
            "source": "example", **more,
            "doses": [{"number": n, "preferable": BOTH, **d} for n, d in enumerate(doses, 1)]}  # fmt: skip


@dataclass(frozen=True)
class Example:
    """Doses as 'product@day: status reason …', and what is expected of the next."""

    title: str
    on: date
    doses: tuple[str, ...] = ()
    status: str = "not_complete"
    earliest: date | None = None
    recommended: date | None = None
    past_due: date | None = None
    products: tuple[str, ...] | None = None
    observed: tuple[tuple[str, date | None, date | None], ...] = ()
    born: date = BORN


@dataclass(frozen=True)
class Rule:
    name: str
    title: str
    text: str
    series: tuple[dict[str, Any], ...]
    examples: tuple[Example, ...]
    also: dict[str, Any] = field(default_factory=dict)
    source: str = ""

    def schedule(self) -> dict[str, Any]:
        return deepcopy(BASE | {"series": list(self.series)} | self.also)


def d(text: str) -> date:
    return date.fromisoformat(text)


RULES = (
    Rule(
        "minimum-age", "Minimum age and grace",
        "A dose counts from `abs_min`; it is planned from `min`. Between the two it counts with a note.",
        (one(ages=[{"abs_min": "18y - 4d", "min": "18y", "rec_from": "18y"}]),),
        (
            Example("Five days early: too young", d("2018-02-01"), ("alpha@2018-01-26: not_valid too_young",),
                    earliest=d("2018-01-31"), recommended=d("2018-01-31")),
            Example("Four days early: in the grace period", d("2018-02-01"), ("alpha@2018-01-27: valid age_grace",),
                    status="complete"),
        ), source="CDSi Logic Specification 4.6, table 6-15",
    ),
    Rule(
        "schedule-grace", "Grace chosen by the schedule",
        "A schedule may state one `grace` for all rows that have a `min` and no `abs_min` of their own.",
        (two(intervals=[{"from_previous": True, "min": "21d"}]),),
        (Example("Four days early counts", d("2021-03-01"), ("alpha@2021-01-01: valid", "alpha@2021-01-18: valid interval_grace"),
                 status="complete"),
         Example("Five days early does not", d("2021-02-01"), ("alpha@2021-01-01: valid", "alpha@2021-01-17: not_valid too_soon"),
                 earliest=d("2021-02-07"), recommended=d("2021-02-07"))),
        {"grace": "4d"},
    ),
    Rule(
        "maximum-age", "Maximum age",
        "From `max` on a dose is extraneous, and none is planned: the person has aged out.",
        (one(ages=[{"min": "0d", "max": "18y"}]),),
        (Example("On the birthday itself it is too late", d("2018-02-10"), ("alpha@2018-01-31: extraneous too_old",), status="aged_out"),
         Example("The day before it counts", d("2018-02-10"), ("alpha@2018-01-30: valid",), status="complete")),
        source="CDSi Logic Specification 4.6, tables 6-15 and 7-10",
    ),
    Rule(
        "recommended-dates", "Recommended and past due",
        "`rec_from` says when a dose is best given, `rec_to` until when it is in time. Age goes before interval; "
        "neither comes before the earliest day.",
        (one(ages=[{"min": "18y", "rec_from": "18y + 6mo", "rec_to": "19y"}]),),
        (Example("Dates of the only dose", d("2018-03-01"), earliest=d("2018-01-31"), recommended=d("2018-07-31"),
                 past_due=d("2019-01-30")),),
        source="CDSi Logic Specification 4.6, table 7-13",
    ),
    Rule(
        "month-ends", "Months that are too short",
        "Years and months are added before days. A day that does not exist moves to the first of the next month.",
        (two(intervals=[{"from_previous": True, "min": "6mo", "rec_from": "6mo"}]),),
        (Example("31 August plus six months", d("2021-09-15"), ("alpha@2021-08-31: valid",), earliest=d("2022-03-01"),
                 recommended=d("2022-03-01")),
         Example("29 August 2021 plus six months: no 29 February", d("2021-09-15"), ("alpha@2021-08-29: valid",),
                 earliest=d("2022-03-01"), recommended=d("2022-03-01"))),
        source="CDSi Logic Specification 4.6, CALCDT-5 and CALCDT-6",
    ),
    Rule(
        "interval-from-previous", "Interval from the previous dose",
        "Counted from the last dose that was valid or not valid; an inadvertent one does not count.",
        (two(intervals=[{"from_previous": True, "abs_min": "17d", "min": "21d", "rec_from": "21d", "rec_to": "6w"}]),),
        (Example("Too soon, and the next counts from the dose that was not valid", d("2021-03-01"),
                 ("alpha@2021-01-01: valid", "alpha@2021-01-10: not_valid too_soon"), earliest=d("2021-01-31"),
                 recommended=d("2021-01-31"), past_due=d("2021-02-20")),
         Example("In time", d("2021-03-01"), ("alpha@2021-01-01: valid", "alpha@2021-01-22: valid"), status="complete")),
        source="CDSi Logic Specification 4.6, tables 6-18 and 6-19",
    ),
    Rule(
        "interval-from-dose", "Interval from a target dose",
        "A booster may count from the dose that satisfied an earlier target, whatever was given between.",
        (series([{}, {}, {"role": "booster", "intervals": [{"from_dose": 2, "abs_min": "6mo", "min": "6mo", "rec_from": "6mo"}]}]),),
        (Example("An early booster does not move the day", d("2021-09-01"),
                 ("alpha@2021-01-01: valid", "alpha@2021-02-01: valid", "alpha@2021-05-01: not_valid too_soon"),
                 earliest=d("2021-08-01"), recommended=d("2021-08-01")),),
        source="CDSi Logic Specification 4.6, CALCDTINT-2",
    ),
    Rule(
        "interval-by-products", "Interval by the pair of products",
        "A row with `when` holds only after the products it names (`previous`), or for the products it names (`this`).",
        (two(intervals=[
            {"from_previous": True, "when": {"previous": ["alpha"]}, "min": "8w", "abs_min": "4w"},
            {"from_previous": True, "when": {"previous": ["beta"]}, "min": "21d", "abs_min": "19d"}]),),
        (Example("After Alpha eight weeks", d("2021-02-01"), ("alpha@2021-01-01: valid",), earliest=d("2021-02-26"),
                 recommended=d("2021-02-26")),
         Example("After Beta three", d("2021-01-10"), ("beta@2021-01-01: valid",), earliest=d("2021-01-22"),
                 recommended=d("2021-01-22"))),
    ),
    Rule(
        "allowable-interval", "Allowable interval",
        "Where a preferable interval is missed, all allowable ones together are enough.",
        (two(intervals=[{"from_previous": True, "abs_min": "8w", "min": "8w"}],
             allowable_intervals=[{"from_previous": True, "abs_min": "4w"}]),),
        (Example("Five weeks are allowed", d("2021-03-01"),
                 ("alpha@2021-01-01: valid", "alpha@2021-02-05: valid short_interval_allowed"), status="complete"),),
        source="CDSi Logic Specification 4.6, table 6-31",
    ),
    Rule(
        "products", "Preferable and allowable products",
        "A dose counts with a preferable or an allowable product inside its age window; only preferable ones are named.",
        (one(preferable=[{"product": "alpha", "begin_age": "30y"}], allowable=[{"product": "alpha", "begin_age": "18y"}]),),
        (Example("Allowed at 20, named from 30", d("2021-01-01"), ("alpha@2020-06-01: valid",), status="complete"),
         Example("Another product", d("2021-01-01"), ("beta@2020-06-01: not_valid product_not_allowed",),
                 earliest=d("2020-06-01"), recommended=d("2020-06-01"), products=())),
        source="CDSi Logic Specification 4.6, tables 6-26 and 6-29",
    ),
    Rule(
        "inadvertent", "Given by mistake",
        "An inadvertent product does not count, and intervals are not counted from it.",
        (two(inadvertent=[{"product": "beta"}], preferable=[{"product": "alpha"}],
             intervals=[{"from_previous": True, "min": "4w"}]),),
        (Example("The interval still counts from the first dose", d("2021-02-01"),
                 ("alpha@2021-01-01: valid", "beta@2021-01-20: not_valid inadvertent"), earliest=d("2021-01-29"),
                 recommended=d("2021-01-29"), products=("alpha",)),),
        source="CDSi Logic Specification 4.6, table 6-13",
    ),
    Rule(
        "product-rule-should", "Same manufacturer: should",
        "A breached *should* is valid with a note; products that keep the rule are named first.",
        (two(product_rules=[{"key": "manufacturer", "same_as": 1, "strength": "should"}]),),
        (Example("Another manufacturer counts with a note", d("2021-03-01"),
                 ("alpha@2021-01-01: valid", "beta@2021-02-01: valid other_than_should"), status="complete"),
         Example("The same is named first", d("2021-01-10"), ("beta@2021-01-01: valid",), earliest=d("2021-01-01"),
                 recommended=d("2021-01-01"), products=("beta", "alpha"))),
    ),
    Rule(
        "product-rule-must", "Same manufacturer: must",
        "A breached *must* does not count, unless an exception names the product from that day on.",
        (two(product_rules=[{"key": "manufacturer", "same_as": 1, "strength": "must",
                             "exceptions": [{"products": ["beta"], "from": d("2021-07-05")}]}]),),
        (Example("Before the exception", d("2021-07-01"),
                 ("alpha@2021-01-01: valid", "beta@2021-07-04: not_valid other_than_must")[:1], earliest=d("2021-01-01"),
                 recommended=d("2021-01-01"), products=("alpha",)),
         Example("From its day on", d("2021-08-01"), ("alpha@2021-01-01: valid", "beta@2021-07-05: valid"), status="complete")),
    ),
    Rule(
        "skip", "Doses that are not needed",
        "A skip passes over a dose when its conditions hold: by age, interval, count of doses, or another series completed.",
        (two(skips=[{"sets": [{"conditions": [{"type": "count_by_age", "products": ["beta"], "doses": "valid", "op": ">", "count": 0}]}]}]),),
        (Example("One dose of Beta is the whole course", d("2021-02-01"), ("beta@2021-01-01: valid",), status="complete"),
         Example("After Alpha a second is needed", d("2021-02-01"), ("alpha@2021-01-01: valid",), earliest=d("2021-01-01"),
                 recommended=d("2021-01-01"))),
        source="CDSi Logic Specification 4.6, section 6.2",
    ),
    Rule(
        "recurring", "Recurring doses", "The last dose returns after each interval; the series is never complete.",
        (two(recurring=True, intervals=[{"from_previous": True, "min": "1y", "rec_from": "1y"}]),),
        (Example("Due again a year later", d("2022-06-01"), ("alpha@2020-01-01: valid", "alpha@2021-02-28: valid"),
                 earliest=d("2022-02-28"), recommended=d("2022-02-28")),),
        source="CDSi Logic Specification 4.6, section 4.4",
    ),
    Rule(
        "season", "Seasonal doses", "Not before the season starts, and not recommended once it is over.",
        (one(season={"start": d("2021-10-01"), "end": d("2022-03-31")}),),
        (Example("Before the season", d("2021-08-01"), earliest=d("2021-10-01"), recommended=d("2021-10-01")),
         Example("After it", d("2022-04-01"), status="not_recommended")),
        source="CDSi Logic Specification 4.6, table 7-10",
    ),
    Rule(
        "extra-dose", "More doses than needed", "Once the series is complete, further doses are extraneous: not harmful to the record, not needed.",
        (one(),),
        (Example("The second of one", d("2021-03-01"), ("alpha@2021-01-01: valid", "alpha@2021-02-01: extraneous series_done"), status="complete"),),
    ),
    Rule(
        "contraindication", "Contraindication",
        "Without products it closes the antigen; with products, those are not named, and the series closes only when none is left.",
        (one(),),
        (Example("The antigen", d("2021-03-01"), observed=(("allergy", None, None),), status="contraindicated"),
         Example("One product", d("2021-03-01"), observed=(("illness", None, None),), earliest=BORN, recommended=BORN,
                 products=("beta",))),
        {"contraindications": [{"antigen": "X", "observation": "allergy"},
                               {"antigen": "X", "observation": "illness", "products": [{"product": "alpha"}]}]},
        "CDSi Logic Specification 4.6, tables 7-5 to 7-7",
    ),
    Rule(
        "deferral", "Deferral", "Not now: until the observation ends, or a length of time after it. It never makes a dose invalid.",
        (one(),),
        (Example("Three months after an illness on 31 March", d("2021-04-10"), observed=(("illness", d("2021-03-31"), None),),
                 earliest=BORN, recommended=BORN, products=("alpha", "beta")),
         Example("A dose given meanwhile counts", d("2021-04-10"), ("alpha@2021-04-05: valid",),
                 observed=(("illness", d("2021-03-31"), None),), status="complete")),
        {"deferrals": [{"antigen": "X", "observation": "illness", "for": "3mo", "text": {"en": "Wait"}, "source": "example"}]},
    ),
    Rule(
        "immunity", "Evidence of immunity", "By an observation, or by birth before a day unless excluded: no dose is needed.",
        (one(),),
        (Example("A laboratory result", d("2021-03-01"), observed=(("immune", None, None),), status="immune"),
         Example("Born before 1957", d("2021-03-01"), born=d("1956-12-31"), status="immune")),
        {"immunity": [{"antigen": "X", "observation": "immune"}, {"antigen": "X", "born_before": d("1957-01-01")}]},
        "CDSi Logic Specification 4.6, table 7-3",
    ),
    Rule(
        "conflict", "Conflicts between vaccines",
        "After one vaccine another waits: to `min_end` if the first counted, else to `end`. The next dose is planned after `end`.",
        (two(),),
        (Example("Nineteen days after: too near", d("2021-03-01"), ("alpha@2021-01-01: valid", "beta@2021-01-20: not_valid conflict"),
                 earliest=d("2021-01-29"), recommended=d("2021-01-29")),),
        {"conflicts": [{"previous": ["alpha"], "current": ["beta"], "begin": "1d", "min_end": "24d", "end": "28d"}]},
        "CDSi Logic Specification 4.6, table 6-24",
    ),
    Rule(
        "substandard", "Expired and spoilt doses", "They are not judged further and must be repeated.",
        (one(),),
        (Example("Given after the lot expired", d("2021-03-01"), ("alpha@2021-01-02/2021-01-01: substandard lot_expired",),
                 earliest=d("2021-01-02"), recommended=d("2021-01-02")),),
        source="CDSi Logic Specification 4.6, table 6-3",
    ),
    Rule(
        "dated-rules", "Rules that held for a time", "A row with `effective` or `cessation` judges doses of those days only, both included.",
        (two(intervals=[{"from_previous": True, "abs_min": "3w", "min": "3w", "cessation": d("2021-05-31")},
                        {"from_previous": True, "abs_min": "8w", "min": "8w", "effective": d("2021-06-01")}]),),
        (Example("Under the old rule", d("2021-07-01"), ("alpha@2021-05-01: valid", "alpha@2021-05-31: valid"), status="complete"),
         Example("Under the new one", d("2021-07-01"), ("alpha@2021-05-01: valid", "alpha@2021-06-01: not_valid too_soon"),
                 earliest=d("2021-07-27"), recommended=d("2021-07-27"))),
        source="CDSi Logic Specification 4.6, RELEVANT-1 and RELEVANT-2",
    ),
    Rule(
        "several-series", "Which of several series",
        "A person is on one series of a group: a complete one, else the one in process that scores best, else the default.",
        (series([{"preferable": [{"product": "alpha"}]}, {"preferable": [{"product": "alpha"}], "intervals": [{"from_previous": True, "min": "8w"}]}],
                id="alpha-path", select={"product_path": True, "preference": 1, "default": True}),
         series([{"preferable": [{"product": "beta"}]}, {"preferable": [{"product": "beta"}], "intervals": [{"from_previous": True, "min": "3w"}]}],
                id="beta-path", select={"product_path": True, "preference": 2})),
        (Example("Begun with Beta: Beta's path", d("2021-01-10"), ("beta@2021-01-01: valid",), earliest=d("2021-01-22"),
                 recommended=d("2021-01-22"), products=("beta",)),),
        source="CDSi Logic Specification 4.6, chapter 8",
    ),
)  # fmt: skip
