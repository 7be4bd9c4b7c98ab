"""What views share: the actor behind a request, and a day from an address."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from functools import wraps
from io import StringIO
from typing import TYPE_CHECKING, Concatenate, ParamSpec

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext as _

from balmis.contexts.access import services as access
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.places import queries as places
from balmis.core.actor import Actor
from balmis.core.dates import PLAUSIBLE_YEARS
from balmis.core.errors import NotAllowed, Refusal
from balmis.core.roles import Act
from balmis.core.vocabulary.places import Access
from balmis.core.vocabulary.reasons import Refused
from balmis.flows.booking.search import Search
from balmis.web.labels.refusals import in_language

if TYPE_CHECKING:
    from balmis.contexts.places.models import Site

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def actor_of(request: HttpRequest) -> Actor:
    if not hasattr(request, "_actor"):
        found = access.actor_for(request.user)  # type: ignore[arg-type]
        request._actor = replace(found, door=door_of(request))  # type: ignore[attr-defined]
    actor: Actor = request._actor  # type: ignore[attr-defined]
    return actor


def door_of(request: HttpRequest) -> str:
    """The name of the page, as the trail has it."""
    match = request.resolver_match
    return match.view_name if match else ""


def allowed(*acts: Act) -> Callable[[View[P]], View[P]]:
    """The view is for signed-in people who may do one of these somewhere; unknown campaigns are 404."""

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            mine = [act for act in acts if access.may_somewhere(actor_of(request), act)]
            if not mine:
                raise PermissionDenied(acts[0].value)
            try:
                slug = kwargs.get("slug")
                if isinstance(slug, str):
                    area = campaigns.campaign(slug).area
                    if not any(access.works_in(actor_of(request), act, area) for act in mine):
                        raise PermissionDenied(acts[0].value)
                return view(request, *args, **kwargs)
            except Refusal as refusal:
                if refusal.reason in (Refused.PLAN_UNKNOWN, Refused.DAY_OUTSIDE):
                    raise Http404(in_language(refusal)) from None
                raise

        guarded.acts = acts  # type: ignore[attr-defined]  # for the matrix of who may what
        return login_required(guarded)  # type: ignore[return-value]

    return decorate


def refused_as_forbidden(view: View[P]) -> View[P]:
    """A flow's NotAllowed is answered 403."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except NotAllowed as error:
            raise PermissionDenied(str(error)) from None

    return guarded  # type: ignore[return-value]


def read_search(asked: QueryDict) -> Search:
    """What somebody looks for, from an address or a form; Http404 for a day that is none."""

    def text(name: str) -> str | None:
        return asked.get(name, "").replace("\x00", "")[:60] or None

    within, skip = text("within") or "", text("skip") or ""
    return Search(
        on=read_day(text("on")),
        site=text("site"),
        part=text("part"),
        product=text("product"),
        within=int(within) if within.isascii() and within.isdigit() and len(within) < 5 else None,
        access=tuple(a for a in asked.getlist("access") if a in set(Access)),
        skip=int(skip) if skip.isascii() and skip.isdigit() and len(skip) < 5 else 0,
    )


def csv_answer(name: str, head: Iterable[str], rows: Iterable[Iterable[object]]) -> HttpResponse:
    """A table to download as `name`.csv; cells that people wrote are made harmless by who gives them."""
    out = StringIO()
    page = csv.writer(out)
    page.writerow(head)
    page.writerows(rows)
    answer = HttpResponse(out.getvalue(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer


def number(request: HttpRequest, name: str) -> int | None:
    text = request.POST.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def read_day(text: str | None) -> date | None:
    """A day of an address; Http404 when it is not one."""
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
        if day.year not in PLAUSIBLE_YEARS:
            raise ValueError
        return day
    except ValueError:
        raise Http404(_("This is not a day: %(day)s") % {"day": text[:20]}) from None


def posted(page: str) -> Callable[[View[P]], View[P]]:
    """A view that only acts: whoever comes to its address without an act (a reload, a change of the
    language after an error) is led to the page that it belongs to."""

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if request.method == "POST":
                return view(request, *args, **kwargs)
            return redirect(reverse(page, kwargs=dict(kwargs)))

        return guarded  # type: ignore[return-value]

    return decorate


def site_of(slug: str, code: str) -> Site:
    try:
        found = places.site(code)
    except Refusal:
        raise Http404(gettext("There is no such site.")) from None
    if not found.area.path.startswith(campaigns.campaign(slug).area.path):
        raise Http404(gettext("There is no such site."))
    return found
