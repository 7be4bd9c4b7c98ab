"""Vaccines and events of special interest: seen against due at a low, middle and high background; people
against themselves; reports against each other. Three looks that fail in different ways."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from balmis.contexts.access.services import check_may
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.supply import products as supply_products
from balmis.core.actor import Actor
from balmis.core.confidence_limits import Interval, ratio
from balmis.core.roles import Act
from balmis.core.safety.catalogue import Event
from balmis.core.safety.disproportionality import Table, ic, prr, ror
from balmis.core.safety.expected_counts import tipping_share
from balmis.core.safety.lot_or_site import RiskAndControl, SelfControlled, self_controlled
from balmis.flows.safety import reference_data
from balmis.flows.safety.exposure import Counted, counted

FEW = 3  # reports of a pair from which on it is compared
WHICH = ("low", "mid", "high")


@dataclass(frozen=True, slots=True)
class Against:
    """A vaccine and an event. `due` and `ratios` at a low, middle and high background; empty where
    none is known."""

    product: str
    event: str
    doses: int
    observed: int
    due: tuple[float, ...]
    ratios: tuple[Interval, ...]
    tipping: float | None  # share reported below which it would be raised at the middle
    themselves: SelfControlled | None  # None before any second window is over
    windows: RiskAndControl | None


@dataclass(frozen=True, slots=True)
class Pair:
    """Reports of an event with a vaccine, against all other reports."""

    product: str
    event: str
    reports: int
    expected: float
    ror: Interval
    prr: Interval
    ic: Interval


@dataclass(frozen=True, slots=True)
class Products:
    against: tuple[Against, ...]
    pairs: tuple[Pair, ...]


def products(slug: str, *, actor: Actor, now: datetime) -> Products:
    """Raises NotAllowed."""
    campaign = campaigns.campaign(slug)
    check_may(actor, Act.SIGN_HOLD, area=campaign.area)
    state = counted(campaign, now=now)
    names = {p.pk: p.name for p in supply_products.products_by_id().values()}
    found = [
        a for e in reference_data.events().values() if e.special for a in _against(state, e, names)
    ]
    return Products(tuple(found), tuple(_pairs(state, names)))


def _against(state: Counted, event: Event, names: dict[int, str]) -> list[Against]:
    given = state.by(state.doses.doses.astype(float), "product")
    due = [state.by(state.due(event, w), "product") for w in WHICH] if event.rates else []
    seen = Counter(c.product for c in state.of_event(event))
    found = []
    for (product,), doses in sorted(given.items()):
        means = tuple(d[product,] for d in due)
        known = bool(means) and min(means) > 0
        observed = seen[product]
        if not observed and not known:
            continue
        windows = _windows(state, event, product)
        both = windows is not None and windows.risk + windows.control > 0
        found.append(
            Against(
                names[product],
                event.code,
                int(doses),
                observed,
                means if known else (),
                tuple(ratio(observed, m) for m in means) if known else (),
                tipping_share(observed, means[1]) if known else None,
                self_controlled(windows) if windows is not None and both else None,
                windows if both else None,
            )
        )
    return found


def _windows(state: Counted, event: Event, product: int) -> RiskAndControl | None:
    """Events of people in the risk window, and in one as long right after it; of doses for which both
    are over."""
    days = event.window.days
    last = event.last + days
    risk = control = 0
    for c in state.cases:
        if c.product != product or c.event != event.code or (state.today - c.given_on).days <= last:
            continue
        after = (c.onset_on - c.given_on).days
        risk += event.first <= after <= event.last
        control += event.last < after <= last
    return RiskAndControl(risk, control, days, days)


def _pairs(state: Counted, names: dict[int, str]) -> list[Pair]:
    both = Counter((c.product, c.event) for c in state.cases)
    products, events = (
        Counter(c.product for c in state.cases),
        Counter(c.event for c in state.cases),
    )
    total = len(state.cases)
    found = []
    for (product, event), n in both.items():
        if n < FEW:
            continue
        with_product, with_event = products[product], events[event]
        table = Table(n, with_product - n, with_event - n, total - with_product - with_event + n)
        expected = with_product * with_event / total
        found.append(
            Pair(names[product], event, n, expected, ror(table), prr(table), ic(n, expected))
        )
    return sorted(found, key=lambda p: (-p.ic.low, p.product, p.event))
