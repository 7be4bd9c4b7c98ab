"""The temperature of a fridge over time, as SVG."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from balmis.core.coldchain.excursions import TemperatureReading, joined
from balmis.web.shared.charts import SERIES, THEMES, Spec, amount, drawn, layer, rule

MOST = 1_200  # points drawn; of more, the lowest and the highest of each stretch
WARM, COLD, INSIDE = SERIES[5], SERIES[0], SERIES[2]


def draw_fridge(
    readings: Sequence[TemperatureReading],
    limits: tuple[float, float],
    zone: str,
    *,
    theme: str,
    width: int = 860,
    height: int = 280,
) -> str:
    """`readings` in order; `limits` in °C."""
    values = _values(readings, ZoneInfo(zone))

    def layers(colours: dict[str, str]) -> list[Spec]:
        return _layers(values, limits, colours)

    faint = THEMES[theme]["faint"]
    title = None if values else {"text": _("No readings in this time"), "color": faint}
    return drawn(layers, theme, width, height, title=title)


def _layers(
    values: list[dict[str, Any]], limits: tuple[float, float], colours: dict[str, str]
) -> list[Spec]:
    """The allowed range, its two limits, the line, what lies outside, and the last value."""
    ink, (low, high) = colours["ink"], limits
    ends = [low, high, *(v["c"] for v in values if v["c"] is not None)]
    domain = [min(low - 2, *ends) - 0.5, max(high + 2, *ends) + 0.5]
    axis = {"grid": False, "labelOverlap": True, "tickCount": 8, "format": "%m-%d %H:%M"}
    x = {"field": "at", "type": "temporal", "title": None, "axis": axis}
    y = amount("c", "°C", scale={"domain": domain, "zero": False})
    outside = [v for v in values if v["c"] is not None and not low <= v["c"] <= high]
    warm = {"value": COLD, "condition": {"test": f"datum.c > {high}", "value": WARM}}
    line = {"type": "line", "color": ink, "strokeWidth": 1.6}
    point = {"type": "point", "filled": True, "size": 26, "opacity": 1}
    last = {"type": "text", "align": "right", "dx": -2, "dy": -10, "color": ink}
    range_ = layer(
        [{"low": low, "high": high}],
        {"type": "rect", "color": INSIDE, "opacity": 0.12},
        y=amount("low"),
        y2={"field": "high"},
    )
    return [
        range_,
        *(one for b in limits for one in rule("y", b, f"{number_format(b, 0)} °C", colours)),
        layer(values, line | {"invalid": "break-paths-show-path-domains"}, x=x, y=y),
        layer(outside, point, x=x, y=y, color=warm),
        layer(values[-1:], last | {"fontWeight": "bold"}, x=x, y=y, text={"field": "label"}),
    ]


def _values(readings: Sequence[TemperatureReading], zone: ZoneInfo) -> list[dict[str, object]]:
    """Wall-clock times of the site; where nobody knows how warm it was, a break."""
    found: list[dict[str, object]] = []
    for part in _unbroken(readings):
        if found:
            found.append({"at": _local(part[0].at, zone), "c": None, "label": ""})
        for r in thinned(part, len(readings)):
            label = f"{number_format(r.celsius, 1)} °C"
            found.append({"at": _local(r.at, zone), "c": r.celsius, "label": label})
    return found


def _unbroken(readings: Sequence[TemperatureReading]) -> list[list[TemperatureReading]]:
    found: list[list[TemperatureReading]] = []
    for n, r in enumerate(readings):
        if n and joined(readings[n - 1], r):
            found[-1].append(r)
        else:
            found.append([r])
    return found


def _local(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).replace(tzinfo=None).isoformat(timespec="seconds")


def thinned(readings: Sequence[TemperatureReading], among: int) -> list[TemperatureReading]:
    """The share of `MOST` that falls to these `among` all, with every stretch's lowest and highest: no
    peak is lost."""
    size = -(-among * 2 // MOST)
    if among <= MOST or len(readings) <= 2:
        return list(readings)
    found: list[TemperatureReading] = []
    for n in range(0, len(readings), size):
        part = readings[n : n + size]
        ends = {min(part, key=lambda r: r.celsius), max(part, key=lambda r: r.celsius)}
        found += sorted(ends, key=lambda r: r.at)
    return found if found[-1] == readings[-1] else [*found, readings[-1]]
