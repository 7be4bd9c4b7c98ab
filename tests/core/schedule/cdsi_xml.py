"""A schedule written as CDSi's XML again, for comparing with what was read."""

import re
from datetime import date
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from balmis.core.schedule import format as f

WORDS = {"y": "year", "mo": "month", "w": "week", "d": "day"}
SEXES = {"F": "Female", "M": "Male", "U": "Unknown"}


def words(length: str | None) -> str:
    return re.sub(r"(\d+)(mo|y|w|d)", lambda m: f"{m[1]} {WORDS[m[2]]}", length or "")


def compact(day: date | None) -> str:
    return day.strftime("%Y%m%d") if day else ""


def element(tag: str, *children: Element, **texts: str) -> Element:
    node = ElementTree.Element(tag)
    for name, text in texts.items():
        ElementTree.SubElement(node, name).text = text
    node.extend(children)
    return node


def dated(row: f.Dated) -> dict[str, str]:
    return {"effectiveDate": compact(row.effective), "cessationDate": compact(row.cessation)}


def window(
    row: f.Allowable | f.Indication | f.Contraindication | f.BarredProduct | f.Condition,
) -> dict[str, str]:
    return {"beginAge": words(row.begin_age), "endAge": words(row.end_age)}


def product(
    file: f.ScheduleFile, ref: f.Allowable | f.Inadvertent | f.BarredProduct
) -> dict[str, str]:
    return {
        "vaccineType": ref.label or file.products[ref.product or ""].name,
        "cvx": ref.product or "",
    }


def skip(row: f.Skip) -> Element:
    sets = [
        element(
            "set",
            *(
                element(
                    "condition",
                    conditionID=c.id,
                    conditionType={
                        "age": "age",
                        "completed_series": "completed series",
                        "interval": "interval",
                        "count_by_age": "vaccine count by age",
                        "count_by_date": "vaccine count by date",
                        "count_by_date_and_age": "vaccine count by date and age",
                    }[c.type],
                    startDate=compact(c.from_),
                    endDate=compact(c.to),
                    interval=words(c.interval),
                    doseCount="" if c.count is None else str(c.count),
                    doseType=c.doses or "",
                    doseCountLogic={
                        ">": "greater than",
                        "=": "equal to",
                        "<": "less than",
                        None: "",
                    }[c.op],
                    vaccineTypes=";".join(c.products),
                    seriesGroups=";".join(c.series_groups),
                    **window(c),
                )
                for c in s.conditions
            ),
            setID=s.id,
            setDescription=s.text,
            conditionLogic=s.logic or "",
            **dated(s),
        )
        for s in row.sets
    ]
    return element("conditionalSkip", *sets, context=row.context, setLogic=row.logic or "")


def _dated_rules(d: f.SeriesDose) -> list[Element]:
    """Ages and intervals."""
    rows = [
        element(
            "age",
            absMinAge=words(a.abs_min),
            minAge=words(a.min),
            maxAge=words(a.max),
            earliestRecAge=words(a.rec_from),
            latestRecAge=words(a.rec_to),
            **dated(a),
        )
        for a in d.ages
    ]
    rows += [
        element(
            "interval",
            element("fromRelevantObs", text=i.observation_title, code=i.from_observation or ""),
            fromPrevious="Y" if i.from_previous else "N",
            fromTargetDose=str(i.from_dose or ""),
            fromMostRecent=";".join(i.from_recent),
            absMinInt=words(i.abs_min),
            minInt=words(i.min),
            earliestRecInt=words(i.rec_from),
            latestRecInt=words(i.rec_to),
            intervalPriority="override" if i.priority else "",
            **dated(i),
        )
        for i in d.intervals
    ]
    rows += [
        element(
            "allowableInterval",
            fromPrevious="Y" if i.from_previous else "N",
            fromTargetDose=str(i.from_dose or ""),
            absMinInt=words(i.abs_min),
            **dated(i),
        )
        for i in d.allowable_intervals
    ]
    return rows


def dose(file: f.ScheduleFile, d: f.SeriesDose) -> Element:
    rows = _dated_rules(d)
    rows += [
        element(
            "preferableVaccine",
            **product(file, p),
            **window(p),
            tradeName=p.trade_name,
            mvx=p.mvx,
            volume="" if p.volume is None else str(p.volume),
            forecastVaccineType="Y" if p.forecast else "N",
        )
        for p in d.preferable
    ]
    rows += [element("allowableVaccine", **product(file, p), **window(p)) for p in d.allowable]
    rows += [element("inadvertentVaccine", **product(file, p)) for p in d.inadvertent]
    rows += [skip(k) for k in d.skips]
    season = d.season or f.Season()
    rows.append(
        element(
            "seasonalRecommendation",
            startDate=compact(season.start),
            endDate=compact(season.end),
        )
    )
    return element(
        "seriesDose",
        *rows,
        doseNumber=f"Dose {d.number}",
        recurringDose="Yes" if d.recurring else "No",
    )


def series(file: f.ScheduleFile, s: f.Series) -> Element:
    z = s.select
    node = element(
        "series",
        seriesName=s.title,
        targetDisease=s.antigen,
        vaccineGroup=s.vaccine_group,
        seriesType=s.type.value.replace("_", " ").title(),
        equivalentSeriesGroups=";".join(z.equivalent),
    )
    for tag, texts in (
        ("seriesAdminGuidance", s.guidance),
        ("requiredGender", [SEXES[x] for x in s.sexes]),
    ):
        for text in texts:
            ElementTree.SubElement(node, tag).text = text
    node.append(
        element(
            "selectSeries",
            defaultSeries="Yes" if z.default else "No",
            productPath="Yes" if z.product_path else "No",
            seriesGroupName=z.group_name,
            seriesGroup=z.group,
            seriesPriority=z.priority,
            seriesPreference=str(z.preference or ""),
            minAgeToStart=words(z.min_start_age),
            maxAgeToStart=words(z.max_start_age),
        )
    )
    node.extend(
        element(
            "indication",
            element("observationCode", text=i.title, code=i.observation),
            description=i.text,
            guidance=i.guidance,
            **window(i),
        )
        for i in s.indications
    )
    node.extend(dose(file, d) for d in s.doses)
    return node


def written(file: f.ScheduleFile, antigen: str) -> Element:
    """One antigen of the schedule as CDSi's XML."""
    root = element("antigenSupportingData")
    for level in ("vaccineGroup", "vaccine"):
        bars = [
            element(
                "contraindication",
                *(
                    element("contraindicatedVaccine", **product(file, p), **window(p))
                    for p in c.products
                ),
                observationCode=c.observation,
                observationTitle=c.title,
                contraindicationText=c.text,
                contraindicationGuidance=c.guidance,
                **window(c),
            )
            for c in file.contraindications
            if c.antigen == antigen and bool(c.products) == (level == "vaccine")
        ]
        root.append(element("contraindications", element(level, *bars)))
    for i in (i for i in file.immunity if i.antigen == antigen):
        root.append(
            element("clinicalHistory", guidelineCode=i.observation, guidelineTitle=i.title)
            if i.observation
            else element(
                "dateOfBirth",
                *(
                    element("exclusion", exclusionCode=e.observation, exclusionTitle=e.title)
                    for e in i.exclusions
                ),
                immunityBirthDate=i.born_before.strftime("%m/%d/%Y") if i.born_before else "",
                birthCountry=i.country,
            )
        )
    root.extend(series(file, s) for s in file.series if s.antigen == antigen)
    return root
