"""Candidates for centres of a campaign, scored and compared on the people of its areas."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.campaigns.plan.format import AreaEntry, Plan
from balmis.core.errors import BadInput
from balmis.core.files.reader import read
from balmis.core.planning.allocation.problem import Floats
from balmis.core.planning.centre.candidate_sites import PlacesFile, read_places
from balmis.core.planning.centre.site_selection import (
    Candidate,
    Needs,
    Scored,
    Set,
    cover_most,
    fit,
    nearest_on_average,
    scores,
)
from balmis.core.refusal_texts import gettext_noop
from balmis.presets import places_names, places_text


@dataclass(frozen=True, slots=True)
class Choice:
    """Every candidate with its score; the best sets of those that are fit; and sets to compare with."""

    file: PlacesFile
    scored: list[Scored]
    covering: Set
    nearest: Set
    unfit: tuple[str, ...]  # have not the seats or the parking
    by_size: list[Set]  # the best set of 1, 2, 3, … centres
    people: float


def choose(slug: str, text: str | None = None) -> Choice:
    """Raises Refusal(PLAN_UNKNOWN), BadInput."""
    plan = campaigns.latest_plan(campaigns.campaign(slug).pk)
    file = _file(slug, text)
    places, people = _places(plan)
    points = {a.code: (a.at.latitude, a.at.longitude) for a in _all(plan.root) if a.at}
    candidates = [_candidate(c, points) for c in file.candidates]
    needs = Needs(file.seats_needed, file.parking_needed, file.within_km)
    scored = scores(candidates, places, people, needs)
    fitting = fit(scored)
    good, worth = [s.candidate for s in fitting], [s.score for s in fitting]
    if len(good) < file.centres:
        raise BadInput(
            f"Only {len(good)} candidates have {file.seats_needed} seats and {file.parking_needed} places "
            f"to park; {file.centres} centres are wanted."
        )
    asked = (places, people, file.within_km)
    return Choice(
        file,
        scored,
        cover_most(good, *asked, file.centres, worth),
        nearest_on_average(good, *asked, file.centres),
        tuple(c.code for c in candidates if c not in good),
        [cover_most(good, *asked, p, worth) for p in range(1, len(good) + 1)],
        float(people.sum()),
    )


def _file(slug: str, text: str | None) -> PlacesFile:
    if text is None:
        if slug not in places_names():
            raise BadInput(
                gettext_noop(
                    "No candidate sites come along for this campaign: write a list of them."
                )
            )
        text = places_text(slug)
    document = read(text)
    found = None if document.problems else read_places(document)
    if found is None:
        raise BadInput(
            "The list of candidates has problems.", tuple(str(p) for p in document.problems)
        )
    return found


def _all(area: AreaEntry) -> list[AreaEntry]:
    return [area, *(found for a in area.areas for found in _all(a))]


def _places(plan: Plan) -> tuple[list[tuple[float, float]], Floats]:
    """Where people live: the smallest areas that have a point, with their people."""
    found: list[tuple[tuple[float, float], float]] = []

    def walk(area: AreaEntry, people: float) -> None:
        if not area.areas:
            if area.at:
                found.append(((area.at.latitude, area.at.longitude), people))
            return
        stated = sum(a.people or 0 for a in area.areas)
        weights = sum(a.weight for a in area.areas if a.people is None)
        for a in area.areas:
            part = (people - stated) * a.weight / weights if a.people is None and weights else 0.0
            walk(a, float(a.people) if a.people is not None else max(0.0, part))

    walk(plan.root, float(plan.root.people or 0))
    if not found:
        raise BadInput(
            "The areas of the campaign have no points (`at`): nobody's way can be measured."
        )
    return [p for p, _ in found], np.array([n for _, n in found])


def _candidate(entry: Any, points: dict[str, tuple[float, float]]) -> Candidate:
    at = (entry.at.latitude, entry.at.longitude) if entry.at else points.get(entry.area)
    if at is None:
        raise BadInput(
            f"Where is '{entry.code}'? State `at`, or an area of the campaign that has a point."
        )
    return Candidate(
        entry.code,
        at,
        entry.parking,
        entry.observation_m2,
        entry.power,
        entry.cold_chain,
        entry.ready,
    )
