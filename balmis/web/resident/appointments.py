"""What a resident has booked: see it, take it along, cancel it; and leave a shared phone."""

from contextlib import suppress
from datetime import UTC, datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from balmis.contexts.booking import bookings
from balmis.contexts.people import queries as people
from balmis.contexts.units import queries as units
from balmis.core.actor import Actor
from balmis.core.errors import BadInput, Refusal
from balmis.core.notices import masked
from balmis.core.vocabulary.booking import BookingStatus, EndReason
from balmis.flows.booking import reservations
from balmis.flows.booking.calendar_file import calendar_file
from balmis.flows.people import registrations
from balmis.flows.units import rosters, unit_links
from balmis.web.resident import browser_session


@never_cache
@require_GET
def mine(request: HttpRequest, slug: str) -> HttpResponse:
    """What is booked, and what can be done with it."""
    person = browser_session.known(request, slug)
    if person is None:
        return redirect("book", slug=slug)
    campaign = browser_session.campaign_of(slug).pk
    booked = [
        (people.person_of(p), _confirmed(p, campaign)) for p in browser_session.party(request, slug)
    ]
    claims = registrations.claims_on(slug, person)
    if not claims and "all" not in request.GET and not any(b for _, b in booked):
        return redirect("book-times", slug=slug)
    return browser_session.page(
        request,
        slug,
        "mine",
        booked=[(p, b) for p, b in booked if b],
        claims=[(row, masked(row.address)) for row in claims],
        units=units.rosters_of(person, campaign),
        new=request.GET.get("new") == "1",
        changed=request.GET.get("changed") == "1",
    )


def _confirmed(person: int, campaign: int) -> list[object]:
    live = bookings.live_bookings(person, campaign)
    return [b for b in live if b.status == BookingStatus.CONFIRMED]


@never_cache
@require_http_methods(["GET", "POST"])
def cancel(request: HttpRequest, slug: str, key: int) -> HttpResponse:
    """Sure? What goes with it is said first."""
    person = browser_session.known(request, slug)
    if person is None:
        return redirect("book", slug=slug)
    found = browser_session.own(request, slug, str(key))
    if found is None:
        return _over(request, slug, key)
    if request.method == "POST":
        with suppress(Refusal):  # it ended meanwhile; what became of it is said below
            reservations.cancel_booking(
                found,
                why=EndReason.BY_PERSON,
                actor=Actor(f"person:{person}"),
                now=datetime.now(UTC),
            )
        return _over(request, slug, key)
    live = bookings.live_bookings(found.person_id, found.campaign_id)
    return browser_session.page(
        request, slug, "cancel", booking=found, also=[b for b in live if b.number > found.number]
    )


def _over(request: HttpRequest, slug: str, key: int) -> HttpResponse:
    """An appointment that is cancelled is said to be; of any other the page shows what is booked."""
    try:
        found = bookings.booking(key)
    except Refusal:
        return redirect("my-bookings", slug=slug)
    if (
        found.person_id in browser_session.party(request, slug)
        and found.status == BookingStatus.CANCELLED
    ):
        return browser_session.page(request, slug, "cancelled")
    return redirect("my-bookings", slug=slug)


@never_cache
@require_GET
def calendar(request: HttpRequest, slug: str, key: int) -> HttpResponse:
    """The appointment as a calendar file."""
    person = browser_session.known(request, slug)
    found = browser_session.own(request, slug, str(key)) if person is not None else None
    if found is None:
        raise Http404
    response = HttpResponse(
        calendar_file(found, now=datetime.now(UTC)), content_type="text/calendar; charset=utf-8"
    )
    response["Content-Disposition"] = 'attachment; filename="appointment.ics"'
    return response


@require_POST
def claim(request: HttpRequest, slug: str, key: int) -> HttpResponse:
    """A registration in one's name: it was oneself, or somebody else."""
    person = browser_session.known(request, slug)
    if person is None:
        return redirect("book", slug=slug)
    with suppress(Refusal, BadInput):  # the desk was quicker, or the same click
        mine_ = "mine" in request.POST
        registrations.settle_claim(slug, person, key, mine=mine_, now=datetime.now(UTC))
    return redirect("my-bookings", slug=slug)


@require_POST
def let_see(request: HttpRequest, slug: str, key: int) -> HttpResponse:
    """A unit that lists the person may see where they stand, or no longer."""
    person = browser_session.known(request, slug)
    if person is None:
        return redirect("book", slug=slug)
    with suppress(Refusal):  # they are on the roster no longer
        rosters.let_see(slug, person, key, yes="yes" in request.POST, now=datetime.now(UTC))
    return redirect(f"{reverse('my-bookings', args=[slug])}?all=1")


@require_POST
def leave_unit(request: HttpRequest, slug: str, key: int) -> HttpResponse:
    """The person is on the unit's roster no longer."""
    person = browser_session.known(request, slug)
    if person is None:
        return redirect("book", slug=slug)
    with suppress(Refusal):  # they were on it no longer
        unit_links.leave_roster(slug, person, key, now=datetime.now(UTC))
        browser_session.drop_passes(request)
    return redirect(f"{reverse('my-bookings', args=[slug])}?all=1")


@require_POST
def leave(request: HttpRequest, slug: str) -> HttpResponse:
    """On a shared phone: nothing of the visit stays."""
    request.session.flush()
    return redirect("public", slug=slug)
