"""The report for the steering committee: two pages, as a page to print or as PDF (set by Typst)."""

from pathlib import Path

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from balmis.contexts.campaigns import queries as campaigns
from balmis.core.planning.study_result import AimReached, StudyResult, Variant
from balmis.core.vocabulary.planning import Bottleneck
from balmis.web.labels.formats import named, number, percent
from balmis.web.labels.planning import CAUSES, REGULATORY, shown
from balmis.web.planning.study_charts import area_names, pictures, target_titles
from balmis.web.shared import print_fonts
from balmis.web.shared.charts import Picture

LANGUAGES = ("en", "ko", "zh-hans", "vi")
TEMPLATE = Path(__file__).resolve().parent / "committee.typ"
LIKELY = 0.5  # chance, below which it is said to need luck
PICTURES = 2  # on two pages there is room for these


def as_pdf(slug: str, found: StudyResult, variants: list[Variant], language: str) -> bytes:
    with translation.override(language):
        words, drawn = _told(slug, found, variants)
        parts = [{"svg": p.svg("light"), "title": p.title, "sentence": p.sentence} for p in drawn]
        return print_fonts.as_pdf(TEMPLATE, words | {"pictures": parts}, language)


def as_html(slug: str, found: StudyResult, variants: list[Variant], language: str) -> bytes:
    with translation.override(language):
        words, drawn = _told(slug, found, variants)
        values = words | {"pictures": [(p, p.svg("light")) for p in drawn], "language": language}
        return render_to_string("studio/committee.html", values).encode()


def _told(
    slug: str, found: StudyResult, variants: list[Variant]
) -> tuple[dict[str, object], list[Picture]]:
    """Everything in words, in the language that is active, and the pictures that go with it."""
    campaign = campaigns.campaign(slug)
    plan = campaigns.latest_plan(campaign.pk)
    titles, areas = target_titles(plan), area_names(plan)
    products = {p.code: p.name for p in plan.products}
    made = pictures(found, plan)
    wanted = [p for p in made if p.name.startswith(("fan-0", "shortfall-0"))] or made
    words: dict[str, object] = {
        "title": named(plan.title),
        "heading": _("Report for the steering committee"),
        "made": _("Worked out on %(day)s with the assumptions of %(as_of)s.")
        % {"day": _shown(found["made_at"][:10]), "as_of": _shown(found["as_of"])},
        "question": _("Will the target be reached in time?"),
        "answers": [line for aim in found["aims"] for line in _answers(aim, titles)],
        "holds_title": _("What holds it back"),
        "holds": _holds(found["aims"][0], areas, products),
        "changed_title": _("What has changed"),
        "changed": _changed(found, titles),
        "ways_title": _("Ways to go on"),
        "ways_head": [_("Way"), _("Doses"), _("Earliest"), _("Chance"), _("Price"), _("Standing")],
        "ways": [_way(v) for v in variants],
        "ways_note": _("Earliest date and chance are of the first target."),
        "method": _(
            "%(n)s futures of deliveries and uptake, seed %(seed)s, %(version)s. The chance stands between "
            "what following the plan achieves and what perfect foresight could; deliveries, capacity and "
            "uptake are assumptions, listed with their sources in the scenario file."
        )
        % {"n": number(found["futures"]), "seed": found["seed"], "version": found["version"]},
    }
    return words, (wanted + [p for p in made if p not in wanted])[:PICTURES]


def _shown(day: str | None) -> str:
    return shown(day) if day else "–"


def _answers(aim: AimReached, titles: dict[str, str]) -> list[str]:
    title = titles.get(aim["code"], aim["code"])
    verdict = (
        _("too late")
        if aim["short"] >= 1
        else (_("in time only if all goes well") if aim["chance"] < LIKELY else _("in time"))
    )
    told = [
        _(
            "%(title)s: %(verdict)s. The plan has %(done)s of %(people)s people by %(day)s; at best it is reached on "
            "%(earliest)s."
        )
        % {
            "title": title,
            "verdict": verdict,
            "done": number(round(aim["done_by"])),
            "people": number(aim["people"]),
            "day": _shown(aim["by"]),
            "earliest": _shown(aim["earliest_on"]),
        }
    ]
    if b := aim.get("bracket"):
        told.append(
            _(
                "The chance is between %(low)s (following this plan) and %(high)s (with perfect foresight)."
            )
            % {"low": percent(b["achievable"], 0), "high": percent(b["bound"], 0)}
        )
    return told


def _holds(aim: AimReached, areas: dict[str, str], products: dict[str, str]) -> list[str]:
    told = []
    best = sorted(aim.get("without", {}).items(), key=lambda x: -x[1])
    for cause, n in best[:3]:
        if n > aim["most"] + 1:
            told.append(
                _("Without the limit of %(cause)s %(n)s people more by the day.")
                % {"cause": CAUSES[Bottleneck(cause)], "n": number(round(n - aim["most"]))}
            )
    for g in aim.get("gains", []):
        name = areas.get(g["what"]) or products.get(g["what"])
        if "station_people" in g:
            told.append(
                _(
                    "One more vaccination station in %(place)s in the week of %(day)s buys %(n)s people."
                )
                % {"place": name, "day": _shown(g["week"]), "n": number(round(g["station_people"]))}
            )
        elif g["kind"] == Bottleneck.SUPPLY:
            told.append(
                _("%(unit)s more doses of %(what)s by %(day)s buy %(n)s people.")
                % {
                    "unit": number(g["unit"]),
                    "what": name,
                    "day": _shown(g["week"]),
                    "n": number(round(g["people"])),
                }
            )
    if "without" not in aim:
        return [_("Not examined: this is a quick try.")]
    return told or [_("Nothing: the target is reached with room to spare.")]


def _changed(found: StudyResult, titles: dict[str, str]) -> list[str]:
    d = found.get("difference")
    if d is None:
        return []
    told = [
        _(
            "To %(day)s %(given)s doses were given, %(planned)s were planned; %(came)s came, %(assumed)s were "
            "assumed."
        )
        % {
            "day": _shown(found["after"]),
            "given": number(d["given"]),
            "planned": number(d["planned"]),
            "came": number(d["delivered"]),
            "assumed": number(d["delivered_planned"]),
        }
    ]
    for row in d["dates"]:
        if row["planned"] is None:
            continue
        told.append(
            _("%(title)s: planned for %(was)s, now %(now)s.")
            % {
                "title": titles.get(row["aim"], row["aim"]),
                "was": _shown(row["planned"]),
                "now": _shown(row["now"]),
            }
        )
    return told


def _way(v: Variant) -> list[str]:
    aim = v["aims"][0]
    parts = [_("the surge")] if v["surge"] else []
    parts += [f"{named(v['title'])} ({v['seller']})"] if v["title"] else []
    price = f"{number(v['cost'])} {v['currency']}" if v["cost"] is not None else "–"
    return [
        " + ".join(parts) or _("as assumed"),
        number(v["doses"]) if v["doses"] else "–",
        _shown(aim["earliest_on"]),
        percent(aim["chance"], 0),
        price,
        str(REGULATORY.get(v["regulatory"], "–")),
    ]
