"""A plan's phases as offers, and its areas as the evaluators know them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from balmis.contexts.campaigns.plan.format import GroupEntry, Phase, Plan
from balmis.contexts.places.queries import AreaView
from balmis.core.schedule.campaign_offer import Offer
from balmis.core.vocabulary.campaigns import Progress


def offers_of(plan: Plan) -> list[Offer]:
    """Whom the plan invites, to what, where and when. Without phases: everyone, from its start."""
    if not plan.phases:
        return [Offer("", products=_products(plan, None), opens_on=plan.period.starts_on)]
    return [_offer(plan, phase) for phase in plan.phases]


def _offer(plan: Plan, phase: Phase) -> Offer:
    opens = phase.starts_on
    if opens is None and phase.status in (Progress.OPEN, Progress.DONE):
        opens = plan.period.starts_on
    return Offer(
        phase=phase.code,
        groups=frozenset(phase.groups),
        areas=frozenset(phase.areas),
        roles=frozenset(phase.doses),
        products=_products(plan, phase),
        opens_on=opens,
        closes_on=phase.closes_on,
        deferred=phase.status is Progress.DEFERRED,
    )


def _products(plan: Plan, phase: Phase | None) -> frozenset[str]:
    stated = phase.products if phase else []
    return frozenset(stated or [p.code for p in plan.products])


def deferred_groups(plan: Plan) -> frozenset[str]:
    return frozenset(g.code for g in plan.groups if g.status is Progress.DEFERRED)


@dataclass(frozen=True, slots=True)
class GroupToday:
    """A priority group, and whether the plan offers its people a dose on the day."""

    group: GroupEntry
    offered: bool
    opens_on: date | None = None  # the next day on which an offer to them opens, if one is known


def groups_on(plan: Plan, on: date) -> list[GroupToday]:
    """The groups that are not put off, in the order in which they are served: by the same offers as
    eligibility, whatever the group's own status says."""
    offers = [o for o in offers_of(plan) if not o.deferred]
    put_off = deferred_groups(plan)
    found = []
    for group in plan.groups:
        if group.code in put_off:
            continue
        theirs = [o for o in offers if not o.groups or group.code in o.groups]
        days = [o.opens_on for o in theirs if o.opens_on is not None and o.opens_on > on]
        open_ = any(
            o.opens_on is not None
            and o.opens_on <= on
            and (o.closes_on is None or on <= o.closes_on)
            for o in theirs
        )
        found.append(GroupToday(group, open_, None if open_ else min(days, default=None)))
    return found


def codes_of(area: AreaView) -> tuple[str, ...]:
    """The area's code and those of all it lies in."""
    return tuple(code for code in area.path.split("/") if code)


def in_words(offers: Sequence[Offer], plan: Plan, areas: Sequence[AreaView]) -> str:
    """Text that names these offers exactly: the same text, the same answers. Where an offer is
    for some areas, what lies in which area is part of it."""
    tree = sorted(a.path for a in areas) if any(o.areas for o in offers) else []
    rows = [
        (
            o.phase,
            sorted(o.groups),
            sorted(o.areas),
            sorted(o.roles),
            sorted(o.products),
            str(o.opens_on),
            str(o.closes_on),
            o.deferred,
        )
        for o in offers
    ]
    return repr((rows, sorted(deferred_groups(plan)), [g.code for g in plan.groups], tree))
