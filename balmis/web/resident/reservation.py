"""A resident's way to an appointment: who you are, when you come, confirm. No account, no script."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from balmis.contexts.booking import bookings
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.people import queries as people
from balmis.core.actor import Actor
from balmis.core.booking.passes import Pass, together
from balmis.core.errors import Refusal
from balmis.core.refusal_texts import REASONS
from balmis.core.vocabulary.booking import BookingStatus, Channel
from balmis.core.vocabulary.places import Access
from balmis.core.vocabulary.reasons import Refused
from balmis.flows.booking import openings, reservations
from balmis.flows.booking.reservations import Hold
from balmis.flows.booking.resident_sign_in import plain_code
from balmis.flows.booking.search import DAYS_SHOWN, Found, Search, Seeker, find_times
from balmis.flows.people import registrations
from balmis.web.labels.common import ACCESS
from balmis.web.labels.refusals import in_language
from balmis.web.resident import browser_session, by_provider
from balmis.web.resident.forms import ClaimForm, CodeForm, ConfirmForm, HoldForm
from balmis.web.resident.party import Party, party_of
from balmis.web.resident.waiting_room import to_waiting
from balmis.web.shared.acting import DONE, Answer, Problem, run, unread
from balmis.web.shared.rate_limit import limited
from balmis.web.shared.requests import read_search

if TYPE_CHECKING:
    from balmis.contexts.booking.models import Booking

# ---- step 1: who you are ---------------------------------------------------------------------


@never_cache
@limited
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def start(request: HttpRequest, slug: str) -> HttpResponse:
    """The code of a letter, or a number; the birthday; and where a code may be sent."""
    zone = browser_session.campaign_of(slug).time_zone
    if request.method == "GET":
        if browser_session.known(request, slug) is not None:
            return redirect("my-bookings", slug=slug)
        typed = browser_session.typed(request, slug, "number")
        return browser_session.page(
            request,
            slug,
            "start",
            form=ClaimForm(zone=zone, initial=typed),
            provider=by_provider.provider(),
        )
    form = ClaimForm(request.POST, zone=zone)

    def act() -> None:
        browser_session.ask_code(request, slug, **form.cleaned_data)

    return run(
        act,
        form=form,
        again=lambda answer: browser_session.page(
            request, slug, "start", answer=answer, form=form, provider=by_provider.provider()
        ),
        to=lambda: redirect("book-code", slug=slug),
    )


@never_cache
@limited
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def code(request: HttpRequest, slug: str) -> HttpResponse:
    """The code that was sent."""
    claim = request.session.get("claim")
    if not claim or claim["slug"] != slug:
        return redirect("book", slug=slug)
    if request.method == "GET":
        return _code(request, slug, CodeForm())
    form = CodeForm(request.POST)
    if not form.is_valid():
        return _code(request, slug, form)
    text, now = plain_code(form.cleaned_data["code"]), datetime.now(UTC)
    if (again := browser_session.proved(claim, text)) is not None:
        return _identified(request, slug, again, text)
    if claim.get("registration"):
        found = registrations.check_code(slug, claim["registration"], text, now=now)
        if found is not None and found.person is None:
            del request.session["claim"]
            return browser_session.page(request, slug, "review")
        person = found.person if found else None
    else:
        person = browser_session.person_with(request, slug, text)
    if person is None:
        form.add_error("code", gettext(REASONS[Refused.CODE_WRONG]))
        return _code(request, slug, form)
    return _identified(request, slug, person, text)


def _code(request: HttpRequest, slug: str, form: CodeForm) -> HttpResponse:
    claim = request.session["claim"]
    answer = unread(form) if form.is_bound else DONE
    return browser_session.page(request, slug, "code", answer=answer, form=form, claim=claim)


def _identified(request: HttpRequest, slug: str, person: int, code: str) -> HttpResponse:
    """They have shown who they are: alone, or as one who comes along."""
    claim = request.session["claim"]
    if claim.get("along") and browser_session.known(request, slug) is not None:
        del request.session["claim"]
        browser_session.add_along(request, person)
        return redirect("book-family", slug=slug)
    browser_session.begin(request, slug, person, code=code)
    return redirect(browser_session.onward(request, slug))


# ---- step 2: when you come -------------------------------------------------------------------


@never_cache
@require_GET
def times(request: HttpRequest, slug: str) -> HttpResponse:
    """Days and sites with free places, then the times of one."""
    moving = browser_session.own(request, slug, request.GET.get("move"))
    try:
        party = party_of(request, slug, moving)
    except Refusal as refusal:
        return browser_session.page(request, slug, "not_due", 403, reason=in_language(refusal))
    if not party.passes:
        return redirect("book", slug=slug)
    now = datetime.now(UTC)
    rush = openings.rush_of(party.passes[0], now=now)
    if rush is not None and rush.holds(now):
        standing = openings.join(party.passes[0], now=now)
        if standing is not None and not standing.may_book:
            return to_waiting(request, slug, standing)
        browser_session.stay(request, now)
    return _times(
        request,
        slug,
        party,
        moving,
        rush=rush,
        rush_holds=bool(rush and rush.holds(now)),
        answer=_told(request.GET.get("problem")),
    )


def _told(code: str | None) -> Answer:
    """What stood against an act that led here."""
    if code not in set(Refused):
        return DONE
    return Answer((Problem(gettext(REASONS[Refused(code)])),))


def _times(
    request: HttpRequest,
    slug: str,
    party: Party,
    moving: Booking | None,
    search: Search | None = None,
    **values: Any,
) -> HttpResponse:
    held = together(party.passes)
    if held is None:  # nothing suits all of them
        return browser_session.page(request, slug, "apart", 409, passes=party.passes)
    found = find_times(
        browser_session.campaign_of(slug),
        Seeker(person=people.person_of(held.person), held=held, moving=moving),
        replace(search or read_search(request.GET), seats=len(party.passes)),
        now=datetime.now(UTC),
    )
    return browser_session.page(
        request,
        slug,
        "times",
        held=held,
        moving=moving,
        party=party,
        **_shown(found, held, slug, moving),
        **values,
    )


def _links(search: Search, moving: Booking | None) -> dict[str, str]:
    """The same search for the whole day, and for later days."""
    same = {
        "site": search.site,
        "within": search.within,
        "product": search.product,
        "access": list(search.access),
        "move": moving.pk if moving else None,
    }
    kept = {k: v for k, v in same.items() if v}
    day = {"on": search.on.isoformat()} if search.on else {}
    return {
        "day": urlencode(kept | day, doseq=True),
        "later": urlencode(kept | {"skip": search.skip + DAYS_SHOWN}, doseq=True),
        "near": urlencode({k: v for k, v in kept.items() if k in ("product", "move")}),
    }


def _shown(found: Found, held: Pass, slug: str, moving: Booking | None) -> dict[str, Any]:
    """What was found, and the choices of the filters."""
    names = {
        p.code: p.name for p in campaigns.latest_plan(browser_session.campaign_of(slug).pk).products
    }
    products = [(code, names.get(code, code)) for code in held.products]
    return {
        "found": found,
        "search": found.search,
        "links": _links(found.search, moving),
        "distances": (5, 10, 25, 50),
        "products": products if len(products) > 1 else [],
        "access": [(a, ACCESS[a]) for a in Access if a in found.access],
    }


@never_cache
@require_POST
def hold(request: HttpRequest, slug: str) -> HttpResponse:
    """A time was chosen."""
    if browser_session.known(request, slug) is None:
        return redirect("book", slug=slug)
    form, now = HoldForm(request.POST), datetime.now(UTC)
    form.is_valid()
    moving = browser_session.own(request, slug, form.cleaned_data.get("move"))
    onward = reverse("book-confirm", args=[slug])

    def act() -> None:
        nonlocal onward
        try:
            onward = _chosen(request, slug, form.hold(), moving, now) or onward
        except Refusal as refusal:
            if refusal.reason is not Refused.NOT_YOUR_TURN:
                raise
            onward = reverse("book-times", args=[slug])

    return run(
        act,
        form=form,
        again=lambda answer: _refused(request, slug, form, moving, answer),
        to=lambda: redirect(onward),
    )


def _chosen(
    request: HttpRequest, slug: str, wanted: Hold, moving: Booking | None, now: datetime
) -> str | None:
    """The places are held, to be confirmed; or the booking is moved, and it is said where."""
    party = party_of(request, slug, moving)
    if moving is None:
        reservations.hold_places(party.passes, wanted, channel=Channel.RESIDENT, now=now)
        return None
    cmd = reservations.MoveBooking(
        request_id=wanted.request_id, booking=moving, pool=wanted.pool, channel=Channel.RESIDENT
    )
    actor = Actor(f"person:{browser_session.known(request, slug)}")
    reservations.move_booking(party.passes[0], cmd, actor=actor, now=now)
    return f"{reverse('my-bookings', args=[slug])}?changed=1"


def _refused(
    request: HttpRequest, slug: str, form: HoldForm, moving: Booking | None, answer: Answer
) -> HttpResponse:
    """The times again, with what happened."""
    try:
        party = party_of(request, slug, moving)
    except Refusal:  # nothing can be booked any more: the page says why
        return redirect("book-times", slug=slug)
    return _times(request, slug, party, moving, form.search(), answer=answer)


# ---- step 3: confirm -------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "POST"])
def confirm(request: HttpRequest, slug: str) -> HttpResponse:
    """What is held, whose it is, until when; and the button."""
    persons = browser_session.party(request, slug)
    if not persons:
        return redirect("book", slug=slug)
    if request.method == "GET":
        return _confirm(request, slug, persons)
    form, onward = ConfirmForm(request.POST), f"{reverse('my-bookings', args=[slug])}?new=1"

    def act() -> None:
        nonlocal onward
        campaign, seen = browser_session.campaign_of(slug).pk, form.cleaned_data["held"]
        try:
            reservations.confirm_holds(persons, campaign, seen=seen, now=datetime.now(UTC))
        except Refusal as refusal:  # other times are offered
            onward = f"{reverse('book-times', args=[slug])}?problem={refusal.reason.value}"

    return run(
        act,
        form=form,
        again=lambda answer: _confirm(request, slug, persons, answer),
        to=lambda: redirect(onward),
    )


def _confirm(
    request: HttpRequest, slug: str, persons: list[int], answer: Answer = DONE
) -> HttpResponse:
    campaign, now = browser_session.campaign_of(slug).pk, datetime.now(UTC)
    every = [
        (
            people.person_of(p),
            [b for b in bookings.live_bookings(p, campaign) if _holds(b, now)],
        )
        for p in persons
    ]
    held = [(person, bookings) for person, bookings in every if bookings]
    if not held:
        return redirect("my-bookings", slug=slug)
    until = min(b.hold_until for _, bookings in held for b in bookings if b.hold_until)
    left = max(1, int((until - now).total_seconds()))
    return browser_session.page(
        request,
        slug,
        "confirm",
        answer=answer,
        held=held,
        until=until,
        left=left,
        minutes=-(-left // 60),
    )


def _holds(b: Booking, now: datetime) -> bool:
    return bool(b.status == BookingStatus.HELD and b.hold_until and b.hold_until > now)
