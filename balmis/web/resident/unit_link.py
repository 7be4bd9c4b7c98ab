"""What a unit's link leads to: who one is, what joining means, and one button."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from balmis.contexts.units import queries as units
from balmis.core.rate_limit import Allowed
from balmis.flows.access.tries import spend
from balmis.flows.units import unit_links
from balmis.web.labels.common import wait_in_words
from balmis.web.resident import browser_session
from balmis.web.resident.forms import JoinForm
from balmis.web.shared.acting import DONE, Answer, run
from balmis.web.shared.client import network_to_count

# of a link that was renewed a whole company may still try the old one
MISSED = Allowed("links of units that are none, from a network", 60, timedelta(seconds=20))


@never_cache
@require_http_methods(["GET", "POST"])
def join(request: HttpRequest, slug: str, token: str) -> HttpResponse:
    """Nothing of a person is read or written before they have shown who they are."""
    person = browser_session.known(request, slug)
    if request.method == "GET" or person is None:
        return _show(request, slug, token)
    form = JoinForm(request.POST)

    def act() -> None:
        cmd = unit_links.JoinRoster(
            campaign=slug, token=token, person=person, seen=form.cleaned_data["seen"]
        )
        unit_links.join_roster(cmd, now=datetime.now(UTC))
        browser_session.drop_passes(request)

    return run(
        act,
        form=form,
        again=lambda answer: _show(request, slug, token, form, answer),
        to=lambda: redirect("unit-join", slug=slug, token=token),
    )


def _show(
    request: HttpRequest,
    slug: str,
    token: str,
    form: JoinForm | None = None,
    answer: Answer = DONE,
) -> HttpResponse:
    campaign = browser_session.campaign_of(slug)
    unit = unit_links.opened(slug, token, now=datetime.now(UTC))
    if unit is None:
        return _over(request, slug)
    person = browser_session.known(request, slug)
    if person is None:
        browser_session.come_back(request, slug, request.path)
    mine = units.rosters_of(person, campaign.pk) if person is not None else []
    return browser_session.page(
        request,
        slug,
        "join",
        answer=answer,
        unit=unit,
        person=person,
        member=next((m for m in mine if m.unit_id == unit.pk), None),
        form=form or JoinForm(),
    )


def _over(request: HttpRequest, slug: str) -> HttpResponse:
    """The same for a link that is void, over, or was never made; who tries many is stopped."""
    network = network_to_count(request)
    wait = spend(MISSED, network, now=datetime.now(UTC)) if network is not None else None
    if wait is not None:
        return render(request, "429.html", {"wait": wait_in_words(wait)}, status=429)
    return browser_session.page(request, slug, "join_over", 410)
