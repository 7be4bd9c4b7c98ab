"""Is a campaign file right? Every problem at once, each with its line and what to write."""

import difflib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from balmis.contexts.campaigns.plan.format import FORMAT, AreaEntry, Phase, Plan, Target, Wave
from balmis.contexts.campaigns.plan.revision import apply_revision
from balmis.core.campaigns.bands import parse_band
from balmis.core.files.reader import Document, Path, Problem, read
from balmis.core.files.shapes import schema_of, shape
from balmis.core.vocabulary.campaigns import Progress


@dataclass(frozen=True, slots=True)
class Checked:
    """A file's plan as first approved, its later states, and what is wrong with it."""

    plan: Plan | None
    content: dict[str, Any]
    later: tuple[tuple[date, str, str, dict[str, Any]], ...]  # in force on, title, source, content
    problems: tuple[Problem, ...]
    notes: tuple[Problem, ...] = ()  # that do not keep the plan from being loaded


def schema() -> dict[str, Any]:
    """The JSON Schema of the campaign file."""
    return schema_of(Plan, "Balmis campaign file")


def check(text: str) -> Checked:
    """Read and check a campaign file."""
    document = read(text)
    plan: Plan | None = None
    later: list[tuple[date, str, str, dict[str, Any]]] = []
    if not document.problems:
        plan = shape(document, Plan, name=FORMAT, what="campaign file")
    if plan is not None:
        check_meaning(plan, document)
    if plan is not None and not document.problems:
        later = list(_later(plan, document))
    problems = tuple(sorted(set(document.problems)))
    content = document.value if isinstance(document.value, dict) else {}
    notes = tuple(sorted(_notes(plan, document))) if plan is not None and not problems else ()
    return Checked(None if problems else plan, content, tuple(later), problems, notes)


def _notes(plan: Plan, document: Document) -> Iterator[Problem]:
    """What nobody can have meant: groups that nobody is ever offered, phases that never begin."""
    phased = {code for phase in plan.phases for code in phase.groups}
    for n, group in enumerate(plan.groups):
        if group.status == Progress.OPEN and group.code not in phased:
            place = document.place(("groups", n))
            said = f"the group {group.code} is open and in no phase: nobody of it is invited"
            yield Problem(*place, said)
    for n, phase in enumerate(plan.phases):
        if phase.starts_on is None:
            place = document.place(("phases", n))
            yield Problem(*place, f"the phase {phase.code} has no first day: it never begins")


# ---- meaning --------------------------------------------------------------------------------


def check_meaning(plan: Plan, document: Document) -> None:
    """Do codes refer to something, do dates and sums fit, has every number its source?"""
    _check_codes(plan, document)
    _check_references(plan, document)
    _check_sources(document.value, (), plan, document)
    _check_dates(plan, document)
    _check_numbers(plan, document)


LISTS = ("targets", "groups", "phases", "waves", "sites", "products", "payers")


def _check_codes(plan: Plan, document: Document) -> None:
    for name in LISTS:
        _unique(
            ((e.code, (name, i, "code")) for i, e in enumerate(getattr(plan, name))), name, document
        )
    _unique(((a.code, (*p, "code")) for a, p in _areas(plan)), "areas", document)


def _unique(codes: Iterable[tuple[str, Path]], name: str, document: Document) -> None:
    seen: set[str] = set()
    for code, path in codes:
        if code in seen:
            document.problem(path, f"the code '{code}' stands twice in {name}; give each its own")
        seen.add(code)


def _areas(plan: Plan) -> Iterator[tuple[AreaEntry, Path]]:
    waiting: list[tuple[AreaEntry, Path]] = [(a, ("areas", i)) for i, a in enumerate(plan.areas)]
    while waiting:
        area, path = waiting.pop()
        yield area, path
        waiting += [(a, (*path, "areas", i)) for i, a in enumerate(area.areas)]


def _check_references(plan: Plan, document: Document) -> None:
    areas = {a.code for a, _ in _areas(plan)}
    groups = {g.code for g in plan.groups}
    phases = {p.code for p in plan.phases}

    def refers(code: str | None, known: set[str], path: Path, what: str) -> None:
        if code is not None and code not in known:
            close = difflib.get_close_matches(code, sorted(known), 1)
            hint = f"did you mean '{close[0]}'?" if close else f"add it to {what} first"
            document.problem(path, f"there is no '{code}' in {what}; {hint}")

    for i, site in enumerate(plan.sites):
        refers(site.area, areas, ("sites", i, "area"), "areas")
    products = {p.code for p in plan.products}
    for i, phase in enumerate(plan.phases):
        for j, code in enumerate(phase.areas):
            refers(code, areas, ("phases", i, "areas", j), "areas")
        for j, code in enumerate(phase.products):
            refers(code, products, ("phases", i, "products", j), "products")
    grouped: tuple[tuple[str, Sequence[Phase | Target]], ...] = (
        ("phases", plan.phases),
        ("targets", plan.targets),
    )
    for name, owners in grouped:
        for i, owner in enumerate(owners):
            for j, code in enumerate(owner.groups):
                refers(code, groups, (name, i, "groups", j), "groups")
    for i, wave in enumerate(plan.waves):
        refers(wave.phase, phases, ("waves", i, "phase"), "phases")
    for i, known in [(i, k) for i, g in enumerate(plan.groups) for k in enumerate(g.known_by)]:
        traits = [
            k
            for k in ("facility", "occupation", "unit", "condition", "flag")
            if getattr(known[1], k)
        ]
        if len(traits) > 1:
            document.problem(
                ("groups", i, "known_by", known[0]),
                f"{' and '.join(traits)} in one entry; write one entry for each",
            )


NUMBERS = {
    "people",
    "share",
    "doses_per_vial",
    "min_interval_days",
    "minutes",
    "doses_a_day",
    "parking_places",
    "observation_seats",
    "stations",
    "ages",
    "male_share",
    "doses",
    "weight",
}


def _check_sources(value: Any, path: Path, plan: Plan, document: Document) -> None:
    """Every entry that states a number cites a source or says that it is an assumption."""
    if isinstance(value, list):
        for i, item in enumerate(value):
            _check_sources(item, (*path, i), plan, document)
        return
    if not isinstance(value, dict):
        return
    source = value.get("source")
    if isinstance(source, str) and source not in plan.sources:
        close = difflib.get_close_matches(source, list(plan.sources), 1)
        hint = f"did you mean '{close[0]}'?" if close else "add it to sources first"
        document.problem((*path, "source"), f"there is no source '{source}'; {hint}")
    numbers = sorted(NUMBERS & {k for k, v in value.items() if v is not None})
    inside = path[:1] and path[0] in (
        *LISTS,
        "areas",
        "population",
        "observation",
        "capacity",
        "reported",
    )
    nested_wave_dose = len(path) >= 2 and path[-2] == "doses"
    if inside and numbers and not nested_wave_dose and not (source or value.get("assumption")):
        document.problem(
            path, f"{', '.join(numbers)} without a source; add 'source: KEY' or 'assumption: WHY'"
        )
    for key, item in value.items():
        if key not in ("sources", "revisions", "known_by", "ages", "codes", "names", "title"):
            _check_sources(item, (*path, key), plan, document)


def _check_dates(plan: Plan, document: Document) -> None:
    def order(first: date | None, last: date | None, path: Path) -> None:
        if first and last and first > last:
            document.problem(
                path, f"it ends on {last}, before it starts on {first}; swap the dates"
            )

    order(plan.period.starts_on, plan.period.ends_on, ("period", "ends_on"))
    dated: tuple[tuple[str, Sequence[Phase | Wave]], ...] = (
        ("phases", plan.phases),
        ("waves", plan.waves),
    )
    for name, entries in dated:
        for i, entry in enumerate(entries):
            order(entry.starts_on, entry.ends_on, (name, i, "ends_on"))
    for i, target in enumerate(plan.targets):
        if target.by < plan.period.starts_on:
            document.problem(
                ("targets", i, "by"),
                f"{target.by} is before the campaign starts on {plan.period.starts_on}",
            )
    try:
        ZoneInfo(plan.time_zone)
    except (KeyError, ValueError, OSError):
        document.problem(
            ("time_zone",),
            f"there is no time zone '{plan.time_zone}'; write an IANA name like Asia/Seoul",
        )


def _check_numbers(plan: Plan, document: Document) -> None:
    for i, target in enumerate(plan.targets):
        if target.people is None and target.share is None:
            document.problem(("targets", i), "a target states 'people' or 'share'; add one")
    for i, group in enumerate(plan.groups):
        if group.status is Progress.DEFERRED and not group.reason:
            document.problem(("groups", i, "status"), "a deferred group says why; add 'reason'")
        for j, known in enumerate(group.known_by):
            if known.age_to is not None and known.age_to < known.age_from:
                document.problem(
                    ("groups", i, "known_by", j, "age_to"),
                    f"age_to {known.age_to} is below age_from {known.age_from}",
                )
    shares = sum(site.share or 0 for site in plan.sites)
    if shares > 1.001:
        document.problem(("sites",), f"the shares of the sites add up to {shares:g}; at most 1")
    for i, (before, after) in enumerate(pairwise(plan.reported), start=1):
        if after.day <= before.day:
            document.problem(("reported", i, "day"), "reported days follow one another")
        for kind, total in after.doses.items():
            if total < before.doses.get(kind, 0):
                document.problem(
                    ("reported", i, "doses", kind.value), "totals are cumulative and never fall"
                )
    if not set(plan.title) & {*plan.languages, "en"}:
        document.problem(("title",), f"the title lacks the languages {', '.join(plan.languages)}")
    if plan.root.people is None:
        document.problem(("areas", 0), "the whole region states its 'people'")
    for area, path in _areas(plan):
        _check_area(area, path, document)
    _check_bands(plan.population.ages, ("population", "ages"), document)


def _check_area(area: AreaEntry, path: Path, document: Document) -> None:
    if area.ages is not None:
        _check_bands(area.ages, (*path, "ages"), document)
    stated = [a.people for a in area.areas if a.people is not None]
    if area.people is not None and len(stated) == len(area.areas) and stated:
        total = sum(stated)
        if total != area.people:
            document.problem(
                (*path, "people"), f"its areas hold {total:,} people together, not {area.people:,}"
            )
    if stated and len(stated) < len(area.areas):
        document.problem(path, "either all areas in it state 'people' or none does")


def _check_bands(ages: dict[str, float], path: Path, document: Document) -> None:
    next_age = 0
    for band, people in ages.items():
        try:
            low, high = parse_band(band)
        except ValueError:
            document.problem((*path, band), f"'{band}' is not an age band; write '0-9' or '80+'")
            return
        if low != next_age:
            document.problem(
                (*path, band),
                f"ages {next_age} to {low - 1} are missing or stand twice; "
                "bands follow each other from 0",
            )
            return
        if people < 0:
            document.problem((*path, band), "a band cannot hold fewer than 0 people")
        next_age = (high if high is not None else 200) + 1
    if next_age < 200:
        document.problem(path, "the last band must be open, like '80+'")


def _later(plan: Plan, document: Document) -> Iterator[tuple[date, str, str, dict[str, Any]]]:
    """The plan's later states, each checked like the first."""
    content = {k: v for k, v in document.value.items() if k != "revisions"}
    last = date.min
    for i, revision in enumerate(plan.revisions):
        path: Path = ("revisions", i)
        if revision.in_force_on < last:
            document.problem((*path, "in_force_on"), "revisions stand in the order of their days")
        last = revision.in_force_on
        if revision.source not in plan.sources:
            document.problem((*path, "source"), f"there is no source '{revision.source}'")
        content, missing = apply_revision(content, revision)
        for key, message in missing:
            document.problem((*path, *key), message)
        inner = Document(value=content, places={(): document.place(path)})
        changed = shape(inner, Plan, name=FORMAT, what="campaign file")
        if changed is not None:
            check_meaning(changed, inner)
        document.problems += [
            Problem(*document.place(path), f"after this revision: {p.message}")
            for p in inner.problems
        ]
        yield revision.in_force_on, revision.title, plan.sources.get(revision.source, ""), content
