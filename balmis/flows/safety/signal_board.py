"""What the signal board shows: lots and sites against what was due, clusters in place and time, how
often the watch cries for nothing."""

import os
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from django.db import transaction

from balmis.contexts.access.services import check_may
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.journal import audit
from balmis.contexts.places import queries as places
from balmis.contexts.places.models import Site
from balmis.contexts.safety import signals as kept
from balmis.contexts.safety.models import Look, Signal
from balmis.contexts.supply import lots as supply_lots
from balmis.contexts.supply.models import Lot
from balmis.core.actor import Actor
from balmis.core.confidence_limits import ratio
from balmis.core.errors import BadInput, Refusal
from balmis.core.refusal_texts import gettext_noop
from balmis.core.roles import Act
from balmis.core.safety import ebgm
from balmis.core.safety import scan as scanning
from balmis.core.safety.ebgm import Prior, Zeros
from balmis.core.safety.lot_surveillance import Drill, drill
from balmis.core.safety.scan import Scanned, ScanWindows
from balmis.core.vocabulary.reasons import Refused
from balmis.core.vocabulary.safety import SignalStatus
from balmis.flows.retry import retried
from balmis.flows.safety import reference_data
from balmis.flows.safety.exposure import Counted, counted
from balmis.flows.safety.surveillance import CaseCluster, clusters, watch_of

ENOUGH = 30  # cells from which on the prior is fitted to them
WEAK = Prior(2.0, 2.0, 2.0, 2.0, 0.5)  # before: a ratio of about 1, loosely
BACK = (1, 2, 3, 7, 14, 28)  # days of doses that the scan looks back over
REPLICAS, ALPHA = 999, 0.05


@dataclass(frozen=True, slots=True)
class LotOrSiteRow:
    """A lot or a site against what was due there."""

    key: int
    name: str
    doses: int
    observed: int
    expected: float
    ratio: float
    low: float
    high: float
    shrunk: float  # empirical Bayes
    q05: float
    q95: float


@dataclass(frozen=True, slots=True)
class SignalBoard:
    now: datetime
    event: str
    doses: int
    cases: int
    expected: float
    lots: tuple[LotOrSiteRow, ...]
    sites: tuple[LotOrSiteRow, ...]
    places: dict[int, Site]
    clusters: tuple[CaseCluster, ...]
    signals: tuple[Signal, ...]
    known: dict[int, Lot]


def board(slug: str, event_code: str, *, actor: Actor, now: datetime) -> SignalBoard:
    """Raises NotAllowed, BadInput for an event that is not watched."""
    campaign = campaigns.campaign(slug)
    check_may(actor, Act.SIGN_HOLD, area=campaign.area)
    event = reference_data.event(event_code)
    state = counted(campaign, now=now)
    due = state.due(event)
    if event.code in reference_data.SUMS:
        due = np.asarray(state.doses.doses * state.known(event) * state.own_rate(event))
    lots = supply_lots.lots_by_id(set(state.doses.lot.tolist()) - {0})
    sites = {s.pk: s for s in places.sites_by_id(set(state.doses.site.tolist()) - {0})}
    found = state.of_event(event)
    return SignalBoard(
        now,
        event_code,
        int(state.doses.doses.sum()),
        len(found),
        float(due.sum()),
        _rows(
            state,
            np.asarray(due),
            Counter(c.lot for c in found),
            "lot",
            {k: lot_name(v) for k, v in lots.items()},
        ),
        _rows(
            state,
            np.asarray(due),
            Counter(c.site for c in found),
            "site",
            {k: v.code for k, v in sites.items()},
        ),
        sites,
        tuple(clusters(state)),
        tuple(kept.signals(campaign.pk)),
        lots,
    )


def lot_name(lot: Lot) -> str:
    """A number alone says little: two makers may use the same."""
    return f"{lot.product.name.split(' (')[0]} {lot.number}"


def _rows(
    state: Counted,
    due: "np.ndarray[tuple[int], np.dtype[np.float64]]",
    seen: Counter[int],
    column: str,
    names: dict[int, str],
) -> tuple[LotOrSiteRow, ...]:
    """The one that stands out most by its shrunken ratio comes first."""
    doses, mean = state.by(state.doses.doses.astype(float), column), state.by(due, column)
    keys = [k for (k,) in doses if k in names and mean[k,] > 0]
    if not keys:
        return ()
    n = np.array([seen[k] for k in keys], dtype=np.int64)
    e = np.array([mean[k,] for k in keys])
    prior = ebgm.fit(ebgm.collapse(n, e), Zeros.WHOLE).prior if len(keys) >= ENOUGH else WEAK
    score = ebgm.ebgm(prior, n, e)
    threads = min(os.cpu_count() or 1, 4)
    q05, q95 = (ebgm.quantile(prior, n, e, at, threads=threads) for at in (0.05, 0.95))
    found = []
    for i, k in enumerate(keys):
        r = ratio(int(n[i]), float(e[i]))
        found.append(
            LotOrSiteRow(
                k,
                names[k],
                int(doses[k,]),
                int(n[i]),
                float(e[i]),
                r.value,
                r.low,
                r.high,
                float(score[i]),
                float(q05[i]),
                float(q95[i]),
            )
        )
    return tuple(sorted(found, key=lambda r: (-r.q05, r.name)))


# ---- clusters in place and time -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ScanFinding:
    """A window of the scan with more cases than chance explains, in words of places."""

    lots: tuple[int, ...]
    sites: tuple[int, ...]
    days: int | None  # doses of the last so many days; None: since the beginning
    cases: int
    expected: float
    statistic: float
    p: float


def scan(
    slug: str, event_code: str, *, actor: Actor, now: datetime
) -> tuple[list[ScanFinding], float]:
    """The scan over each lot at a site, each lot, each site, and the days of the doses; and its
    threshold. Raises NotAllowed."""
    campaign = campaigns.campaign(slug)
    check_may(actor, Act.SIGN_HOLD, area=campaign.area)
    state, event = counted(campaign, now=now), reference_data.event(event_code)
    pairs = sorted(
        {
            (k, s)
            for k, s in zip(state.doses.lot.tolist(), state.doses.site.tolist(), strict=True)
            if k and s
        }
    )
    if not pairs:
        return [], float("nan")
    at = {pair: i for i, pair in enumerate(pairs)}
    expected, cases = (
        np.zeros((len(pairs), len(BACK) + 1)),
        np.zeros((len(pairs), len(BACK) + 1), dtype=np.int64),
    )
    known = state.doses.doses * state.known(event)
    for lot, site, since, n in zip(
        state.doses.lot.tolist(),
        state.doses.site.tolist(),
        state.since.tolist(),
        known.tolist(),
        strict=True,
    ):
        if (lot, site) in at:
            expected[at[lot, site]] += n * _within(since)
    for c in state.of_event(event):
        if (c.lot, c.site) in at:
            cases[at[c.lot, c.site]] += _within((state.today - c.given_on).days)
    done = scanning.scan(
        cases, expected, _windows(pairs), replicas=REPLICAS, seed=len(state.cases), most=5
    )
    return _told(done, _windows(pairs), pairs), scanning.threshold(done.maxima, ALPHA)


def _within(since: int) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    """In which of the periods a dose of so many days ago lies; the last is the whole."""
    return np.array([*(since < b for b in BACK), True], dtype=np.int64)


def _windows(pairs: Sequence[tuple[int, int]]) -> ScanWindows:
    lots: dict[int, list[int]] = defaultdict(list)
    sites: dict[int, list[int]] = defaultdict(list)
    for i, (lot, site) in enumerate(pairs):
        lots[lot].append(i)
        sites[site].append(i)
    return scanning.chains([*([i] for i in range(len(pairs))), *lots.values(), *sites.values()])


def _told(
    done: Scanned, windows: ScanWindows, pairs: Sequence[tuple[int, int]]
) -> list[ScanFinding]:
    found = []
    for c in (c for c in done.clusters if c.cases > 1):
        inside = [pairs[i] for i in windows.members(c.window)]
        days = BACK[c.back] if c.back < len(BACK) else None
        found.append(
            ScanFinding(
                tuple(sorted({k for k, _ in inside})),
                tuple(sorted({s for _, s in inside})),
                days,
                c.cases,
                c.expected,
                c.statistic,
                c.p,
            )
        )
    return found


# ---- how often the watch cries for nothing ------------------------------------------------------


REHEARSED = 200  # campaigns each way


def rehearse(
    slug: str, event_code: str, relative_risk: float, *, actor: Actor, now: datetime
) -> Drill | None:
    """The doses of this campaign, as they were given, without a bad lot and with one of a middling
    size. None before the first dose. Raises NotAllowed."""
    campaign = campaigns.campaign(slug)
    check_may(actor, Act.SIGN_HOLD, area=campaign.area)
    state, event = counted(campaign, now=now), reference_data.event(event_code)
    lots = sorted(set(state.doses.lot.tolist()) - {0})
    if not lots or not event.rates:
        return None
    first = int(state.doses.day.min())
    days = state.today.toordinal() - first + 1
    index = {lot: i for i, lot in enumerate(lots)}
    doses = np.zeros((len(lots), days))
    for lot, day, n in zip(
        state.doses.lot.tolist(), state.doses.day.tolist(), state.doses.doses.tolist(), strict=True
    ):
        if lot:
            doses[index[lot], day - first] += n
    order = np.argsort(doses.sum(axis=1))
    middle = int(order[len(order) // 2])
    return drill(
        watch_of(state, event),
        doses,
        middle,
        relative_risk,
        campaigns=REHEARSED,
        seed=len(state.cases),
    )


# ---- what people say of a signal ----------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideSignal:
    """What people say of a signal, and why."""

    campaign: str
    signal_id: int
    to: SignalStatus
    note: str


@retried
@transaction.atomic(durable=True)
def decide(cmd: DecideSignal, *, actor: Actor, now: datetime) -> Signal:
    """Checked, assessed, acted on, or no signal; the look that raised it stays as it was.

    Raises NotAllowed, BadInput, Conflict, Refusal(NOT_KNOWN).
    """
    campaign = campaigns.campaign(cmd.campaign)
    check_may(actor, Act.SIGN_HOLD, area=campaign.area)
    if len(cmd.note.strip()) < 3:
        raise BadInput(gettext_noop("Say what led you to this, in a few words."))
    signal = kept.lock_signal(cmd.signal_id)
    if signal.campaign_id != campaign.pk:
        raise Refusal(Refused.NOT_KNOWN, what="signal", key=cmd.signal_id)
    kept.decide(signal, cmd.to, cmd.note.strip()[:2000], actor=actor, now=now)
    audit.record(f"signal.{cmd.to}", f"signal:{cmd.signal_id}", actor=actor, now=now)
    return signal


def path(slug: str, look: Look, *, actor: Actor) -> list[Look]:
    """Every look of the test that this one belongs to. Raises NotAllowed."""
    campaign = campaigns.campaign(slug)
    check_may(actor, Act.SIGN_HOLD, area=campaign.area)
    return kept.path(campaign.pk, look.method, look.event, lot=look.lot_id, product=look.product_id)
