"""What comes from outside: what is ordered, what is counted in, and what came lately."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import partial
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.supply import packaging as supply_packaging
from balmis.contexts.supply import purchase_orders
from balmis.contexts.supply.purchase_orders import Expected
from balmis.core.dates import local_day
from balmis.core.errors import BadInput
from balmis.core.roles import Act
from balmis.core.supply.gs1_scan import Scan, read_scan
from balmis.flows.supply import deliveries as supply_deliveries
from balmis.web.labels.formats import number
from balmis.web.shared.acting import DONE, Answer, Problem, attempt, run
from balmis.web.shared.forms import Form, offer
from balmis.web.shared.requests import actor_of, allowed, posted
from balmis.web.store.forms import DeliveryForm, EndOrderForm, OrderForm, ScanForm
from balmis.web.store.shelf import kept_site

Choices = list[tuple[str, str]]


@allowed(Act.MOVE_STOCK)
def deliveries(request: HttpRequest, slug: str, site: str) -> HttpResponse:
    """A delivery: what the code says fills the form; then it is counted in."""
    place = kept_site(request, slug, site)
    if request.method != "POST":
        return _show(request, slug, site, said=_asked(request.GET.get("scan", "")))
    if "read" in request.POST:
        return _read(request, slug, site)
    orders = purchase_orders.orders_of(place.pk)
    form = _delivery(_products(slug), orders, data=request.POST)
    act = partial(_count_in, request, site, form)
    return _act(request, slug, site, form, act)


def _show(
    request: HttpRequest,
    slug: str,
    code: str,
    answer: Answer = DONE,
    sent: Form | None = None,
    said: dict[str, str] | None = None,
) -> HttpResponse:
    """The page; `sent` is the form that could not be done, `said` what a code said of a delivery."""
    site, campaign = kept_site(request, slug, code), campaigns.campaign(slug)
    now, products = datetime.now(UTC), _products(slug)
    orders = purchase_orders.orders_of(site.pk)
    came = purchase_orders.deliveries_of(site.pk)
    today = local_day(now, site.time_zone)
    at_first = said or {"order": request.GET.get("order", "")[:18]}
    values = {
        "campaign": campaign,
        "plan": campaigns.latest_plan(campaign.pk),
        "site": site,
        "answer": answer,
        "done": [d for d in came if str(d.pk) == request.GET.get("done")],
        "orders": [(e, EndOrderForm.of(e.order.pk, sent)) for e in orders],
        "late": sum(e.order.expected_on < today for e in orders),
        "today": today,
        "expected": sum(e.left for e in orders),
        "came": came,
        "unknown": (said or {}).get("unknown"),
        "scan": sent if isinstance(sent, ScanForm) else ScanForm(name="vial"),
        "delivery": sent
        if isinstance(sent, DeliveryForm)
        else _delivery(products, orders, initial=at_first),
        "order": sent if isinstance(sent, OrderForm) else _order(products, asked=request.GET),
    }
    return render(request, "store/deliveries.html", values, status=answer.status)


def _products(slug: str) -> Choices:
    plan = campaigns.latest_plan(campaigns.campaign(slug).pk)
    return [(p.code, p.name) for p in plan.products]


def _delivery(
    products: Choices,
    orders: Iterable[Expected],
    *,
    data: QueryDict | None = None,
    initial: dict[str, str] | None = None,
) -> DeliveryForm:
    form = DeliveryForm(data, name="delivery", initial=initial)
    offer(form, "product", [("", _("choose …")), *products])
    named = [
        (str(e.order.pk), f"{e.order.expected_on} {e.order.product.name} {number(e.left)}")
        for e in orders
    ]
    offer(form, "order", [("", _("none")), *named])
    return form


def _order(
    products: Choices, *, data: QueryDict | None = None, asked: QueryDict | None = None
) -> OrderForm:
    """As it was sent; else what an address asks for."""
    initial = {
        name: asked.get(name, "")[:most]
        for name, most in (("product", 40), ("doses", 7))
        if asked is not None
    }
    form = OrderForm(data, name="order", initial=initial)
    offer(form, "product", products)
    return form


def _act(
    request: HttpRequest, slug: str, site: str, form: Form, act: Callable[[], str]
) -> HttpResponse:
    """Do it and show the page again, with what `act` adds to its address."""
    done = list[str]()
    here = reverse("store-receive", kwargs={"slug": slug, "site": site})
    return run(
        lambda: done.append(act()),
        form=form,
        again=lambda answer: _show(request, slug, site, answer, form),
        to=lambda: redirect(here + done[0]),
    )


def _count_in(request: HttpRequest, site: str, form: DeliveryForm) -> str:
    asked = form.cleaned_data
    came = supply_deliveries.Came(
        request_id=asked["request_id"],
        site=site,
        product=asked["product"],
        lot=asked["lot"],
        counted=asked["doses"],
        expires_on=asked["expires"],
        noted=asked["noted"],
        reason=asked["reason"],
        way=form.way(),
        order=asked["order"],
        sure=asked["sure"],
    )
    done = supply_deliveries.receive_delivery(came, actor=actor_of(request), now=datetime.now(UTC))
    return f"?done={done.pk}"


def _read(request: HttpRequest, slug: str, site: str) -> HttpResponse:
    """A vial's or a carton's code: its product, lot, expiry and, for a carton, its doses. What was
    typed already stays."""
    form = ScanForm(request.POST, name="vial")
    said, told = dict[str, str](), list[Problem]()

    def act() -> None:
        assert form.found is not None  # else the form says what is wrong
        said.update(_said(form.found))
        if said.get("product") == "":
            missing = gettext("The product of this code is not known here: choose the vaccine.")
            told.append(Problem(missing, "delivery-product"))
            said["unknown"] = urlencode(
                {"gtin": form.found.gtin, "scan": form.cleaned_data["scan"]}
            )

    answer = attempt(act, form)
    if not answer:
        return _show(request, slug, site, answer, form)
    typed = {name: request.POST[name] for name in DeliveryForm.base_fields if name in request.POST}
    return _show(request, slug, site, Answer(tuple(told)), said=typed | said)


def _asked(text: str) -> dict[str, str] | None:
    """What a code says that an address brings along."""
    try:
        return _said(read_scan(text)) if text else None
    except BadInput:
        return None


def _said(found: Scan) -> dict[str, str]:
    """What a code says of a delivery; an empty product is one that nobody here knows."""
    said = {"lot": next(iter(found.lots), "")}
    if found.expires_on:
        said["expires"] = found.expires_on.isoformat()
    packaging = supply_packaging.packaging(found.gtin) if found.gtin else None
    if packaging:
        said["product"] = packaging.product.code
        said["doses"] = str(packaging.vials * packaging.product.doses_per_vial)
    elif found.gtin:
        said["product"] = ""
    return said


@posted("store-receive")
@allowed(Act.MOVE_STOCK)
def order(request: HttpRequest, slug: str, site: str) -> HttpResponse:
    """Doses are expected, or nothing more of an order is."""
    kept_site(request, slug, site)
    sent, actor, now = request.POST, actor_of(request), datetime.now(UTC)
    form = EndOrderForm.sent(sent) if "end" in sent else _order(_products(slug), data=sent)

    def act() -> str:
        asked = form.cleaned_data
        if isinstance(form, EndOrderForm):
            supply_deliveries.end_order(site, asked["end"], asked["why"], actor=actor, now=now)
            return ""
        wanted = supply_deliveries.Wanted(
            request_id=asked["request_id"],
            site=site,
            product=asked["product"],
            doses=asked["doses"],
            expected_on=asked["expected"],
            supplier=asked["supplier"],
        )
        supply_deliveries.order(wanted, actor=actor, now=now)
        return ""

    return _act(request, slug, site, form, act)
