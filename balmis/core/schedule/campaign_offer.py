"""May the person have the next dose in this campaign, now or from when?

Three things are kept apart: the schedule says what is due (`evaluating`), a deferral moves
the day, and the campaign's phases say to whom which dose is offered where and when. A phase
that is not open never makes a dose invalid, and no one is refused for ever: the answer
names the day, or the phase that opens it.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from balmis.core.schedule.group_forecast import GroupForecast
from balmis.core.schedule.history import ONE_DAY
from balmis.core.vocabulary.schedule import Eligibility, Finding, SeriesStatus


@dataclass(frozen=True, slots=True)
class Offer:
    """One phase: to whom it offers which dose, where and when. Empty: no limit."""

    phase: str
    groups: frozenset[str] = frozenset()
    areas: frozenset[str] = frozenset()  # codes; what lies in them is meant as well
    roles: frozenset[str] = frozenset()
    products: frozenset[str] = frozenset()
    opens_on: date | None = None  # None: planned without a day
    closes_on: date | None = None  # the last day
    deferred: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    status: Eligibility
    reason: Finding
    from_on: date | None = None  # the first day, past or to come
    ready_on: date | None = None  # the same by schedule and deferral alone
    phase: str | None = None  # the phase that opens it, or would
    products: tuple[str, ...] = ()  # preferred ones first
    valid_until: date | None = None


_ORDER = list(Finding)
_CLOSED = {
    SeriesStatus.COMPLETE: Eligibility.DONE,
    SeriesStatus.IMMUNE: Eligibility.DONE,
    SeriesStatus.NOT_RECOMMENDED: Eligibility.DONE,
    SeriesStatus.CONTRAINDICATED: Eligibility.EXCLUDED,
    SeriesStatus.AGED_OUT: Eligibility.EXCLUDED,
}


def _is_open(offer: Offer, on: date) -> bool:
    """Does it take people on that day, which is not before it opens?"""
    return not offer.deferred and not (offer.closes_on and on > offer.closes_on)


def _why_undated(
    fitting: Sequence[Offer], not_ready: Sequence[str], on: date
) -> tuple[Eligibility, Finding, str | None]:
    """Offers fit, and none of them has a day: the phase that says why."""
    asked = [o for o in fitting if o.opens_on and _is_open(o, max(o.opens_on, on))]
    if any(_offers(o, p) for o in asked for p in not_ready):
        return Eligibility.NO_DATE, Finding.DEFERRED, None
    waiting = [o for o in fitting if o.deferred or o.opens_on is None]
    if waiting:
        return Eligibility.NO_DATE, Finding.PHASE_UNDATED, waiting[0].phase
    return Eligibility.NOT_INVITED, Finding.PHASE_OVER, fitting[-1].phase


def decide(
    forecast: GroupForecast,
    offers: Sequence[Offer],
    on: date,
    *,
    group: str | None,
    areas: Iterable[str],
    group_deferred: bool = False,
    valid_until: date | None = None,
) -> Decision:
    """The campaign's answer on `on` for a person of `group` who lives in all of `areas`.

    `valid_until` is the forecast's own; the decision's may come earlier.
    """
    if forecast.status in _CLOSED:
        reason = min(forecast.findings, key=_ORDER.index)
        return Decision(_CLOSED[forecast.status], reason, valid_until=valid_until)
    named = [a.product for a in forecast.products]
    ready = {a.product: a.ready_on for a in forecast.products if a.ready_on}
    ready_on = min(ready.values(), default=None)
    meant = [] if group_deferred else _meant(forecast, offers, group, set(areas))
    fitting = [o for o in meant if any(_offers(o, p) for p in named)]
    turns = (d for o in fitting for d in (o.opens_on, _after(o.closes_on)))
    until = _soonest(on, valid_until, *ready.values(), *turns)

    def later(status: Eligibility, reason: Finding, phase: str | None = None) -> Decision:
        return Decision(status, reason, None, ready_on, phase, (), until)

    if group_deferred:
        return later(Eligibility.NO_DATE, Finding.GROUP_DEFERRED)
    if not meant:
        return later(Eligibility.NOT_INVITED, Finding.NO_PHASE)
    if named and not ready:
        return later(Eligibility.NO_DATE, Finding.DEFERRED)
    if not fitting:
        return later(Eligibility.NOT_INVITED, Finding.NO_PRODUCT, meant[0].phase)
    dated = [
        (max(day, o.opens_on), n, p)
        for n, o in enumerate(fitting)
        if o.opens_on
        for p, day in ready.items()
        if _offers(o, p) and _is_open(o, max(day, o.opens_on, on))
    ]
    if not dated:
        return later(*_why_undated(fitting, [p for p in named if p not in ready], on))
    first, n, _ = min(dated, key=lambda found: found[:2])
    products = [p for p in ready if any(q == p and day <= max(first, on) for day, _, q in dated)]
    reason = _reason(forecast, first, fitting[n], on)
    status = Eligibility.ELIGIBLE if first <= on else Eligibility.NOT_YET
    return Decision(
        status,
        reason,
        first,
        ready_on,
        fitting[n].phase,
        tuple(products),
        _soonest(on, until, first),
    )


def with_deferrals(
    decision: Decision, on: date, *, until: date | None, never: Collection[str]
) -> Decision:
    """The answer once what was decided at a chair counts as well: not before `until` (its last day:
    nobody can say), and never with these products ('*': with none)."""
    if decision.status in (Eligibility.DONE, Eligibility.EXCLUDED):
        return decision
    left = tuple(p for p in decision.products if p not in never)
    if "*" in never or (decision.products and not left):
        return Decision(Eligibility.EXCLUDED, Finding.CONTRAINDICATED)
    decision = replace(decision, products=left)
    if until is None or until <= on:
        return decision
    if until == date.max or decision.from_on is None:
        return replace(
            decision, status=Eligibility.NO_DATE, reason=Finding.DEFERRED, from_on=None, products=()
        )
    if decision.from_on >= until:
        return decision
    return replace(
        decision,
        status=Eligibility.NOT_YET,
        reason=Finding.DEFERRED,
        from_on=until,
        ready_on=max(until, decision.ready_on or until),
        valid_until=_soonest(on, until, decision.valid_until),
    )


def _meant(
    forecast: GroupForecast, offers: Sequence[Offer], group: str | None, areas: set[str]
) -> list[Offer]:
    return [
        o
        for o in offers
        if (not o.groups or group in o.groups)
        and (not o.areas or not o.areas.isdisjoint(areas))
        and (not o.roles or forecast.role in o.roles)
    ]


def _offers(offer: Offer, product: str) -> bool:
    return not offer.products or product in offer.products


def _reason(forecast: GroupForecast, first: date, offer: Offer, on: date) -> Finding:
    """Why not before the first day; or, when it has come, whether it is overdue."""
    if first <= on:
        overdue = forecast.past_due is not None and on > forecast.past_due
        return Finding.OVERDUE if overdue else Finding.DUE
    if offer.opens_on == first:
        return Finding.PHASE_LATER
    if forecast.deferred and forecast.deferred.until == first:
        return Finding.DEFERRED
    return Finding.DUE_LATER


def _after(day: date | None) -> date | None:
    return day + ONE_DAY if day else None


def _soonest(on: date, *days: date | None) -> date | None:
    return min((d for d in days if d is not None and d > on), default=None)
