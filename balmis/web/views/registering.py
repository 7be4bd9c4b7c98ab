"""Registering with one's name, by oneself or at a desk; registrations that are near someone; merges."""

from datetime import UTC, date, datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.people.identity import Stated
from balmis.contexts.places import queries as places
from balmis.core.errors import BadInput, Conflict, NotAllowed, Refusal
from balmis.core.notices import masked
from balmis.core.roles import Act
from balmis.core.vocabulary import Sex
from balmis.core.wording import gettext_noop
from balmis.flows.booking import registrar as desk
from balmis.flows.booking.identifying import read_address
from balmis.flows.identity import merging, registering
from balmis.web.limiting import limited
from balmis.web.templatetags.balmis import named
from balmis.web.views.common import actor_of, allowed
from balmis.web.words import in_language

FIELDS = ("name", "day", "month", "year", "sex", "area", "address")


def read_fields(request: HttpRequest) -> dict[str, str]:
    return {k: request.POST.get(k, "").replace("\x00", "").strip()[:254] for k in FIELDS}


def problems_of(fields: dict[str, str], zone: str, *, address_needed: bool) -> dict[str, str]:
    """What is wrong with the form, by field."""
    found = {}
    if len(fields["name"]) < 2 or not fields["name"].isprintable():
        found["name"] = gettext("Enter your full name.")
    try:
        born = date(int(fields["year"]), int(fields["month"]), int(fields["day"]))
        if born > datetime.now(UTC).date() or born.year < 1880:
            raise ValueError
    except (ValueError, OverflowError):
        found["day"] = gettext("Enter your date of birth, for example 5 3 1958.")
    if fields["sex"] not in set(Sex):
        found["sex"] = gettext("Choose one.")
    if not fields["area"]:
        found["area"] = gettext("Choose the area in which you live.")
    if address_needed or fields["address"]:
        try:
            read_address(fields["address"], zone)
        except BadInput:
            found["address"] = gettext("Enter a phone number or an e-mail address.")
    return found


def stated_of(fields: dict[str, str]) -> Stated:
    born = date(int(fields["year"]), int(fields["month"]), int(fields["day"]))
    return Stated(
        name=" ".join(fields["name"].split()),
        born=born,
        sex=Sex(fields["sex"]),
        area=fields["area"],
        address=fields["address"],
        language=get_language() or "en",
    )


def areas_of(campaign: Any) -> list[tuple[str, str]]:
    """The smallest areas, by name."""
    below = places.areas_below(campaign.area.code)
    parents = {a.parent_id for a in below}
    leaves = [a for a in below if a.id not in parents]
    return sorted(((a.code, named(a.names)) for a in leaves), key=lambda row: row[1])


# ---- by oneself ------------------------------------------------------------------------------


@never_cache
@limited
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def register(request: HttpRequest, slug: str) -> HttpResponse:
    """Name, birthday and home instead of a number."""
    try:
        campaign = campaigns.campaign(slug)
    except Refusal:
        raise Http404(gettext("There is no such campaign.")) from None
    values: dict[str, Any] = {
        "slug": slug,
        "campaign": campaign,
        "fields": {},
        "areas": areas_of(campaign),
    }
    if request.method == "GET":
        return render(request, "resident/register.html", values)
    fields = read_fields(request)
    problems = problems_of(fields, campaign.time_zone, address_needed=True)
    if not problems:
        try:
            row = registering.register(slug, stated_of(fields), now=datetime.now(UTC))
            request.session["claim"] = {
                "slug": slug,
                "person": None,
                "registration": row,
                "address": masked(fields["address"]),
            }
            return redirect("book-code", slug=slug)
        except Refusal as refusal:
            problems = {"address": in_language(refusal)}
        except BadInput as problem:
            field = "area" if "area" in str(problem) else "address"
            problems = {field: gettext(str(problem))}
    values |= {"fields": fields, "problems": problems}
    return render(request, "resident/register.html", values, status=400)


# ---- at a desk -------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@allowed(Act.BOOK_FOR_OTHERS)
def at_desk(request: HttpRequest, slug: str) -> HttpResponse:
    """Someone who is in no register, or cannot say their number."""
    campaign = campaigns.campaign(slug)
    values: dict[str, Any] = {
        "slug": slug,
        "campaign": campaign,
        "plan": campaigns.latest_plan(campaign.pk),
        "areas": areas_of(campaign),
        "fields": {"name": request.GET.get("name", "")[:120]},
    }
    if request.method == "GET":
        return render(request, "registrar/register.html", values)
    fields = read_fields(request)
    problems = problems_of(fields, campaign.time_zone, address_needed=False)
    if not problems:
        try:
            asked = registering.register_at_desk(
                slug, stated_of(fields), actor=actor_of(request), now=datetime.now(UTC)
            )
            if asked.person:
                return redirect("registrar-person", slug=slug, key=asked.person)
            return redirect("registrar-review", slug=slug, key=asked.registration)
        except Refusal as refusal:
            problems = {"address": in_language(refusal)}
        except BadInput as problem:
            problems = {"area": gettext(str(problem))}
        except NotAllowed:
            problems = {"area": gettext("People of this area are registered by another desk.")}
    values |= {"fields": fields, "problems": problems}
    return render(request, "registrar/register.html", values, status=400)


@allowed(Act.BOOK_FOR_OTHERS)
def reviews(request: HttpRequest, slug: str) -> HttpResponse:
    """Registrations that wait for a decision."""
    campaign = campaigns.campaign(slug)
    waiting, rows = registering.reviews(slug, desk.paths_of(actor_of(request), campaign))
    return render(
        request,
        "registrar/reviews.html",
        {
            "campaign": campaign,
            "plan": campaigns.latest_plan(campaign.pk),
            "rows": rows,
            "more": waiting - len(rows),
        },
    )


@allowed(Act.BOOK_FOR_OTHERS)
def review(request: HttpRequest, slug: str, key: int) -> HttpResponse:
    """One registration beside those it may be; the desk decides."""
    actor, now = actor_of(request), datetime.now(UTC)
    try:
        if request.method == "POST":
            chosen = request.POST.get("person", "")
            number = int(chosen) if chosen.isascii() and chosen.isdigit() else None
            if number is None and chosen != "new":
                raise Http404
            person = registering.decide(slug, key, number, actor=actor, now=now)
            return redirect("registrar-person", slug=slug, key=person.pk)
        seen = registering.open_review(slug, key, actor=actor, now=now)
    except NotAllowed:
        raise PermissionDenied(Act.BOOK_FOR_OTHERS.value) from None
    except (Conflict, BadInput):  # somebody was quicker
        return redirect("registrar-reviews", slug=slug)
    return render(
        request,
        "registrar/review.html",
        {
            "campaign": campaigns.campaign(slug),
            "plan": None,
            "seen": seen,
        },
    )


# ---- two records of one person ---------------------------------------------------------------


@allowed(Act.BOOK_FOR_OTHERS)
def merge(request: HttpRequest, slug: str, key: int) -> HttpResponse:
    """This record and another: shown side by side, then merged into this one."""
    campaign, now, problem, seen = campaigns.campaign(slug), datetime.now(UTC), "", None
    text = (request.POST.get("other") or request.GET.get("other") or "").strip()[:60]
    try:
        kept = desk.open_person(slug, key, actor=actor_of(request), now=now).person
        if text:
            other = [
                p for p in desk.find(slug, text, actor=actor_of(request), now=now) if p.pk != key
            ]
            if len(other) != 1:
                raise BadInput(gettext_noop("Enter the number of exactly one other record."))
            if request.method == "POST":
                merging.merge_people(
                    key,
                    other[0].pk,
                    reason=request.POST.get("reason", ""),
                    actor=actor_of(request),
                    now=now,
                )
                return redirect("registrar-person", slug=slug, key=key)
            seen = merging.preview(key, other[0].pk, actor=actor_of(request), now=now)
    except NotAllowed:
        raise PermissionDenied(Act.BOOK_FOR_OTHERS.value) from None
    except Refusal:
        raise Http404(gettext("There is no such person.")) from None
    except BadInput as wrong:
        problem = gettext(str(wrong))
    return render(
        request,
        "registrar/merge.html",
        {
            "campaign": campaign,
            "plan": campaigns.latest_plan(campaign.pk),
            "kept": kept,
            "seen": seen,
            "other": text,
            "problem": problem,
        },
        status=400 if problem else 200,
    )


@require_POST
@allowed(Act.BOOK_FOR_OTHERS)
def undo(request: HttpRequest, slug: str, key: int) -> HttpResponse:
    """Two people after all."""
    text = request.POST.get("merge", "")
    try:
        merging.undo_merge(int(text), actor=actor_of(request), now=datetime.now(UTC))
    except NotAllowed:
        raise PermissionDenied(Act.BOOK_FOR_OTHERS.value) from None
    except (Conflict, ValueError):
        pass  # it is undone, which is what was asked for
    return redirect("registrar-person", slug=slug, key=key)
