"""The goods of the whole area: how long they last, what should go where; and its cold chain."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from balmis.contexts.access import services as access
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.places import queries as places
from balmis.core.roles import Act
from balmis.core.spreadsheet_cells import neutral
from balmis.flows.coldchain.equipment import LATELY, review
from balmis.flows.coldchain.stability import volumes
from balmis.flows.supply.exports import excursions_since, wasted_since
from balmis.flows.supply.reorder import by_area, goods_of
from balmis.web.labels import coldchain as words
from balmis.web.labels.formats import named
from balmis.web.shared.requests import actor_of, allowed, csv_answer

if TYPE_CHECKING:
    from balmis.contexts.campaigns.models import Campaign
    from balmis.contexts.places.models import Site

EXPORTED = timedelta(days=366)


def _sites(request: HttpRequest, campaign: Campaign) -> list[Site]:
    """All of the area for who plans it, else those whose goods the person answers for."""
    actor = actor_of(request)
    found = places.sites_in(campaign.area.code)
    if access.may(actor, Act.CHANGE_PLAN, area=campaign.area):
        return found
    mine = [s for s in found if access.may(actor, Act.HOLD_LOT, site=s)]
    if not mine:
        raise PermissionDenied(Act.HOLD_LOT.value)
    return mine


@require_GET
@allowed(Act.READ_REPORT)
def goods(request: HttpRequest, slug: str) -> HttpResponse:
    """Stock, days of stock, what expires, what was wasted, and what should move."""
    campaign = campaigns.campaign(slug)
    sites = _sites(request, campaign)
    policy = campaigns.policy_of(campaign.pk).supply
    seen = goods_of(sites, policy, now=datetime.now(UTC))
    known = {s.code: s for s in sites}
    names = {s.code: s.names for s in sites}
    product = {r.goods.product: r.name for r in seen.rows}
    values = {
        "campaign": campaign,
        "plan": campaigns.latest_plan(campaign.pk),
        "rows": seen.rows,
        "proposals": [
            (
                p,
                product[p.product],
                names.get(p.source or ""),
                names[p.target],
                access.may(actor_of(request), Act.MOVE_STOCK, site=known[p.source or p.target]),
            )
            for p in seen.proposals
        ],
        "areas": by_area(seen, sites),
        "short": sum(r.goods.lacks > 0 for r in seen.rows),
        "least": policy.least_days,
        "wanted": policy.wanted_days,
        "expiring": sum(r.expiring for r in seen.rows),
        "excursions": sum(seen.excursions.values()),
        "usable": sum(r.goods.usable for r in seen.rows),
        "lately": LATELY.days,
    }
    return render(request, "coordination/goods.html", values)


@require_GET
@allowed(Act.READ_REPORT)
def goods_data(request: HttpRequest, slug: str) -> HttpResponse:
    """The same as CSV."""
    campaign = campaigns.campaign(slug)
    policy = campaigns.policy_of(campaign.pk).supply
    seen = goods_of(_sites(request, campaign), policy, now=datetime.now(UTC))
    head = [
        "site",
        "name",
        "product",
        "usable",
        "coming",
        "ordered",
        "held",
        "expiring_30_days",
        "second_dose_reserve",
        "first_doses_a_day",
        "days_of_stock",
        "opened_vial_wastage",
        "closed_vial_wastage_doses",
        "excursions_30_days",
    ]
    return csv_answer(
        f"{slug}-goods",
        head,
        (
            [
                g.site,
                neutral(named(r.site.names)),
                g.product,
                g.usable,
                g.coming,
                g.ordered,
                r.held,
                r.expiring,
                g.reserve,
                round(g.a_day, 2),
                "" if g.days is None else round(g.days, 1),
                "" if r.opened_wastage is None else round(r.opened_wastage, 4),
                r.closed_wastage,
                seen.excursions.get(r.site.pk, 0),
            ]
            for r in seen.rows
            for g in [r.goods]
        ),
    )


@require_GET
@allowed(Act.READ_REPORT)
def wastage_data(request: HttpRequest, slug: str) -> HttpResponse:
    """What was thrown away in a year, row by row."""
    sites = {s.pk: s for s in _sites(request, campaigns.campaign(slug))}
    since = (datetime.now(UTC) - EXPORTED).date()
    head = ["day", "site", "product", "lot", "doses", "kind", "reason"]
    return csv_answer(
        f"{slug}-wastage",
        head,
        (
            [
                w.on.isoformat(),
                sites[w.site].code,
                w.product,
                neutral(w.lot),
                w.doses,
                "opened_vial" if opened else "closed_vial",
                neutral(w.why),
            ]
            for w, opened in wasted_since(sites.values(), since)
        ),
    )


@require_GET
@allowed(Act.READ_REPORT)
def excursion_data(request: HttpRequest, slug: str) -> HttpResponse:
    """What was out of range in a year, with what was decided."""
    sites, since = _sites(request, campaigns.campaign(slug)), datetime.now(UTC) - EXPORTED
    head = [
        "site",
        "equipment",
        "side",
        "began_at",
        "ended_at",
        "ended",
        "minutes",
        "peak_celsius",
        "degree_minutes",
        "alarm",
        "ruling",
        "decided_at",
        "ground",
    ]
    return csv_answer(
        f"{slug}-excursions",
        head,
        (
            [
                e.equipment.site.code,
                e.equipment.code,
                e.side,
                e.began_at.isoformat(),
                e.ended_at.isoformat(),
                e.ended,
                round((e.ended_at - e.began_at).total_seconds() / 60),
                round(e.peak, 2),
                round(e.degree_minutes, 1),
                e.alarm,
                e.ruling,
                e.decided_at.isoformat() if e.decided_at else "",
                neutral(e.ground),
            ]
            for e in excursions_since(sites, since)
        ),
    )


@require_GET
@allowed(Act.READ_REPORT)
def cold_chain(request: HttpRequest, slug: str) -> HttpResponse:
    """Equipment, room, gaps."""
    campaign = campaigns.campaign(slug)
    only = {s.code for s in _sites(request, campaign)}
    policy = campaigns.policy_of(campaign.pk).supply
    sites = review(campaign.area.code, volumes(), policy, only=only, now=datetime.now(UTC))
    fridges = [f for s in sites for f in s.fridges]
    rows: list[tuple[object, object, object]] = [
        (s, words.LOOKUPS[s.look] if s.look else None, s.fridges) for s in sites
    ]
    values = {
        "campaign": campaign,
        "plan": campaigns.latest_plan(campaign.pk),
        "sites": rows,
        "with_none": sum(not s.fridges for s in sites),
        "fridges": len(fridges),
        "amiss": sum(words.LOOKUPS[f.look][0] != "good" for f in fridges),
        "undecided": sum(f.undecided for f in fridges),
        "lately": LATELY.days,
    }
    return render(request, "coordination/cold_chain.html", values)
