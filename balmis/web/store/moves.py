"""Goods on the move: transfers both sides confirm, discards with a second signature, a day prepared."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.places import queries as places
from balmis.contexts.supply import discards as supply_discards
from balmis.contexts.supply import stock_book
from balmis.contexts.supply import transfers as supply_transfers
from balmis.core.dates import local_day
from balmis.core.errors import BadInput, Conflict, NotAllowed, Refusal
from balmis.core.roles import Act
from balmis.core.vocabulary.supply import WastageReason
from balmis.flows.supply import discards, transfers
from balmis.flows.supply.session_pack import prepare_day
from balmis.web.labels.common import WASTAGE, in_language
from balmis.web.shared.requests import actor_of, allowed, number, posted, read_day, site_of
from balmis.web.store.forms import read_doses, read_request_id, read_way
from balmis.web.store.shelf import kept_site


@require_GET
@allowed(Act.MOVE_STOCK)
def show(request: HttpRequest, slug: str, site: str) -> HttpResponse:
    return _show(request, slug, site)


def _show(
    request: HttpRequest, slug: str, code: str, problem: str = "", status: int = 200
) -> HttpResponse:
    site, campaign = kept_site(request, slug, code), campaigns.campaign(slug)
    found = supply_transfers.transfers_of(site.pk)
    shelves = stock_book.shelves(site.pk)
    open_ = [t for t in found if t.received_at is None and t.cancelled_at is None]
    values = {
        "campaign": campaign,
        "plan": campaigns.latest_plan(campaign.pk),
        "site": site,
        "to_send": [t for t in open_ if t.source_id == site.pk and t.sent_at is None],
        "on_the_way": [t for t in open_ if t.source_id == site.pk and t.sent_at],
        "to_receive": [t for t in open_ if t.target_id == site.pk],
        "ended": [t for t in found if t not in open_],
        "discards": supply_discards.discards_of(site.pk),
        "me": actor_of(request).name,
        "shelves": shelves,
        "problem": problem,
        "chosen": _chosen(request, shelves),
        "others": [s for s in places.sites_below(campaign.area.code) if s.code != site.code],
        "wastage": WASTAGE.items(),
        "words": WASTAGE,
        "filled": _filled(request),
    }
    return render(request, "store/moves.html", values, status=status)


def _filled(request: HttpRequest) -> dict[str, str]:
    """What was typed, or what a proposal says."""
    asked = request.POST if request.method == "POST" else request.GET
    return {k: v[:300] for k, v in asked.dict().items()} | {"page": request.path.rsplit("/", 2)[-2]}


def _chosen(request: HttpRequest, shelves: list[stock_book.Shelf]) -> int | None:
    """The lot that was chosen, or of the vaccine that a proposal names the one to use first."""
    product, lot = _lot(request) if request.method == "POST" else (request.GET.get("product"), "")
    fit = (
        s.lot.pk
        for s in shelves
        if s.lot.product.code == product and (s.lot.number == lot or (not lot and not s.held))
    )
    return next(fit, None)


def _act(request: HttpRequest, slug: str, site: str, act: Callable[[], object]) -> HttpResponse:
    kept_site(request, slug, site)
    try:
        act()
    except NotAllowed:
        raise PermissionDenied(Act.MOVE_STOCK.value) from None
    except Refusal as refusal:
        return _show(request, slug, site, str(in_language(refusal)), 409)
    except (BadInput, Conflict) as problem:
        status = 409 if isinstance(problem, Conflict) else 400
        return _show(request, slug, site, gettext(str(problem)), status)
    return redirect("moves", slug=slug, site=site)


def _lot(request: HttpRequest) -> tuple[str, str]:
    """Product and number of the lot that was chosen."""
    product, _, lot = request.POST.get("lot", "").partition("|")
    return product, lot


@posted("moves")
@allowed(Act.MOVE_STOCK)
def promise(request: HttpRequest, slug: str, site: str) -> HttpResponse:
    """Doses set aside for another site of the campaign."""
    key, (product, lot), asked = read_request_id(request), _lot(request), request.POST
    site_of(slug, asked.get("target", ""))
    return _act(
        request,
        slug,
        site,
        lambda: transfers.promise(
            transfers.Promise(
                request_id=key,
                source=site,
                target=asked["target"],
                product=product,
                lot=lot,
                doses=read_doses(asked.get("doses", "")),
            ),
            actor=actor_of(request),
            now=datetime.now(UTC),
        ),
    )


@posted("moves")
@allowed(Act.MOVE_STOCK)
def transfer(request: HttpRequest, slug: str, site: str) -> HttpResponse:
    """Sent, received or cancelled."""
    key, actor, now = number(request, "transfer") or 0, actor_of(request), datetime.now(UTC)
    asked = request.POST

    def act() -> None:
        if "send" in asked:
            transfers.send(key, actor=actor, now=now)
        elif "cancel" in asked:
            transfers.cancel(key, asked.get("reason", ""), actor=actor, now=now)
        else:
            arrival = transfers.Arrival(
                doses=read_doses(asked.get("doses", "")),
                reason=asked.get("reason", ""),
                way=read_way(request),
            )
            transfers.receive(key, arrival, actor=actor, now=now)

    return _act(request, slug, site, act)


@posted("moves")
@allowed(Act.MOVE_STOCK)
def discard(request: HttpRequest, slug: str, site: str) -> HttpResponse:
    """Asked for, or answered by a second person."""
    asked, actor, now = request.POST, actor_of(request), datetime.now(UTC)

    def act() -> None:
        if "discard" in asked:
            discards.end_discard(
                number(request, "discard") or 0, "agree" in asked, actor=actor, now=now
            )
            return
        product, lot = _lot(request)
        try:
            why = WastageReason(asked.get("why", ""))
        except ValueError:
            raise BadInput(gettext("Say why the doses are thrown away.")) from None
        discards.ask_discard(
            discards.Ask(
                request_id=read_request_id(request),
                site=site,
                product=product,
                lot=lot,
                why=why,
                doses=read_doses(asked.get("doses", "")),
                note=asked.get("note", ""),
            ),
            actor=actor,
            now=now,
        )

    return _act(request, slug, site, act)


@require_GET
@allowed(Act.MOVE_STOCK)
def prepare(request: HttpRequest, slug: str, site: str) -> HttpResponse:
    """What the sessions of a day need: vials by lot, diluent and syringes; to print."""
    place, campaign = kept_site(request, slug, site), campaigns.campaign(slug)
    today = local_day(datetime.now(UTC), place.time_zone)
    on: date = read_day(request.GET.get("on")) or today + timedelta(days=1)
    rows = prepare_day(place, on, today=today, actor=actor_of(request))
    values = {
        "campaign": campaign,
        "plan": campaigns.latest_plan(campaign.pk),
        "site": place,
        "on": on,
        "rows": rows,
        "people": sum(r.bundle.people for r in rows),
        "vials": sum(r.bundle.vials for r in rows),
        "short": sum(r.bundle.short for r in rows),
        "before": on - timedelta(days=1),
        "after": on + timedelta(days=1),
    }
    return render(request, "store/prepare.html", values)
