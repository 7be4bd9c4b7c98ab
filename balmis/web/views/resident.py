"""A resident's way to an appointment: who you are, when you come, confirm. No account, no script."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from balmis.contexts.booking import queries as booking
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.ledger.services import Actor
from balmis.contexts.people import queries as people
from balmis.core.booking.passes import Pass, read, sign
from balmis.core.dates import local_day
from balmis.core.errors import BadInput, Refusal
from balmis.core.notices import masked
from balmis.core.vocabulary import Access, BookingStatus, Channel, EndReason, Reason
from balmis.core.wording import REASONS
from balmis.flows.booking import identifying, openings, reserving, standby
from balmis.flows.booking.calendar_file import calendar_file
from balmis.flows.booking.finding import Found, find_times
from balmis.flows.booking.passes import pass_for, pass_key
from balmis.flows.booking.reserving import Hold
from balmis.flows.identity import registering
from balmis.web.views.common import read_search
from balmis.web.words import ACCESS, in_language

SESSION = "resident"
LASTS = 3600  # seconds that a resident stays known


def _campaign(slug: str) -> Any:
    try:
        return campaigns.campaign(slug)
    except Refusal:
        raise Http404(gettext("There is no such campaign.")) from None


def _page(request: HttpRequest, slug: str, name: str, status: int = 200, **values: Any
          ) -> HttpResponse:  # fmt: skip
    campaign = _campaign(slug)
    known = {"slug": slug, "plan": campaigns.latest_plan(campaign.pk), "campaign": campaign}
    return render(request, f"resident/{name}.html", known | values, status=status)


# ---- step 1: who you are ---------------------------------------------------------------------


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def start(request: HttpRequest, slug: str) -> HttpResponse:
    """Number, birthday and where a code may be sent."""
    campaign = _campaign(slug)
    if request.method == "GET":
        return _page(request, slug, "start", fields={})
    fields = {k: request.POST.get(k, "").strip()[:254]
              for k in ("number", "day", "month", "year", "address")}  # fmt: skip
    problems = _problems(fields, campaign.time_zone)
    if problems:
        return _page(request, slug, "start", 400, fields=fields, problems=problems)
    born = date(int(fields["year"]), int(fields["month"]), int(fields["day"]))
    claim = identifying.Claim(number=fields["number"], born=born, address=fields["address"],
                              language=get_language() or "en")  # fmt: skip
    try:
        person = identifying.send_code(slug, claim, now=datetime.now(UTC))
    except Refusal as refusal:
        return _page(
            request, slug, "start", 429, fields=fields, problems={"number": in_language(refusal)}
        )
    request.session["claim"] = {"slug": slug, "person": person,
                                "address": masked(fields["address"])}  # fmt: skip
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
        identifying.read_address(fields["address"], zone)
    except BadInput:
        found["address"] = gettext("Enter a phone number or an e-mail address.")
    return found


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def code(request: HttpRequest, slug: str) -> HttpResponse:
    """The code that was sent."""
    claim = request.session.get("claim")
    if not claim or claim["slug"] != slug:
        return redirect("book", slug=slug)
    if request.method == "GET":
        return _page(request, slug, "code", address=claim["address"])
    text = request.POST.get("code", "")[:12]
    if claim.get("registration"):
        asked = registering.check_code(slug, claim["registration"], text, now=datetime.now(UTC))
        if asked is not None and asked.person is None:
            del request.session["claim"]
            return _page(request, slug, "review")
        person = asked.person if asked else None
    else:
        person = claim["person"]
        right = person is not None and identifying.check_code(
            slug, person, text, language=get_language() or "en", now=datetime.now(UTC)
        )
        person = person if right else None
    if person is None:
        problem = gettext(REASONS[Reason.CODE_WRONG])
        return _page(request, slug, "code", 400, address=claim["address"], problem=problem)
    request.session.cycle_key()
    del request.session["claim"]
    request.session[SESSION] = {"slug": slug, "person": person,
                                "until": datetime.now(UTC).timestamp() + LASTS}  # fmt: skip
    return redirect("my-bookings", slug=slug)


def _known(request: HttpRequest, slug: str) -> int | None:
    """Who it is, if they showed it within the hour."""
    seen = request.session.get(SESSION)
    if not seen or seen["slug"] != slug or seen["until"] < datetime.now(UTC).timestamp():
        return None
    return people.canonical_id(seen["person"])


def _pass(request: HttpRequest, slug: str, person: int) -> Pass:
    """The resident's pass, kept for the visit. Raises Refusal(NOT_DUE)."""
    now = datetime.now(UTC)
    kept = request.session.get("pass")
    if kept:
        try:
            held = read(kept, pass_key(), now=now.timestamp())
            if held.person == person and held.campaign == _campaign(slug).pk:
                return held
        except Refusal:
            pass
    held = pass_for(_campaign(slug), people.person_of(person), now=now)
    request.session["pass"] = sign(held, pass_key())
    return held


# ---- step 2: when you come -------------------------------------------------------------------


@never_cache
@require_GET
def times(request: HttpRequest, slug: str) -> HttpResponse:
    """Days and sites with free places, then the times of one."""
    person = _known(request, slug)
    if person is None:
        return redirect("book", slug=slug)
    try:
        held = _pass(request, slug, person)
    except Refusal as refusal:
        return _page(request, slug, "not_due", 403, reason=in_language(refusal))
    rush = openings.rush_of(held, now=datetime.now(UTC))
    if rush is not None and rush.holds(datetime.now(UTC)):
        standing = openings.join(held, now=datetime.now(UTC))
        if standing is not None and not standing.may_book:
            return _to_waiting(request, slug, standing)
    moving = _own(person, slug, request.GET.get("move"))
    found = _find(request.GET, slug, held, moving)
    return _page(request, slug, "times", held=held, moving=moving, rush=rush, **_shown(found, held, slug),
                 rush_holds=bool(rush and rush.holds(datetime.now(UTC))),
                 problem=request.GET.get("problem") in REASONS
                 and gettext(REASONS[Reason(request.GET["problem"])]))  # fmt: skip


@never_cache
@require_POST
def queue(request: HttpRequest, slug: str) -> HttpResponse:
    """Into the waiting room, before the opening."""
    person = _known(request, slug)
    if person is None:
        return redirect("book", slug=slug)
    try:
        standing = openings.join(_pass(request, slug, person), now=datetime.now(UTC))
    except Refusal:
        standing = None
    if standing is None or standing.may_book:
        return redirect("book-times", slug=slug)
    return _to_waiting(request, slug, standing)


def _to_waiting(request: HttpRequest, slug: str, standing: openings.Standing) -> HttpResponse:
    """To the gate's page, which asks no database. Whoever waits stays known until the end."""
    closes = standing.rush.closes_at.timestamp()
    seen = request.session[SESSION]
    request.session[SESSION] = seen | {"until": max(seen["until"], closes)}
    response = redirect(f"/gate/wait?lang={get_language() or 'en'}&back={slug}")
    response.set_cookie(
        "balmis-ticket", standing.ticket, path="/gate/wait", httponly=True, samesite="Lax",
        secure=request.is_secure(), expires=standing.rush.closes_at,
    )  # fmt: skip
    return response


def _find(asked: QueryDict, slug: str, held: Pass, moving: Any) -> Found:
    return find_times(_campaign(slug), held, people.person_of(held.person), read_search(asked),
                      moving=moving, now=datetime.now(UTC))  # fmt: skip


def _own(person: int, slug: str, key: str | None) -> Any:
    """One of the person's own live bookings."""
    if not key:
        return None
    live = booking.live_bookings(person, _campaign(slug).pk)
    return next((b for b in live if str(b.pk) == key), None)


@never_cache
@require_POST
def hold(request: HttpRequest, slug: str) -> HttpResponse:
    """A time was chosen."""
    person = _known(request, slug)
    if person is None:
        return redirect("book", slug=slug)
    now = datetime.now(UTC)
    try:
        held = _pass(request, slug, person)
        pool, second = _number(request, "pool"), _number(request, "second")
        request_id = UUID(request.POST.get("request_id", ""))
        moving = _own(person, slug, request.POST.get("move"))
        if moving is not None:
            reserving.move_booking(held, moving, pool or 0, request_id=request_id, now=now,
                                   channel=Channel.RESIDENT, actor=Actor(f"person:{person}"))  # fmt: skip
            return redirect("my-bookings", slug=slug)
        wanted = Hold(request_id=request_id, pool=pool or 0, second_pool=second,
                      product=request.POST.get("product") or None)  # fmt: skip
        reserving.hold_places(held, wanted, channel=Channel.RESIDENT, now=now)
    except Refusal as refusal:
        if refusal.reason is Reason.NOT_YOUR_TURN:
            return redirect("book-times", slug=slug)
        problem = in_language(refusal)
        try:
            found = _find_again(request, slug, person)
        except Refusal:  # nothing can be booked any more: the page says why
            return redirect("book-times", slug=slug)
        return _page(request, slug, "times", 409, problem=problem, **found)
    except ValueError:
        return redirect("book-times", slug=slug)
    return redirect("book-confirm", slug=slug)


def _find_again(request: HttpRequest, slug: str, person: int) -> dict[str, Any]:
    held = _pass(request, slug, person)
    moving = _own(person, slug, request.POST.get("move"))
    found = _find(request.POST, slug, held, moving)
    return {"held": held, "moving": moving, **_shown(found, held, slug)}


def _shown(found: Found, held: Pass, slug: str) -> dict[str, Any]:
    """What was found, and the choices of the filters."""
    names = {p.code: p.name for p in campaigns.latest_plan(_campaign(slug).pk).products}
    products = [(code, names.get(code, code)) for code in held.products]
    return {
        "found": found,
        "search": found.search,
        "distances": (5, 10, 25, 50),
        "products": products if len(products) > 1 else [],
        "access": [(a, ACCESS[a]) for a in Access if a in found.access],
    }


def _number(request: HttpRequest, name: str) -> int | None:
    text = request.POST.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


# ---- step 3: confirm -------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "POST"])
def confirm(request: HttpRequest, slug: str) -> HttpResponse:
    """What is held, whose it is, until when; and the button."""
    person = _known(request, slug)
    if person is None:
        return redirect("book", slug=slug)
    campaign, now = _campaign(slug), datetime.now(UTC)
    if request.method == "POST":
        try:
            reserving.confirm_holds(person, campaign.pk, now=now)
        except Refusal as refusal:
            return redirect(f"{_url('book-times', slug)}?problem={refusal.reason.value}")
        return redirect(f"{_url('my-bookings', slug)}?new=1")
    held = [b for b in booking.live_bookings(person, campaign.pk)
            if b.status == BookingStatus.HELD and b.hold_until and b.hold_until > now]  # fmt: skip
    if not held:
        return redirect("my-bookings", slug=slug)
    until = min(b.hold_until for b in held if b.hold_until)
    left = max(1, int((until - now).total_seconds()))
    return _page(request, slug, "confirm", bookings=held, person=people.person_of(person),
                 until=until, left=left, minutes=-(-left // 60))  # fmt: skip


def _url(name: str, slug: str) -> str:
    from django.urls import reverse

    return reverse(name, kwargs={"slug": slug})


# ---- my appointments -------------------------------------------------------------------------


@never_cache
@require_GET
def mine(request: HttpRequest, slug: str) -> HttpResponse:
    """What is booked, and what can be done with it."""
    person = _known(request, slug)
    if person is None:
        return redirect("book", slug=slug)
    live = booking.live_bookings(person, _campaign(slug).pk)
    booked = [b for b in live if b.status == BookingStatus.CONFIRMED]
    if not booked:
        return redirect("book-times", slug=slug)
    return _page(request, slug, "mine", bookings=booked, person=people.person_of(person),
                 new=request.GET.get("new") == "1")  # fmt: skip


@never_cache
@require_http_methods(["GET", "POST"])
def cancel(request: HttpRequest, slug: str, key: int) -> HttpResponse:
    """Sure? What goes with it is said first."""
    person = _known(request, slug)
    if person is None:
        return redirect("book", slug=slug)
    found = _own(person, slug, str(key))
    if found is None:
        return redirect("my-bookings", slug=slug)
    if request.method == "POST":
        try:
            reserving.cancel_booking(found, why=EndReason.BY_PERSON,
                                     actor=Actor(f"person:{person}"), now=datetime.now(UTC))  # fmt: skip
        except Refusal:  # it ended meanwhile, which is what was asked for
            return redirect("my-bookings", slug=slug)
        return _page(request, slug, "cancelled", booking=found)
    live = booking.live_bookings(person, found.campaign_id)
    return _page(request, slug, "cancel", booking=found,
                 also=[b for b in live if b.number > found.number])  # fmt: skip


@never_cache
@require_GET
def calendar(request: HttpRequest, slug: str, key: int) -> HttpResponse:
    """The appointment as a calendar file."""
    person = _known(request, slug)
    found = _own(person, slug, str(key)) if person is not None else None
    if found is None:
        raise Http404
    response = HttpResponse(calendar_file(found), content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="appointment.ics"'
    return response


# ---- the standby list ------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "POST"])
def waiting(request: HttpRequest, slug: str) -> HttpResponse:
    """Wait for a place of the coming days: join, see why it takes, leave."""
    person = _known(request, slug)
    if person is None:
        return redirect("book", slug=slug)
    campaign, now, problem = _campaign(slug), datetime.now(UTC), ""
    try:
        held = _pass(request, slug, person)
        if request.method == "POST":
            if entry := _number(request, "leave"):
                standby.leave(entry, person, now=now)
            else:
                site, _, day = request.POST.get("where", "").rpartition("@")
                standby.join(campaign, held, people.person_of(person), site,
                             date.fromisoformat(day), now=now)  # fmt: skip
            return redirect("standby", slug=slug)
    except Refusal as refusal:
        problem = in_language(refusal)
    except ValueError:
        problem = gettext("Choose a place and a day.")
    today = local_day(now, campaign.time_zone)
    choices = booking.standby_choices(campaign.pk, today, today + timedelta(days=standby.AHEAD - 1))
    return _page(request, slug, "standby", 409 if problem else 200, problem=problem,
                 waiting=standby.waiting_of(person, campaign.pk), choices=choices)  # fmt: skip


@require_POST
def leave(request: HttpRequest, slug: str) -> HttpResponse:
    """On a shared phone: nothing of the visit stays."""
    request.session.flush()
    return redirect("public", slug=slug)
