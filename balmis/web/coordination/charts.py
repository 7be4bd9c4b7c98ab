"""Doses by day and kind, as SVG."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from django.utils.translation import gettext as _

from balmis.web.shared.charts import SERIES, Spec, amount, by_day, category, drawn, layer, rule


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
    present = [label for label in chart.order if any(r[1] == label for r in chart.rows)]
    values = [{"day": d.isoformat(), "kind": kind, "doses": n} for d, kind, n in chart.rows]

    def layers(colours: dict[str, str]) -> list[Spec]:
        bars = layer(
            values,
            {"type": "bar", "width": {"band": 1}},
            x=by_day(tickCount=8),
            y=amount("doses", labels[0], stack="zero"),
            color=category("kind", present, SERIES),
            order={"field": "kind"},
        )
        needed = chart.needed_a_day
        return [bars] + (rule("y", needed, f"{needed:,} {labels[1]}", colours) if needed else [])

    return drawn(layers, theme, width, height)
