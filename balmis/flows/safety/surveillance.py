"""The looks: every lot and every product are tested as doses and cases come in. What crosses its line
becomes a signal; a lot that does is held softly at once, as widely as its doses elsewhere say."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from math import ceil
from typing import Any

import numpy as np
from django.db import transaction

from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.journal import audit, locks
from balmis.contexts.places import queries as places
from balmis.contexts.safety import hold_orders as kept_orders
from balmis.contexts.safety import signals
from balmis.contexts.safety.exposure import Onset
from balmis.contexts.safety.hold_orders import Wanted
from balmis.contexts.safety.models import HoldOrder, Look, Signal
from balmis.contexts.supply import lots
from balmis.core.actor import Actor
from balmis.core.request_ids import Made
from balmis.core.safety import maxsprt
from balmis.core.safety.catalogue import Event
from balmis.core.safety.lot_or_site import Count, LotOrSiteFinding, Place, localise
from balmis.core.safety.lot_surveillance import ALPHA, LEAST, Watch, look, lot_test
from balmis.core.vocabulary.safety import HoldKind, HoldScope, HoldStatus, LookMethod
from balmis.flows.holds import hold_orders
from balmis.flows.retry import retried
from balmis.flows.safety import reference_data
from balmis.flows.safety.exposure import Counted, counted

RULE = "lot-sequential-test/1"
WATCHER = Actor.system("signals")


@dataclass(frozen=True, slots=True)
class Round:
    """What one round of looks came to."""

    looks: int
    signals: tuple[Signal, ...]
    orders: tuple[HoldOrder, ...]


def watch_all(*, now: datetime) -> int:
    """A round for every campaign; returns how many signals were raised."""
    return sum(len(watch(c.slug, now=now).signals) for c in campaigns.campaigns())


@retried
@transaction.atomic(durable=True)
def watch(slug: str, *, now: datetime) -> Round:
    """One look at everything. A look that found about the same as the last is not kept again; a lot
    that is over its line is held as long as it is, and as widely, until people refute its signal."""
    campaign = campaigns.campaign(slug)
    locks.one_at_a_time(f"signals:{campaign.pk}")
    state = counted(campaign, now=now)
    if not len(state.doses.doses):
        return Round(0, (), ())
    known, last = signals.crossed(campaign.pk), signals.last_counts(campaign.pk)
    found = [*_lots(state), *_products(state)]
    kept = signals.keep(campaign, [f for f in found if _is_news(f, last, known)], now=now)
    raised = []
    for one in kept:
        if one.crossed and _key(one) not in known:
            signal = signals.raise_signal(one, now=now)
            audit.record(
                "signal.raised",
                f"signal:{signal.pk}",
                actor=WATCHER,
                now=now,
                method=one.method,
                event=one.event,
            )
            raised.append(signal)
    over = {
        (f["event"], f["lot_id"]) for f in found if f["crossed"] and f["method"] == LookMethod.LOT
    }
    standing = signals.of_lots(campaign.pk, over)
    held = [_hold(state, s) for s in sorted(standing, key=lambda s: s.look.lot_id or 0)]
    return Round(len(kept), tuple(raised), tuple(o for o in held if o is not None))


def _key(one: Look) -> tuple[str, str, int | None, int | None]:
    return (one.method, one.event, one.lot_id, one.product_id)


NEAR = 0.05  # expected counts that differ by less are about the same


def _is_news(values: dict[str, Any], last: dict[Any, tuple[int, float]], known: set[Any]) -> bool:
    key = (values["method"], values["event"], values["lot_id"], values["product_id"])
    before = last.get(key)
    if (
        before is None
        or before[0] != values["observed"]
        or (values["crossed"] and key not in known)
    ):
        return True
    return bool(abs(values["expected"] - before[1]) > NEAR * max(before[1], 1e-9))


def watch_of(state: Counted, event: Event, lot: int = 0) -> Watch:
    """What is declared for a lot: half of alpha for each of the two sums."""
    return Watch(
        state.own_rate(event, but=lot),
        event.window,
        reference_data.safety_file().delay,
        ALPHA / len(reference_data.SUMS),
        LEAST,
    )


def _lots(state: Counted) -> Iterator[dict[str, Any]]:
    """A test of each lot with doses."""
    sizes = lots.lot_sizes(set(state.doses.lot.tolist()) - {0})
    given = state.by(state.doses.doses.astype(float), "lot")
    known = sum(max(sizes.get(k[0], 0.0), n) for k, n in given.items())
    total = max(known, campaigns.planned_doses(state.campaign.pk))  # of all lots that will come
    for code in reference_data.SUMS:
        event = reference_data.event(code)
        seen = Counter(c.lot for c in state.of_event(event))
        ready = state.by(state.doses.doses * state.known(event), "lot")
        for (lot,), doses in given.items():
            if lot == 0:
                continue
            declared = watch_of(state, event, lot)
            test = lot_test(declared, max(sizes.get(lot, 0.0), doses), total)
            found = look(declared, test, seen[lot], ready[lot,] * declared.per_dose)
            yield {
                "method": LookMethod.LOT.value,
                "event": code,
                "lot_id": lot,
                "product_id": None,
                "observed": found.observed,
                "expected": found.expected,
                "statistic": found.statistic,
                "critical": found.critical,
                "crossed": found.crossed,
                "facts": {
                    "doses": int(doses),
                    "T": test.end,
                    "M": declared.least,
                    "alpha": test.alpha,
                    "per_dose": declared.per_dose,
                    "data": reference_data.safety_file().version,
                },
            }


def _products(state: Counted) -> Iterator[dict[str, Any]]:
    """A test of each product and event of special interest with a known background. How long it runs
    and its part of alpha follow from the plan, so that they do not change as doses come."""
    planned = campaigns.planned_doses(state.campaign.pk)
    given = state.by(state.doses.doses.astype(float), "product")
    watched = [e for e in reference_data.safety_file().events if e.special and e.rates]
    listed = len(campaigns.latest_plan(state.campaign.pk).products)
    alpha = ALPHA / max(1, len(watched) * max(listed, len(given)))
    for event in watched:
        due = state.by(state.due(event), "product")
        seen = Counter(c.product for c in state.of_event(event))
        end = max(1, min(round(planned * state.published(event)), int(maxsprt.MOST_EXPECTED)))
        for (product,), doses in given.items():
            mean = due[product,]
            if mean <= 0:
                continue
            critical = _critical(max(end, ceil(mean)), alpha)
            value = maxsprt.statistic(seen[product], mean)
            yield {
                "method": LookMethod.PRODUCT.value,
                "event": event.code,
                "lot_id": None,
                "product_id": product,
                "observed": seen[product],
                "expected": mean,
                "statistic": value,
                "critical": critical,
                "crossed": seen[product] >= LEAST and seen[product] > mean and value >= critical,
                "facts": {
                    "doses": int(doses),
                    "T": end,
                    "M": LEAST,
                    "alpha": alpha,
                    "data": reference_data.safety_file().version,
                },
            }


@lru_cache(maxsize=512)
def _critical(end: int, alpha: float) -> float:
    return maxsprt.critical_value(maxsprt.Plan(float(end), LEAST, alpha)) or 0.0


# ---- a lot that crossed its line ----------------------------------------------------------------


def place_of(state: Counted, event: Event, lot: int) -> tuple[int, LotOrSiteFinding]:
    """The site where the lot's cases stand out most, and what to hold: the lot, or the lot there."""
    rate = state.own_rate(event, but=lot)
    doses = state.by(state.doses.doses.astype(float), "lot", "site")
    due = state.by(state.doses.doses * state.known(event) * rate, "lot", "site")
    seen = Counter((c.lot, c.site) for c in state.of_event(event))
    sites = [s for (at, s) in doses if at == lot]
    first = max(sites, key=lambda s: (maxsprt.statistic(seen[lot, s], max(due[lot, s], 1e-9)), -s))
    here = _count(doses, due, seen, [(lot, first)])
    elsewhere = _count(doses, due, seen, [(lot, s) for s in sites if s != first])
    otherwise = _count(doses, due, seen, [(k, s) for (k, s) in doses if s == first and k != lot])
    return first, localise(here, elsewhere, otherwise)


def _count(
    doses: dict[Any, float],
    due: dict[Any, float],
    seen: Counter[tuple[int, int]],
    keys: Iterable[tuple[int, int]],
) -> Count:
    at = list(keys)
    n, mean = sum(doses.get(k, 0.0) for k in at), sum(due.get(k, 0.0) for k in at)
    if mean <= 0 or n < 1:
        return Count(0, 0, 0.0)
    return Count(int(n), sum(seen[k] for k in at), mean)


def scope_of(found: LotOrSiteFinding) -> HoldScope:
    """A lot that crossed as a whole is held as a whole, unless its doses elsewhere are quiet."""
    return {
        Place.LOT_AT_SITE: HoldScope.LOT_AT_SITE,
        Place.SITE: HoldScope.SITE,
    }.get(found.place, HoldScope.LOT)


def _hold(state: Counted, signal: Signal) -> HoldOrder | None:
    """The soft hold that the rule wants now: placed anew when it is wider than what is in force or
    when that has run out, prolonged while it stands. None when nothing had to be done."""
    look, event = signal.look, reference_data.event(signal.look.event)
    assert look.lot_id is not None
    site, found = place_of(state, event, look.lot_id)
    scope = scope_of(found)
    at = None if scope is HoldScope.LOT else places.sites_by_id([site])[0]
    ends = state.now + campaigns.policy_of(state.campaign.pk).holds.lasts(soft=True)
    if (standing := kept_orders.covering(state.campaign.pk, look.lot_id, at)) is not None:
        if standing.rule == RULE:
            kept_orders.prolong(standing, ends)
        if standing.status != HoldStatus.PROPOSED or standing.kind != HoldKind.SOFT:
            return None
        hold_orders.activate(standing, actor=WATCHER, now=state.now)
        return standing
    wanted = Wanted(
        request_id=Made.RULE_ORDER.of(f"{signal.pk} {scope} {site} {state.now.isoformat()}"),
        scope=scope,
        kind=HoldKind.SOFT,
        reason=reason_of(look),
        expires_at=ends,
        lot=None if scope is HoldScope.SITE else look.lot,
        site=at,
        rule=RULE,
        signal=signal,
    )
    order = hold_orders.place_order(wanted, state.campaign, actor=WATCHER, now=state.now)
    hold_orders.activate(order, actor=WATCHER, now=state.now)
    return order


def reason_of(one: Look) -> str:
    name = reference_data.event(one.event).name["en"]
    return (
        f"{name}: {one.observed} seen, {one.expected:.2f} expected "
        f"(statistic {one.statistic:.2f}, line {one.critical:.2f})"
    )


# ---- clusters: few cases, close together --------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CaseCluster:
    """Cases of one event after one lot at one site, closer together than chance explains."""

    event: str
    lot: int
    site: int
    cases: tuple[Onset, ...]
    found: LotOrSiteFinding
    scope: HoldScope | None  # what to propose; None: nothing

    @property
    def same_vial(self) -> int:
        """How many of the cases had their dose from one vial; 0 when no two had."""
        most = max(Counter(c.vial for c in self.cases if c.vial).values(), default=0)
        return most if most >= FEW else 0


@dataclass(frozen=True, slots=True)
class _DosesGiven:
    """Doses by lot and site."""

    lately: dict[Any, float]
    ever: dict[Any, float]


FEW = 2
DAYS = 2  # of being given
FAMILY = 0.05  # chance of any cluster by chance alone, over all lots, sites and events


def clusters(state: Counted) -> list[CaseCluster]:
    """The candidates, the least likely first; each with the question "lot or site?" answered. Only of
    events of which it is known how often they come: by a published rate, or by this campaign."""
    recent = np.where(state.since <= DAYS, state.doses.doses, 0).astype(float)
    doses = _DosesGiven(
        lately=state.by(recent, "lot", "site"),
        ever=state.by(state.doses.doses.astype(float), "lot", "site"),
    )
    pairs = [k for k, n in doses.lately.items() if n > 0 and k[0]]
    known = [e for e in reference_data.events().values() if state.own_rate(e) > 0]
    seldom = FAMILY / max(1, len(pairs) * len(known))
    found = []
    for event in known:
        lately = [
            c for c in state.of_event(event) if c.lot and (state.today - c.given_on).days <= DAYS
        ]
        groups: dict[tuple[int, int], list[Onset]] = {}
        for c in lately:
            groups.setdefault((c.lot, c.site), []).append(c)
        for (lot, site), cases in groups.items():
            if len(cases) < FEW:
                continue
            located = _located(state, event, (lot, site), len(cases), doses)
            if located.here_p < seldom:
                scope = None if located.place is Place.NOWHERE else scope_of(located)
                found.append(CaseCluster(event.code, lot, site, tuple(cases), located, scope))
    return sorted(found, key=lambda c: c.found.here_p)


def _located(
    state: Counted,
    event: Event,
    at: tuple[int, int],
    cases: int,
    doses: _DosesGiven,
) -> LotOrSiteFinding:
    """Here by the doses of the last days, elsewhere by all."""
    lot, site = at
    rate = state.own_rate(event, but=lot)
    rate = rate or state.own_rate(event)
    seen = Counter((c.lot, c.site) for c in state.of_event(event))
    every = doses.ever
    due = {k: n * rate for k, n in every.items()}  # seen within days: nothing is delayed
    here = doses.lately.get(at, 0.0)
    return localise(
        Count(int(here), cases, here * rate),
        _count(every, due, seen, [k for k in every if k[0] == lot and k[1] != site]),
        _count(every, due, seen, [k for k in every if k[1] == site and k[0] != lot]),
    )
