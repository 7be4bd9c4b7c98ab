"""A centre's day to look at: how full, how busy, how many it can take, what a server more would do."""

from typing import Any

from django.utils.translation import gettext as _

from balmis.web.labels.formats import decimal, number, percent
from balmis.web.shared.charts import SERIES, Picture, Spec, amount, category, layer, nominal, rule

Day = dict[str, Any]


def pictures(found: Day) -> list[Picture]:
    rooms = [
        ("seated", "seats", _("People on observation seats"), _("seats")),
        ("parked", "parking", _("Places to park that are taken"), _("places")),
    ]
    return [
        *(_room(found, *room) for room in rooms),
        _queues(found),
        _busy(found),
        _knee(found),
        _ladder(found),
    ]


def clock(minutes: float) -> str:
    """Hours since opening, for an axis: 1:30."""
    sign, whole = ("-", -minutes) if minutes < 0 else ("", minutes)
    return f"{sign}{int(whole // 60)}:{int(whole % 60):02d}"


def _hours(field: str = "hour") -> Spec:
    return {
        "field": field,
        "type": "quantitative",
        "title": _("hours after opening"),
        "axis": {"grid": False, "tickMinStep": 1},
    }


def _room(found: Day, key: str, limit: str, title: str, unit: str) -> Picture:
    at, (low, middle, high) = found["profiles"]["at"], found["profiles"][key]
    band = [{"hour": t / 60, "low": a, "high": b} for t, a, b in zip(at, low, high, strict=True)]
    line = [{"hour": t / 60, "people": y} for t, y in zip(at, middle, strict=True)]
    most = found[limit]

    def layers(colours: dict[str, str]) -> list[Spec]:
        area = {"type": "area", "opacity": 0.25, "color": SERIES[0]}
        middle_line = {"type": "line", "strokeWidth": 2, "color": SERIES[0]}
        words = _("there are %(n)s") % {"n": number(most)}
        return [
            layer(band, area, x=_hours(), y=amount("low", unit), y2={"field": "high"}),
            layer(line, middle_line, x=_hours(), y=amount("people", unit)),
            *(rule("people", most, words, colours) if most else []),
        ]

    p99 = found["seated_p99"] if key == "seated" else found["parked_p99"]
    sentence = _("On 99 of 100 days at most %(n)s are taken; there are %(most)s.") % {
        "n": number(round(p99)),
        "most": number(most) if most else _("as many as are wanted"),
    }
    rows = tuple((clock(t), a, y, b) for t, a, y, b in zip(at, low, middle, high, strict=True))
    return Picture(
        key, title, sentence, (_("Time"), "10 %", "50 %", "90 %"), rows, layers, height=240
    )


def _queues(found: Day) -> Picture:
    at, queues = found["profiles"]["at"], found["profiles"]["queues"]
    names = [station_name(n) for n in queues]
    cells = [
        {"hour": t / 60, "station": name, "people": y, "order": k}
        for k, (name, q) in enumerate(zip(names, queues.values(), strict=True))
        for t, y in zip(at, q[0], strict=True)
    ]
    top = [
        {"hour": t / 60, "people": sum(q[1][i] for q in queues.values())} for i, t in enumerate(at)
    ]

    def layers(colours: dict[str, str]) -> list[Spec]:
        y = amount("people", _("people in line"))
        dashes = {"strokeDash": [4, 4], "strokeWidth": 1.2, "color": colours["ink"]}
        return [
            layer(
                cells,
                {"type": "area", "interpolate": "step"},
                x=_hours(),
                y=y | {"stack": "zero"},
                color=category("station", names, SERIES),
                order={"field": "order"},
            ),
            layer(top, {"type": "line", "interpolate": "step"} | dashes, x=_hours(), y=y),
        ]

    worst = max(top, key=lambda c: c["people"])
    sentence = _(
        "The lines are longest %(at)s hours after opening: on 1 day of 10 %(n)s people or more (dashed)."
    ) % {"at": clock(60 * worst["hour"]), "n": number(round(worst["people"]))}
    rows = tuple(
        (clock(t), *(q[0][i] for q in queues.values()), round(top[i]["people"], 1))
        for i, t in enumerate(at)
    )
    return Picture(
        "queues",
        _("People in line"),
        sentence,
        (_("Time"), *names, _("all, 90 %")),
        rows,
        layers,
        height=240,
    )


def station_name(name: str) -> str:
    known = {
        "registration": _("Registration"),
        "screening": _("Screening"),
        "vaccination": _("Vaccination"),
        "exit": _("Exit"),
    }
    return known.get(name, name)


def _busy(found: Day) -> Picture:
    hours, busy = found["profiles"]["hours"], found["profiles"]["busy"]
    names = [station_name(n) for n in busy]
    cells = [
        {"hour": clock(h), "station": name, "busy": round(100 * y, 1)}
        for name, row in zip(names, busy.values(), strict=True)
        for h, y in zip(hours, row, strict=True)
    ]

    def layers(colours: dict[str, str]) -> list[Spec]:
        title = _("hours after opening")
        x = nominal("hour", title=title, axis={"labelAngle": 0}) | {"type": "ordinal"}
        y = nominal("station", names)
        shade = amount("busy", "%", scale={"scheme": "teals", "domain": [0, 100]})
        white = {"test": "datum.busy > 65", "value": "#ffffff"}
        ink = {"value": "#10201f", "condition": white}
        text = amount("busy", format=".0f")
        return [
            layer(cells, {"type": "rect"}, x=x, y=y, color=shade),
            layer(cells, {"type": "text"}, x=x, y=y, text=text, color=ink),
        ]

    hottest = max(cells, key=lambda c: c["busy"])
    sentence = _("Busiest: %(station)s, %(share)s %% from %(hour)s hours after opening.") % {
        "station": hottest["station"],
        "share": f"{hottest['busy']:.0f}",
        "hour": hottest["hour"],
    }
    rows = tuple(
        (clock(h), *(percent(row[i], 0) for row in busy.values())) for i, h in enumerate(hours)
    )
    return Picture(
        "busy",
        _("How busy each station is, by the hour"),
        sentence,
        (_("Time"), *names),
        rows,
        layers,
        height=80 + 40 * len(names),
    )


def _knee(found: Day) -> Picture:
    points = [
        {
            "an_hour": p["an_hour"],
            "wait": p["mean"],
            "low": max(0.0, p["mean"] - p["error"]),
            "high": p["mean"] + p["error"],
        }
        for p in found["knee"]
    ]
    x = {
        "field": "an_hour",
        "type": "quantitative",
        "title": _("appointments an hour"),
        "scale": {"zero": False},
        "axis": {"grid": False},
    }
    label = _("minutes that 95 of 100 wait at most")

    def layers(colours: dict[str, str]) -> list[Spec]:
        area = {"type": "area", "opacity": 0.25, "color": SERIES[0]}
        line = {"type": "line", "point": True, "strokeWidth": 2, "color": SERIES[0]}
        planned = [{"an_hour": found["an_hour"], "text": _("planned")}]
        here = {"type": "rule", "strokeDash": [2, 3], "color": colours["ink"]}
        return [
            layer(points, area, x=x, y=amount("low", label), y2={"field": "high"}),
            layer(points, line, x=x, y=amount("wait", label)),
            *rule("wait", 10, _("10 minutes"), colours),
            layer(planned, here, x=x),
        ]

    good = [p["an_hour"] for p in points if p["wait"] <= 10]
    sentence = _("At every level that was tried 95 of 100 wait longer than 10 minutes.")
    if good:
        sentence = _(
            "Up to %(n)s appointments an hour 95 of 100 wait at most 10 minutes in all."
        ) % {"n": number(round(max(good)))}
    rows = tuple((round(p["an_hour"], 1), decimal(p["wait"])) for p in points)
    return Picture(
        "knee",
        _("Wait against appointments"),
        sentence,
        (_("appointments an hour"), label),
        rows,
        layers,
        height=260,
    )


def _ladder(found: Day) -> Picture:
    more, less = _("one server more"), _("one server less")
    bars = [
        {"station": station_name(r["station"]), "what": name, "minutes": r[key]["mean"]}
        for r in found["rungs"]
        for key, name in (("more", more), ("less", less))
        if r[key]
    ]
    names = [station_name(r["station"]) for r in found["rungs"]]

    def layers(colours: dict[str, str]) -> list[Spec]:
        title = _("change of the wait that 95 of 100 do not exceed, minutes")
        return [
            layer(
                bars,
                {"type": "bar"},
                y=nominal("station", names),
                x=amount("minutes", title),
                yOffset={"field": "what", "sort": [more, less]},
                color=category("what", [more, less], [SERIES[2], SERIES[5]]),
            )
        ]

    first = found["rungs"][0]
    sentence = _(
        "The bottleneck is %(station)s: one server more there shortens the wait by %(n)s minutes."
    ) % {"station": station_name(first["station"]), "n": f"{abs(first['more']['mean']):.1f}"}
    rows = tuple(
        (
            station_name(r["station"]),
            f"{r['more']['mean']:.1f}",
            f"{r['less']['mean']:.1f}" if r["less"] else "–",
        )
        for r in found["rungs"]
    )
    return Picture(
        "ladder",
        _("One server more or less"),
        sentence,
        (_("Station"), more, less),
        rows,
        layers,
        height=70 + 50 * len(names),
    )
