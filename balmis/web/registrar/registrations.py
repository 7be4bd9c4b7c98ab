"""Registering with one's name, by oneself or at a desk; registrations that are near someone; merges."""

from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from balmis.contexts.campaigns import queries as campaigns
from balmis.core.errors import BadInput, Conflict, NotAllowed, Refusal
from balmis.core.refusal_texts import gettext_noop
from balmis.core.roles import Act
from balmis.flows.booking import registrar as desk
from balmis.flows.people import merge as people_merge
from balmis.flows.people import registrations
from balmis.web.labels.common import in_language
from balmis.web.shared.person_form import areas_of, problems_of, read_fields, stated_of
from balmis.web.shared.requests import actor_of, allowed

# ---- by oneself ------------------------------------------------------------------------------


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
            asked = registrations.register_at_desk(
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
    waiting, rows = registrations.reviews(slug, desk.paths_of(actor_of(request), campaign))
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
            person = registrations.decide(slug, key, number, actor=actor, now=now)
            return redirect("registrar-person", slug=slug, key=person.pk)
        seen = registrations.open_review(slug, key, actor=actor, now=now)
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
                people_merge.merge_people(
                    key,
                    other[0].pk,
                    reason=request.POST.get("reason", ""),
                    actor=actor_of(request),
                    now=now,
                )
                return redirect("registrar-person", slug=slug, key=key)
            seen = people_merge.preview(key, other[0].pk, actor=actor_of(request), now=now)
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
        people_merge.undo_merge(int(text), actor=actor_of(request), now=datetime.now(UTC))
    except NotAllowed:
        raise PermissionDenied(Act.BOOK_FOR_OTHERS.value) from None
    except (Conflict, ValueError):
        pass  # it is undone, which is what was asked for
    return redirect("registrar-person", slug=slug, key=key)
