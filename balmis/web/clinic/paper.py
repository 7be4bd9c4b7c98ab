"""The day for when nothing works: as an Excel file and back, and as a printed list."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import segno
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import mark_safe
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_GET

from balmis.contexts.access import services as access
from balmis.contexts.campaigns import queries as campaigns
from balmis.core.roles import Act
from balmis.flows.clinic.paper import Read, ReadSheet, day_on_paper, read_sheet
from balmis.flows.clinic.texts import consent_texts, in_use
from balmis.web.clinic.day_sheet import may_have, write_day
from balmis.web.clinic.forms import SheetForm
from balmis.web.shared.acting import DONE, Answer, run
from balmis.web.shared.requests import actor_of, allowed, posted, site_of

if TYPE_CHECKING:
    from balmis.contexts.places.models import Site

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SHOWN = 200  # rows that are named


def _place(request: HttpRequest, slug: str, code: str) -> Site:
    site = site_of(slug, code)
    if not access.may(actor_of(request), Act.RUN_CLINIC, site=site):
        raise PermissionDenied(Act.RUN_CLINIC.value)
    return site


@require_GET
@allowed(Act.RUN_CLINIC)
def show(request: HttpRequest, slug: str, site: str) -> HttpResponse:
    return _show(request, slug, site)


def _show(
    request: HttpRequest,
    slug: str,
    code: str,
    answer: Answer = DONE,
    sent: SheetForm | None = None,
    told: dict[str, object] | None = None,
) -> HttpResponse:
    """The page; `sent` is the form that could not be done, as it was sent."""
    campaign = campaigns.campaign(slug)
    values = {
        "campaign": campaign,
        "plan": campaigns.latest_plan(campaign.pk),
        "site": _place(request, slug, code),
        "answer": answer,
        "filled": sent or SheetForm(campaign=slug, site=code),
    }
    return render(request, "clinic/paper.html", values | (told or {}), status=answer.status)


@require_GET
@allowed(Act.RUN_CLINIC)
def sheet(request: HttpRequest, slug: str, site: str) -> HttpResponse:
    """Everyone booked here today, with columns to fill in."""
    _place(request, slug, site)
    day = day_on_paper(slug, site, "excel", actor=actor_of(request), now=datetime.now(UTC))
    answer = HttpResponse(write_day(day, campaign=slug, site=site), content_type=EXCEL)
    answer["Content-Disposition"] = f'attachment; filename="{site}-{day.sheet.on}.xlsx"'
    answer["Cache-Control"] = "no-store"
    return answer


@require_GET
@allowed(Act.RUN_CLINIC)
def printed(request: HttpRequest, slug: str, site: str) -> HttpResponse:
    """The same to print, with the code of each appointment."""
    place, campaign = _place(request, slug, site), campaigns.campaign(slug)
    day = day_on_paper(slug, site, "print", actor=actor_of(request), now=datetime.now(UTC))
    plan = campaigns.latest_plan(campaign.pk)
    names = {p.code: p.name for p in plan.products}
    people = [
        (p, _code(p["booking"]["code"]), names.get(p["booking"]["product"], ""), *may_have(p))
        for p in day.people
    ]
    values = {
        "campaign": campaign,
        "plan": plan,
        "site": place,
        "on": day.sheet.on,
        "as_of": day.sheet.as_of,
        "people": people,
        "vials": [(k, v, names.get(v.product, v.product)) for k, v in day.sheet.vials.items()],
    }
    return render(request, "clinic/printed.html", values)


@require_GET
@allowed(Act.RUN_CLINIC)
def questions(request: HttpRequest, slug: str, site: str) -> HttpResponse:
    """The questions and the consent to fill in by hand: the person's language beside the clerk's."""
    place, campaign = _place(request, slug, site), campaigns.campaign(slug)
    plan = campaigns.latest_plan(campaign.pk)
    spoken = {code for code, _ in settings.LANGUAGES}
    asked = request.GET.get("language", "")
    language = asked if asked in spoken else get_language() or "en"
    codes = [p.code for p in plan.products]
    product = request.GET.get("product", "")
    form = next(iter(in_use((product,) if product in codes else (), place.area.path)), None)
    values = {
        "campaign": campaign,
        "plan": plan,
        "site": place,
        "form": form,
        "tongue": language,
        "languages": settings.LANGUAGES,
        "product": product,
        "products": plan.products,
        "consent": next(iter(consent_texts()), None),
        "questions": [
            q for q in form.questions if not q.products or not product or product in q.products
        ]
        if form
        else [],
    }
    return render(request, "clinic/questions.html", values)


def _code(key: object) -> str:
    """The appointment's QR code; it says nothing of the person."""
    made = segno.make(f"balmis:booking:{key}", error="m")
    return mark_safe(made.svg_inline(scale=2, border=1))  # noqa: S308


@posted("paper")
@allowed(Act.RUN_CLINIC)
def read(request: HttpRequest, slug: str, site: str) -> HttpResponse:
    """A sheet that was filled in: checked, or recorded."""
    _place(request, slug, site)
    form = SheetForm(request.POST, request.FILES, campaign=slug, site=site)
    record, found = "record" in request.POST, list[Read]()

    def act() -> None:
        about, rows = form.cleaned_data["sheet"]
        actor, now = actor_of(request), datetime.now(UTC)
        found.append(
            read_sheet(
                ReadSheet(campaign=slug, site=site, sheet=about, rows=rows, record=record),
                actor=actor,
                now=now,
            )
        )

    return run(
        act,
        form=form,
        again=lambda answer: _show(request, slug, site, answer, form),
        to=lambda: _show(request, slug, site, told=_told(found[0], record)),
    )


def _told(found: Read, recorded: bool) -> dict[str, object]:
    return {
        "recorded": recorded,
        "found": found,
        "problems": [(line, gettext(what)) for line, what in found.problems[:SHOWN]],
        "notes": [(line, gettext(what)) for line, what in found.notes[:SHOWN]],
    }
