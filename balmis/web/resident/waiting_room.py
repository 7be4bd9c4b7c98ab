"""Waiting: for one's turn at an opening, and for a place that others give back."""

from datetime import UTC, datetime, timedelta

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from balmis.contexts.booking import standby as booking_standby
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.people import queries as people
from balmis.core.dates import local_day
from balmis.core.errors import Refusal
from balmis.flows.booking import openings, standby
from balmis.web.resident import browser_session
from balmis.web.resident.forms import LeaveForm, StandbyForm
from balmis.web.resident.party import party_of
from balmis.web.shared.acting import Answer, attempt, run
from balmis.web.shared.forms import Form


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
    if request.method == "GET":
        answer = attempt(lambda: browser_session.pass_of(request, slug, person))
        return _waiting(request, slug, person, _standby_form(slug), answer)
    leaving, sent, now = "leave" in request.POST, request.POST, datetime.now(UTC)
    form = LeaveForm(sent) if leaving else _standby_form(slug, sent)

    def act() -> None:
        if leaving:
            standby.leave(form.cleaned_data["leave"], person, now=now)
            return
        held, campaign = (
            browser_session.pass_of(request, slug, person),
            browser_session.campaign_of(slug),
        )
        site, day = form.cleaned_data["where"]
        cmd = standby.JoinStandby(held=held, person=people.person_of(person), site=site, on=day)
        standby.join(campaign, cmd, now=now)

    return run(
        act,
        form=form,
        again=lambda answer: _waiting(request, slug, person, form, answer),
        to=lambda: redirect("standby", slug=slug),
    )


def _standby_form(slug: str, sent: QueryDict | None = None) -> StandbyForm:
    """With the places and days of the coming sessions."""
    campaign = browser_session.campaign_of(slug)
    today = local_day(datetime.now(UTC), campaign.time_zone)
    days = campaigns.policy_of(campaign.pk).booking.standby_days
    last = today + timedelta(days=days - 1)
    return StandbyForm(sent, choices=booking_standby.standby_choices(campaign.pk, today, last))


def _waiting(
    request: HttpRequest, slug: str, person: int, form: Form, answer: Answer
) -> HttpResponse:
    return browser_session.page(
        request,
        slug,
        "standby",
        answer=answer,
        waiting=standby.waiting_of(person, browser_session.campaign_of(slug).pk),
        form=form if isinstance(form, StandbyForm) else _standby_form(slug),
    )
