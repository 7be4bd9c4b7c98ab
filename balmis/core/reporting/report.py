"""The day's report, once: what is frozen, answered and downloaded, and its JSON Schema.

A frozen report is read by later versions of the program. Fields of later versions are not known and
are passed over; a field that is added here must be UNSET by default, or what was frozen before it
could no longer be read.
"""

from datetime import date
from typing import Annotated, Any, Literal, cast

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from balmis.core.vocabulary.campaigns import Measure
from balmis.core.vocabulary.clinic import DoseKind

FORMAT = "balmis-daily-report/1"

Names = Annotated[dict[str, str], Meta(description="Language code to name.")]
Code = Annotated[str, Meta(description="The code in the plan; empty: elsewhere, or in none.")]
DosesDay = Annotated[int, Meta(description="Doses given on the day.")]
DosesTotal = Annotated[int, Meta(description="Doses given up to and on the day.")]
Covered = Annotated[int, Meta(description="People with at least one dose.")]
Completed = Annotated[int, Meta(description="People whose primary course is complete.")]
Boosted = Annotated[int, Meta(description="People with at least one booster dose.")]
Registered = Annotated[int | None, Meta(description="People of the register; null: not known.")]
Basis = Annotated[str, Meta(description="What `people` counts: the register.")]
Share = Annotated[float | None, Meta(description="Of the people; above 1 when the base is small.")]
Above = Annotated[bool, Meta(description="More people than the base counts: it is out of date.")]
Doses = Annotated[float, Meta(description="Doses, up to and on the day.")]
DosesOfDay = Annotated[float, Meta(description="Doses, on the day.")]


class Part(Struct, frozen=True, kw_only=True):
    """A part of the report."""


class Span(Part, frozen=True, kw_only=True):
    """A count of the day, and up to it."""

    day: int
    total: int


class DoseCounts(Part, frozen=True, kw_only=True):
    day: DosesDay
    total: DosesTotal
    held: Annotated[
        int | UnsetType,
        Meta(
            description="Doses up to and on the day that no figure counts until somebody has looked: dated "
            "before birth, or told twice as it seems; missing in old reports."
        ),
    ] = UNSET
    by_kind: Annotated[
        dict[DoseKind, Span], Meta(description="First and second doses, and kinds that were given.")
    ]


class PeopleReached(Part, frozen=True, kw_only=True):
    """People newly reached on the day, and all up to it."""

    covered: Annotated[Span, Meta(description="At least one dose.")]
    completed: Annotated[Span, Meta(description="Primary course complete.")]
    boosted: Annotated[Span, Meta(description="At least one booster dose.")]


class KeyGroups(Part, frozen=True, kw_only=True):
    """Doses in the groups of the plan's first phase."""

    doses_day: DosesDay
    doses_total: DosesTotal
    boosters_day: Annotated[int, Meta(description="Booster doses given on the day.")]
    boosters_total: Annotated[int, Meta(description="Booster doses up to and on the day.")]


class Base(Part, frozen=True, kw_only=True):
    """The denominator of a target: never a number without its label, date and source."""

    people: int
    label: Names
    as_of: date
    source: Annotated[str, Meta(description="A key of the plan's sources, or an assumption.")]


class TargetRow(Part, frozen=True, kw_only=True):
    """How far a target of the plan is reached."""

    target: Annotated[str, Meta(description="The target's code.")]
    title: Names
    measure: Annotated[Measure, Meta(description="What the target counts.")]
    people: Annotated[int, Meta(description="People (or doses) reached.")]
    aim: Annotated[int, Meta(description="People (or doses) to reach.")]
    by: Annotated[date, Meta(description="The day by which the aim is to be reached.")]
    of_aim: Annotated[float | None, Meta(description="People out of the aim.")]
    denominator: Base
    share: Annotated[float | None, Meta(description="People out of the denominator.")]
    above_denominator: Above

    @property
    def aim_share(self) -> float | None:
        """The aim out of the denominator, at most 1."""
        return aim_share(self.aim, self.denominator)


def aim_share(aim: int, base: Base) -> float | None:
    return min(1.0, aim / base.people) if base.people else None


class AreaRow(Part, frozen=True, kw_only=True):
    """An area of the tree, with all that lies in it."""

    code: Code
    names: Names
    kind: str
    path: Annotated[str, Meta(description="The codes from the root down, each after a '/'.")]
    leaf: Annotated[bool, Meta(description="Nothing lies in it.")]
    doses_day: DosesDay
    doses_total: DosesTotal
    covered: Covered
    completed: Completed
    boosted: Boosted
    people: Registered
    basis: Basis
    covered_share: Share
    completed_share: Share
    above_denominator: Above


class GroupRow(Part, frozen=True, kw_only=True):
    """A priority group of the plan."""

    code: Code
    title: Names
    status: Annotated[str, Meta(description="planned, open, done or deferred; empty: no group.")]
    doses_day: DosesDay
    doses_total: DosesTotal
    covered: Covered
    completed: Completed
    boosted: Boosted
    people: Registered
    basis: Basis
    covered_share: Share
    completed_share: Share
    above_denominator: Above


class SiteRow(Part, frozen=True, kw_only=True):
    """A site, with the doses that were given there."""

    code: Code
    names: Names
    kind: str
    status: str
    area: Annotated[str, Meta(description="The code of the area that the site lies in.")]
    doses_day: DosesDay
    doses_total: DosesTotal
    covered: Covered
    completed: Completed
    boosted: Boosted


class ProductRow(Part, frozen=True, kw_only=True):
    """A product that was given."""

    code: Code
    name: str
    doses_day: DosesDay
    doses_total: DosesTotal
    covered: Covered
    completed: Completed
    boosted: Boosted


class StockRow(Part, frozen=True, kw_only=True):
    """Doses of a product at a site: what came, what went, what is left."""

    site: Annotated[str, Meta(description="The site's code.")]
    product: Annotated[str, Meta(description="The product's code.")]
    received: Doses
    returned: Doses
    sent: Doses
    arrived: Doses
    given: Doses
    wasted: Doses
    adjusted: Doses
    extra: Doses
    received_day: DosesOfDay
    given_day: DosesOfDay
    wasted_day: DosesOfDay
    wasted_by_reason: Annotated[dict[str, float], Meta(description="Doses by reason.")]
    balance: Annotated[float, Meta(description="What the stock book says is left.")]
    below_zero: Annotated[bool, Meta(description="The shelf must be counted.")]
    wastage_rate: Annotated[
        float | None, Meta(description="Wasted out of given and wasted; null: nothing was used.")
    ]
    site_names: Names
    product_name: str


class Events(Part, frozen=True, kw_only=True):
    reports: Annotated[int, Meta(description="Reports of an event after a dose.")]
    serious: Annotated[int, Meta(description="Cases that are serious.")]
    deaths: Annotated[int, Meta(description="Cases of a death.")]


class EventCounts(Part, frozen=True, kw_only=True):
    """Events after doses, by the day of their onset."""

    day: Events
    week: Annotated[
        Events | UnsetType,
        Meta(description="The seven days up to the day; missing in old reports."),
    ] = UNSET
    total: Events


class Figures(Part, frozen=True, kw_only=True):
    """What is frozen when a day is closed: the figures as of 24:00."""

    format: Annotated[str, Meta(description=FORMAT)]
    campaign: Annotated[str, Meta(description="The campaign's id.")]
    day: date
    as_of: Annotated[str, Meta(description="24:00 of the day, with the offset of its time zone.")]
    time_zone: Annotated[str, Meta(description="An IANA name: Asia/Seoul.")]
    plan_revision: Annotated[int, Meta(description="The plan's revision in force on the day.")]
    doses: DoseCounts
    people: PeopleReached
    key_groups: KeyGroups
    coverage: list[TargetRow]
    by_area: Annotated[list[AreaRow], Meta(description="Parents before what lies in them.")]
    by_group: Annotated[list[GroupRow], Meta(description="In the order in which they are served.")]
    by_site: list[SiteRow]
    by_product: list[ProductRow]
    stock: list[StockRow]
    safety: EventCounts


class Change(Part, frozen=True, kw_only=True):
    """A number that is another now than when the day was closed."""

    figure: Annotated[str, Meta(description="Where it stands: 'by_area.IS-N.covered'.")]
    frozen: int | float | None
    now: int | float | None
    difference: int | float


class Restatement(Part, frozen=True, kw_only=True):
    """What facts that came after the closing changed."""

    reasons: Annotated[dict[str, int], Meta(description="Why, and how many facts.")]
    changes: list[Change]


Status = Literal["provisional", "closed", "restated"]


class Report(Figures, frozen=True, kw_only=True):
    """The report of a day as of 24:00."""

    status: Annotated[
        Status, Meta(description="Still changing; frozen; frozen, and changed since.")
    ]
    closed_at: Annotated[str | None, Meta(description="Local time of the campaign.")]
    restatement: Restatement | None
    trail_head: Annotated[
        str | None,
        Meta(
            description="The newest seal of the audit trail when the day was closed: kept elsewhere, it shows "
            "whether the trail is still the same."
        ),
    ] = None

    @property
    def frozen(self) -> bool:
        return self.status != "provisional"


def read_figures(stored: dict[str, Any]) -> Figures:
    """The figures of a closed day. Raises msgspec.ValidationError if they are none."""
    return msgspec.convert(stored, Figures)


def report_of(
    figures: Figures,
    status: Status,
    closed_at: str | None,
    restatement: Restatement | None,
    trail_head: str | None = None,
) -> Report:
    fields = msgspec.structs.asdict(figures)
    return Report(
        **fields,
        status=status,
        closed_at=closed_at,
        restatement=restatement,
        trail_head=trail_head,
    )


def plain_figures(figures: Figures) -> dict[str, Any]:
    """As plain values of JSON, in the order of the fields."""
    return cast("dict[str, Any]", msgspec.to_builtins(figures))


def plain(report: Report) -> dict[str, Any]:
    """As plain values of JSON: made now in the order of the fields, frozen in the order of the store."""
    values = plain_figures(report)
    if not report.frozen:
        return values
    ends = {name: values.pop(name) for name in ("closed_at", "status", "restatement", "trail_head")}
    return cast("dict[str, Any]", stored_order(values)) | ends


def stored_order(value: object) -> object:
    """With keys as PostgreSQL keeps them in jsonb, the shorter first: readers of frozen reports
    have always got them so."""
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: (len(key.encode()), key.encode()))
        return {key: stored_order(value[key]) for key in keys}
    if isinstance(value, list):
        return [stored_order(one) for one in value]
    return value
