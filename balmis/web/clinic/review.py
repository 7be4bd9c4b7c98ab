"""What somebody at the site has to look at: two records of one dose, and steps that were refused."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from balmis.contexts.campaigns import queries as campaigns
from balmis.core.errors import BadInput, NotAllowed, Refusal
from balmis.core.refusal_texts import REASONS
from balmis.core.roles import Act
from balmis.core.vocabulary.clinic import ConflictEnd, StepKind
from balmis.flows.clinic.doses_of_day import settle
from balmis.flows.clinic.rejected_steps import open_at, resolve, review_dose
from balmis.web.clinic.script_messages import WORDS
from balmis.web.labels.common import in_language
from balmis.web.shared.requests import actor_of, allowed, posted, site_of


@require_GET
@allowed(Act.CORRECT_DOSE)
def show(request: HttpRequest, slug: str, site: str) -> HttpResponse:
    return _show(request, slug, site)


def _show(
    request: HttpRequest, slug: str, code: str, problem: str = "", status: int = 200
) -> HttpResponse:
    site, campaign = site_of(slug, code), campaigns.campaign(slug)
    try:
        found = open_at(slug, code, actor=actor_of(request), now=datetime.now(UTC))
    except NotAllowed:
        raise PermissionDenied(Act.CORRECT_DOSE.value) from None
    values = {
        "campaign": campaign,
        "plan": campaigns.latest_plan(campaign.pk),
        "site": site,
        "conflicts": found.conflicts,
        "problem": problem,
        "steps": [(s, p, WORDS[f"step_{StepKind(s.sent['kind'])}"]) for s, p in found.steps],
        "open": len(found.conflicts) + len(found.steps) + len(found.flagged),
        "flagged": [(f.dose, [gettext(REASONS[r]) for r in f.reasons]) for f in found.flagged],
    }
    return render(request, "clinic/review.html", values, status=status)


def _act(request: HttpRequest, slug: str, site: str, act: Callable[[], Any]) -> HttpResponse:
    site_of(slug, site)
    try:
        act()
    except NotAllowed:
        raise PermissionDenied(Act.CORRECT_DOSE.value) from None
    except Refusal as refusal:
        return _show(request, slug, site, str(in_language(refusal)), 409)
    except BadInput as problem:
        return _show(request, slug, site, gettext(str(problem)), 400)
    except ValueError:
        raise Http404 from None
    return redirect("clinic-review", slug=slug, site=site)


@posted("clinic-review")
@allowed(Act.CORRECT_DOSE)
def settle_one(request: HttpRequest, slug: str, site: str) -> HttpResponse:
    """One dose written down twice, or two doses."""
    asked = request.POST
    return _act(
        request,
        slug,
        site,
        lambda: settle(
            int(asked.get("conflict", "")),
            ConflictEnd(asked.get("end", "")),
            asked.get("reason", ""),
            actor=actor_of(request),
            now=datetime.now(UTC),
        ),
    )


@posted("clinic-review")
@allowed(Act.CORRECT_DOSE)
def resolve_one(request: HttpRequest, slug: str, site: str) -> HttpResponse:
    """What was done about a step that was refused."""
    asked = request.POST
    return _act(
        request,
        slug,
        site,
        lambda: resolve(
            int(asked.get("step", "")),
            asked.get("note", ""),
            actor=actor_of(request),
            now=datetime.now(UTC),
        ),
    )


@posted("clinic-review")
@allowed(Act.CORRECT_DOSE)
def review_one(request: HttpRequest, slug: str, site: str) -> HttpResponse:
    """What was found about a dose that broke a rule."""
    asked = request.POST
    return _act(
        request,
        slug,
        site,
        lambda: review_dose(
            slug,
            site,
            int(asked.get("dose", "")),
            asked.get("note", ""),
            actor=actor_of(request),
            now=datetime.now(UTC),
        ),
    )
