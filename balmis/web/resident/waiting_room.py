"""Waiting: for one's turn at an opening, and for a place that others give back."""

from datetime import UTC, date, datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language, gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from balmis.contexts.booking import standby as booking_standby
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.people import queries as people
from balmis.core.dates import local_day
from balmis.core.errors import Refusal
from balmis.flows.booking import openings, standby
from balmis.web.labels.common import in_language
from balmis.web.resident import browser_session
from balmis.web.resident.party import party_of
from balmis.web.shared.requests import number


@never_cache
@require_POST
def queue(request: HttpRequest, slug: str) -> HttpResponse:
    """Into the waiting room, before the opening."""
    try:
        party = party_of(request, slug, None)
        standing = openings.join(party.passes[0], now=datetime.now(UTC)) if party.passes else None
    except Refusal:
        standing = None
    if standing is None or standing.may_book:
        return redirect("book-times", slug=slug)
    return to_waiting(request, slug, standing)


def to_waiting(request: HttpRequest, slug: str, standing: openings.Standing) -> HttpResponse:
    """To the gate's page, which asks no database. Whoever waits stays known until the end."""
    drawn = datetime.now(UTC) >= standing.rush.opens_at
    browser_session.stay(request, standing.turn.at if drawn else standing.rush.closes_at)
    response = redirect(f"/gate/wait?lang={get_language() or 'en'}&back={slug}")
    response.set_cookie(
        "balmis-ticket",
        standing.ticket,
        path="/gate/wait",
        httponly=True,
        samesite="Lax",
        secure=request.is_secure(),
        expires=standing.rush.closes_at,
    )
    return response


@never_cache
@require_http_methods(["GET", "POST"])
def waiting(request: HttpRequest, slug: str) -> HttpResponse:
    """Wait for a place of the coming days: join, see why it takes, leave."""
    person = browser_session.known(request, slug)
    if person is None:
        return redirect("book", slug=slug)
    campaign, now, problem = browser_session.campaign_of(slug), datetime.now(UTC), ""
    try:
        held = browser_session.pass_of(request, slug, person)
        if request.method == "POST":
            if entry := number(request, "leave"):
                standby.leave(entry, person, now=now)
            elif "where" not in request.POST:
                raise ValueError
            else:
                site, _, day = request.POST.get("where", "").rpartition("@")
                standby.join(
                    campaign,
                    standby.JoinStandby(
                        held=held,
                        person=people.person_of(person),
                        site=site,
                        on=date.fromisoformat(day),
                    ),
                    now=now,
                )
            return redirect("standby", slug=slug)
    except Refusal as refusal:
        problem = in_language(refusal)
    except ValueError:
        problem = gettext("Choose a place and a day.")
    today = local_day(now, campaign.time_zone)
    days = campaigns.policy_of(campaign.pk).booking.standby_days
    last = today + timedelta(days=days - 1)
    choices = booking_standby.standby_choices(campaign.pk, today, last)
    return browser_session.page(
        request,
        slug,
        "standby",
        409 if problem else 200,
        problem=problem,
        waiting=standby.waiting_of(person, campaign.pk),
        choices=choices,
    )
