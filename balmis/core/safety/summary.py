"""What the safety statistics found, for a person at a terminal and for other programs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np

from balmis.core.confidence_limits import Floats, Interval, poisson_tail, ratio
from balmis.core.safety import ebgm as safety_ebgm
from balmis.core.safety import maxsprt as sprt
from balmis.core.safety import scan as scanning
from balmis.core.safety.expected_counts import Window, expected, tipping_share
from balmis.core.safety.scan import Ints

SIGNAL = 2.0  # a pair with Q05 at or above this is told as one (Szarfman et al., Drug Safety 2002;25:381)
BOUNDARY = 12  # steps of the boundary that are told


def maxsprt(
    end: float, least: int, alpha: float, start: float, risks: Sequence[float]
) -> dict[str, Any]:
    plan = sprt.Plan(end, least, alpha, start)
    critical = sprt.critical_value(plan)
    said: dict[str, Any] = {
        "critical_value": critical,
        "alpha": alpha,
        "T": end,
        "M": least,
        "D": start,
        "alpha_reached": sprt.false_alarm(plan, critical or 0.0),
    }
    if critical is None:
        return said
    counts = np.arange(least, least + BOUNDARY, dtype=np.float64)
    reach = sprt.crossing(counts, critical)
    said["boundary"] = [
        {"events": int(n), "expected_below": float(mu)}
        for n, mu in zip(counts, reach, strict=True)
        if start <= mu
    ]
    said["performance"] = []
    for rr in risks:
        found = sprt.performance(plan, critical, rr)
        said["performance"].append(
            {
                "relative_risk": rr,
                "power": found.power,
                "signal_time": found.signal_time,
                "sample": found.sample,
            }
        )
    return said


def maxsprt_lines(said: dict[str, Any]) -> Iterator[str]:
    yield f"T = {said['T']:g} expected events, M = {said['M']}, D = {said['D']:g}, alpha = {said['alpha']:g}"
    if said["critical_value"] is None:
        yield (
            "No critical value: a false signal is less likely than alpha whatever it is "
            f"({said['alpha_reached']:.6f}). Watch longer (T), or ask for fewer events (M)."
        )
        return
    yield f"critical value      {said['critical_value']:.10f}"
    yield f"alpha reached       {said['alpha_reached']:.10f}"
    for step in said["boundary"]:
        yield f"{step['events']:>4} events signal while fewer than {step['expected_below']:.3f} are expected"
    for p in said["performance"]:
        yield (
            f"relative risk {p['relative_risk']:g}: power {p['power']:.4f}, signal after "
            f"{p['signal_time']:.3f} expected events, ends after {p['sample']:.3f}"
        )


def oe(
    observed: int,
    due: float | None,
    doses: float | None,
    rates: Sequence[float],
    window: str,
    known: float,
) -> dict[str, Any]:
    if observed < 0:
        raise ValueError(f"the events seen must be at least 0, not {observed}")
    if due is not None:
        if doses is not None or rates:
            raise ValueError("give either --expected, or --doses, --rate and --window")
        return {"observed": observed, "results": [_against(observed, due, None)]}
    if doses is None or not rates or not window:
        raise ValueError("give --expected, or --doses, --rate and --window")
    days = _window(window)
    found = [_against(observed, expected(doses, r, days, known), r) for r in rates]
    return {
        "observed": observed,
        "doses": doses,
        "window": [days.first, days.last],
        "known": known,
        "results": found,
    }


def _window(text: str) -> Window:
    first, _, last = text.partition("-")
    if not (first.isdigit() and last.isdigit()):
        raise ValueError(f"the window must be first-last in days, as 1-42, not {text!r}")
    return Window(int(first), int(last))


def _against(observed: int, due: float, rate: float | None) -> dict[str, Any]:
    found = ratio(observed, due)
    return {
        "rate": rate,
        "expected": due,
        "ratio": found.value,
        "low": found.low,
        "high": found.high,
        "p": poisson_tail(observed, due),
        "llr": sprt.statistic(observed, due),
        "tipping_share": tipping_share(observed, due),
    }


def oe_lines(said: dict[str, Any]) -> Iterator[str]:
    yield f"observed {said['observed']}"
    for r in said["results"]:
        at = f"rate {r['rate']:g} per 100,000 person-years: " if r["rate"] is not None else ""
        yield (
            f"{at}expected {r['expected']:.4g}, ratio {r['ratio']:.4g} "
            f"({r['low']:.4g} to {r['high']:.4g}), LLR {r['llr']:.4f}, p {r['p']:.3g}"
        )
        if r["tipping_share"]:
            yield f"  raised if fewer than {r['tipping_share']:.0%} of the events were reported"


@dataclass(frozen=True, slots=True)
class Pairs:
    """Product-event pairs with reports seen and expected, all (pairs,)."""

    names: Sequence[tuple[str, str]]
    observed: Ints
    expected: Floats


def prior(theta: str) -> safety_ebgm.Prior:
    """Five numbers with commas between them. Raises ValueError otherwise."""
    try:
        a, b, c, d, p = (float(part) for part in theta.split(","))
    except ValueError:
        raise ValueError(f"theta is five numbers with commas between them, not {theta!r}") from None
    return safety_ebgm.Prior(a, b, c, d, p)


def ebgm(pairs: Pairs, given: safety_ebgm.Prior | None, top: int) -> dict[str, Any]:
    cells = safety_ebgm.collapse(pairs.observed, pairs.expected)
    fitted = None if given else safety_ebgm.fit(cells, safety_ebgm.Zeros.CUT)
    used = given or fitted.prior if fitted else given
    assert used is not None
    n, e = pairs.observed, pairs.expected
    score = safety_ebgm.ebgm(used, n, e)
    q05, q95 = (safety_ebgm.quantile(used, n, e, at) for at in (0.05, 0.95))
    first = np.lexsort((-score, -q05))[:top]
    return {
        "pairs": len(n),
        "theta": [used.shape1, used.rate1, used.shape2, used.rate2, used.share],
        "fitted": fitted is not None,
        "negative_log_likelihood": safety_ebgm.loss(used, cells, safety_ebgm.Zeros.CUT),
        "starts": list(fitted.starts) if fitted else [],
        "signals": int((q05 >= SIGNAL).sum()),
        "top": [
            {
                "product": pairs.names[i][0],
                "event": pairs.names[i][1],
                "n": int(n[i]),
                "e": float(e[i]),
                "ebgm": float(score[i]),
                "q05": float(q05[i]),
                "q95": float(q95[i]),
            }
            for i in first.tolist()
        ],
    }


def ebgm_lines(said: dict[str, Any]) -> Iterator[str]:
    yield f"{said['pairs']} pairs; {said['signals']} with Q05 >= {SIGNAL:g}"
    yield (
        f"theta {', '.join(f'{t:.8g}' for t in said['theta'])} "
        f"({'fitted, a local optimum' if said['fitted'] else 'as given'}); "
        f"negative log likelihood {said['negative_log_likelihood']:.4f}"
    )
    yield f"{'N':>6} {'E':>12} {'EBGM':>8} {'Q05':>8} {'Q95':>8}  product, event"
    for r in said["top"]:
        yield (
            f"{r['n']:>6} {r['e']:>12.7g} {r['ebgm']:>8.2f} {r['q05']:>8.2f} {r['q95']:>8.2f}  "
            f"{r['product']}, {r['event']}"
        )


@dataclass(frozen=True, slots=True)
class Places:
    """Where, how many people, how many cases; all (places,)."""

    longitude: Floats
    latitude: Floats
    people: Floats
    cases: Ints


def scan(at: Places, replicas: int, most: float, alpha: float, seed: int) -> dict[str, Any]:
    distance = scanning.great_circle(at.longitude, at.latitude)
    windows = scanning.circles(distance, at.people, most)
    found = scanning.scan(
        at.cases[:, None], at.people[:, None], windows, replicas=replicas, seed=seed
    )
    return {
        "places": len(at.people),
        "population": float(at.people.sum()),
        "cases": int(at.cases.sum()),
        "replicas": replicas,
        "alpha": alpha,
        "threshold": _finite(scanning.threshold(found.maxima, alpha)),
        "clusters": [
            {
                "places": windows.members(c.window).tolist(),
                "population": float(at.people[windows.members(c.window)].sum()),
                "cases": c.cases,
                "expected": c.expected,
                "relative_risk": _finite(c.relative_risk),
                "llr": c.statistic,
                "p": _finite(c.p),
            }
            for c in found.clusters
        ],
    }


def scan_lines(said: dict[str, Any]) -> Iterator[str]:
    yield f"{said['places']} places, {said['population']:,.0f} people, {said['cases']} cases"
    if said["threshold"] is not None:
        yield f"a circle is a cluster from LLR {said['threshold']:.3f} on (alpha {said['alpha']:g} over all)"
    for i, c in enumerate(said["clusters"], 1):
        p = "" if c["p"] is None else f", p {c['p']:.3f}"
        risk = "infinite" if c["relative_risk"] is None else f"{c['relative_risk']:.2f}"
        yield (
            f"{i}. {len(c['places'])} places, population {c['population']:,.0f}: {c['cases']} cases, "
            f"{c['expected']:.2f} expected, relative risk {risk}, LLR {c['llr']:.2f}{p}"
        )
    if not said["clusters"]:
        yield "no circle with more cases than expected"


def interval(found: Interval) -> dict[str, float | None]:
    """Its numbers, without those that JSON has no way to write."""
    return {"value": _finite(found.value), "low": found.low, "high": _finite(found.high)}


def _finite(value: float) -> float | None:
    return value if isfinite(value) else None
