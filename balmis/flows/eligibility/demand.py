"""How many become due when, and whom opening a phase would add: read from the last run."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TypeVar

from balmis.contexts.access.services import works_in
from balmis.contexts.booking import bookings
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.eligibility import queries
from balmis.contexts.eligibility.queries import Due
from balmis.contexts.places import queries as places
from balmis.core.actor import Actor
from balmis.core.errors import NotAllowed, Refusal
from balmis.core.roles import Act
from balmis.core.vocabulary.reasons import Refused
from balmis.core.vocabulary.schedule import Eligibility
from balmis.flows.eligibility.askable_days import check_day
from balmis.flows.eligibility.offers import codes_of, deferred_groups, offers_of

K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class Week:
    starts_on: date
    people: int
    by_group: dict[str, int] = field(default_factory=dict)
    by_product: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Demand:
    """People due now, and those who become due in each of the next weeks."""

    as_of: date | None  # None: nothing was evaluated yet
    due: int
    weeks: tuple[Week, ...]
    by_group: dict[str, int]  # due now
    by_area: dict[int, int]
    by_product: dict[str, int]
    by_status: dict[tuple[str, str], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class PartOfDemand:
    """Of an area, of a group, for a product; None: of all."""

    area: str | None = None
    group: str | None = None
    product: str | None = None


ALL = PartOfDemand()


def demand(slug: str, part: PartOfDemand = ALL, *, weeks: int, actor: Actor) -> Demand:
    """The demand curve of the last run, of all or of a part.

    Weeks run from the day of the run. Raises NotAllowed, Refusal(PLAN_UNKNOWN, NOT_KNOWN).
    """
    area, group, product = part.area, part.group, part.product
    campaign = campaigns.campaign(slug)
    _check_works_in(actor, campaign)
    run = queries.last_run(campaign.pk)
    if run is None:
        return Demand(None, 0, (), {}, {}, {}, {})
    groups = campaigns.groups(campaign.pk)
    plan = campaigns.latest_plan(campaign.pk)
    _check_known("group", group, groups.values())
    _check_known("product", product, (p.code for p in plan.products))
    inside = frozenset(a.id for a in places.areas_below(area)) if area else None
    if inside is not None and not inside:
        raise Refusal(Refused.NOT_KNOWN, what="area", key=area)
    rows = [
        r
        for r in queries.due_counts(campaign.pk, inside)
        if (group is None or groups.get(r.group_id or 0) == group)
        and (product is None or r.product == product)
    ]
    now = [r for r in rows if r.status == Eligibility.ELIGIBLE]
    return Demand(
        run.as_of,
        sum(r.people for r in now),
        tuple(_week(rows, groups, run.as_of, n) for n in range(weeks)),
        _sums((groups.get(r.group_id or 0, ""), r.people) for r in now),
        _sums((r.area_id, r.people) for r in now),
        _sums((r.product or "", r.people) for r in now),
        _sums(((r.status, r.reason), r.people) for r in rows),
    )


def _check_known(what: str, code: str | None, known: Iterable[str]) -> None:
    if code is not None and code not in (codes := sorted(known)):
        raise Refusal(Refused.NOT_KNOWN, what=f"{what} (there are {', '.join(codes)})", key=code)


def _check_works_in(actor: Actor, campaign: Campaign) -> None:
    """Figures of the whole campaign are for everyone who works in it."""
    if not works_in(actor, Act.READ_PLAN, campaign.area):
        raise NotAllowed(f"{actor.name} may not read the plan of {campaign.slug}")


def _week(rows: list[Due], groups: dict[int, str], as_of: date, n: int) -> Week:
    first = as_of + timedelta(days=7 * n + 1)
    last = as_of + timedelta(days=7 * (n + 1))
    due = [
        r
        for r in rows
        if r.status == Eligibility.NOT_YET and r.from_on and first <= r.from_on <= last
    ]
    return Week(
        first,
        sum(r.people for r in due),
        _sums((groups.get(r.group_id or 0, ""), r.people) for r in due),
        _sums((r.product or "", r.people) for r in due),
    )


def _sums(pairs: Iterable[tuple[K, int]]) -> dict[K, int]:
    found: Counter[K] = Counter()
    for key, number in pairs:
        found[key] += number
    return dict(found.most_common())


@dataclass(frozen=True, slots=True)
class Opening:
    """Whom opening a phase on a day adds to those who may have a dose already."""

    phase: str
    on: date
    people: int
    unbooked: int  # of them, without a booking
    later: int  # of the phase, due only after that day
    held_back: int  # of groups that the plan has put off; the phase alone does not open to them
    by_group: dict[str, int]
    by_area: dict[int, int]


def opening(slug: str, phase: str, on: date, *, actor: Actor) -> Opening:
    """A dry run; nothing changes. Raises NotAllowed, Refusal(PLAN_UNKNOWN, NOT_KNOWN)."""
    campaign = campaigns.campaign(slug)
    _check_works_in(actor, campaign)
    check_day(campaign, on)
    plan = campaigns.plan_on(campaign.pk, on)
    if phase not in {p.code for p in plan.phases}:
        plan = campaigns.latest_plan(campaign.pk)  # not in force yet on that day
    offer = next((o for o in offers_of(plan) if o.phase == phase), None)
    if offer is None:
        known = ", ".join(p.code for p in plan.phases)
        raise Refusal(Refused.NOT_KNOWN, what=f"phase (the plan has {known})", key=phase)
    groups = {code: pk for pk, code in campaigns.groups(campaign.pk).items()}
    inside = [
        a.id
        for a in places.areas_below(campaign.area.code)
        if not offer.areas or not offer.areas.isdisjoint(codes_of(a))
    ]
    offered = queries.Offered(
        campaign.pk,
        on,
        inside,
        sorted(offer.roles),
        sorted(offer.products),
        [groups[g] for g in offer.groups if g in groups] if offer.groups else None,
        offer.closes_on,
    )
    rows = queries.ready_counts(offered)
    names = {pk: code for code, pk in groups.items()}
    put_off = {groups[g] for g in deferred_groups(plan) if g in groups}
    ready = [r for r in rows if r.ready and r.group_id not in put_off]
    people = sum(r.people for r in ready)
    return Opening(
        phase,
        on,
        people,
        people - bookings.ready_with_booking(offered, sorted(put_off)),
        sum(r.people for r in rows if not r.ready and r.group_id not in put_off),
        sum(r.people for r in rows if r.group_id in put_off),
        _sums((names.get(r.group_id or 0, ""), r.people) for r in ready),
        _sums((r.area_id, r.people) for r in ready),
    )
