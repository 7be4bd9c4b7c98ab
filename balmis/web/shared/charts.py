"""Charts as SVG or PNG, drawn on the server: Vega-Lite described as plain data, rendered by vl-convert.

One frame for every chart; a picture also has its sentence and its table.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import vl_convert

# Okabe and Ito's palette, readable with colour-blind eyes; and the page's own greys.
SERIES = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00")
THEMES = {
    "light": {"ink": "#1b2528", "faint": "#5b6b70", "line": "#d5dcde"},
    "dark": {"ink": "#e8eeef", "faint": "#9db0b5", "line": "#37464b"},
}
FONT = "system-ui, 'Noto Sans CJK KR', 'Noto Sans CJK SC', sans-serif"
WIDE, NARROW = (860, 300), (400, 320)

Spec = dict[str, object]  # a part of a chart as Vega-Lite describes it: plain JSON
Layers = Callable[[dict[str, str]], list[Spec]]  # made for the colours of a theme


@dataclass(frozen=True, slots=True)
class Picture:
    """What is drawn, in one sentence and as a table."""

    name: str
    title: str
    sentence: str
    head: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]
    layers: Layers
    height: int = WIDE[1]

    def svg(self, theme: str, *, narrow: bool = False) -> str:
        return drawn(self.layers, theme, *(NARROW if narrow else (WIDE[0], self.height)))

    def png(self, theme: str = "light") -> bytes:
        spec = framed(self.layers(THEMES[theme]), theme, WIDE[0], self.height)
        spec["background"] = "#ffffff" if theme == "light" else "#10181a"
        made: bytes = vl_convert.vegalite_to_png(spec, scale=2)
        return made


def drawn(layers: Layers, theme: str, width: int, height: int, **more: object) -> str:
    """SVG text; `more` goes to the frame, such as a `title` for a chart without data."""
    spec = framed(layers(THEMES[theme]), theme, width, height) | more
    return str(vl_convert.vegalite_to_svg(spec))


def framed(layers: list[Spec], theme: str, width: int, height: int) -> Spec:
    """The whole chart: its layers in the frame that all charts share."""
    return {
        "width": width,
        "height": height,
        "background": None,
        "layer": layers,
        "autosize": {"type": "fit", "contains": "padding"},
        "config": _config(THEMES[theme], columns=2 if width < 600 else 4),
    }


def _config(colours: dict[str, str], columns: int) -> Spec:
    words = {
        "labelColor": colours["faint"],
        "titleColor": colours["faint"],
        "labelFontSize": 13,
        "titleFontSize": 13,
        "titleFontWeight": "normal",
    }
    lines = {f"{part}Color": colours["line"] for part in ("grid", "domain", "tick")}
    beside = {"titleAngle": 0, "titleAlign": "left", "titleAnchor": "end", "titleX": 0}
    place = {"orient": "top", "offset": 30, "columns": columns}
    return {
        "font": FONT,
        "view": {"stroke": None},
        "text": {"fontSize": 13, "color": colours["ink"]},
        "axis": words | lines | {"labelLimit": 180},
        "axisY": beside | {"titleY": -14},
        "legend": words | place | {"labelColor": colours["ink"], "labelLimit": 320},
    }


def layer(values: Sequence[object], mark: Mapping[str, object], **encoding: object) -> Spec:
    """One mark for each of the values."""
    return {"data": {"values": values}, "mark": mark, "encoding": encoding}


def by_day(field: str = "day", **axis: object) -> Spec:
    """The axis of days."""
    return {
        "field": field,
        "type": "temporal",
        "title": None,
        "timeUnit": "utcyearmonthdate",
        "axis": {"grid": False, "format": "%Y-%m-%d", "labelOverlap": True, "tickCount": 6} | axis,
    }


def amount(field: str, title: str | None = None, **more: object) -> Spec:
    """A quantity, named by `title` where the axis has no name yet."""
    named = {} if title is None else {"title": title}
    return {"field": field, "type": "quantitative"} | named | more


def nominal(field: str, order: Sequence[str] | None = None, **more: object) -> Spec:
    """Names in their order."""
    return {"field": field, "type": "nominal", "title": None, "sort": order} | more


def category(field: str, order: Sequence[str], colours: Sequence[object], **more: object) -> Spec:
    """Names told apart by colours, or dashes, in the same order."""
    scale = {"domain": list(order), "range": list(colours[: len(order)])}
    return nominal(field, list(order), scale=scale) | more


def rule(
    field: str, value: object, text: str, colours: dict[str, str], *, across: bool = True
) -> list[Spec]:
    """A dashed line with its words: across at a value, or down at a day."""
    ink = colours["ink"]
    place = {"y": amount(field)} if across else {"x": by_day(field)}
    put = {"dx": 4, "dy": -6, "x": 0} if across else {"dx": -4, "dy": 0, "y": 28}
    words = {"type": "text", "align": "left" if across else "right", "color": ink} | put
    line = {"type": "rule", "strokeDash": [5, 4], "size": 1.5, "color": ink}
    values = [{field: value, "text": text}]
    return [
        layer(values, line, **place),
        layer(values, words, **place, text={"field": "text"}),
    ]
