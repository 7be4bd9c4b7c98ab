"""One CDSi antigen file: its series."""

from typing import Any
from xml.etree.ElementTree import Element

from balmis.core.schedule import format as f
from balmis.core.schedule.cdsi.supporting_data import (
    _CONDITIONS,
    _OPS,
    _SEXES,
    Reader,
    _antigen_of,
    day,
    filled,
    items,
    length,
    text_of,
    yes,
)
from balmis.core.vocabulary.schedule import SeriesType


def series_of(root: Element, reader: Reader) -> list[f.Series]:
    antigen = _antigen_of(root)
    return [
        _series(node, f"{antigen} {n}", reader) for n, node in enumerate(root.findall("series"), 1)
    ]


def _series(node: Element, key: str, reader: Reader) -> f.Series:
    return f.Series(
        id=key,
        title=text_of(node, "seriesName"),
        antigen=text_of(node, "targetDisease"),
        vaccine_group=text_of(node, "vaccineGroup"),
        type=SeriesType(text_of(node, "seriesType").lower().replace(" ", "_")),
        sexes=[
            _SEXES[t]
            for g in node.findall("requiredGender")
            if (t := (g.text or "").strip().lower())
        ],
        guidance=[t for g in node.findall("seriesAdminGuidance") if (t := (g.text or "").strip())],
        select=_select(node),
        indications=[_indication(i) for i in filled(node, "indication")],
        doses=[_dose(d, reader) for d in node.findall("seriesDose")],
        source="cdsi",
    )


def _select(node: Element) -> f.Select:
    select = node.find("selectSeries")
    assert select is not None
    preference = text_of(select, "seriesPreference")
    return f.Select(
        group=text_of(select, "seriesGroup"),
        group_name=text_of(select, "seriesGroupName"),
        equivalent=items(text_of(node, "equivalentSeriesGroups")),
        priority=text_of(select, "seriesPriority"),
        preference=int(preference) if preference and preference != "n/a" else None,
        default=yes(text_of(select, "defaultSeries")),
        product_path=yes(text_of(select, "productPath")),
        min_start_age=length(text_of(select, "minAgeToStart")),
        max_start_age=length(text_of(select, "maxAgeToStart")),
    )


def _indication(node: Element) -> f.Indication:
    return f.Indication(
        observation=text_of(node, "observationCode/code"),
        title=text_of(node, "observationCode/text"),
        text=text_of(node, "description"),
        begin_age=length(text_of(node, "beginAge")),
        end_age=length(text_of(node, "endAge")),
        guidance=text_of(node, "guidance"),
    )


def _dated(node: Element) -> dict[str, Any]:
    return {
        "effective": day(text_of(node, "effectiveDate")),
        "cessation": day(text_of(node, "cessationDate")),
    }


def _dose(node: Element, reader: Reader) -> f.SeriesDose:
    season = node.find("seasonalRecommendation")
    return f.SeriesDose(
        number=int(text_of(node, "doseNumber").split()[-1]),
        ages=[_age(a) for a in filled(node, "age")],
        intervals=[_interval(i) for i in filled(node, "interval")],
        allowable_intervals=[
            f.AllowableInterval(
                from_previous=yes(text_of(i, "fromPrevious")),
                from_dose=_number(text_of(i, "fromTargetDose")),
                abs_min=length(text_of(i, "absMinInt")),
                **_dated(i),
            )
            for i in filled(node, "allowableInterval")
        ],
        preferable=[_preferable(p, reader) for p in filled(node, "preferableVaccine")],
        allowable=[
            f.Allowable(product=text_of(p, "cvx"), label=reader.label(p), **window(p))
            for p in filled(node, "allowableVaccine")
        ],
        inadvertent=[
            f.Inadvertent(product=text_of(p, "cvx"), label=reader.label(p))
            for p in filled(node, "inadvertentVaccine")
        ],
        skips=[_skip(s) for s in filled(node, "conditionalSkip")],
        recurring=yes(text_of(node, "recurringDose")),
        season=f.Season(
            start=day(text_of(season, "startDate")), end=day(text_of(season, "endDate"))
        )
        if season is not None and len(season)
        else None,
    )


def _number(text: str) -> int | None:
    return int(text) if text and text != "n/a" else None


def window(node: Element) -> dict[str, Any]:
    return {
        "begin_age": length(text_of(node, "beginAge")),
        "end_age": length(text_of(node, "endAge")),
    }


def _age(node: Element) -> f.Age:
    return f.Age(
        abs_min=length(text_of(node, "absMinAge")),
        min=length(text_of(node, "minAge")),
        rec_from=length(text_of(node, "earliestRecAge")),
        rec_to=length(text_of(node, "latestRecAge")),
        max=length(text_of(node, "maxAge")),
        **_dated(node),
    )


def _interval(node: Element) -> f.Interval:
    return f.Interval(
        from_previous=yes(text_of(node, "fromPrevious")),
        from_dose=_number(text_of(node, "fromTargetDose")),
        from_recent=items(text_of(node, "fromMostRecent")),
        from_observation=text_of(node, "fromRelevantObs/code") or None,
        observation_title=text_of(node, "fromRelevantObs/text"),
        abs_min=length(text_of(node, "absMinInt")),
        min=length(text_of(node, "minInt")),
        rec_from=length(text_of(node, "earliestRecInt")),
        rec_to=length(text_of(node, "latestRecInt")),
        priority=yes(text_of(node, "intervalPriority")),
        **_dated(node),
    )


def _preferable(node: Element, reader: Reader) -> f.Preferable:
    volume = text_of(node, "volume")
    return f.Preferable(
        product=text_of(node, "cvx"),
        label=reader.label(node),
        trade_name=text_of(node, "tradeName"),
        mvx=text_of(node, "mvx"),
        volume=float(volume) if volume else None,
        forecast=yes(text_of(node, "forecastVaccineType")),
        **window(node),
    )


def _skip(node: Element) -> f.Skip:
    return f.Skip(
        context=text_of(node, "context").lower(),  # type: ignore[arg-type]
        logic=_logic(text_of(node, "setLogic")),
        sets=[
            f.SkipSet(
                id=text_of(s, "setID"),
                text=text_of(s, "setDescription"),
                logic=_logic(text_of(s, "conditionLogic")),
                conditions=[_condition(c) for c in s.findall("condition")],
                **_dated(s),
            )
            for s in node.findall("set")
        ],
    )


def _logic(text: str) -> Any:
    return {"and": "and", "or": "or"}.get(text.lower())


def _condition(node: Element) -> f.Condition:
    count = text_of(node, "doseCount")
    return f.Condition(
        id=text_of(node, "conditionID"),
        type=_CONDITIONS[text_of(node, "conditionType").lower()],  # type: ignore[arg-type]
        from_=day(text_of(node, "startDate")),
        to=day(text_of(node, "endDate")),
        interval=length(text_of(node, "interval")),
        count=int(count) if count else None,
        doses=text_of(node, "doseType").lower() or None,  # type: ignore[arg-type]
        op=_OPS.get(text_of(node, "doseCountLogic").lower()),  # type: ignore[arg-type]
        products=items(text_of(node, "vaccineTypes")),
        series_groups=items(text_of(node, "seriesGroups")),
        **window(node),
    )
