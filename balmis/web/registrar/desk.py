"""The registration desk: who is this person, and what can I offer them?"""

from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from typing import Any
from uuid import UUID

import segno
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_GET, require_POST

from balmis.contexts.booking import bookings
from balmis.contexts.campaigns import queries as campaigns
from balmis.core.errors import BadInput, NotAllowed, Refusal
from balmis.core.roles import Act
from balmis.flows.booking import registrar as flow
from balmis.flows.booking.reservations import Hold
from balmis.flows.booking.search import Seeker, find_times
from balmis.flows.people import registrations
from balmis.web.labels.common import in_language
from balmis.web.shared.requests import actor_of, allowed, read_search


@require_GET
@allowed(Act.BOOK_FOR_OTHERS)
def desk(request: HttpRequest, slug: str) -> HttpResponse:
    """Search; one match is opened at once."""
    campaign, text = campaigns.campaign(slug), request.GET.get("q", "").strip()[:60]
    found: list[Any] = []
    short = "q" in request.GET and len(text) < 2
    if not short and text and text.isprintable():
        try:
            found = flow.find(slug, text, actor=actor_of(request), now=datetime.now(UTC))
        except NotAllowed:
            raise PermissionDenied(Act.BOOK_FOR_OTHERS.value) from None
        if len(found) == 1:
            return redirect("registrar-person", slug=slug, key=found[0].pk)
    values = {
        "campaign": campaign,
        "plan": campaigns.latest_plan(campaign.pk),
        "q": text,
        "found": found[:20],
        "more": len(found) > 20,
        "short": short,
        "waiting": registrations.reviews(slug, flow.paths_of(actor_of(request), campaign))[0],
    }
    return render(request, "registrar/desk.html", values)


def _seen(request: HttpRequest, slug: str, key: int) -> flow.Seen:
    try:
        return flow.open_person(slug, key, actor=actor_of(request), now=datetime.now(UTC))
    except NotAllowed:
        raise PermissionDenied(Act.BOOK_FOR_OTHERS.value) from None
    except Refusal:
        raise Http404(gettext("There is no such person.")) from None


@require_GET
@allowed(Act.BOOK_FOR_OTHERS)
def person(request: HttpRequest, slug: str, key: int) -> HttpResponse:
    """What the person may have, what they have booked, and the next free times."""
    return _person(request, slug, _seen(request, slug, key))


def _person(
    request: HttpRequest, slug: str, seen: flow.Seen, status: int = 200, problem: str = ""
) -> HttpResponse:
    campaign, found = campaigns.campaign(slug), None
    if seen.held is not None and not any(b.number == seen.held.number for b in seen.bookings):
        asked = request.GET if request.method == "GET" else request.POST
        found = find_times(
            campaign,
            Seeker(person=seen.person, held=seen.held),
            read_search(asked),
            now=datetime.now(UTC),
        )
    values = {
        "campaign": campaign,
        "plan": campaigns.latest_plan(campaign.pk),
        "seen": seen,
        "found": found,
        "problem": problem,
        "why": in_language(seen.why_not) if seen.why_not else "",
    }
    return render(request, "registrar/person.html", values, status=status)


@require_POST
@allowed(Act.BOOK_FOR_OTHERS)
def book(request: HttpRequest, slug: str, key: int) -> HttpResponse:
    """Confirmed at once: the person is there, or on the phone."""

    def act() -> None:
        second = request.POST.get("second", "")
        wanted = Hold(
            request_id=UUID(request.POST.get("request_id", "")),
            pool=int(request.POST.get("pool", "")),
            second_pool=int(second) if second else None,
        )
        flow.book_for(slug, key, wanted, actor=actor_of(request), now=datetime.now(UTC))

    return _carry_out(request, slug, key, act)


@require_POST
@allowed(Act.BOOK_FOR_OTHERS)
def cancel(request: HttpRequest, slug: str, key: int) -> HttpResponse:
    def act() -> None:
        booking_id = int(request.POST.get("booking", ""))
        flow.cancel_for(slug, booking_id, actor=actor_of(request), now=datetime.now(UTC))

    return _carry_out(request, slug, key, act)


@require_POST
@allowed(Act.BOOK_FOR_OTHERS)
def address(request: HttpRequest, slug: str, key: int) -> HttpResponse:
    """Where the person is reached from now on."""

    def act() -> None:
        language = request.POST.get("language", "")
        flow.keep_address(
            flow.KeepAddress(
                campaign=slug,
                person_id=key,
                address=request.POST.get("address", "")[:254],
                language=language
                if language in dict(settings.LANGUAGES)
                else get_language() or "en",
            ),
            actor=actor_of(request),
            now=datetime.now(UTC),
        )

    return _carry_out(request, slug, key, act)


def _carry_out(
    request: HttpRequest, slug: str, key: int, act: Callable[[], object]
) -> HttpResponse:
    """Do it, and show the person again; with what stood against it, if something did."""
    try:
        act()
    except NotAllowed:
        raise PermissionDenied(Act.BOOK_FOR_OTHERS.value) from None
    except Refusal as refusal:
        return _person(request, slug, _seen(request, slug, key), 409, in_language(refusal))
    except BadInput as problem:
        return _person(request, slug, _seen(request, slug, key), 400, gettext(str(problem)))
    except ValueError:
        raise Http404 from None
    return redirect("registrar-person", slug=slug, key=key)


@require_GET
@allowed(Act.BOOK_FOR_OTHERS)
def card(request: HttpRequest, slug: str, key: int) -> HttpResponse:
    """The appointments on paper, with a code for the check-in: for people without a phone."""
    seen = _seen(request, slug, key)
    return render(
        request, "registrar/card.html", {"campaign": campaigns.campaign(slug), "seen": seen}
    )


@require_GET
@allowed(Act.BOOK_FOR_OTHERS)
def code(request: HttpRequest, slug: str, booking_id: int) -> HttpResponse:
    """The booking's QR code: its request id, which says nothing of the person."""
    try:
        found = bookings.booking(booking_id)
    except Refusal:
        raise Http404 from None
    _seen(request, slug, found.person_id)
    picture = segno.make(f"balmis:booking:{found.request_id}", error="m")
    out = BytesIO()
    picture.save(out, kind="svg", scale=4, xmldecl=False)  # with its namespace: it is an image
    return HttpResponse(out.getvalue(), content_type="image/svg+xml")
