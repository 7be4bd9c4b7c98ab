"""The registration desk: who is this person, and what can I offer them?"""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO
from typing import TYPE_CHECKING

import segno
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from balmis.contexts.access.services import may_somewhere
from balmis.contexts.booking import bookings
from balmis.contexts.campaigns import queries as campaigns
from balmis.core.errors import NotAllowed, Refusal
from balmis.core.roles import Act
from balmis.core.written_forms import tidy
from balmis.flows.booking import people_search
from balmis.flows.booking import registrar as flow
from balmis.flows.booking.search import Search, Seeker, find_times
from balmis.flows.clinic.held_doses import count_held
from balmis.flows.people import registrations
from balmis.web.labels.clinic import words_of_reason
from balmis.web.labels.refusals import in_language
from balmis.web.registrar.forms import (
    AddressForm,
    CancelForm,
    DetailsForm,
    SearchForm,
    ServeForm,
)
from balmis.web.registrar.person_facts import facts_shown
from balmis.web.shared.acting import DONE, Answer, attempt, run
from balmis.web.shared.requests import actor_of, allowed, read_search
from balmis.web.shared.time_form import TimeForm

if TYPE_CHECKING:
    pass


@allowed(Act.BOOK_FOR_OTHERS)
@require_http_methods(["GET", "POST"])
def desk(request: HttpRequest, slug: str) -> HttpResponse:
    """Search; one match is opened at once."""
    campaign, actor, now = campaigns.campaign(slug), actor_of(request), datetime.now(UTC)
    form = SearchForm(request.POST or request.GET)
    asked: list[people_search.Matches] = []
    text = tidy("".join(c if c.isprintable() else " " for c in str(form["q"].value() or "")))[:60]
    is_asked = bool(text)
    answer = DONE
    if is_asked:
        answer = attempt(lambda: asked.append(people_search.find(slug, text, actor=actor, now=now)))
        if asked and len(asked[0].people) == 1:
            return redirect("registrar-person", slug=slug, key=asked[0].people[0].pk)
    hits = asked[0].people if asked else []
    values = {
        "campaign": campaign,
        "plan": campaigns.latest_plan(campaign.pk),
        "q": text,
        "found": hits[:20],
        "more": len(hits) > 20,
        "elsewhere": asked[0].elsewhere if asked else [],
        "serve": ServeForm(),
        "lists": may_somewhere(actor, Act.REGISTER_PEOPLE),
        "short": "q" in form.data and not text,
        "held": count_held(slug, actor=actor) if may_somewhere(actor, Act.CORRECT_DOSE) else 0,
        "waiting": registrations.waiting_reviews(slug, people_search.paths_of(actor, campaign)),
        "answer": answer,
    }
    return render(request, "registrar/desk.html", values, status=answer.status)


@require_POST
@allowed(Act.BOOK_FOR_OTHERS)
def serve(request: HttpRequest, slug: str, key: int) -> HttpResponse:
    """Somebody whom another desk registers stands here."""
    form = ServeForm(request.POST)

    def act() -> None:
        why, actor, now = form.cleaned_data["why"], actor_of(request), datetime.now(UTC)
        people_search.serve_here(slug, key, why, actor=actor, now=now)

    return run(
        act,
        form=form,
        again=lambda answer: _to_serve(request, slug, key, form, answer),
        to=lambda: redirect("registrar-person", slug=slug, key=key),
    )


def _to_serve(
    request: HttpRequest, slug: str, key: int, form: ServeForm, answer: Answer
) -> HttpResponse:
    campaign = campaigns.campaign(slug)
    values = {
        "campaign": campaign,
        "plan": campaigns.latest_plan(campaign.pk),
        "key": key,
        "serve": form,
        "answer": answer,
    }
    return render(request, "registrar/serve.html", values, status=answer.status)


def seen_person(request: HttpRequest, slug: str, key: int) -> flow.Seen:
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
    return show_person(request, slug, key)


def show_person(
    request: HttpRequest,
    slug: str,
    key: int,
    answer: Answer = DONE,
    sent: AddressForm | None = None,
    search: Search | None = None,
    details: DetailsForm | None = None,
) -> HttpResponse:
    """The person's page; `sent` is how they are to be reached, and `details` address and guardian, if
    that could not be kept."""
    seen, campaign, found = seen_person(request, slug, key), campaigns.campaign(slug), None
    if seen.held is not None and not any(b.number == seen.held.number for b in seen.bookings):
        wanted, now = search or read_search(request.GET), datetime.now(UTC)
        seeker = Seeker(person=seen.person, held=seen.held)
        found = find_times(campaign, seeker, wanted, now=now)
    values = {
        "campaign": campaign,
        "plan": campaigns.latest_plan(campaign.pk),
        "seen": seen,
        "found": found,
        "answer": answer,
        "reached": sent or _reached(campaign.time_zone, seen),
        "stops": [(s, words_of_reason(s.kind, s.reason)) for s in seen.stops],
        "why": in_language(seen.why_not) if seen.why_not else "",
    }
    values |= facts_shown(campaign, seen, details)
    return render(request, "registrar/person.html", values, status=answer.status)


def _reached(zone: str, seen: flow.Seen) -> AddressForm:
    """How the person is reached now."""
    known = seen.contact
    initial = {
        "address": (known.phone or known.email) if known else "",
        "language": known.language if known else get_language() or "en",
    }
    return AddressForm(zone=zone, initial=initial)


@require_POST
@allowed(Act.BOOK_FOR_OTHERS)
def book(request: HttpRequest, slug: str, key: int) -> HttpResponse:
    """Confirmed at once: the person is there, or on the phone."""
    form, actor, now = TimeForm(request.POST), actor_of(request), datetime.now(UTC)
    return run(
        lambda: flow.book_for(slug, key, form.hold(), actor=actor, now=now),
        form=form,
        again=lambda answer: show_person(request, slug, key, answer, search=form.search()),
        to=lambda: redirect("registrar-person", slug=slug, key=key),
    )


@require_POST
@allowed(Act.BOOK_FOR_OTHERS)
def cancel(request: HttpRequest, slug: str, key: int) -> HttpResponse:
    form, actor, now = CancelForm(request.POST), actor_of(request), datetime.now(UTC)
    return run(
        lambda: flow.cancel_for(slug, form.cleaned_data["booking"], actor=actor, now=now),
        form=form,
        again=lambda answer: show_person(request, slug, key, answer),
        to=lambda: redirect("registrar-person", slug=slug, key=key),
    )


@require_POST
@allowed(Act.BOOK_FOR_OTHERS)
def address(request: HttpRequest, slug: str, key: int) -> HttpResponse:
    """Where the person is reached from now on."""
    form = AddressForm(request.POST, zone=campaigns.campaign(slug).time_zone)

    def act() -> None:
        cmd = flow.KeepAddress(
            campaign=slug,
            person_id=key,
            address=form.cleaned_data["address"],
            language=form.cleaned_data["language"] or get_language() or "en",
            document=form.cleaned_data["document"],
        )
        flow.keep_address(cmd, actor=actor_of(request), now=datetime.now(UTC))

    return run(
        act,
        form=form,
        again=lambda answer: show_person(request, slug, key, answer, form),
        to=lambda: redirect("registrar-person", slug=slug, key=key),
    )


@require_GET
@allowed(Act.BOOK_FOR_OTHERS)
def card(request: HttpRequest, slug: str, key: int) -> HttpResponse:
    """The appointments on paper, with a code for the check-in: for people without a phone."""
    seen = seen_person(request, slug, key)
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
    seen_person(request, slug, found.person_id)
    picture = segno.make(f"balmis:booking:{found.request_id}", error="m")
    out = BytesIO()
    picture.save(out, kind="svg", scale=4, xmldecl=False)  # with its namespace: it is an image
    return HttpResponse(out.getvalue(), content_type="image/svg+xml")
