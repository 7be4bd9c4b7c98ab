"""Registering oneself with one's name, without a number."""

from datetime import UTC, datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from balmis.contexts.campaigns import queries as campaigns
from balmis.core.errors import BadInput, Refusal
from balmis.core.notices import masked
from balmis.flows.people import registrations
from balmis.web.labels.common import in_language
from balmis.web.shared.person_form import areas_of, problems_of, read_fields, stated_of
from balmis.web.shared.rate_limit import limited


@never_cache
@limited
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def register(request: HttpRequest, slug: str) -> HttpResponse:
    """Name, birthday and home instead of a number."""
    try:
        campaign = campaigns.campaign(slug)
    except Refusal:
        raise Http404(gettext("There is no such campaign.")) from None
    values: dict[str, Any] = {
        "slug": slug,
        "campaign": campaign,
        "fields": {},
        "areas": areas_of(campaign),
    }
    if request.method == "GET":
        return render(request, "resident/register.html", values)
    fields = read_fields(request)
    problems = problems_of(fields, campaign.time_zone, address_needed=True)
    if not problems:
        try:
            row = registrations.register(slug, stated_of(fields), now=datetime.now(UTC))
            request.session["claim"] = {
                "slug": slug,
                "person": None,
                "registration": row,
                "address": masked(fields["address"]),
            }
            return redirect("book-code", slug=slug)
        except Refusal as refusal:
            problems = {"address": in_language(refusal)}
        except BadInput as problem:
            field = "area" if "area" in str(problem) else "address"
            problems = {field: gettext(str(problem))}
    values |= {"fields": fields, "problems": problems}
    return render(request, "resident/register.html", values, status=400)
