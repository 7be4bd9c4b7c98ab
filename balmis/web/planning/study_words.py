"""A study's result in the words of its pages."""

from datetime import date
from typing import Any

from django.utils.translation import gettext

from balmis.web.labels.formats import named
from balmis.web.labels.planning import CAUSES, POLICIES, REGULATORY, caused
from balmis.web.planning.study_charts import area_names, target_titles


def answer_of(result: dict[str, Any], plan: object) -> dict[str, Any]:
    """The result in the words of the page."""
    titles = target_titles(plan)
    return {
        "result": result,
        "aims": [_aim(aim, titles, plan) for aim in result["aims"]],
        "difference": _difference(result.get("difference"), titles),
        "variants": [_variant_row(v, titles) for v in result.get("variants", [])],
        "after": day_of(result.get("after")),
        "as_of": day_of(result["as_of"]),
    }


def _aim(aim: dict[str, Any], titles: dict[str, str], plan: Any) -> dict[str, object]:
    areas = area_names(plan)
    products = {p.code: p.name for p in plan.products}

    def gained(gain: dict[str, Any]) -> dict[str, object]:
        what = gain["what"]
        name = areas.get(what) or products.get(what) or _group(what, areas, plan)
        return gain | {"name": name, "day": day_of(gain["week"])}

    best = sorted(aim.get("without", {}).items(), key=lambda x: -x[1])
    return aim | {
        "title": titles.get(aim["code"], aim["code"]),
        "by": day_of(aim["by"]),
        "reached": day_of(aim["reached_on"]),
        "earliest": day_of(aim["earliest_on"]),
        "gains": [gained(g) for g in aim.get("gains", [])],
        "steps": [(caused(s["cause"]), s["people"]) for s in aim.get("steps", [])],
        "binding": [(CAUSES[c], n - aim["most"]) for c, n in best if n > aim["most"] + 1],
        "in_time": aim["short"] < 1,
        "policies": [(POLICIES[k], x) for k, x in aim.get("policies", {}).items()],
    }


def _difference(found: dict[str, Any] | None, titles: dict[str, str]) -> dict[str, Any] | None:
    if not found:
        return found
    days = ("planned", "with_deliveries", "now")
    return found | {
        "causes": [(CAUSES[c["cause"]], c["doses"]) for c in found["causes"]],
        "more": max(0, found["delivered"] - found["delivered_planned"]),
        "dates": [
            (titles.get(d["aim"], d["aim"]), *(day_of(d[day]) for day in days))
            for d in found["dates"]
        ],
    }


def _variant_row(variant: dict[str, Any], titles: dict[str, str]) -> dict[str, Any]:
    aims = [
        a
        | {
            "earliest": day_of(a["earliest_on"]),
            "title": titles.get(a["code"], a["code"]),
            "reached": day_of(a["reached_on"]),
        }
        for a in variant["aims"]
    ]
    return variant | {
        "name": _variant(variant),
        "standing": REGULATORY.get(variant["regulatory"], ""),
        "first": day_of(variant["first_on"]),
        "aims": aims,
    }


def _group(what: str, areas: dict[str, str], plan: Any) -> str:
    area, _space, group = what.partition(" ")
    groups = {g.code: named(g.title) for g in plan.groups}
    return f"{areas.get(area, area)}, {groups.get(group, group)}"


def _variant(v: dict[str, Any]) -> str:
    parts = [gettext("the surge")] if v["surge"] else []
    parts += [named(v["title"])] if v["title"] else []
    return " + ".join(parts) or gettext("as assumed")


def day_of(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
