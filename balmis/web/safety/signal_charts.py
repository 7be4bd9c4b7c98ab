"""What the signal board shows as pictures: lots against what was due, their ranking, the path of a test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from balmis.core.confidence_limits import garwood
from balmis.core.safety.maxsprt import crossing
from balmis.flows.safety.signal_board import LotOrSiteRow, SignalBoard, lot_name
from balmis.web.labels.formats import decimal, measured, named, number
from balmis.web.shared.charts import SERIES, Picture, Spec, amount, layer, nominal

if TYPE_CHECKING:
    from balmis.contexts.safety.models import Look

MOST = 20  # lots in the ranking
POINTS = 60


def pictures(found: SignalBoard, looks: Sequence[Look]) -> list[Picture]:
    sites = [replace(row, name=named(found.places[row.key].names)) for row in found.sites]
    made = [
        _funnel(found),
        _ranking(found.lots, "lots", _("Lots, the ones that stand out first")),
        _ranking(sites, "sites", _("Sites, the ones that stand out first")),
    ]
    return [*made, _path(looks)] if looks else made


def _head() -> tuple[str, ...]:
    return (
        pgettext("of a lot or a site", "Name"),
        _("Doses"),
        _("Seen"),
        _("Were due"),
        _("Ratio"),
        _("from"),
        _("to"),
        _("Shrunken ratio"),
        "5 %",
        "95 %",
    )


def _table(rows: Sequence[LotOrSiteRow]) -> tuple[tuple[object, ...], ...]:
    return tuple(
        (
            r.name,
            number(r.doses),
            r.observed,
            measured(r.expected),
            decimal(r.ratio),
            decimal(r.low),
            decimal(r.high),
            decimal(r.shrunk),
            decimal(r.q05),
            decimal(r.q95),
        )
        for r in rows
    )


def _funnel(found: SignalBoard) -> Picture:
    """Each lot by what was due; outside the limits it is more, or less, than chance explains."""
    points = [{"lot": r.name, "expected": r.expected, "ratio": r.ratio} for r in found.lots]
    first = sorted(found.lots, key=lambda r: -r.ratio)[:3]
    labels = [{"lot": r.name, "expected": r.expected, "ratio": r.ratio} for r in first]
    top = max((r.expected for r in found.lots), default=1.0) * 1.1
    grid = np.linspace(max(top / 200, 0.02), top, POINTS)
    low, high = garwood(np.round(grid).astype(np.int64))
    most = max([r.ratio for r in found.lots] + [2.0]) * 1.1
    edges = [
        {
            "expected": float(e),
            "low": float(a / max(round(e), 1)),
            "high": min(float(b / max(e, 1e-9)), most),
        }
        for e, a, b in zip(grid, low, high, strict=True)
    ]

    def layers(colours: dict[str, str]) -> list[Spec]:
        x, y = amount("expected", _("Events that were due")), amount("ratio")
        edge = amount("low", _("Ratio of seen to due"), scale={"domainMax": most})
        area = {"type": "area", "opacity": 0.18, "color": SERIES[0]}
        point = {"type": "point", "filled": True, "size": 60, "color": SERIES[5]}
        text = {"type": "text", "dx": 6, "align": "left", "color": colours["ink"]}
        return [
            layer(edges, area, x=x, y=edge, y2={"field": "high"}),
            layer([{"y": 1}], {"type": "rule", "color": colours["faint"]}, y=amount("y")),
            layer(points, point, x=x, y=y),
            layer(labels, text, x=x, y=y, text={"field": "lot"}),
        ]

    above = sum(1 for r in found.lots if r.low > 1)
    sentence = _("%(n)s lots; %(above)s with more than chance explains one by one.") % {
        "n": number(len(found.lots)),
        "above": number(above),
    }
    return Picture(
        "funnel", _("Seen against due, lot by lot"), sentence, _head(), _table(found.lots), layers
    )


def _ranking(rows: Sequence[LotOrSiteRow], name: str, title: str) -> Picture:
    shown = rows[:MOST]
    values = [{"name": r.name, "shrunk": r.shrunk, "q05": r.q05, "q95": r.q95} for r in shown]
    order = [r.name for r in shown]

    def layers(colours: dict[str, str]) -> list[Spec]:
        y = nominal("name", order)
        span = amount("q05", _("Shrunken ratio of seen to due, 5 to 95 %"))
        line = {"type": "rule", "size": 2, "color": SERIES[0]}
        point = {"type": "point", "filled": True, "size": 70, "color": SERIES[0]}
        dashed = {"type": "rule", "strokeDash": [5, 4], "color": colours["ink"]}
        return [
            layer(values, line, y=y, x=span, x2={"field": "q95"}),
            layer(values, point, y=y, x=amount("shrunk")),
            layer([{"x": 1}], dashed, x=amount("x")),
        ]

    first = shown[0] if shown else None
    sentence = (
        _("%(name)s stands first: %(ratio)s times what was due, at least %(low)s.")
        % {"name": first.name, "ratio": decimal(first.shrunk), "low": decimal(first.q05)}
        if first
        else _("No dose yet.")
    )
    return Picture(
        name, title, sentence, _head(), _table(rows), layers, height=max(120, 24 * len(shown) + 60)
    )


def _path(looks: Sequence[Look]) -> Picture:
    """Events seen against events due, look by look, with the line at which it signals."""
    values = [{"due": x.expected, "seen": x.observed} for x in looks]
    critical, least = looks[-1].critical, looks[-1].facts["M"]
    top = max(max(x.observed for x in looks) + 2, least + 2)
    counts = np.arange(least, top + 1, dtype=np.float64)
    edge = [
        {"due": float(mu), "seen": int(n)}
        for n, mu in zip(counts, crossing(counts, critical), strict=True)
    ]
    edge.insert(0, {"due": 0.0, "seen": int(least)})

    def layers(colours: dict[str, str]) -> list[Spec]:
        x, y = amount("due", _("Events due so far")), amount("seen", _("Events seen"))
        step = {"type": "line", "interpolate": "step-after", "strokeWidth": 2, "point": True}
        return [
            layer(edge, {"type": "line", "color": SERIES[5], "strokeDash": [6, 3]}, x=x, y=y),
            layer(values, step | {"color": SERIES[0]}, x=x, y=y),
        ]

    last = looks[-1]
    words = {
        "n": last.observed,
        "e": measured(last.expected),
        "s": decimal(last.statistic),
        "c": decimal(critical),
    }
    sentence = _("%(n)s seen, %(e)s due; the statistic is %(s)s, its line %(c)s.") % words
    rows = tuple(
        (
            x.at,
            x.observed,
            decimal(x.expected),
            decimal(x.statistic),
            decimal(x.critical),
            _("crossed") if x.crossed else "",
        )
        for x in looks
    )
    last = looks[-1]
    name = lot_name(last.lot) if last.lot else last.product.name if last.product else ""
    return Picture(
        "path",
        _("The path of the test: %(name)s") % {"name": name},
        sentence,
        (_("Look"), _("Seen"), _("Were due"), _("Statistic"), _("Line"), ""),
        rows,
        layers,
    )
