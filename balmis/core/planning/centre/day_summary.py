"""A simulated day in plain values: for the page, the command line and other programs."""

from dataclasses import replace
from typing import Any

import numpy as np

from balmis.core.planning.centre.layout import NEVER, Times
from balmis.core.planning.centre.sampling import Centre, draw
from balmis.core.planning.centre.simulation import DayResult, Estimate, ServerGain, ladder, walk
from balmis.core.planning.centre.tandem import parked

SHARES = (0.5, 0.95)
LONG = 30.0  # minutes of waiting that are too many: "a plan whose queueing exceeds 30 minutes is a bad plan"
STEP = 10  # minutes between two points of a profile
LEVELS = (0.6, 0.75, 0.9, 1.0, 1.1, 1.2, 1.35)  # of the planned appointments, for the knee


def both(e: Estimate) -> dict[str, float]:
    return {"mean": round(e.mean, 4), "error": round(e.error, 4)}


def told(found: DayResult, gains: list[ServerGain]) -> dict[str, Any]:
    """Key figures with their uncertainty, and what one server more at each station would change."""
    waits, busy, line = found.waits(), found.utilisation(), found.centre.line
    stations = {
        s.name: {
            "servers": s.servers,
            "utilisation": both(busy[s.name]),
            "over_30_minutes": both(found.share_of(waits[k] > LONG)),
            **{f"wait_p{round(100 * q)}": both(found.percentile(q, waits[k])) for q in SHARES},
        }
        for k, s in enumerate(line.stations)
    }
    here, later = found.reactions()
    return {
        "version": found.version,
        "seed": found.seed,
        "days": found.days,
        "certified": found.certified,
        "doses": both(found.doses()),
        "stations": stations,
        "wait_p95": both(found.percentile(0.95, found.in_line())),
        "share_over_30_minutes": both(found.share_over(LONG)),
        "on_site_p50": both(found.percentile(0.5, found.on_site())),
        "on_site_p95": both(found.percentile(0.95, found.on_site())),
        "overtime": both(found.overtime()),
        "seats": line.seats,
        "parking": line.parking,
        "bays": line.bays,
        "seated_p99": _p99(found.most_seated()),
        "parked_p99": _p99(found.most_parked()),
        "treated_p99": _p99(found.most_treated()),
        "reactions_here": both(here),
        "reactions_later": both(later),
        "doses_a_staff_hour": both(found.doses_a_staff_hour()),
        "one_more_server": [{"station": g.station, **both(g.change)} for g in gains],
    }


def _p99(values: Times) -> float:
    return float(np.quantile(values, 0.99)) if len(values) else 0.0


def profiles(found: DayResult) -> dict[str, Any]:
    """Over the day: people on seats and in the parking (10th, 50th and 90th percentile), in each line (mean
    and 90th percentile), and how busy each station is by the hour."""
    last = float(np.where(found.came, found.path.left, 0).max(initial=60.0))
    at = np.arange(-STEP, last + STEP, STEP)
    hours = np.arange(0.0, last + 60, 60.0)
    path, line = found.path, found.centre.line
    queues = {}
    for k, s in enumerate(line.stations):
        waiting = found.there(path.reached[k], path.began[k], at)
        queues[s.name] = [
            x.round(2).tolist() for x in (waiting.mean(axis=0), np.quantile(waiting, 0.9, axis=0))
        ]
    return {
        "at": at.tolist(),
        "seated": found.profile(path.seated, path.rose, at).round(2).tolist(),
        "parked": found.profile(*parked(path, found.draws), at).round(2).tolist(),
        "queues": queues,
        "hours": hours[:-1].tolist(),
        "busy": {
            s.name: found.busy(k, hours).round(4).tolist() for k, s in enumerate(line.stations)
        },
    }


def knee(centre: Centre, days: int, seed: int) -> list[dict[str, float]]:
    """The wait against the appointments an hour: where it bends is the safe level of booking."""
    found = []
    for a_slot in sorted({max(1, round(centre.arrivals.a_slot * level)) for level in LEVELS}):
        other = replace(centre, arrivals=replace(centre.arrivals, a_slot=a_slot))
        result = walk(other, draw(other, days, seed), seed)
        p95 = result.percentile(0.95, result.in_line())
        found.append({"an_hour": a_slot * 60 / centre.arrivals.every, **both(p95)})
    return found


def rungs(found: DayResult) -> list[dict[str, Any]]:
    """What a server less and one more at each station changes of the 95th percentile of all waiting."""
    less = {g.station: g.change for g in ladder(found, -1)}
    return [
        {
            "station": g.station,
            "more": both(g.change),
            "less": both(less[g.station]) if g.station in less else None,
        }
        for g in ladder(found)
    ]


def replay(found: DayResult, day: int = 0, most: int = 1_500) -> list[list[float]]:
    """One day, person by person: enters, then reached and ended of each station with the seat between, and
    leaves; minutes, rounded; at most so many people."""
    path, k = found.path, found.centre.line.before_seats
    came = np.flatnonzero(found.draws.arrive[day] < NEVER / 2)
    came = came[:: max(1, -(-len(came) // most))]  # one of so many, from all of the day
    rows = [path.entered[day]]
    for n in range(len(path.reached)):
        if n == k:
            rows += [path.seated[day], path.rose[day]]
        rows += [path.began[n, day], path.ended[n, day]]
    if k == len(path.reached):
        rows += [path.seated[day], path.rose[day]]
    stacked = np.stack([*rows, path.left[day]])[:, came].T
    return [[round(float(x), 1) for x in row] for row in stacked]
