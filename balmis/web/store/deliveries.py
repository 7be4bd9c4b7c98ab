"""What comes from outside: what is ordered, what is counted in, and what came lately."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext

from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.supply import packaging as supply_packaging
from balmis.contexts.supply import purchase_orders
from balmis.core.dates import local_day
from balmis.core.errors import BadInput, NotAllowed, Refusal
from balmis.core.roles import Act
from balmis.core.supply.gs1_scan import read_scan
from balmis.flows.supply import deliveries as supply_deliveries
from balmis.web.labels.common import in_language
from balmis.web.shared.requests import actor_of, allowed, number, posted, read_day, site_of
from balmis.web.store.forms import read_doses, read_request_id, read_way
from balmis.web.store.shelf import kept_site


@allowed(Act.MOVE_STOCK)
def deliveries(request: HttpRequest, slug: str, site: str) -> HttpResponse:
    """A delivery: what the code says fills the form; then it is counted in."""
    kept_site(request, slug, site)
    if request.method != "POST":
        done = request.GET.get("done", "")
        came = [
            d for d in purchase_orders.deliveries_of(site_of(slug, site).pk) if str(d.pk) == done
        ]
        return _show(
            request, slug, site, filled={"order": request.GET.get("order", "")[:18]}, done=came
        )
    if "read" in request.POST:
        return _read(request, slug, site)
    return _act(request, slug, site, lambda: _count_in(request, site))


def _show(
    request: HttpRequest, slug: str, code: str, problem: str = "", status: int = 200, **more: Any
) -> HttpResponse:
    site, campaign = kept_site(request, slug, code), campaigns.campaign(slug)
    plan, now = campaigns.latest_plan(campaign.pk), datetime.now(UTC)
    orders = purchase_orders.orders_of(site.pk)
    today = local_day(now, site.time_zone)
    values = {
        "campaign": campaign,
        "plan": plan,
        "site": site,
        "problem": problem,
        "orders": orders,
        "late": sum(e.order.expected_on < today for e in orders),
        "today": today,
        "expected": sum(e.left for e in orders),
        "came": purchase_orders.deliveries_of(site.pk),
        "products": plan.products,
        "filled": {},
        "wanted": {
            "product": request.GET.get("product", "")[:40],
            "doses": request.GET.get("doses", "")[:7],
        },
    }
    return render(request, "store/deliveries.html", values | more, status=status)


def _act(request: HttpRequest, slug: str, site: str, act: Callable[[], str]) -> HttpResponse:
    """Do it and show the page again, with what `act` adds to its address; or with what was typed and
    what stood against it."""
    try:
        done = act()
    except NotAllowed:
        raise PermissionDenied(Act.MOVE_STOCK.value) from None
    except Refusal as refusal:
        problem, status = str(in_language(refusal)), 409
    except BadInput as bad:
        problem, status = gettext(str(bad)), 400
    else:
        here = reverse("store-receive", kwargs={"slug": slug, "site": site})
        return redirect(here + done)
    typed = request.POST.dict()
    kept = {"wanted": typed} if "expected" in typed else {"filled": typed}
    doubt = status == 400 and "doses" in typed and "expected" not in typed
    return _show(request, slug, site, problem, status, doubt=doubt, **kept)


def _count_in(request: HttpRequest, site: str) -> str:
    asked = request.POST
    noted = asked.get("noted", "").strip()
    came = supply_deliveries.Came(
        request_id=read_request_id(request),
        site=site,
        product=asked.get("product", ""),
        lot=asked.get("lot", ""),
        counted=read_doses(asked.get("doses", "")),
        expires_on=read_day(asked.get("expires")),
        noted=read_doses(noted) if noted else None,
        reason=asked.get("reason", ""),
        way=read_way(request),
        order=number(request, "order"),
        sure="sure" in asked,
    )
    if not came.product:
        raise BadInput(gettext("Choose the vaccine."))
    done = supply_deliveries.receive_delivery(came, actor=actor_of(request), now=datetime.now(UTC))
    return f"?done={done.pk}"


def _read(request: HttpRequest, slug: str, site: str) -> HttpResponse:
    """A vial's or a carton's code: its product, lot, expiry and, for a carton, its doses. What was
    typed already stays."""
    typed = request.POST.dict()
    try:
        found = read_scan(request.POST.get("scan", "")[:300])
    except BadInput as problem:
        return _show(request, slug, site, gettext(str(problem)), 400, filled=typed)
    packaging = supply_packaging.packaging(found.gtin) if found.gtin else None
    said, told = {"lot": next(iter(found.lots), "")}, ""
    if found.expires_on:
        said["expires"] = found.expires_on.isoformat()
    if packaging:
        said["product"] = packaging.product.code
        said["doses"] = str(packaging.vials * packaging.product.doses_per_vial)
    elif found.gtin:
        said["product"] = ""
        told = gettext("The product of this code is not known here: choose the vaccine.")
    return _show(request, slug, site, told, filled=typed | said)


@posted("store-receive")
@allowed(Act.MOVE_STOCK)
def order(request: HttpRequest, slug: str, site: str) -> HttpResponse:
    """Doses are expected, or nothing more of an order is."""
    kept_site(request, slug, site)
    asked, actor, now = request.POST, actor_of(request), datetime.now(UTC)

    def act() -> str:
        if "end" in asked:
            supply_deliveries.end_order(
                site, number(request, "end") or 0, asked.get("why", ""), actor=actor, now=now
            )
            return ""
        day = read_day(asked.get("expected"))
        if day is None:
            raise BadInput(gettext("Say on which day they are expected: today or later."))
        wanted = supply_deliveries.Wanted(
            request_id=read_request_id(request),
            site=site,
            product=asked.get("product", ""),
            doses=read_doses(asked.get("doses", "")),
            expected_on=day,
            supplier=asked.get("supplier", ""),
        )
        supply_deliveries.order(wanted, actor=actor, now=now)
        return ""

    return _act(request, slug, site, act)
