"""A resident's way to an appointment: who you are, when you come, confirm. No account, no script."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import get_language, gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from balmis.contexts.booking import bookings
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.people import queries as people
from balmis.core.actor import Actor
from balmis.core.booking.passes import Pass, together
from balmis.core.errors import BadInput, Refusal
from balmis.core.notices import masked
from balmis.core.refusal_texts import REASONS
from balmis.core.vocabulary.booking import BookingStatus, Channel
from balmis.core.vocabulary.places import Access
from balmis.core.vocabulary.reasons import Reason
from balmis.flows.booking import openings, reservations, resident_sign_in
from balmis.flows.booking.reservations import Hold
from balmis.flows.booking.search import DAYS_SHOWN, Found, Search, Seeker, find_times
from balmis.flows.people import registrations
from balmis.web.labels.common import ACCESS, in_language
from balmis.web.resident import browser_session
from balmis.web.resident.party import Party, party_of
from balmis.web.resident.waiting_room import to_waiting
from balmis.web.shared.rate_limit import limited
from balmis.web.shared.requests import number, read_search

# ---- step 1: who you are ---------------------------------------------------------------------


@never_cache
@limited
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def start(request: HttpRequest, slug: str) -> HttpResponse:
    """Number, birthday and where a code may be sent."""
    campaign = browser_session.campaign_of(slug)
    if request.method == "GET":
        return browser_session.page(request, slug, "start", fields={})
    fields = {
        k: request.POST.get(k, "").strip()[:254]
        for k in ("number", "day", "month", "year", "address")
    }
    problems = _problems(fields, campaign.time_zone)
    if problems:
        return browser_session.page(request, slug, "start", 400, fields=fields, problems=problems)
    born = date(int(fields["year"]), int(fields["month"]), int(fields["day"]))
    claim = resident_sign_in.Claim(
        number=fields["number"],
        born=born,
        address=fields["address"],
        language=get_language() or "en",
    )
    try:
        person = resident_sign_in.send_code(slug, claim, now=datetime.now(UTC))
    except Refusal as refusal:
        return browser_session.page(
            request, slug, "start", 429, fields=fields, problems={"number": in_language(refusal)}
        )
    request.session["claim"] = {
        "slug": slug,
        "person": person,
        "address": masked(fields["address"]),
    }
    return redirect("book-code", slug=slug)


def _problems(fields: dict[str, str], zone: str) -> dict[str, str]:
    """What is wrong with the form, by field."""
    found = {}
    if not fields["number"] or not fields["number"].isprintable():
        found["number"] = gettext("Enter the number on your invitation or your identity number.")
    try:
        born = date(int(fields["year"]), int(fields["month"]), int(fields["day"]))
        if born > datetime.now(UTC).date() or born.year < 1880:
            raise ValueError
    except (ValueError, OverflowError):
        found["day"] = gettext("Enter your date of birth, for example 5 3 1958.")
    try:
        resident_sign_in.read_address(fields["address"], zone)
    except BadInput:
        found["address"] = gettext("Enter a phone number or an e-mail address.")
    return found


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
        return browser_session.page(request, slug, "code", address=claim["address"])
    text = request.POST.get("code", "")[:12]
    if claim.get("registration"):
        found = registrations.check_code(slug, claim["registration"], text, now=datetime.now(UTC))
        if found is not None and found.code_sent_to is not None:  # to the address on file
            request.session["claim"] = {"slug": slug, "person": found.code_sent_to, "address": "…"}
            return redirect("book-code", slug=slug)
        if found is not None and found.person is None:
            del request.session["claim"]
            return browser_session.page(request, slug, "review")
        person = found.person if found else None
    else:
        person = claim["person"]
        right = person is not None and resident_sign_in.check_code(
            slug, person, text, language=get_language() or "en", now=datetime.now(UTC)
        )
        person = person if right else None
    if person is None:
        problem = gettext(REASONS[Reason.CODE_WRONG])
        return browser_session.page(
            request, slug, "code", 400, address=claim["address"], problem=problem
        )
    del request.session["claim"]
    if claim.get("along") and browser_session.known(request, slug) is not None:
        browser_session.add_along(request, person)
        return redirect("book-family", slug=slug)
    browser_session.begin(request, slug, person)
    return redirect("my-bookings", slug=slug)


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
        problem=_problem(request.GET.get("problem")),
    )


def _problem(code: str | None) -> str:
    return gettext(REASONS[Reason(code)]) if code in set(Reason) else ""


def _times(
    request: HttpRequest, slug: str, party: Party, moving: Any, status: int = 200, **values: Any
) -> HttpResponse:
    held = together(party.passes)
    if held is None:  # nothing suits all of them
        return browser_session.page(request, slug, "apart", 409, passes=party.passes)
    search = replace(
        read_search(request.GET if request.method == "GET" else request.POST),
        seats=len(party.passes),
    )
    found = find_times(
        browser_session.campaign_of(slug),
        Seeker(person=people.person_of(held.person), held=held, moving=moving),
        search,
        now=datetime.now(UTC),
    )
    return browser_session.page(
        request,
        slug,
        "times",
        status,
        held=held,
        moving=moving,
        party=party,
        **_shown(found, held, slug, moving),
        **values,
    )


def _links(search: Search, moving: Any) -> dict[str, str]:
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


def _shown(found: Found, held: Pass, slug: str, moving: Any) -> dict[str, Any]:
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
    now, moving = datetime.now(UTC), browser_session.own(request, slug, request.POST.get("move"))
    try:
        party = party_of(request, slug, moving)
        pool, second = number(request, "pool"), number(request, "second")
        request_id = UUID(request.POST.get("request_id", ""))
        if moving is not None:
            reservations.move_booking(
                party.passes[0],
                reservations.MoveBooking(
                    booking=moving, pool=pool or 0, request_id=request_id, channel=Channel.RESIDENT
                ),
                actor=Actor(f"person:{browser_session.known(request, slug)}"),
                now=now,
            )
            return redirect(f"{reverse('my-bookings', args=[slug])}?changed=1")
        wanted = Hold(
            request_id=request_id,
            pool=pool or 0,
            second_pool=second,
            product=request.POST.get("product") or None,
        )
        reservations.hold_places(party.passes, wanted, channel=Channel.RESIDENT, now=now)
    except Refusal as refusal:
        return _refused(request, slug, moving, refusal)
    except ValueError:
        return redirect("book-times", slug=slug)
    return redirect("book-confirm", slug=slug)


def _refused(request: HttpRequest, slug: str, moving: Any, refusal: Refusal) -> HttpResponse:
    """The times again, with what happened."""
    if refusal.reason is Reason.NOT_YOUR_TURN:
        return redirect("book-times", slug=slug)
    try:
        party = party_of(request, slug, moving)
    except Refusal:  # nothing can be booked any more: the page says why
        return redirect("book-times", slug=slug)
    return _times(request, slug, party, moving, 409, problem=in_language(refusal))


# ---- step 3: confirm -------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "POST"])
def confirm(request: HttpRequest, slug: str) -> HttpResponse:
    """What is held, whose it is, until when; and the button."""
    persons = browser_session.party(request, slug)
    if not persons:
        return redirect("book", slug=slug)
    campaign, now = browser_session.campaign_of(slug), datetime.now(UTC)
    if request.method == "POST":
        try:
            seen = [
                int(b)
                for b in request.POST.getlist("held")
                if b.isascii() and b.isdigit() and len(b) < 19
            ]
            reservations.confirm_holds(persons, campaign.pk, seen=seen, now=now)
        except Refusal as refusal:
            return redirect(f"{reverse('book-times', args=[slug])}?problem={refusal.reason.value}")
        return redirect(f"{reverse('my-bookings', args=[slug])}?new=1")
    every = [
        (
            people.person_of(p),
            [b for b in bookings.live_bookings(p, campaign.pk) if _holds(b, now)],
        )
        for p in persons
    ]
    held = [(person, bookings) for person, bookings in every if bookings]
    if not held:
        return redirect("my-bookings", slug=slug)
    until = min(b.hold_until for _, bookings in held for b in bookings if b.hold_until)
    left = max(1, int((until - now).total_seconds()))
    return browser_session.page(
        request, slug, "confirm", held=held, until=until, left=left, minutes=-(-left // 60)
    )


def _holds(b: Any, now: datetime) -> bool:
    return bool(b.status == BookingStatus.HELD and b.hold_until and b.hold_until > now)
