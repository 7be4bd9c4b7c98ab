"""What a study asks and answers, as plain values: kept as JSON, compared, drawn, printed, read by others.

Days are ISO texts; `week` counts from 0 at `starts_on`; people and doses are of the whole region.
"""

from typing import NotRequired, TypedDict

Weekly = list[list[float]]  # weeks down; products, areas or groups across


class WhatAsked(TypedDict):
    """What differs from the assumptions; shares of 1, `uptake` in shares more or less."""

    by: str | None
    supply: float
    capacity: float
    uptake: float
    surge: bool
    option: str | None
    lag_days: int


class StudyAsked(TypedDict):
    """All that a study depends on. `scenario`: the text of other assumptions, `name`: their file."""

    scenario: str | None
    after: str | None
    quick: bool
    name: NotRequired[str | None]
    what: WhatAsked


class WaterfallStep(TypedDict):
    """One limit of the waterfall: the people that it costs."""

    cause: str
    people: float


class GainBought(TypedDict):
    """What one more of a kind buys; of a site's capacity also what a whole station would."""

    kind: str
    what: str
    unit: float
    people: float
    week: str | None
    station_doses: NotRequired[int]
    station_people: NotRequired[float]


class Examined(TypedDict, total=False):
    """How surely a target is reached, and what holds it back; absent from a quick try."""

    bracket: dict[str, float]
    policies: dict[str, float]
    most: float
    margin: float
    steps: list[WaterfallStep]
    without: dict[str, float]
    gains: list[GainBought]


class AimPlanned(Examined):
    """A target, and when the plan reaches it. `done`: people by week, `short`: those missing on the day."""

    code: str
    people: float
    completed: bool
    week: int
    by: str
    done_by: float
    short: float
    reached_on: str | None
    done: list[float]


class AimReached(AimPlanned):
    """When it is reached at best, and its chance. `fan`: people at 5, 50 and 95 %, by week."""

    earliest_on: str | None
    chance: float
    fan: list[list[float]]


class VariantAim(TypedDict):
    """A target under one of the ways to go on."""

    code: str
    people: float
    by: str
    done_by: float
    short: float
    reached_on: str | None
    earliest_on: str | None
    chance: float


class Variant(TypedDict):
    """A way to go on, with the price of its doses."""

    name: str
    surge: bool
    option: str | None
    title: dict[str, str] | None
    seller: str
    regulatory: str
    doses: int
    first_on: str | None
    price_a_dose: float | None
    currency: str
    cost: float | None
    shelf_days: int | None
    aims: list[VariantAim]


class Cause(TypedDict):
    """Where doses are missing, and how many."""

    cause: str
    doses: int


class AimDates(TypedDict):
    """The earliest day of a target: as planned, had the deliveries been as planned, and now."""

    aim: str
    planned: str | None
    with_deliveries: str | None
    now: str | None


class Difference(TypedDict):
    """Doses planned and given until a day, and what that did to the dates."""

    planned: int
    given: int
    lacks: int
    leads: int
    delivered: int
    delivered_planned: int
    stock: int
    kept: int
    missed: int
    causes: list[Cause]
    dates: list[AimDates]


class LevelReached(TypedDict):
    """One objective of the lexicographic order, and the seconds that it took."""

    name: str
    value: float
    seconds: float


class Compared(TypedDict, total=False):
    """Beside what it stands: of a plan made anew, and of a whole study."""

    after: str
    difference: Difference
    variants: list[Variant]


class PlanByWeek(Compared):
    """The plan itself. `site_doses` and `site_vials`: weeks, sites, products."""

    version: str
    campaign: str
    as_of: str
    starts_on: str
    weeks: int
    areas: list[str]
    sites: list[str]
    groups: list[str]
    products: list[str]
    people: list[float]
    first: list[float]
    second: list[float]
    first_by_product: Weekly
    second_by_product: Weekly
    first_by_group: Weekly
    supply: Weekly
    stock: Weekly
    thrown: Weekly
    promised: Weekly
    capacity: Weekly
    coverage: Weekly
    late: float
    site_doses: list[list[list[int]]]
    site_vials: list[list[list[int]]]


class StudyResult(PlanByWeek):
    """The plan under what was asked, with its targets; how it was worked out."""

    what: WhatAsked
    seed: int
    futures: int
    made_at: str
    seconds: float
    seconds_in_highs: float
    aims: list[AimReached]
    levels: list[LevelReached]
