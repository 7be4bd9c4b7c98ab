"""CDSi condition cases that do not pass, each reviewed against supporting data 4.64.

The workbook of conditions (v4.6) is older than the data in part. An entry says why the case
or our reading stands; logic is never bent to a case. A case that begins to pass must leave.
"""

STALE = "The case is older than supporting data 4.64: "
EXCEPTIONS = {
    "2016-UC-0003": "Our answer stands: every Pertussis product is contraindicated, and one "
    "contraindicated antigen makes the whole vaccine group contraindicated (table 9-4).",
    "2016-UC-0032": STALE + "the MMR series for risk states no latest interval, so there is no "
    "past-due date.",
    "2016-UC-0057": STALE + "its name says 18 months of age, its dates 5 months; the risk series "
    "begins at 12 months.",
    "2016-UC-0060": STALE + "the series after a transplant asks for 4 weeks, not 8.",
    "2016-UC-0110": STALE + "the fifth target's minimum age is 12 months, ten days later than the "
    "earliest date of the case.",
    "2016-UC-0128": STALE
    + "during an outbreak the series from 2 months of age has priority A, the "
    "one-dose series of the case priority B.",
    "2016-UC-0129": STALE + "as 2016-UC-0128; MPSV4 is not allowed in the series of priority A.",
    "2016-UC-0130": "The case is wrong by a year: 27 weeks after the onset of pregnancy it gives, "
    "2016-08-22, is 2017-02-27, which is our risk forecast, and its past due forgets a day. As no "
    "dose names a series type, the runner compares the standard forecast.",
    "2016-UC-0165": STALE + "the third dose is 5 years from the previous dose, not from PPSV23.",
    "2016-UC-0198": STALE + "as 2016-UC-0128, for microbiologists.",
    "2017-UC-0015": STALE + "cholera vaccine is for travellers from 2 years of age, not from 18.",
    "2022-UC-0017": STALE + "the second pneumococcal dose is 1 year after the first, not 8 weeks.",
    "2022-UC-0030": STALE + "observation 235 indicates no series any more.",
    "2022-UC-0031": STALE + "as 2022-UC-0030.",
    "2023-UC-0048": STALE + "the RSV season of the data begins on 2025-10-01, when this child is "
    "older than 20 months.",
    "2023-UC-0049": STALE + "as 2023-UC-0048.",
    "2023-UC-0050": STALE + "as 2023-UC-0048.",
    "2025-UC-0015": "The case is wrong: past due is the latest recommended interval date minus one "
    "day (FORECASTDT-3); the case forgets the day.",
}
