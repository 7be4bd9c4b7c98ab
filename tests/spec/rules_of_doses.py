# ruff: noqa: E501 tables are read by row
"""Rules by example: products, doses that are not needed, conditions, seasons."""

from tests.spec.example import BORN, Example, Rule, d, one, series, two

DOSES = (
    Rule(
        "products",
        "Preferable and allowable products",
        "A dose counts with a preferable or an allowable product inside its age window; only preferable ones are named.",
        (
            one(
                preferable=[{"product": "alpha", "begin_age": "30y"}],
                allowable=[{"product": "alpha", "begin_age": "18y"}],
            ),
        ),
        (
            Example(
                "Allowed at 20, named from 30",
                d("2021-01-01"),
                ("alpha@2020-06-01: valid",),
                status="complete",
            ),
            Example(
                "Another product",
                d("2021-01-01"),
                ("beta@2020-06-01: not_valid product_not_allowed",),
                earliest=d("2020-06-01"),
                recommended=d("2020-06-01"),
                products=(),
            ),
        ),
        source="CDSi Logic Specification 4.6, tables 6-26 and 6-29",
    ),
    Rule(
        "inadvertent",
        "Given by mistake",
        "An inadvertent product does not count, and intervals are not counted from it.",
        (
            two(
                inadvertent=[{"product": "beta"}],
                preferable=[{"product": "alpha"}],
                intervals=[{"from_previous": True, "min": "4w"}],
            ),
        ),
        (
            Example(
                "The interval still counts from the first dose",
                d("2021-02-01"),
                ("alpha@2021-01-01: valid", "beta@2021-01-20: not_valid inadvertent"),
                earliest=d("2021-01-29"),
                recommended=d("2021-01-29"),
                products=("alpha",),
            ),
        ),
        source="CDSi Logic Specification 4.6, table 6-13",
    ),
    Rule(
        "product-rule-should",
        "Same manufacturer: should",
        "A breached *should* is valid with a note; products that keep the rule are named first.",
        (two(product_rules=[{"key": "manufacturer", "same_as": 1, "strength": "should"}]),),
        (
            Example(
                "Another manufacturer counts with a note",
                d("2021-03-01"),
                ("alpha@2021-01-01: valid", "beta@2021-02-01: valid other_than_should"),
                status="complete",
            ),
            Example(
                "The same is named first",
                d("2021-01-10"),
                ("beta@2021-01-01: valid",),
                earliest=d("2021-01-01"),
                recommended=d("2021-01-01"),
                products=("beta", "alpha"),
            ),
        ),
    ),
    Rule(
        "product-rule-must",
        "Same manufacturer: must",
        "A breached *must* does not count, unless an exception names the product from that day on.",
        (
            two(
                product_rules=[
                    {
                        "key": "manufacturer",
                        "same_as": 1,
                        "strength": "must",
                        "exceptions": [{"products": ["beta"], "from": d("2021-07-05")}],
                    }
                ]
            ),
        ),
        (
            Example(
                "Before the exception",
                d("2021-07-01"),
                ("alpha@2021-01-01: valid", "beta@2021-07-04: not_valid other_than_must")[:1],
                earliest=d("2021-01-01"),
                recommended=d("2021-01-01"),
                products=("alpha",),
            ),
            Example(
                "From its day on",
                d("2021-08-01"),
                ("alpha@2021-01-01: valid", "beta@2021-07-05: valid"),
                status="complete",
            ),
        ),
    ),
    Rule(
        "skip",
        "Doses that are not needed",
        "A skip passes over a dose when its conditions hold: by age, interval, count of doses, or another series completed.",
        (
            two(
                skips=[
                    {
                        "sets": [
                            {
                                "conditions": [
                                    {
                                        "type": "count_by_age",
                                        "products": ["beta"],
                                        "doses": "valid",
                                        "op": ">",
                                        "count": 0,
                                    }
                                ]
                            }
                        ]
                    }
                ]
            ),
        ),
        (
            Example(
                "One dose of Beta is the whole course",
                d("2021-02-01"),
                ("beta@2021-01-01: valid",),
                status="complete",
            ),
            Example(
                "After Alpha a second is needed",
                d("2021-02-01"),
                ("alpha@2021-01-01: valid",),
                earliest=d("2021-01-01"),
                recommended=d("2021-01-01"),
            ),
        ),
        source="CDSi Logic Specification 4.6, section 6.2",
    ),
    Rule(
        "recurring",
        "Recurring doses",
        "The last dose returns after each interval; the series is never complete.",
        (two(recurring=True, intervals=[{"from_previous": True, "min": "1y", "rec_from": "1y"}]),),
        (
            Example(
                "Due again a year later",
                d("2022-06-01"),
                ("alpha@2020-01-01: valid", "alpha@2021-02-28: valid"),
                earliest=d("2022-02-28"),
                recommended=d("2022-02-28"),
            ),
        ),
        source="CDSi Logic Specification 4.6, section 4.4",
    ),
    Rule(
        "season",
        "Seasonal doses",
        "Not before the season starts, and not recommended once it is over.",
        (one(season={"start": d("2021-10-01"), "end": d("2022-03-31")}),),
        (
            Example(
                "Before the season",
                d("2021-08-01"),
                earliest=d("2021-10-01"),
                recommended=d("2021-10-01"),
            ),
            Example("After it", d("2022-04-01"), status="not_recommended"),
        ),
        source="CDSi Logic Specification 4.6, table 7-10",
    ),
    Rule(
        "extra-dose",
        "More doses than needed",
        "Once the series is complete, further doses are extraneous: not harmful to the record, not needed.",
        (one(),),
        (
            Example(
                "The second of one",
                d("2021-03-01"),
                ("alpha@2021-01-01: valid", "alpha@2021-02-01: extraneous series_done"),
                status="complete",
            ),
        ),
    ),
    Rule(
        "contraindication",
        "Contraindication",
        "Without products it closes the antigen; with products, those are not named, and the series closes only when none is left.",
        (one(),),
        (
            Example(
                "The antigen",
                d("2021-03-01"),
                observed=(("allergy", None, None),),
                status="contraindicated",
            ),
            Example(
                "One product",
                d("2021-03-01"),
                observed=(("illness", None, None),),
                earliest=BORN,
                recommended=BORN,
                products=("beta",),
            ),
        ),
        {
            "contraindications": [
                {"antigen": "X", "observation": "allergy"},
                {"antigen": "X", "observation": "illness", "products": [{"product": "alpha"}]},
            ]
        },
        "CDSi Logic Specification 4.6, tables 7-5 to 7-7",
    ),
    Rule(
        "deferral",
        "Deferral",
        "Not now: until the observation ends, or a length of time after it. It never makes a dose invalid.",
        (one(),),
        (
            Example(
                "Three months after an illness on 31 March",
                d("2021-04-10"),
                observed=(("illness", d("2021-03-31"), None),),
                earliest=BORN,
                recommended=BORN,
                products=("alpha", "beta"),
            ),
            Example(
                "A dose given meanwhile counts",
                d("2021-04-10"),
                ("alpha@2021-04-05: valid",),
                observed=(("illness", d("2021-03-31"), None),),
                status="complete",
            ),
        ),
        {
            "deferrals": [
                {
                    "antigen": "X",
                    "observation": "illness",
                    "for": "3mo",
                    "text": {"en": "Wait"},
                    "source": "example",
                }
            ]
        },
    ),
    Rule(
        "immunity",
        "Evidence of immunity",
        "By an observation, or by birth before a day unless excluded: no dose is needed.",
        (one(),),
        (
            Example(
                "A laboratory result",
                d("2021-03-01"),
                observed=(("immune", None, None),),
                status="immune",
            ),
            Example("Born before 1957", d("2021-03-01"), born=d("1956-12-31"), status="immune"),
        ),
        {
            "immunity": [
                {"antigen": "X", "observation": "immune"},
                {"antigen": "X", "born_before": d("1957-01-01")},
            ]
        },
        "CDSi Logic Specification 4.6, table 7-3",
    ),
    Rule(
        "conflict",
        "Conflicts between vaccines",
        "After one vaccine another waits: to `min_end` if the first counted, else to `end`. The next dose is planned after `end`.",
        (two(),),
        (
            Example(
                "Nineteen days after: too near",
                d("2021-03-01"),
                ("alpha@2021-01-01: valid", "beta@2021-01-20: not_valid conflict"),
                earliest=d("2021-01-29"),
                recommended=d("2021-01-29"),
            ),
        ),
        {
            "conflicts": [
                {
                    "previous": ["alpha"],
                    "current": ["beta"],
                    "begin": "1d",
                    "min_end": "24d",
                    "end": "28d",
                }
            ]
        },
        "CDSi Logic Specification 4.6, table 6-24",
    ),
    Rule(
        "substandard",
        "Expired and spoilt doses",
        "They are not judged further and must be repeated.",
        (one(),),
        (
            Example(
                "Given after the lot expired",
                d("2021-03-01"),
                ("alpha@2021-01-02/2021-01-01: substandard lot_expired",),
                earliest=d("2021-01-02"),
                recommended=d("2021-01-02"),
            ),
        ),
        source="CDSi Logic Specification 4.6, table 6-3",
    ),
    Rule(
        "dated-rules",
        "Rules that held for a time",
        "A row with `effective` or `cessation` judges doses of those days only, both included.",
        (
            two(
                intervals=[
                    {
                        "from_previous": True,
                        "abs_min": "3w",
                        "min": "3w",
                        "cessation": d("2021-05-31"),
                    },
                    {
                        "from_previous": True,
                        "abs_min": "8w",
                        "min": "8w",
                        "effective": d("2021-06-01"),
                    },
                ]
            ),
        ),
        (
            Example(
                "Under the old rule",
                d("2021-07-01"),
                ("alpha@2021-05-01: valid", "alpha@2021-05-31: valid"),
                status="complete",
            ),
            Example(
                "Under the new one",
                d("2021-07-01"),
                ("alpha@2021-05-01: valid", "alpha@2021-06-01: not_valid too_soon"),
                earliest=d("2021-07-27"),
                recommended=d("2021-07-27"),
            ),
        ),
        source="CDSi Logic Specification 4.6, RELEVANT-1 and RELEVANT-2",
    ),
    Rule(
        "several-series",
        "Which of several series",
        "A person is on one series of a group: a complete one, else the one in process that scores best, else the default.",
        (
            series(
                [
                    {"preferable": [{"product": "alpha"}]},
                    {
                        "preferable": [{"product": "alpha"}],
                        "intervals": [{"from_previous": True, "min": "8w"}],
                    },
                ],
                id="alpha-path",
                select={"product_path": True, "preference": 1, "default": True},
            ),
            series(
                [
                    {"preferable": [{"product": "beta"}]},
                    {
                        "preferable": [{"product": "beta"}],
                        "intervals": [{"from_previous": True, "min": "3w"}],
                    },
                ],
                id="beta-path",
                select={"product_path": True, "preference": 2},
            ),
        ),
        (
            Example(
                "Begun with Beta: Beta's path",
                d("2021-01-10"),
                ("beta@2021-01-01: valid",),
                earliest=d("2021-01-22"),
                recommended=d("2021-01-22"),
                products=("beta",),
            ),
        ),
        source="CDSi Logic Specification 4.6, chapter 8",
    ),
)
