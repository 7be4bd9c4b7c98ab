"""Charts as SVG, drawn on the server: Vega-Lite described as plain data, rendered by vl-convert."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

import vl_convert
from django.utils.translation import gettext as _

# Okabe and Ito's palette, readable with colour-blind eyes; and the page's own greys.
SERIES = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00")
THEMES = {
    "light": {"ink": "#1b2528", "faint": "#5b6b70", "line": "#d5dcde"},
    "dark": {"ink": "#e8eeef", "faint": "#9db0b5", "line": "#37464b"},
}
FONT = "system-ui, 'Noto Sans CJK KR', 'Noto Sans CJK SC', sans-serif"


@dataclass(frozen=True, slots=True)
class DosesChart:
    """Doses by day and kind, with a line for the doses a day that are needed."""

    rows: tuple[tuple[date, str, int], ...]  # day, label of the kind, doses
    order: tuple[str, ...]  # labels, first at the bottom
    needed_a_day: int | None


def draw_doses(chart: DosesChart, *, theme: str, width: int = 860, height: int = 260) -> str:
    """The chart as SVG text."""
    labels = (_("Doses a day"), _("needed a day"))
    return _draw(chart, theme, width, height, labels)


@lru_cache(maxsize=64)
def _draw(chart: DosesChart, theme: str, width: int, height: int, labels: tuple[str, str]) -> str:
    colours = THEMES[theme]
    present = [label for label in chart.order if any(r[1] == label for r in chart.rows)]
    values = [{"day": d.isoformat(), "kind": kind, "doses": n} for d, kind, n in chart.rows]
    layers: list[dict[str, Any]] = [
        {
            "data": {"values": values},
            "mark": {"type": "bar", "width": {"band": 1}},
            "encoding": {
                "x": {"field": "day", "type": "temporal", "timeUnit": "utcyearmonthdate", "title": None,
                      "axis": {"grid": False, "format": "%Y-%m-%d", "labelOverlap": True, "tickCount": 8}},
                "y": {"field": "doses", "type": "quantitative", "title": labels[0], "stack": "zero"},
                "color": {"field": "kind", "type": "nominal", "title": None, "sort": present,
                          "scale": {"domain": present, "range": list(SERIES[: len(present)])}},
                "order": {"field": "kind"},
            },
        }
    ]  # fmt: skip
    if chart.needed_a_day:
        rule = {
            "data": {
                "values": [{"y": chart.needed_a_day, "text": f"{chart.needed_a_day:,} {labels[1]}"}]
            }
        }
        layers += [
            rule | {"mark": {"type": "rule", "strokeDash": [5, 4], "size": 1.5, "color": colours["ink"]},
                    "encoding": {"y": {"field": "y", "type": "quantitative"}}},
            rule | {"mark": {"type": "text", "align": "left", "dx": 4, "dy": -6, "x": 0, "color": colours["ink"]},
                    "encoding": {"y": {"field": "y", "type": "quantitative"}, "text": {"field": "text"}}},
        ]  # fmt: skip
    spec = {
        "width": width, "height": height, "background": None, "layer": layers,
        "autosize": {"type": "fit", "contains": "padding"},
        "config": {
            "font": FONT, "view": {"stroke": None},
            "axis": {"labelColor": colours["faint"], "titleColor": colours["faint"], "gridColor": colours["line"],
                     "domainColor": colours["line"], "tickColor": colours["line"], "labelFontSize": 13,
                     "titleFontSize": 13, "titleFontWeight": "normal"},
            "legend": {"orient": "top", "labelColor": colours["ink"], "labelFontSize": 13},
            "text": {"fontSize": 13},
        },
    }  # fmt: skip
    return str(vl_convert.vegalite_to_svg(spec))
