"""What a planner looks at: will the target be reached, what is in store, where the gap is, who works when,
what holds it back."""

from collections.abc import Sequence
from datetime import date, timedelta

from django.utils.translation import gettext as _

from balmis.contexts.campaigns.plan.format import Plan
from balmis.core.planning.study_result import StudyResult
from balmis.web.labels.formats import named, number, percent
from balmis.web.labels.planning import caused, shown
from balmis.web.shared.charts import (
    SERIES,
    Picture,
    Spec,
    amount,
    by_day,
    category,
    layer,
    nominal,
    rule,
)


def pictures(found: StudyResult, plan: Plan) -> list[Picture]:
    """All that a study has to show."""
    aims = [_fan(found, n, plan) for n in range(len(found["aims"]))]
    made = [*aims, _stock(found, plan), _gap(found, plan), _sessions(found, plan)]
    falls = [p for n in range(len(found["aims"])) if (p := _shortfall(found, n)) is not None]
    return [*made, *falls]


def days(found: StudyResult) -> list[str]:
    """The last day of each week."""
    first = date.fromisoformat(found["starts_on"]) + timedelta(days=6)
    return [(first + timedelta(days=7 * n)).isoformat() for n in range(found["weeks"])]


def target_titles(plan: Plan) -> dict[str, str]:
    return {t.code: named(t.title) for t in plan.targets}


def _fan(found: StudyResult, n: int, plan: Plan) -> Picture:
    aim = found["aims"][n]
    low, middle, high = aim["fan"]
    ends = days(found)
    band = [{"day": d, "low": a, "high": b} for d, a, b in zip(ends, low, high, strict=True)]
    names = (_("plan"), _("half of the futures"))
    lines = _by_name(names, (aim["done"], middle), ends, "people")
    people = (
        _("people with a complete course") if aim["completed"] else _("people with a first dose")
    )

    def layers(colours: dict[str, str]) -> list[Spec]:
        target = _("target: %(n)s") % {"n": number(aim["people"])}
        return [
            layer(
                band,
                {"type": "area", "opacity": 0.22, "color": SERIES[0]},
                x=by_day(),
                y=amount("low", people),
                y2={"field": "high"},
            ),
            layer(
                lines,
                {"type": "line", "strokeWidth": 2},
                x=by_day(),
                y=amount("people", people),
                color=category("what", names, (colours["ink"], SERIES[0])),
                strokeDash=category("what", names, ([6, 3], [1, 0])),
            ),
            *rule("people", aim["people"], target, colours),
            *rule("day", aim["by"], aim["by"], colours, across=False),
        ]

    sentence = _(
        "By %(day)s the plan has %(done)s of %(people)s; in 90 of 100 futures between %(low)s and "
        "%(high)s."
    ) % {
        "day": shown(aim["by"]),
        "done": number(round(aim["done_by"])),
        "people": number(aim["people"]),
        "low": number(low[aim["week"]]),
        "high": number(high[aim["week"]]),
    }
    title = target_titles(plan).get(aim["code"], aim["code"])
    return Picture(
        f"fan-{n}",
        title,
        sentence,
        (_("Week until"), _("plan"), "5 %", "50 %", "95 %"),
        tuple(zip(ends, aim["done"], low, middle, high, strict=True)),
        layers,
    )


def _by_name(
    names: Sequence[str], rows: Sequence[Sequence[float]], ends: list[str], unit: str
) -> list[Spec]:
    """A line for each name: its row's values at the ends of the weeks."""
    return [
        {"day": d, unit: y, "what": what}
        for what, values in zip(names, rows, strict=True)
        for d, y in zip(ends, values, strict=True)
    ]


def _stock(found: StudyResult, plan: Plan) -> Picture:
    ends = days(found)
    names = {p.code: p.name for p in plan.products}
    came = [
        {"day": d, "product": names.get(code, code), "doses": row[k]}
        for d, row in zip(ends, found["supply"], strict=True)
        for k, code in enumerate(found["products"])
        if row[k]
    ]
    labels = (_("in store"), _("promised to second doses"))
    totals = [[sum(row) for row in found[key]] for key in ("stock", "promised")]
    lines = _by_name(labels, totals, ends, "doses")

    def layers(colours: dict[str, str]) -> list[Spec]:
        order = [names.get(c, c) for c in found["products"]]
        below = {"orient": "bottom", "offset": 4}
        return [
            layer(
                came,
                {"type": "bar", "size": 8},
                x=by_day(),
                y=amount("doses", _("doses"), stack="zero"),
                color=category("product", order, SERIES, title=_("deliveries")),
            ),
            layer(
                lines,
                {"type": "line", "strokeWidth": 2, "color": colours["ink"]},
                x=by_day(),
                y=amount("doses", _("doses")),
                strokeDash=nominal("what", labels, legend=below),
            ),
        ]

    top = max(range(len(totals[1])), key=lambda i: totals[1][i])
    sentence = (
        _(
            "Second doses that are promised are given from later deliveries too, so they may be more than what "
            "is in store."
        )
        + " "
    )
    sentence += _(
        "At most %(n)s doses are promised to second doses, in the week until %(day)s."
    ) % {"n": number(round(totals[1][top])), "day": shown(ends[top])}
    rows = tuple(
        (d, round(sum(s)), round(a), round(b))
        for d, s, a, b in zip(ends, found["supply"], *totals, strict=True)
    )
    return Picture(
        "stock",
        _("Stock and what is promised"),
        sentence,
        (_("Week until"), _("deliveries"), *labels),
        rows,
        layers,
    )


def gap(found: StudyResult) -> list[list[float]]:
    """(weeks, areas) first-dose coverage less what an even pace to the first target would be."""
    aim = found["aims"][0]
    share = aim["people"] / max(1.0, sum(found["people"]))
    last = max(1, aim["week"] + 1)
    return [
        [c - share * min(1.0, (n + 1) / last) for c in row]
        for n, row in enumerate(found["coverage"])
    ]


def area_names(plan: Plan) -> dict[str, str]:
    return {a.code: named(a.names) for a in (plan.root.areas or [plan.root])}


def _by_week(
    cells: list[Spec],
    place: str,
    places: list[str],
    ends: list[str],
    colour: Spec,
) -> list[Spec]:
    """A field of colours: weeks across, places down."""
    axis = {"format": "%m-%d", "labelAngle": 0, "values": ends[::6]}
    day = nominal("day", timeUnit="utcyearmonthdate", axis=axis) | {"type": "ordinal"}
    del day["sort"]  # days are in their own order
    mark = {"type": "rect", "cornerRadius": 2}
    return [layer(cells, mark, x=day, y=nominal(place, places), color=colour)]


def _gap(found: StudyResult, plan: Plan) -> Picture:
    ends, names, gaps = days(found), area_names(plan), gap(found)
    places = [names.get(c, c) for c in found["areas"]]
    points = [
        (round(100 * row[k], 2), place, d)
        for d, row in zip(ends, gaps, strict=True)
        for k, place in enumerate(places)
    ]
    cells: list[Spec] = [{"day": d, "area": place, "gap": n} for n, place, d in points]
    reach = max(1.0, max(abs(n) for n, _place, _day in points))

    def layers(colours: dict[str, str]) -> list[Spec]:
        shade = {"scheme": "blueorange", "domain": [reach, -reach]}
        return _by_week(
            cells,
            "area",
            places,
            ends,
            amount("gap", _("points ahead (+) or behind (−)"), scale=shade),
        )

    worst, where, when = min(points, key=lambda p: p[0])
    sentence = _(
        "Farthest behind an even pace: %(area)s, by %(n)s points in the week until %(day)s."
    ) % {"area": where, "n": f"{abs(worst):.1f}", "day": shown(when)}
    rows = tuple(
        (d, *(percent(c) for c in row)) for d, row in zip(ends, found["coverage"], strict=True)
    )
    return Picture(
        "gap",
        _("Coverage gap by week and area"),
        sentence,
        (_("Week until"), *places),
        rows,
        layers,
        height=90 + 34 * len(places),
    )


def site_names(plan: Plan) -> dict[str, str]:
    return {s.code: named(s.names) for s in plan.sites}


def _sessions(found: StudyResult, plan: Plan) -> Picture:
    ends, names = days(found), site_names(plan)
    places = [names.get(c, c) for c in found["sites"]]
    weeks = [[sum(p) for p in week] for week in found["site_doses"]]
    worked = [
        (row[k], place, d)
        for d, row in zip(ends, weeks, strict=True)
        for k, place in enumerate(places)
        if row[k]
    ]
    cells: list[Spec] = [{"day": d, "site": place, "doses": n} for n, place, d in worked]

    def layers(colours: dict[str, str]) -> list[Spec]:
        return _by_week(
            cells,
            "site",
            places,
            ends,
            amount("doses", _("doses a week"), scale={"scheme": "teals"}),
        )

    sentence = _("No doses are planned.")
    if worked:
        n, place, day = max(worked, key=lambda w: w[0])
        sentence = _("The busiest week: %(site)s with %(n)s doses until %(day)s.")
        sentence %= {"site": place, "n": number(n), "day": shown(day)}
    rows = tuple((d, *week) for d, week in zip(ends, weeks, strict=True))
    return Picture(
        "sessions",
        _("Who works when"),
        sentence,
        (_("Week until"), *places),
        rows,
        layers,
        height=90 + 34 * len(places),
    )


def _shortfall(found: StudyResult, n: int) -> Picture | None:
    aim = found["aims"][n]
    if not aim.get("steps"):
        return None
    at, bars = aim["most"], [(_("most possible"), 0.0, aim["most"])]
    for step in aim["steps"]:
        bars.append((caused(step["cause"]), at, at + step["people"]))
        at += step["people"]
    bars.append((_("target"), 0.0, aim["people"]))
    order = [what for what, _from, _to in bars]
    low = 0.9 * aim["most"]

    def layers(colours: dict[str, str]) -> list[Spec]:
        cells: list[Spec] = [{"what": w, "from": max(low, a), "to": b} for w, a, b in bars]
        ends = f"datum.what === '{order[0]}' || datum.what === '{order[-1]}'"
        domain = [low, max(at, aim["people"]) * 1.01]
        title = _("people, from %(n)s on") % {"n": number(round(low))}
        return [
            layer(
                cells,
                {"type": "bar", "color": SERIES[5]},
                y=nominal("what", order),
                x=amount("from", title, scale={"domain": domain, "zero": False}),
                x2={"field": "to"},
                color={"value": SERIES[5], "condition": {"test": ends, "value": SERIES[0]}},
            )
        ]

    sentence = _("%(n)s people are missing; most of all for: %(cause)s.") % {
        "n": number(round(aim["short"])),
        "cause": caused(aim["steps"][0]["cause"]),
    }
    rows = tuple((what, round(to - begins)) for what, begins, to in bars)
    return Picture(
        f"shortfall-{n}",
        _("What holds the target back"),
        sentence,
        (_("Limit"), _("People")),
        rows,
        layers,
        height=70 + 34 * len(bars),
    )
