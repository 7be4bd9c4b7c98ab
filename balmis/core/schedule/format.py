"""The schedule file's format, once: the JSON Schema and the reference page come from here.

It can hold everything that CDC's CDSi supporting data says (see `cdsi.py`) and what
campaigns add: sets, intervals that depend on the pair of products, product rules with
strength, deferrals, grace, roles and sources.
"""

from datetime import date
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from balmis.core.schedule.duration import PATTERN
from balmis.core.vocabulary.people import Sex
from balmis.core.vocabulary.schedule import SeriesType

FORMAT = "balmis-schedule/1"

Key = Annotated[str, Meta(min_length=1, max_length=120)]
Text = Annotated[str, Meta(min_length=1)]
Names = Annotated[
    dict[str, str],
    Meta(min_length=1, description="Language code to text, e.g. {en: Booster, ko: 추가접종}."),
]
Length = Annotated[
    str,
    Meta(
        pattern=PATTERN,
        description=("A length of time: 18y, 6mo, 3w, 21d, or a sum as in '6mo - 4d'."),
    ),
]
Day = Annotated[date, Meta(description="An ISO date: 2021-02-26.")]
Number = Annotated[int, Meta(ge=1, le=99)]


class Strict(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """Unknown keys are errors: a misspelt key must not be a silent default."""


class Sourced(Strict, frozen=True, kw_only=True):
    """Where the numbers of an entry come from."""

    source: Annotated[str | None, Meta(description="A key of `sources`.")] = None
    assumption: Annotated[
        str | None,
        Meta(description="Why this number was assumed; it is shown wherever the number is."),
    ] = None


class Dated(Sourced, frozen=True, kw_only=True):
    """A rule that held for a time: both days included; empty means always."""

    effective: Day | None = None
    cessation: Day | None = None


class Association(Strict, frozen=True, kw_only=True):
    """A product protects against an antigen, perhaps only when given in an age window."""

    antigen: Key
    begin_age: Length | None = None
    end_age: Length | None = None


class Product(Sourced, frozen=True, kw_only=True):
    name: Text
    antigens: Annotated[
        list[Association],
        Meta(
            description=("Empty: known only because other vaccines must keep a distance from it.")
        ),
    ] = field(default_factory=list)
    title: str = ""
    cvx: str | None = None
    mvx: str | None = None
    manufacturer: str = ""
    platform: str = ""


class VaccineGroup(Strict, frozen=True, kw_only=True):
    """What is recommended together: one forecast each."""

    antigens: Annotated[list[Key], Meta(min_length=1)]
    full: Annotated[
        bool | None,
        Meta(description=("Whether all antigens of the group are always given together.")),
    ] = None


class Coded(Strict, frozen=True, kw_only=True):
    code: str
    system: str
    text: str


class Observation(Strict, frozen=True, kw_only=True):
    """Something that may be known of a person: a condition, an exposure, a reaction."""

    title: Text
    group: str = ""
    indication: str = ""
    contraindication: str = ""
    clarifying: str = ""
    codes: list[Coded] = field(default_factory=list)


class Indication(Strict, frozen=True, kw_only=True):
    """A risk series is for people with this observation, in this age window."""

    observation: Key
    title: str = ""
    text: str = ""
    begin_age: Length | None = None
    end_age: Length | None = None
    guidance: str = ""


class Select(Strict, frozen=True, kw_only=True):
    """How the series competes with others of its series group."""

    group: str = "1"
    group_name: str = ""
    equivalent: Annotated[list[str], Meta(description="Series groups of which one is enough.")] = (
        field(default_factory=list)
    )
    priority: str = "A"
    preference: Annotated[int | None, Meta(description="1 is preferred.")] = None
    default: bool = False
    product_path: bool = False
    min_start_age: Length | None = None
    max_start_age: Length | None = None


class Age(Dated, frozen=True, kw_only=True):
    """From `abs_min` the dose counts, from `min` it is planned, from `max` it is not given."""

    abs_min: Length | None = None
    min: Length | None = None
    rec_from: Length | None = None
    rec_to: Length | None = None
    max: Length | None = None


class When(Strict, frozen=True, kw_only=True):
    """Codes of products or names of sets; the row holds for these pairs only."""

    previous: list[Key] = field(default_factory=list)
    this: list[Key] = field(default_factory=list)


class Interval(Dated, frozen=True, kw_only=True):
    """A distance from exactly one of: the previous dose, a target dose, the last dose of
    listed products, the day of an observation."""

    from_previous: bool = False
    from_dose: Number | None = None
    from_recent: list[Key] = field(default_factory=list)
    from_observation: Key | None = None
    observation_title: str = ""
    when: When | None = None
    abs_min: Length | None = None
    min: Length | None = None
    rec_from: Length | None = None
    rec_to: Length | None = None
    priority: Annotated[
        bool, Meta(description=("In a group of several antigens this antigen's date goes first."))
    ] = False


class AllowableInterval(Dated, frozen=True, kw_only=True):
    from_previous: bool = False
    from_dose: Number | None = None
    abs_min: Length | None = None


class Allowable(Strict, frozen=True, kw_only=True):
    """A product or a set that counts when given in this age window."""

    product: Key | None = None
    set: Key | None = None
    label: str = ""
    begin_age: Length | None = None
    end_age: Length | None = None


class Preferable(Allowable, frozen=True, kw_only=True):
    """A product that is meant for this dose. `forecast`: name it in the recommendation."""

    trade_name: str = ""
    mvx: str = ""
    volume: float | None = None
    forecast: bool = True


class Inadvertent(Strict, frozen=True, kw_only=True):
    """Given by mistake: it does not count, and intervals are not counted from it."""

    product: Key | None = None
    set: Key | None = None
    label: str = ""


class Accepted(Strict, frozen=True, kw_only=True, rename={"from_": "from"}):
    """A product that breaks the rule and is accepted all the same."""

    products: Annotated[list[Key], Meta(min_length=1)]
    from_: Day | None = None
    source: str | None = None
    text: str = ""


class ProductRule(Sourced, frozen=True, kw_only=True):
    """The dose is of the same `key` as an earlier one. A breached *should* is valid with a note."""

    key: Literal["product", "manufacturer", "platform"]
    same_as: Annotated[
        Number | Literal["previous"],
        Meta(description="The number of a target dose, or 'previous'."),
    ]
    strength: Literal["must", "should"]
    exceptions: list[Accepted] = field(default_factory=list)


class Condition(Strict, frozen=True, kw_only=True, rename={"from_": "from"}):
    """One question of a skip: age, completed series, interval, or count of doses."""

    id: str = "1"
    type: Literal[
        "age",
        "completed_series",
        "interval",
        "count_by_age",
        "count_by_date",
        "count_by_date_and_age",
    ]
    from_: Day | None = None
    to: Day | None = None
    begin_age: Length | None = None
    end_age: Length | None = None
    interval: Length | None = None
    count: Annotated[int, Meta(ge=0)] | None = None
    doses: Literal["valid", "total"] | None = None
    op: Literal[">", "=", "<"] | None = None
    products: list[Key] = field(default_factory=list)
    series_groups: list[str] = field(default_factory=list)


class SkipSet(Dated, frozen=True, kw_only=True):
    id: str = "1"
    text: str = ""
    logic: Literal["and", "or"] | None = None
    conditions: Annotated[list[Condition], Meta(min_length=1)]


class Skip(Strict, frozen=True, kw_only=True):
    """The dose is not needed when the sets are met, while judging, forecasting, or both."""

    context: Literal["evaluation", "forecast", "both"] = "both"
    logic: Literal["and", "or"] | None = None
    sets: Annotated[list[SkipSet], Meta(min_length=1)]


class Season(Strict, frozen=True, kw_only=True):
    start: Day | None = None
    end: Day | None = None


class SeriesDose(Sourced, frozen=True, kw_only=True):
    number: Number
    role: Literal["primary", "additional", "booster"] = "primary"
    ages: list[Age] = field(default_factory=list)
    intervals: list[Interval] = field(default_factory=list)
    allowable_intervals: list[AllowableInterval] = field(default_factory=list)
    preferable: list[Preferable] = field(default_factory=list)
    allowable: list[Allowable] = field(default_factory=list)
    inadvertent: list[Inadvertent] = field(default_factory=list)
    product_rules: list[ProductRule] = field(default_factory=list)
    skips: list[Skip] = field(default_factory=list)
    recurring: bool = False
    season: Season | None = None


class Series(Sourced, frozen=True, kw_only=True):
    """One path to protection against one antigen."""

    id: Key
    title: Text
    antigen: Key
    vaccine_group: Key
    type: SeriesType = SeriesType.STANDARD
    sexes: Annotated[list[Sex], Meta(description="Empty: everyone.")] = field(default_factory=list)
    guidance: list[str] = field(default_factory=list)
    select: Select = Select()
    indications: list[Indication] = field(default_factory=list)
    doses: Annotated[list[SeriesDose], Meta(min_length=1)]


class Exclusion(Strict, frozen=True, kw_only=True):
    observation: Key
    title: str = ""


class Immunity(Strict, frozen=True, kw_only=True):
    """Protected without doses: by an observation, or by being born before a day."""

    antigen: Key
    observation: Key | None = None
    title: str = ""
    born_before: Day | None = None
    country: str = ""
    exclusions: list[Exclusion] = field(default_factory=list)


class BarredProduct(Strict, frozen=True, kw_only=True):
    product: Key | None = None
    set: Key | None = None
    label: str = ""
    begin_age: Length | None = None
    end_age: Length | None = None


class Contraindication(Sourced, frozen=True, kw_only=True):
    """Must not be given to people with this observation. No products: the whole antigen."""

    antigen: Key
    observation: Key
    title: str = ""
    text: str = ""
    guidance: str = ""
    begin_age: Length | None = None
    end_age: Length | None = None
    products: list[BarredProduct] = field(default_factory=list)


class Deferral(Sourced, frozen=True, kw_only=True):
    """Not now: until the observation ends, or until a length of time after it began."""

    antigen: Key
    observation: Key
    text: Names
    for_: Annotated[
        Length | None,
        Meta(description=("After the observation's day; without it, until the observation ends.")),
    ] = field(default=None, name="for")
    products: Annotated[list[Key], Meta(description="Empty: every product.")] = field(
        default_factory=list
    )


class Conflict(Sourced, frozen=True, kw_only=True):
    """After `previous`, none of `current` from `begin` to the end: `min_end` if the previous
    dose counted or was not judged, else `end`."""

    previous: Annotated[list[Key], Meta(min_length=1)]
    current: Annotated[list[Key], Meta(min_length=1)]
    begin: Length
    min_end: Length
    end: Length


class ScheduleFile(Strict, frozen=True, kw_only=True):
    """A whole schedule."""

    format: Annotated[str, Meta(pattern=r"^balmis-schedule/1$")]
    id: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9.-]{0,59}$")]
    version: Text
    title: Names
    jurisdiction: str = ""
    sources: Annotated[
        dict[str, str],
        Meta(description="Short key to publication, date and place; entries cite the key."),
    ] = field(default_factory=dict)
    grace: Annotated[
        Length | None,
        Meta(
            description=(
                "How much earlier than `min` a dose still counts where a row states no `abs_min`; "
                "without it such a row has no lower bound."
            )
        ),
    ] = None
    products: Annotated[dict[Key, Product], Meta(min_length=1)]
    vaccine_groups: Annotated[dict[Key, VaccineGroup], Meta(min_length=1)]
    sets: dict[Key, list[Key]] = field(default_factory=dict)
    observations: dict[Key, Observation] = field(default_factory=dict)
    series: Annotated[list[Series], Meta(min_length=1)]
    immunity: list[Immunity] = field(default_factory=list)
    contraindications: list[Contraindication] = field(default_factory=list)
    deferrals: list[Deferral] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
