"""Pictures as SVG or PNG with their table: one frame for all that the planning pages draw."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import vl_convert

from balmis.web.charts import FONT, THEMES

WIDE, NARROW = (860, 300), (400, 320)


@dataclass(frozen=True, slots=True)
class Picture:
    """What is drawn, in one sentence and as a table; `layers` are made for the colours of a theme."""

    name: str
    title: str
    sentence: str
    head: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    layers: Callable[[dict[str, str]], list[dict[str, Any]]]
    height: int = WIDE[1]

    def svg(self, theme: str, *, narrow: bool = False) -> str:
        return str(vl_convert.vegalite_to_svg(self._spec(theme, narrow)))

    def png(self, theme: str = "light") -> bytes:
        colours = {"background": "#ffffff" if theme == "light" else "#10181a"}
        made: bytes = vl_convert.vegalite_to_png(self._spec(theme, False) | colours, scale=2)
        return made

    def _spec(self, theme: str, narrow: bool) -> dict[str, Any]:
        width, height = NARROW if narrow else (WIDE[0], self.height)
        return framed(self.layers(THEMES[theme]), theme, width, height)


def framed(layers: list[dict[str, Any]], theme: str, width: int, height: int) -> dict[str, Any]:
    colours = THEMES[theme]
    return {
        "width": width, "height": height, "background": None, "layer": layers,
        "autosize": {"type": "fit", "contains": "padding"},
        "config": {
            "font": FONT, "view": {"stroke": None}, "text": {"fontSize": 13, "color": colours["ink"]},
            "axis": {"labelColor": colours["faint"], "titleColor": colours["faint"], "gridColor": colours["line"],
                     "domainColor": colours["line"], "tickColor": colours["line"], "labelFontSize": 13,
                     "titleFontSize": 13, "titleFontWeight": "normal", "labelLimit": 180},
            "axisY": {"titleAngle": 0, "titleAlign": "left", "titleAnchor": "end", "titleX": 0, "titleY": -14},
            "legend": {"orient": "top", "labelColor": colours["ink"], "titleColor": colours["faint"],
                       "labelFontSize": 13, "titleFontSize": 13, "titleFontWeight": "normal", "labelLimit": 320,
                       "offset": 30, "columns": 2 if width < 600 else 4},
        },
    }  # fmt: skip


def by_day(field: str = "day", **axis: Any) -> dict[str, Any]:
    """The axis of days."""
    return {"field": field, "type": "temporal", "title": None, "timeUnit": "utcyearmonthdate",
            "axis": {"grid": False, "format": "%Y-%m-%d", "labelOverlap": True, "tickCount": 6} | axis}  # fmt: skip


def amount(field: str, title: str, **more: Any) -> dict[str, Any]:
    return {"field": field, "type": "quantitative", "title": title} | more


def rule(
    field: str, value: Any, text: str, colours: dict[str, str], *, across: bool = True
) -> list[dict[str, Any]]:
    """A dashed line with its words: across at a value, or down at a day."""
    data = {"data": {"values": [{field: value, "text": text}]}}
    place: dict[str, Any] = (
        {"y": {"field": field, "type": "quantitative"}} if across else {"x": by_day(field)}
    )
    text_mark: dict[str, Any] = {
        "type": "text",
        "align": "left",
        "dx": 4,
        "dy": -6,
        "color": colours["ink"],
    }
    text_mark |= {"x": 0} if across else {"y": 28, "align": "right", "dx": -4, "dy": 0}
    return [
        data | {"mark": {"type": "rule", "strokeDash": [5, 4], "size": 1.5, "color": colours["ink"]},
                "encoding": place},
        data | {"mark": text_mark, "encoding": place | {"text": {"field": "text"}}},
    ]  # fmt: skip
