"""The campaign file's format, once: the JSON Schema and the reference page come from here."""

from datetime import date
from typing import Annotated, Any, Literal

from msgspec import Meta, field

from balmis.core.campaigns.groups import Description, GroupRule
from balmis.core.files.strict import Strict
from balmis.core.policy import Policy
from balmis.core.vocabulary.campaigns import Measure, Progress
from balmis.core.vocabulary.clinic import DoseKind
from balmis.core.vocabulary.people import Sex, TraitKind
from balmis.core.vocabulary.places import Access, SiteKind, SiteStatus
from balmis.core.vocabulary.supply import Storage

FORMAT = "balmis-campaign/1"

Code = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$",
        description="Letters, digits, '.', '_' and '-'; at most 40.",
    ),
]
Names = Annotated[
    dict[str, str],
    Meta(min_length=1, description="Language code to name, e.g. {en: Jeju-si, ko: 제주시}."),
]
Text = Annotated[str, Meta(min_length=1)]
LONGEST_SENDER = 12  # letters, of the few that a text message has
Day = Annotated[date, Meta(description="An ISO date: 2021-02-26.")]
People = Annotated[int, Meta(ge=0, le=2_000_000_000)]
Share = Annotated[float, Meta(ge=0, le=1, description="A share from 0 to 1: 0.7 is 70 %.")]
Years = Annotated[int, Meta(ge=0, le=130)]


DoseRole = Literal["primary", "additional", "booster"]


class Sourced(Strict, frozen=True, kw_only=True):
    """Where the numbers of an entry come from: one of the two must be stated."""

    source: Annotated[str | None, Meta(description="A key of `sources`.")] = None
    assumption: Annotated[
        str | None,
        Meta(description="Why this number was assumed; it is shown wherever the number is."),
    ] = None


class Basis(Sourced, frozen=True, kw_only=True):
    """A plan document or law the campaign stands on."""

    title: Text
    number: str = ""
    issued_on: Day | None = None
    authority: str = ""


class Period(Strict, frozen=True, kw_only=True):
    starts_on: Day
    ends_on: Day


class Size(Sourced, frozen=True, kw_only=True):
    """A count of people, with its day and source."""

    people: People
    as_of: Day | None = None


class Point(Strict, frozen=True, kw_only=True):
    """A place on the map, in degrees (WGS 84)."""

    latitude: Annotated[float, Meta(ge=-90, le=90)]
    longitude: Annotated[float, Meta(ge=-180, le=180)]


class AreaEntry(Sourced, frozen=True, kw_only=True):
    """An area and what lies in it. Areas without `people` share their parent's by `weight`."""

    code: Code
    names: Names
    kind: Annotated[str, Meta(min_length=1, max_length=30)]
    people: People | None = None
    as_of: Day | None = None
    weight: Annotated[float, Meta(gt=0)] = 1.0
    ages: Annotated[
        dict[str, float] | None,
        Meta(description="Share of people by age band ('0-9', '80+'), when it differs."),
    ] = None
    male_share: Share | None = None
    at: Annotated[
        Point | None,
        Meta(description="Where most of its people live: distances to sites are from here."),
    ] = None
    areas: list["AreaEntry"] = field(default_factory=list)


class Structure(Sourced, frozen=True, kw_only=True):
    """Age and sex of the population, for areas that do not state their own."""

    ages: Annotated[
        dict[str, float],
        Meta(description="People (or shares) by age band: '0-9' or, for the oldest, '80+'."),
    ]
    male_share: Share
    as_of: Day | None = None


class Naming(Strict, frozen=True, kw_only=True):
    """How names and ids of synthetic residents look."""

    names: Literal["ko", "zh", "vi", "it"]
    national_id: Literal["kr", "cn", "vn", "none"] = "none"


class DenominatorEntry(Sourced, frozen=True, kw_only=True):
    people: Annotated[int, Meta(ge=1, le=2_000_000_000)]
    label: Names
    as_of: Day


class Target(Sourced, frozen=True, kw_only=True):
    """What is to be reached, by when, out of whom. State `people`, `share`, or both."""

    code: Code
    title: Names
    measure: Measure
    denominator: DenominatorEntry
    by: Day
    people: People | None = None
    share: Share | None = None
    groups: Annotated[list[Code], Meta(description="Only these groups; empty: everyone.")] = field(
        default_factory=list
    )

    @property
    def aim(self) -> int:
        """The number of people (or doses) to reach: as stated, or the share, rounded up."""
        if self.people is not None:
            return self.people
        return -int(-self.denominator.people * (self.share or 0) // 1)


class Known(Strict, frozen=True, kw_only=True):
    """One way to know a member: all that is stated must hold."""

    age_from: Years = 0
    age_to: Years | None = None
    sex: Sex | None = None
    facility: Code | None = None
    occupation: Code | None = None
    unit: Code | None = None
    condition: Code | None = None
    flag: Code | None = None

    def trait(self) -> tuple[TraitKind, str] | None:
        for kind in TraitKind:
            if code := getattr(self, kind.value):
                return kind, code
        return None


class GroupEntry(Sourced, frozen=True, kw_only=True):
    """A priority group. Groups stand in the order in which they are served."""

    code: Code
    title: Names
    known_by: Annotated[list[Known], Meta(min_length=1)]
    status: Progress = Progress.PLANNED
    reason: Annotated[
        dict[str, str],
        Meta(description="Why the group is deferred, by language; shown to the public."),
    ] = field(default_factory=dict)
    size: Size | None = None


class Phase(Sourced, frozen=True, kw_only=True):
    code: Code
    title: Names
    groups: list[Code] = field(default_factory=list)
    areas: Annotated[list[Code], Meta(description="Only these areas; empty: everywhere.")] = field(
        default_factory=list
    )
    doses: Annotated[list[DoseRole], Meta(description="Only these doses; empty: any.")] = field(
        default_factory=list
    )
    products: Annotated[
        list[Code], Meta(description="Only these products; empty: all of the campaign.")
    ] = field(default_factory=list)
    starts_on: Day | None = None
    ends_on: Annotated[
        date | None, Meta(description="The planned end. People may still come afterwards.")
    ] = None
    closes_on: Annotated[
        date | None,
        Meta(description="The last day of the offer; without it a phase once open stays open."),
    ] = None
    status: Progress = Progress.PLANNED


class WaveDoses(Strict, frozen=True, kw_only=True):
    kind: DoseKind
    doses: People


class Wave(Sourced, frozen=True, kw_only=True):
    code: Code
    title: Names
    phase: Code | None = None
    starts_on: Day | None = None
    ends_on: Day | None = None
    status: Progress = Progress.PLANNED
    people: People | None = None
    doses: list[WaveDoses] = field(default_factory=list)


Time = Annotated[str, Meta(pattern=r"^([01]\d|2[0-4]):[0-5]\d$", description="HH:MM, 24 hours.")]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class Opening(Strict, frozen=True, kw_only=True, rename={"from_": "from"}):
    days: Annotated[list[Weekday], Meta(min_length=1)]
    from_: Time
    to: Time


class SiteEntry(Sourced, frozen=True, kw_only=True):
    code: Code
    names: Names
    kind: SiteKind
    area: Code
    status: SiteStatus = SiteStatus.PLANNED
    address: str = ""
    opens_on: Day | None = None
    parking_places: People | None = None
    observation_seats: People | None = None
    stations: People | None = None
    opening: list[Opening] = field(default_factory=list)
    at: Point | None = None
    access: Annotated[
        list[Access], Meta(description="What it has for people with a disability.")
    ] = field(default_factory=list)
    share: Annotated[
        Share | None,
        Meta(description="Part of the campaign's doses given here, for demonstrations."),
    ] = None


class ProductCodes(Strict, frozen=True, kw_only=True):
    cvx: str | None = None
    mvx: str | None = None
    eu_dcc: str | None = None


class ProductEntry(Sourced, frozen=True, kw_only=True):
    code: Code
    name: Text
    manufacturer: Text
    storage: Storage
    doses_per_vial: Annotated[int, Meta(ge=1, le=1000)]
    primary_doses: Annotated[int, Meta(ge=1, le=9)]
    min_interval_days: Annotated[int, Meta(ge=0, le=3650)]
    min_age_years: Years
    platform: str = ""
    open_vial_hours: Annotated[int, Meta(ge=0, le=8760)] | None = None
    codes: ProductCodes = ProductCodes()
    share: Annotated[
        Share | None, Meta(description="Part of the campaign's doses, for demonstrations.")
    ] = None


class Payer(Sourced, frozen=True, kw_only=True):
    code: Code
    title: Names
    covers: Annotated[list[str], Meta(description="vaccine, administration, …")]
    share: Share | None = None


class Observation(Sourced, frozen=True, kw_only=True):
    minutes: Annotated[int, Meta(ge=0, le=240)]


class Capacity(Sourced, frozen=True, kw_only=True):
    doses_a_day: People | None = None
    doses_a_month: People | None = None
    surge: str = ""


class Fact(Sourced, frozen=True, kw_only=True):
    """Anything else the plan states: staff trained, teams, a rule for the dose."""

    title: Text
    value: str = ""


class Reported(Sourced, frozen=True, kw_only=True):
    """Cumulative figures published by others as of 24:00 of a day."""

    day: Day
    doses: dict[DoseKind, People]


class RevisionEntry(Strict, frozen=True, kw_only=True):
    """What changed from a day on. `set` names places as 'sites/CODE/status'."""

    in_force_on: Day
    title: Text
    source: str
    set: dict[str, Any] = field(default_factory=dict)
    add: dict[str, list[dict[str, Any]]] = field(default_factory=dict)


class Plan(Strict, frozen=True, kw_only=True):
    """A whole campaign."""

    format: Annotated[str, Meta(pattern=r"^balmis-campaign/1$")]
    id: Annotated[
        str,
        Meta(
            pattern=r"^[a-z0-9][a-z0-9-]{0,59}$",
            description=("Small letters, digits and '-'; at most 60; never changed."),
        ),
    ]
    title: Names
    sender: Annotated[
        dict[str, Annotated[str, Meta(min_length=1, max_length=LONGEST_SENDER)]] | None,
        Meta(
            description=(
                "Who messages to people are from, by language code: it stands in brackets before each "
                "text. Without it they begin with the title, where there is room."
            )
        ),
    ] = None
    period: Period
    time_zone: Annotated[str, Meta(description="An IANA name: Asia/Seoul.")]
    languages: Annotated[list[str], Meta(min_length=1)]
    sources: Annotated[
        dict[str, str],
        Meta(description="Short key to publication, date and place; entries cite the key."),
    ]
    areas: Annotated[list[AreaEntry], Meta(min_length=1, max_length=1)]
    population: Structure
    targets: Annotated[list[Target], Meta(min_length=1)]
    groups: Annotated[list[GroupEntry], Meta(min_length=1)]
    sites: Annotated[list[SiteEntry], Meta(min_length=1)]
    products: Annotated[list[ProductEntry], Meta(min_length=1)]
    observation: Observation
    schedule: Annotated[
        str | None,
        Meta(
            description=(
                "Id of the dose schedule that says who is due what: a preset or one loaded before."
            )
        ),
    ] = None
    legal_basis: list[Basis] = field(default_factory=list)
    naming: Naming | None = None
    phases: list[Phase] = field(default_factory=list)
    waves: list[Wave] = field(default_factory=list)
    payers: list[Payer] = field(default_factory=list)
    capacity: Capacity | None = None
    facts: list[Fact] = field(default_factory=list)
    assumptions: list[str] = field(default_factory=list)
    reported: list[Reported] = field(default_factory=list)
    revisions: list[RevisionEntry] = field(default_factory=list)
    policy: Annotated[
        Policy,
        Meta(description="What the authority decides where it differs from the defaults."),
    ] = Policy()

    @property
    def root(self) -> AreaEntry:
        return self.areas[0]


def group_rules(plan: Plan) -> list[GroupRule]:
    """The groups as rules for `core.campaigns.groups.first_group`."""
    return [
        GroupRule(
            group.code,
            tuple(
                Description(age_from=k.age_from, age_to=k.age_to, sex=k.sex, trait=k.trait())
                for k in group.known_by
            ),
        )
        for group in plan.groups
    ]
