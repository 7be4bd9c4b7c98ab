"""The store desk of a site: what must move, what expires, what is on hold, and the day's closing."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID, uuid4

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from balmis.contexts.access import services as access
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.clinic import visits
from balmis.contexts.places import queries as places
from balmis.contexts.supply import day_close as supply_day_close
from balmis.contexts.supply import lot_holds as supply_lot_holds
from balmis.contexts.supply import stock_book, vials
from balmis.core.dates import local_day
from balmis.core.errors import BadInput, Conflict, NotAllowed, Refusal
from balmis.core.roles import Act
from balmis.core.vocabulary.supply import WastageReason
from balmis.flows.coldchain.equipment import Look, fridges_of
from balmis.flows.coldchain.transit import data_say
from balmis.flows.holds import lot_holds
from balmis.flows.supply import day_close
from balmis.flows.supply.lot_recipients import HEAD, recipients, row_of
from balmis.flows.supply.vials import close_vial
from balmis.web.labels.coldchain import ADVICE
from balmis.web.labels.common import WASTAGE, in_language
from balmis.web.shared.requests import actor_of, allowed, csv_answer, posted, site_of

AMISS = (Look.WARM, Look.COLD, Look.BROKEN)
SOON = timedelta(days=14)  # to the end of a lot's shelf life


@require_GET
@allowed(Act.MOVE_STOCK)
def choose(request: HttpRequest, slug: str) -> HttpResponse:
    """The only site whose stock the person keeps, or a choice."""
    campaign, actor = campaigns.campaign(slug), actor_of(request)
    found = [
        s
        for s in places.sites_below(campaign.area.code)
        if access.may(actor, Act.MOVE_STOCK, site=places.site(s.code))
    ]
    if len(found) == 1:
        return redirect("store", slug=slug, site=found[0].code)
    values = {"campaign": campaign, "plan": campaigns.latest_plan(campaign.pk), "sites": found}
    return render(request, "store/choose.html", values)


def kept_site(request: HttpRequest, slug: str, code: str) -> Any:
    """The site of the address, whose stock the person keeps; else 404 or 403."""
    site = site_of(slug, code)
    if not access.may(actor_of(request), Act.MOVE_STOCK, site=site):
        raise PermissionDenied(Act.MOVE_STOCK.value)
    return site


@require_GET
@allowed(Act.MOVE_STOCK)
def show(request: HttpRequest, slug: str, site: str) -> HttpResponse:
    return _show(request, slug, site)


def _show(
    request: HttpRequest, slug: str, code: str, status: int = 200, **more: Any
) -> HttpResponse:
    site, campaign, now = (
        kept_site(request, slug, code),
        campaigns.campaign(slug),
        datetime.now(UTC),
    )
    today = local_day(now, site.time_zone)
    shelves, held = stock_book.shelves(site.pk), supply_lot_holds.holds(site.pk)
    said = data_say([h.lot for h in held if h.on_the_way], site.pk)
    open_ = vials.open_vials(site.pk, now - timedelta(days=2))
    drawn = visits.doses_from([v.pk for v in open_])
    plan = campaigns.latest_plan(campaign.pk)
    values = {
        "campaign": campaign,
        "plan": plan,
        "site": site,
        "today": today,
        "held": [(h, ADVICE[said[h.lot_id]] if h.lot_id in said else None) for h in held],
        "shelves": [(s, _end(s.lot.expires_on, today)) for s in shelves],
        "doses": sum(s.doses for s in shelves),
        "request_id": uuid4(),
        "ending": sum(1 for s in shelves if _end(s.lot.expires_on, today)),
        "vials": [
            (v, v.doses - drawn.get(v.pk, 0), bool(v.use_by and v.use_by < now)) for v in open_
        ],
        "wastage": WASTAGE.items(),
        "products": plan.products,
        "counts": {},
        "too_warm": sum(
            bool(f.undecided) or f.look in AMISS for f in fridges_of([site.pk], now=now)
        ),
        "closed": supply_day_close.day_close(site.pk, today),
        "held_lots": {h.lot_id for h in held},
    }
    return render(request, "store/show.html", values | more, status=status)


def _end(expires_on: date | None, today: date) -> str:
    """Is the lot past its end, or near it?"""
    if expires_on is None or expires_on > today + SOON:
        return ""
    return "over" if expires_on < today else "soon"


def _act(
    request: HttpRequest, slug: str, site: str, act: Callable[[], object], **kept: Any
) -> HttpResponse:
    """Do it and show the store again; with what stood against it, if something did."""
    try:
        act()
    except NotAllowed:
        raise PermissionDenied(Act.MOVE_STOCK.value) from None
    except Refusal as refusal:
        return _show(request, slug, site, 409, problem=in_language(refusal), **kept)
    except (BadInput, Conflict) as problem:
        status = 409 if isinstance(problem, Conflict) else 400
        return _show(request, slug, site, status, problem=gettext(str(problem)), **kept)
    except (ValueError, InvalidOperation):
        raise Http404 from None
    return redirect("store", slug=slug, site=site)


@posted("store")
@allowed(Act.MOVE_STOCK)
def hold(request: HttpRequest, slug: str, site: str) -> HttpResponse:
    """Nothing of the lot is given here from now on."""
    site_of(slug, site)
    asked = request.POST
    return _act(
        request,
        slug,
        site,
        lambda: lot_holds.hold_lot(
            UUID(asked.get("request_id", "")),
            asked.get("product", ""),
            asked.get("lot", ""),
            site,
            asked.get("reason", ""),
            actor=actor_of(request),
            now=datetime.now(UTC),
        ),
    )


@posted("store")
@allowed(Act.MOVE_STOCK)
def release(request: HttpRequest, slug: str, site: str) -> HttpResponse:
    site_of(slug, site)
    return _act(
        request,
        slug,
        site,
        lambda: lot_holds.release_lot(
            int(request.POST.get("hold", "")),
            request.POST.get("decision", ""),
            actor=actor_of(request),
            now=datetime.now(UTC),
        ),
    )


@posted("store")
@allowed(Act.MOVE_STOCK)
def end_vial(request: HttpRequest, slug: str, site: str) -> HttpResponse:
    site_of(slug, site)
    why = request.POST.get("why", "")
    return _act(
        request,
        slug,
        site,
        lambda: close_vial(
            UUID(request.POST.get("vial", "")),
            WastageReason(why) if why else None,
            actor=actor_of(request),
            now=datetime.now(UTC),
        ),
    )


@posted("store")
@allowed(Act.MOVE_STOCK)
def close(request: HttpRequest, slug: str, site: str) -> HttpResponse:
    """What stands against closing the day, and the closing itself."""
    place, actor = site_of(slug, site), actor_of(request)
    now = datetime.now(UTC)
    today = local_day(now, place.time_zone)
    counts = request.POST.dict()
    try:
        counted = tuple(_counted(request, place))
        found = day_close.look(site, today, counted, actor=actor)
        told = [gettext(p.words).format_map(p.facts) for p in found.problems]
        if "look" in request.POST or told:
            status = 200 if "look" in request.POST else 409
            return _show(request, slug, site, status, problems=told, looked=True, counts=counts)
    except NotAllowed:
        raise PermissionDenied(Act.MOVE_STOCK.value) from None
    except BadInput as problem:
        return _show(request, slug, site, 400, problem=gettext(str(problem)), counts=counts)
    return _act(
        request,
        slug,
        site,
        lambda: day_close.close_day(site, today, counted, actor=actor, now=now),
        counts=counts,
    )


def _counted(request: HttpRequest, place: Any) -> list[day_close.Counted]:
    found = []
    for shelf in stock_book.shelves(place.pk):
        text = request.POST.get(f"count-{shelf.lot.pk}", "").strip()
        if not text:
            continue
        try:
            doses = Decimal(text)
        except InvalidOperation:
            raise BadInput(gettext("A count is a number of doses.")) from None
        if not doses.is_finite() or doses < 0:
            raise BadInput(gettext("A count is a number of doses."))
        found.append(
            day_close.Counted(
                lot=shelf.lot.number,
                product=shelf.lot.product.code,
                doses=doses,
                reason=request.POST.get(f"reason-{shelf.lot.pk}", "")[:300],
            )
        )
    return found


@require_GET
@allowed(Act.HOLD_LOT)
def recipients_data(request: HttpRequest, slug: str, site: str) -> HttpResponse:
    """Everyone who had a dose of a lot here, as CSV."""
    site_of(slug, site)
    asked = request.GET
    try:
        found = recipients(
            asked.get("product", ""),
            asked.get("lot", ""),
            site,
            actor=actor_of(request),
            now=datetime.now(UTC),
        )
    except NotAllowed:
        raise PermissionDenied(Act.HOLD_LOT.value) from None
    except Refusal as refusal:
        raise Http404(in_language(refusal)) from None
    answer = csv_answer(f"{site}-recipients", HEAD, map(row_of, found))
    answer["Cache-Control"] = "no-store"
    return answer
