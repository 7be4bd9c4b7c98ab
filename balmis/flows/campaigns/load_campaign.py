"""A campaign file becomes a campaign: areas, sites, products, groups and plan revisions."""

from datetime import datetime
from typing import Any

import msgspec
from django.db import transaction

from balmis.contexts.access.services import check_may, may_everywhere
from balmis.contexts.campaigns import queries as campaign_queries
from balmis.contexts.campaigns import services as campaigns
from balmis.contexts.campaigns.plan.checks import Checked
from balmis.contexts.campaigns.plan.format import (
    AreaEntry,
    Plan,
    Point,
    ProductEntry,
    SiteEntry,
    group_rules,
)
from balmis.contexts.campaigns.services import State, Stored
from balmis.contexts.journal import audit
from balmis.contexts.places import services as places
from balmis.contexts.places.models import Area
from balmis.contexts.supply import products
from balmis.core.actor import Actor
from balmis.core.errors import BadInput, NotAllowed
from balmis.core.roles import Act
from balmis.flows.campaigns.enrol import enrol_again


@transaction.atomic(durable=True)
def load_campaign(checked: Checked, *, actor: Actor, now: datetime) -> Stored:
    """Load a checked campaign file. Loading it again changes nothing; a changed file becomes
    a plan revision. Raises BadInput when the file has problems, NotAllowed."""
    _check_may_load(checked, actor)
    if checked.plan is None:
        raise BadInput(
            "The campaign file has problems; nothing was loaded.",
            tuple(str(p) for p in checked.problems),
        )
    return load_states(campaigns.states_of(checked), actor=actor, now=now)


def _check_may_load(checked: Checked, actor: Actor) -> None:
    """A plan is changed by who may change it in all of its area; a new one, everywhere."""
    slug = checked.plan.id if checked.plan else ""
    known = [c for c in campaign_queries.campaigns() if c.slug == slug]
    if known:
        check_may(actor, Act.CHANGE_PLAN, area=known[0].area)
    elif not may_everywhere(actor, Act.CHANGE_PLAN):
        raise NotAllowed(f"{actor.name} may not add campaigns")


def load_states(states: list[State], *, actor: Actor, now: datetime) -> Stored:
    """The plan's states, first to last; places and products are those of the last."""

    plan = msgspec.convert(states[-1].content, Plan, strict=False)
    root = _keep_areas(plan.root, None)
    stored = campaigns.store_plan(
        states, slug=plan.id, zone=plan.time_zone, area=root, actor=actor, now=now
    )
    if stored.new_revisions:
        campaigns.keep_groups(stored.campaign, plan)
        places.keep_sites(_site(entry, plan) for entry in plan.sites)
        products.keep_products(_product(entry) for entry in plan.products)
        if _groups_changed(stored.before, plan):
            enrol_again(stored.campaign)
        audit.record(
            "plan.loaded",
            f"campaign:{stored.campaign.pk}",
            actor=actor,
            now=now,
            revisions=list(stored.new_revisions),
            diff=list(stored.diff)[:200],
        )
    return stored


def _groups_changed(before: dict[str, Any], plan: Plan) -> bool:
    """May somebody be in another group now?"""
    if not before:
        return True  # people of these areas may be registered already
    old = msgspec.convert(before, Plan, strict=False)
    return (group_rules(old), old.period.starts_on, old.areas) != (
        group_rules(plan),
        plan.period.starts_on,
        plan.areas,
    )


def _keep_areas(entry: AreaEntry, parent: Area | None) -> Area:
    area = places.keep_area(
        entry.code, parent=parent, kind=entry.kind, names=entry.names, at=_point(entry.at)
    )
    for child in entry.areas:
        _keep_areas(child, area)
    return area


def _point(at: Point | None) -> tuple[float | None, float | None]:
    return (at.latitude, at.longitude) if at else (None, None)


def _site(entry: SiteEntry, plan: Plan) -> dict[str, Any]:
    return {
        "code": entry.code,
        "area": entry.area,
        "kind": entry.kind.value,
        "status": entry.status.value,
        "names": entry.names,
        "address": entry.address,
        "time_zone": plan.time_zone,
        "parking_places": entry.parking_places,
        "observation_seats": entry.observation_seats,
        "stations": entry.stations,
        "latitude": _point(entry.at)[0],
        "longitude": _point(entry.at)[1],
        "access": [a.value for a in entry.access],
        "opening": [{"days": o.days, "from": o.from_, "to": o.to} for o in entry.opening],
    }


def _product(entry: ProductEntry) -> dict[str, Any]:
    codes = {"cvx": entry.codes.cvx, "mvx": entry.codes.mvx, "eu_dcc": entry.codes.eu_dcc}
    return {
        "code": entry.code,
        "name": entry.name,
        "manufacturer": entry.manufacturer,
        "platform": entry.platform,
        "storage": entry.storage.value,
        "doses_per_vial": entry.doses_per_vial,
        "open_vial_hours": entry.open_vial_hours,
        "primary_doses": entry.primary_doses,
        "min_interval_days": entry.min_interval_days,
        "min_age_years": entry.min_age_years,
        "codes": {k: v for k, v in codes.items() if v},
    }
