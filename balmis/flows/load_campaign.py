"""A campaign file becomes a campaign: areas, sites, products, groups and plan revisions."""

from datetime import datetime
from typing import Any

import msgspec
from django.db import transaction

from balmis.contexts.access.services import check_may
from balmis.contexts.campaigns import services as campaigns
from balmis.contexts.campaigns.plan.checking import Checked
from balmis.contexts.campaigns.plan.format import AreaEntry, Plan, ProductEntry, SiteEntry
from balmis.contexts.campaigns.services import State, Stored
from balmis.contexts.ledger import services as ledger
from balmis.contexts.ledger.services import Actor
from balmis.contexts.places import services as places
from balmis.contexts.places.models import Area
from balmis.contexts.supply import services as supply
from balmis.core.errors import BadInput
from balmis.core.roles import Act


@transaction.atomic(durable=True)
def load_campaign(checked: Checked, *, actor: Actor, now: datetime) -> Stored:
    """Load a checked campaign file. Loading it again changes nothing; a changed file becomes
    a plan revision. Raises BadInput when the file has problems, NotAllowed."""
    check_may(actor, Act.CHANGE_PLAN)
    if checked.plan is None:
        raise BadInput("The campaign file has problems; nothing was loaded.",
                       tuple(str(p) for p in checked.problems))  # fmt: skip
    return load_states(campaigns.states_of(checked), actor=actor, now=now)


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
        supply.keep_products(_product(entry) for entry in plan.products)
        ledger.audit("plan.loaded", f"campaign:{stored.campaign.pk}", actor=actor, now=now,
                     revisions=list(stored.new_revisions), diff=list(stored.diff)[:200])  # fmt: skip
    return stored


def _keep_areas(entry: AreaEntry, parent: Area | None) -> Area:
    area = places.keep_area(entry.code, parent=parent, kind=entry.kind, names=entry.names)
    for child in entry.areas:
        _keep_areas(child, area)
    return area


def _site(entry: SiteEntry, plan: Plan) -> dict[str, Any]:
    return {
        "code": entry.code, "area": entry.area, "kind": entry.kind.value,
        "status": entry.status.value, "names": entry.names, "address": entry.address,
        "time_zone": plan.time_zone, "parking_places": entry.parking_places,
        "observation_seats": entry.observation_seats, "stations": entry.stations,
        "opening": [{"days": o.days, "from": o.from_, "to": o.to} for o in entry.opening],
    }  # fmt: skip


def _product(entry: ProductEntry) -> dict[str, Any]:
    codes = {"cvx": entry.codes.cvx, "mvx": entry.codes.mvx, "eu_dcc": entry.codes.eu_dcc}
    return {
        "code": entry.code, "name": entry.name, "manufacturer": entry.manufacturer,
        "platform": entry.platform, "storage": entry.storage.value,
        "doses_per_vial": entry.doses_per_vial, "open_vial_hours": entry.open_vial_hours,
        "primary_doses": entry.primary_doses, "min_interval_days": entry.min_interval_days,
        "min_age_years": entry.min_age_years,
        "codes": {k: v for k, v in codes.items() if v},
    }  # fmt: skip
