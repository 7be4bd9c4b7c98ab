"""Registering oneself with one's name, without a number."""

from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from balmis.core.notices import masked
from balmis.flows.people import registrations
from balmis.web.resident import browser_session
from balmis.web.shared.acting import run
from balmis.web.shared.client import network_to_count
from balmis.web.shared.person_form import PersonForm, areas_of
from balmis.web.shared.rate_limit import limited


@never_cache
@limited
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def register(request: HttpRequest, slug: str) -> HttpResponse:
    """Name, birthday and home instead of a number."""
    campaign = browser_session.campaign_of(slug)
    zone, areas = campaign.time_zone, areas_of(campaign)
    if request.method == "GET":
        typed = browser_session.typed(request, slug, "name")
        form = PersonForm(zone=zone, areas=areas, initial=typed)
        return browser_session.page(request, slug, "register", form=form)
    form = PersonForm(request.POST, zone=zone, areas=areas)

    def act() -> None:
        network = network_to_count(request) or ""
        row = registrations.register(slug, form.stated(), network=network, now=datetime.now(UTC))
        request.session["claim"] = {
            "slug": slug,
            "registration": row,
            "address": masked(form.cleaned_data["address"]),
            "typed": browser_session.kept_typed(form.typed()),
        }

    return run(
        act,
        form=form,
        again=lambda answer: browser_session.page(
            request, slug, "register", answer=answer, form=form
        ),
        to=lambda: redirect("book-code", slug=slug),
    )
