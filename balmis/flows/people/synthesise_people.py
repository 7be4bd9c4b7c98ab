"""A synthetic register for a campaign, from the margins of its file."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from balmis.contexts.access.services import check_may
from balmis.contexts.campaigns import enrolment
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.campaigns.plan.format import AreaEntry, Plan
from balmis.contexts.journal import audit
from balmis.contexts.people import queries as people
from balmis.contexts.people import services as registers
from balmis.contexts.people.synthesis.population import (
    Place,
    Recipe,
    Sized,
    apportion,
    residents,
)
from balmis.core.actor import Actor
from balmis.core.errors import Refusal
from balmis.core.roles import Act
from balmis.core.vocabulary.reasons import Refused


@dataclass(frozen=True, slots=True)
class Made:
    register: str
    people: int
    in_a_group: int


def register_code(campaign: str) -> str:
    return f"synthetic-{campaign}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SynthesisePeople:
    """A synthetic register of a campaign."""

    campaign: str
    seed: int
    scale: float  # share of its people


@transaction.atomic(durable=True)
def synthesise_people(
    cmd: SynthesisePeople,
    *,
    actor: Actor,
    now: datetime,
    progress: Callable[[int], None] = lambda n: None,
) -> Made:
    """Make the register and put everyone into their group. The same seed gives the same people.

    Raises Refusal(REGISTER_EXISTS) when the campaign has one, NotAllowed.
    """
    campaign = campaigns.campaign(cmd.campaign)
    check_may(actor, Act.REGISTER_PEOPLE, area=campaign.area)
    plan = campaigns.latest_plan(campaign.pk)
    code = register_code(cmd.campaign)
    if people.register(code) is not None:
        raise Refusal(Refused.REGISTER_EXISTS, register=code)
    register = registers.keep_register(
        code,
        title=f"SYNTHETIC residents for {cmd.campaign} (seed {cmd.seed}, scale {cmd.scale:g})",
        synthetic=True,
        now=now,
    )
    recipe = recipe_for(plan, seed=cmd.seed, scale=cmd.scale)
    made = registers.copy_people(register, residents(recipe), progress=progress)
    registers.analyse()
    enrolment.enrol(campaign, plan)
    counts = campaigns.headcounts(campaign.pk)
    audit.record(
        "people.synthesised",
        f"register:{register.pk}",
        actor=actor,
        now=now,
        seed=cmd.seed,
        scale=cmd.scale,
        people=made,
    )
    return Made(code, made, counts.people - counts.by_group.get(None, 0))


def population_size(plan: Plan, scale: float) -> int:
    return round((plan.root.people or 0) * scale)


def recipe_for(plan: Plan, *, seed: int, scale: float) -> Recipe:
    """How many live where, from the plan's margins."""
    total = population_size(plan, scale)
    leaves = _leaves(plan.root, total, plan)
    naming = plan.naming
    return Recipe(
        places=[
            Place(
                a.code,
                n,
                a.ages or plan.population.ages,
                plan.population.male_share if a.male_share is None else a.male_share,
            )
            for a, n in leaves
        ],
        traits=_traits(plan, scale),
        as_of=plan.period.starts_on,
        name_style=naming.names if naming else "it",
        id_style=naming.national_id if naming else "none",
        seed=seed,
    )


def _leaves(area: AreaEntry, people: int, plan: Plan) -> list[tuple[AreaEntry, int]]:
    """The smallest areas with their share of `people`: by stated people, else by weight."""
    if not area.areas:
        return [(area, people)]
    weights = [a.people if a.people is not None else a.weight for a in area.areas]
    parts = apportion(people, [float(w) for w in weights])
    return [
        leaf
        for child, part in zip(area.areas, parts, strict=True)
        for leaf in _leaves(child, int(part), plan)
    ]


def _traits(plan: Plan, scale: float) -> list[Sized]:
    """Traits of the groups whose size is stated, shared evenly by the ways to be known."""
    sized = []
    for group in plan.groups:
        known = [k for k in group.known_by if k.trait() is not None]
        if group.size is None or not known:
            continue
        parts = apportion(round(group.size.people * scale), [1.0] * len(known))
        for k, part in zip(known, parts, strict=True):
            kind, code = k.trait() or (None, "")
            if kind is not None:
                sized.append(Sized(kind, code, int(part), k.age_from, k.age_to, k.sex))
    return sized
