"""Rules by example: ages, intervals, dates."""

from tests.spec.example import Example, Rule, d, one, series, two

TIME = (
    Rule(
        "minimum-age",
        "Minimum age and grace",
        "A dose counts from `abs_min`; it is planned from `min`. Between the two it counts with a note.",
        (one(ages=[{"abs_min": "18y - 4d", "min": "18y", "rec_from": "18y"}]),),
        (
            Example(
                "Five days early: too young",
                d("2018-02-01"),
                ("alpha@2018-01-26: not_valid too_young",),
                earliest=d("2018-01-31"),
                recommended=d("2018-01-31"),
            ),
            Example(
                "Four days early: in the grace period",
                d("2018-02-01"),
                ("alpha@2018-01-27: valid age_grace",),
                status="complete",
            ),
        ),
        source="CDSi Logic Specification 4.6, table 6-15",
    ),
    Rule(
        "schedule-grace",
        "Grace chosen by the schedule",
        "A schedule may state one `grace` for all rows that have a `min` and no `abs_min` of their own.",
        (two(intervals=[{"from_previous": True, "min": "21d"}]),),
        (
            Example(
                "Four days early counts",
                d("2021-03-01"),
                ("alpha@2021-01-01: valid", "alpha@2021-01-18: valid interval_grace"),
                status="complete",
            ),
            Example(
                "Five days early does not",
                d("2021-02-01"),
                ("alpha@2021-01-01: valid", "alpha@2021-01-17: not_valid too_soon"),
                earliest=d("2021-02-07"),
                recommended=d("2021-02-07"),
            ),
        ),
        {"grace": "4d"},
    ),
    Rule(
        "maximum-age",
        "Maximum age",
        "From `max` on a dose is extraneous, and none is planned: the person has aged out.",
        (one(ages=[{"min": "0d", "max": "18y"}]),),
        (
            Example(
                "On the birthday itself it is too late",
                d("2018-02-10"),
                ("alpha@2018-01-31: extraneous too_old",),
                status="aged_out",
            ),
            Example(
                "The day before it counts",
                d("2018-02-10"),
                ("alpha@2018-01-30: valid",),
                status="complete",
            ),
        ),
        source="CDSi Logic Specification 4.6, tables 6-15 and 7-10",
    ),
    Rule(
        "recommended-dates",
        "Recommended and past due",
        "`rec_from` says when a dose is best given, `rec_to` until when it is in time. Age goes before interval; "
        "neither comes before the earliest day.",
        (one(ages=[{"min": "18y", "rec_from": "18y + 6mo", "rec_to": "19y"}]),),
        (
            Example(
                "Dates of the only dose",
                d("2018-03-01"),
                earliest=d("2018-01-31"),
                recommended=d("2018-07-31"),
                past_due=d("2019-01-30"),
            ),
        ),
        source="CDSi Logic Specification 4.6, table 7-13",
    ),
    Rule(
        "month-ends",
        "Months that are too short",
        "Years and months are added before days. A day that does not exist moves to the first of the next month.",
        (two(intervals=[{"from_previous": True, "min": "6mo", "rec_from": "6mo"}]),),
        (
            Example(
                "31 August plus six months",
                d("2021-09-15"),
                ("alpha@2021-08-31: valid",),
                earliest=d("2022-03-01"),
                recommended=d("2022-03-01"),
            ),
            Example(
                "29 August 2021 plus six months: no 29 February",
                d("2021-09-15"),
                ("alpha@2021-08-29: valid",),
                earliest=d("2022-03-01"),
                recommended=d("2022-03-01"),
            ),
        ),
        source="CDSi Logic Specification 4.6, CALCDT-5 and CALCDT-6",
    ),
    Rule(
        "interval-from-previous",
        "Interval from the previous dose",
        "Counted from the last dose that was valid or not valid; an inadvertent one does not count.",
        (
            two(
                intervals=[
                    {
                        "from_previous": True,
                        "abs_min": "17d",
                        "min": "21d",
                        "rec_from": "21d",
                        "rec_to": "6w",
                    }
                ]
            ),
        ),
        (
            Example(
                "Too soon, and the next counts from the dose that was not valid",
                d("2021-03-01"),
                ("alpha@2021-01-01: valid", "alpha@2021-01-10: not_valid too_soon"),
                earliest=d("2021-01-31"),
                recommended=d("2021-01-31"),
                past_due=d("2021-02-20"),
            ),
            Example(
                "In time",
                d("2021-03-01"),
                ("alpha@2021-01-01: valid", "alpha@2021-01-22: valid"),
                status="complete",
            ),
        ),
        source="CDSi Logic Specification 4.6, tables 6-18 and 6-19",
    ),
    Rule(
        "interval-from-dose",
        "Interval from a target dose",
        "A booster may count from the dose that satisfied an earlier target, whatever was given between.",
        (
            series(
                [
                    {},
                    {},
                    {
                        "role": "booster",
                        "intervals": [
                            {"from_dose": 2, "abs_min": "6mo", "min": "6mo", "rec_from": "6mo"}
                        ],
                    },
                ]
            ),
        ),
        (
            Example(
                "An early booster does not move the day",
                d("2021-09-01"),
                (
                    "alpha@2021-01-01: valid",
                    "alpha@2021-02-01: valid",
                    "alpha@2021-05-01: not_valid too_soon",
                ),
                earliest=d("2021-08-01"),
                recommended=d("2021-08-01"),
            ),
        ),
        source="CDSi Logic Specification 4.6, CALCDTINT-2",
    ),
    Rule(
        "interval-by-products",
        "Interval by the pair of products",
        "A row with `when` holds only after the products it names (`previous`), or for the products it names (`this`).",
        (
            two(
                intervals=[
                    {
                        "from_previous": True,
                        "when": {"previous": ["alpha"]},
                        "min": "8w",
                        "abs_min": "4w",
                    },
                    {
                        "from_previous": True,
                        "when": {"previous": ["beta"]},
                        "min": "21d",
                        "abs_min": "19d",
                    },
                ]
            ),
        ),
        (
            Example(
                "After Alpha eight weeks",
                d("2021-02-01"),
                ("alpha@2021-01-01: valid",),
                earliest=d("2021-02-26"),
                recommended=d("2021-02-26"),
            ),
            Example(
                "After Beta three",
                d("2021-01-10"),
                ("beta@2021-01-01: valid",),
                earliest=d("2021-01-22"),
                recommended=d("2021-01-22"),
            ),
        ),
    ),
    Rule(
        "allowable-interval",
        "Allowable interval",
        "Where a preferable interval is missed, all allowable ones together are enough.",
        (
            two(
                intervals=[{"from_previous": True, "abs_min": "8w", "min": "8w"}],
                allowable_intervals=[{"from_previous": True, "abs_min": "4w"}],
            ),
        ),
        (
            Example(
                "Five weeks are allowed",
                d("2021-03-01"),
                ("alpha@2021-01-01: valid", "alpha@2021-02-05: valid short_interval_allowed"),
                status="complete",
            ),
        ),
        source="CDSi Logic Specification 4.6, table 6-31",
    ),
)
