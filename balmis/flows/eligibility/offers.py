"""A plan's phases as offers, and its areas as the evaluators know them."""

from collections.abc import Sequence

from balmis.contexts.campaigns.plan.format import Phase, Plan
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
