"""The temperature of a fridge over time, as SVG."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import vl_convert
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from balmis.core.coldchain.excursions import Reading, joined
from balmis.web.charts import FONT, SERIES, THEMES

MOST = 1_200  # points drawn; of more, the lowest and the highest of each stretch
WARM, COLD, INSIDE = SERIES[5], SERIES[0], SERIES[2]


def draw_fridge(
    readings: Sequence[Reading], limits: tuple[float, float], zone: str, *, theme: str,
    width: int = 860, height: int = 280,
) -> str:  # fmt: skip
    """`readings` in order; `limits` in °C."""
    colours, low, high = THEMES[theme], *limits
    values = _values(readings, ZoneInfo(zone))
    ends = [c for v in values if (c := v["c"]) is not None] or [low, high]
    bottom, top = min(low - 2, *ends, low) - 0.5, max(high + 2, *ends, high) + 0.5
    y = {"field": "c", "type": "quantitative", "title": "°C",
         "scale": {"domain": [bottom, top], "zero": False}}  # fmt: skip
    x = {"field": "at", "type": "temporal", "title": None,
         "axis": {"grid": False, "labelOverlap": True, "tickCount": 8, "format": "%m-%d %H:%M"}}  # fmt: skip
    bounds = [{"y": b, "text": f"{number_format(b, 0)} °C"} for b in limits]
    rule = {"data": {"values": bounds}}
    layers: list[dict[str, Any]] = [
        {"data": {"values": [{"low": low, "high": high}]},
         "mark": {"type": "rect", "color": INSIDE, "opacity": 0.12},
         "encoding": {"y": {"field": "low", "type": "quantitative"}, "y2": {"field": "high"}}},
        rule | {"mark": {"type": "rule", "strokeDash": [5, 4], "color": colours["ink"]},
                "encoding": {"y": {"field": "y", "type": "quantitative"}}},
        rule | {"mark": {"type": "text", "align": "left", "dx": 4, "dy": -6, "x": 0, "color": colours["ink"]},
                "encoding": {"y": {"field": "y", "type": "quantitative"}, "text": {"field": "text"}}},
        {"data": {"values": values},
         "mark": {"type": "line", "color": colours["ink"], "strokeWidth": 1.6,
                  "invalid": "break-paths-show-path-domains"},
         "encoding": {"x": x, "y": y}},
        {"data": {"values": [v for v in values if v["c"] is not None and not low <= v["c"] <= high]},
         "mark": {"type": "point", "filled": True, "size": 26, "opacity": 1},
         "encoding": {"x": x, "y": y, "color": {"value": COLD, "condition": {
             "test": f"datum.c > {high}", "value": WARM}}}},
        {"data": {"values": values[-1:]},
         "mark": {"type": "text", "align": "right", "dx": -2, "dy": -10, "fontWeight": "bold",
                  "color": colours["ink"]},
         "encoding": {"x": x, "y": y, "text": {"field": "label"}}},
    ]  # fmt: skip
    spec = {
        "width": width, "height": height, "background": None, "layer": layers,
        "autosize": {"type": "fit", "contains": "padding"},
        "title": None if values else {"text": _("No readings in this time"), "color": colours["faint"]},
        "config": {
            "font": FONT, "view": {"stroke": None}, "text": {"fontSize": 13},
            "axis": {"labelColor": colours["faint"], "titleColor": colours["faint"], "gridColor": colours["line"],
                     "domainColor": colours["line"], "tickColor": colours["line"], "labelFontSize": 13,
                     "titleFontSize": 13, "titleFontWeight": "normal"},
        },
    }  # fmt: skip
    return str(vl_convert.vegalite_to_svg(spec))


def _values(readings: Sequence[Reading], zone: ZoneInfo) -> list[dict[str, Any]]:
    """Wall-clock times of the site; where nobody knows how warm it was, a break."""
    found: list[dict[str, Any]] = []
    for part in _unbroken(readings):
        if found:
            found.append({"at": _local(part[0].at, zone), "c": None, "label": ""})
        for r in thinned(part, len(readings)):
            label = f"{number_format(r.celsius, 1)} °C"
            found.append({"at": _local(r.at, zone), "c": r.celsius, "label": label})
    return found


def _unbroken(readings: Sequence[Reading]) -> list[list[Reading]]:
    found: list[list[Reading]] = []
    for n, r in enumerate(readings):
        if n and joined(readings[n - 1], r):
            found[-1].append(r)
        else:
            found.append([r])
    return found


def _local(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).replace(tzinfo=None).isoformat(timespec="seconds")


def thinned(readings: Sequence[Reading], among: int) -> list[Reading]:
    """The share of `MOST` that falls to these `among` all, with every stretch's lowest and highest: no
    peak is lost."""
    size = -(-among * 2 // MOST)
    if among <= MOST or len(readings) <= 2:
        return list(readings)
    found: list[Reading] = []
    for n in range(0, len(readings), size):
        part = readings[n : n + size]
        ends = {min(part, key=lambda r: r.celsius), max(part, key=lambda r: r.celsius)}
        found += sorted(ends, key=lambda r: r.at)
    return found if found[-1] == readings[-1] else [*found, readings[-1]]
