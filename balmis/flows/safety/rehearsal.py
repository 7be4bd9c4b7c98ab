"""A campaign played through before it begins: what does the watch find, and how often for nothing?"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from balmis.core.safety.catalogue import Event
from balmis.core.safety.lot_surveillance import ALPHA, LEAST, Watch, drill, lots_of_deliveries
from balmis.flows.safety import reference_data

AFTER = 28  # days after the last delivery


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """A bad lot to be found: how much it raises the risk, and how often it is tried."""

    event: Event
    relative_risk: float  # of the planted lot
    largest: float  # doses of a lot
    campaigns: int
    seed: int


def play(
    deliveries: Mapping[str, Sequence[tuple[int, float]]], drilled: Rehearsal
) -> dict[str, Any]:
    """Figures for a terminal and other programs. Raises ValueError for an event without a rate."""
    if not drilled.event.rates:
        raise ValueError(f"no background rate of {drilled.event.code} is known")
    days = max(day for came in deliveries.values() for day, _ in came) + AFTER
    doses = np.concatenate(
        [lots_of_deliveries(came, drilled.largest, days) for came in deliveries.values()]
    )
    declared = Watch(
        drilled.event.rates[0].per_dose("mid", drilled.event.window),
        drilled.event.window,
        reference_data.safety_file().delay,
        ALPHA / len(reference_data.SUMS),
        LEAST,
    )
    order = np.argsort(doses.sum(axis=1), kind="stable")
    planted = int(order[len(order) // 2])
    found = drill(
        declared,
        doses,
        planted,
        drilled.relative_risk,
        campaigns=drilled.campaigns,
        seed=drilled.seed,
    )
    held = found.held_on >= 0
    return {
        "event": drilled.event.code,
        "doses": int(doses.sum()),
        "lots": len(doses),
        "campaigns": drilled.campaigns,
        "relative_risk": drilled.relative_risk,
        "alpha": declared.alpha,
        "M": declared.least,
        "false_alarm_share": found.false_alarms / drilled.campaigns,
        "false_alarms": found.false_alarms,
        "planted_lot_doses": int(doses[planted].sum()),
        "held_share": float(held.mean()),
        "days_to_hold": _quantiles(found.held_on[held]),
        "doses_before_hold": _quantiles(found.doses_given[held]),
    }


def _quantiles(values: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> dict[str, float] | None:
    if not len(values):
        return None
    return {"median": float(np.median(values)), "p90": float(np.quantile(values, 0.9))}


def lines(said: dict[str, Any]) -> Iterator[str]:
    yield f"{said['doses']:,} doses in {said['lots']} lots; {said['campaigns']} campaigns each way, {said['event']}"
    yield (
        f"without a bad lot: a lot held in {said['false_alarms']} ({said['false_alarm_share']:.1%}; "
        f"declared at most {said['alpha']:.1%})"
    )
    yield (
        f"a lot of {said['planted_lot_doses']:,} doses with {said['relative_risk']:g} times the risk: "
        f"held in {said['held_share']:.1%}"
    )
    if said["days_to_hold"]:
        d, n = said["days_to_hold"], said["doses_before_hold"]
        yield (
            f"half of them within {d['median']:g} days of its first dose and {n['median']:,.0f} doses, "
            f"nine of ten within {d['p90']:g} days and {n['p90']:,.0f} doses"
        )
