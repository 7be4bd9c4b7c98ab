"""Without sign-in: how far are we, who can be vaccinated now, where?"""

import csv
import io
from datetime import UTC, datetime

from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from balmis.contexts.campaigns import queries as campaigns
from balmis.core.dates import local_day
from balmis.core.errors import Refusal
from balmis.core.reporting.public_figures import PublicFigures, plain_public
from balmis.core.vocabulary.campaigns import Progress
from balmis.core.vocabulary.people import Sex
from balmis.core.vocabulary.places import SiteKind, SiteStatus
from balmis.flows.eligibility.offers import groups_on
from balmis.flows.reporting.public_figures import public_day, public_figures
from balmis.flows.safety import public_summary as public_safety
from balmis.web.labels.common import KINDS, MEASURES, SITE_KINDS
from balmis.web.labels.safety import SEXES, event_name

KEPT_SECONDS = 60  # a closed day changes only by restatement


def home(request: HttpRequest) -> HttpResponse:
    """The only campaign, or a choice."""
    found = campaigns.campaigns()
    if len(found) == 1:
        return redirect("public", slug=found[0].slug)
    plans = [campaigns.latest_plan(c.pk) for c in found]
    return render(request, "public/home.html", {"plans": plans})


def _figures(slug: str) -> PublicFigures:
    now = datetime.now(UTC)
    try:
        key = f"public:{slug}:{public_day(slug, now=now)}"
        found: PublicFigures = cache.get(key) or public_figures(slug, now=now)
        cache.set(key, found, timeout=KEPT_SECONDS)
        return found
    except Refusal:
        raise Http404(_("There is no such campaign.")) from None


def show(request: HttpRequest, slug: str) -> HttpResponse:
    figures = _figures(slug)
    campaign = campaigns.campaign(slug)
    today = local_day(datetime.now(UTC), campaign.time_zone)
    plan = campaigns.plan_on(campaign.pk, today)
    groups = groups_on(plan, today)
    values = {
        "plan": plan,
        "day": figures.day,
        "figures": figures,
        "targets": [(r, MEASURES[r.measure]) for r in figures.coverage],
        "kinds": [(KINDS[kind], n) for kind, n in figures.doses.by_kind.items()],
        "areas": figures.by_area,
        "today": today,
        "open_groups": [g.group for g in groups if g.offered],
        "later_groups": [g for g in groups if not g.offered],
        "deferred_groups": [g for g in plan.groups if g.status is Progress.DEFERRED],
        "sites": [
            (s, SITE_KINDS[s.kind])
            for s in plan.sites
            if s.status is SiteStatus.OPEN and s.kind is not SiteKind.STORE
        ],
        "slug": slug,
    }
    response = render(request, "public/show.html", values)
    response["Cache-Control"] = "public, max-age=60"
    response["Vary"] = "Cookie, Accept-Language"
    return response


def privacy(request: HttpRequest, slug: str) -> HttpResponse:
    """What becomes of what residents enter, before they do."""
    try:
        campaign = campaigns.campaign(slug)
    except Refusal:
        raise Http404(_("There is no such campaign.")) from None
    values = {"slug": slug, "plan": campaigns.latest_plan(campaign.pk)}
    return render(request, "public/privacy.html", values)


def figures_json(request: HttpRequest, slug: str) -> JsonResponse:
    figures = plain_public(_figures(slug))
    response = JsonResponse(figures, json_dumps_params={"ensure_ascii": False})
    response["Access-Control-Allow-Origin"] = "*"  # open data
    return response


def figures_csv(request: HttpRequest, slug: str) -> HttpResponse:
    """Doses by day; empty cells are counts from 1 to 4, which are not published."""
    figures = _figures(slug)
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(["day", "kind", "doses"])
    for row in figures.by_day:
        writer.writerow([row.day, row.kind.value, "" if row.doses is None else row.doses])
    response = HttpResponse(out.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{slug}-{figures.day}.csv"'
    response["Access-Control-Allow-Origin"] = "*"
    return response


def safety(request: HttpRequest, slug: str) -> HttpResponse:
    """Events after doses, with the doses beside them."""
    now = datetime.now(UTC)
    try:
        key = f"public-safety:{slug}:{now:%Y-%m-%d-%H}"
        found = cache.get(key) or public_safety.figures(slug, now=now)
        cache.set(key, found, timeout=3600)  # of a day that is over
        plan = campaigns.latest_plan(campaigns.campaign(slug).pk)
    except Refusal:
        raise Http404(_("There is no such campaign.")) from None
    values = {
        "slug": slug,
        "plan": plan,
        "found": found,
        "tables": [
            (_("By event"), [(event_name(r.key), r) for r in found.by_event]),
            (_("By sex"), [(SEXES[Sex(r.key)], r) for r in found.by_sex]),
            (_("By vaccine"), [(r.key, r) for r in found.by_product]),
        ],
    }
    response = render(request, "public/safety.html", values)
    response["Cache-Control"] = "public, max-age=60"
    response["Vary"] = "Cookie, Accept-Language"
    return response
