"""A study's result in the words of its pages."""

from datetime import date
from typing import TypedDict

from django.utils.translation import gettext

from balmis.contexts.campaigns.plan.format import Plan
from balmis.core.planning.study_result import (
    AimReached,
    Difference,
    GainBought,
    StudyResult,
    Variant,
)
from balmis.core.vocabulary.planning import Bottleneck
from balmis.web.labels.formats import named
from balmis.web.labels.planning import CAUSES, POLICIES, REGULATORY, caused
from balmis.web.planning.study_charts import area_names, target_titles

Row = dict[str, object]
Pair = tuple[Row, Row, int, tuple[str, str]]


class Answered(TypedDict):
    """What the page of a study shows: the values of its result, and their words beside them."""

    result: StudyResult
    aims: list[Row]
    difference: Row | None
    variants: list[Row]
    after: date | None
    as_of: date | None


def answer_of(result: StudyResult, plan: Plan) -> Answered:
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


def side_by_side(one: StudyResult, other: StudyResult, plan: Plan) -> list[Pair]:
    """The targets that both have, the people that the other has more by the day, and their pictures."""
    mine, theirs = (answer_of(result, plan)["aims"] for result in (one, other))
    known = {aim["code"]: k for k, aim in enumerate(other["aims"])}
    return [
        (
            mine[n],
            theirs[k],
            round(other["aims"][k]["done_by"] - aim["done_by"]),
            (f"fan-{n}", f"fan-{k}"),
        )
        for n, aim in enumerate(one["aims"])
        if (k := known.get(aim["code"])) is not None
    ]


def _aim(aim: AimReached, titles: dict[str, str], plan: Plan) -> Row:
    areas = area_names(plan)
    products = {p.code: p.name for p in plan.products}

    def gained(gain: GainBought) -> Row:
        what = gain["what"]
        name = areas.get(what) or products.get(what) or _group(what, areas, plan)
        return {**gain, "name": name, "day": day_of(gain["week"])}

    best = sorted(aim.get("without", {}).items(), key=lambda x: -x[1])
    return {
        **aim,
        "title": titles.get(aim["code"], aim["code"]),
        "by": day_of(aim["by"]),
        "reached": day_of(aim["reached_on"]),
        "earliest": day_of(aim["earliest_on"]),
        "gains": [gained(g) for g in aim.get("gains", [])],
        "steps": [(caused(s["cause"]), s["people"]) for s in aim.get("steps", [])],
        "binding": [
            (CAUSES[Bottleneck(c)], n - aim["most"]) for c, n in best if n > aim["most"] + 1
        ],
        "in_time": aim["short"] < 1,
        "policies": [(POLICIES[k], x) for k, x in aim.get("policies", {}).items()],
    }


def _difference(found: Difference | None, titles: dict[str, str]) -> Row | None:
    if not found:
        return None
    return {
        **found,
        "causes": [(CAUSES[Bottleneck(c["cause"])], c["doses"]) for c in found["causes"]],
        "more": max(0, found["delivered"] - found["delivered_planned"]),
        "dates": [
            (
                titles.get(d["aim"], d["aim"]),
                day_of(d["planned"]),
                day_of(d["with_deliveries"]),
                day_of(d["now"]),
            )
            for d in found["dates"]
        ],
    }


def _variant_row(variant: Variant, titles: dict[str, str]) -> Row:
    aims = [
        {
            **a,
            "earliest": day_of(a["earliest_on"]),
            "title": titles.get(a["code"], a["code"]),
            "reached": day_of(a["reached_on"]),
        }
        for a in variant["aims"]
    ]
    return {
        **variant,
        "name": _variant(variant),
        "standing": REGULATORY.get(variant["regulatory"], ""),
        "first": day_of(variant["first_on"]),
        "aims": aims,
    }


def _group(what: str, areas: dict[str, str], plan: Plan) -> str:
    area, _space, group = what.partition(" ")
    groups = {g.code: named(g.title) for g in plan.groups}
    return f"{areas.get(area, area)}, {groups.get(group, group)}"


def _variant(v: Variant) -> str:
    parts = [gettext("the surge")] if v["surge"] else []
    parts += [named(v["title"])] if v["title"] else []
    return " + ".join(parts) or gettext("as assumed")


def day_of(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
