"""The store desk of a site: what must move, what expires, what is on hold, and the day's closing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

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
from balmis.contexts.supply.stock_book import Shelf
from balmis.core.dates import local_day
from balmis.core.errors import NotAllowed, Refusal
from balmis.core.roles import Act
from balmis.flows.coldchain.equipment import Look, fridges_of
from balmis.flows.holds import hold_appeals, lot_holds
from balmis.flows.supply import day_close
from balmis.flows.supply.lot_recipients import HEAD, recipients, row_of
from balmis.flows.supply.vials import close_vial
from balmis.web.labels.refusals import in_language
from balmis.web.shared.acting import DONE, Answer, attempt, run
from balmis.web.shared.appeal_rows import StandsForm
from balmis.web.shared.forms import Form
from balmis.web.shared.requests import actor_of, allowed, csv_answer, posted, site_of
from balmis.web.store.shelf_forms import AppealForm, CloseForm, HoldForm, ReleaseForm, VialForm
from balmis.web.store.site_holds import answered_lately, held_rows

if TYPE_CHECKING:
    from balmis.contexts.places.models import Site

AMISS = (Look.WARM, Look.COLD, Look.BROKEN)
OPEN_LATELY = timedelta(days=2)  # a vial that was opened earlier is no longer asked about


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


def kept_site(request: HttpRequest, slug: str, code: str) -> Site:
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
    request: HttpRequest,
    slug: str,
    code: str,
    answer: Answer = DONE,
    sent: Form | None = None,
    **more: object,
) -> HttpResponse:
    """The page; `sent` is the form that could not be done, as it was sent."""
    site, campaign = kept_site(request, slug, code), campaigns.campaign(slug)
    plan, now = campaigns.latest_plan(campaign.pk), datetime.now(UTC)
    today, policy = local_day(now, site.time_zone), plan.policy.supply
    soon = today + timedelta(days=policy.expiring_days)
    shelves = stock_book.shelves(site.pk)
    values = {
        "campaign": campaign,
        "plan": plan,
        "site": site,
        "answer": answer,
        "today": today,
        "held": held_rows(site, sent, actor=actor_of(request), now=now),
        "held_lots": len(supply_lot_holds.holds(site.pk)),
        "answered": answered_lately(site, now=now),
        "shelves": [(s, _end(s.lot.expires_on, today, soon), _hold(s, sent)) for s in shelves],
        "doses": sum(s.doses for s in shelves),
        "days": policy.expiring_days,
        "ending": sum(1 for s in shelves if _end(s.lot.expires_on, today, soon)),
        "vials": _vials(site.pk, sent, now),
        "too_warm": sum(
            bool(f.undecided) or f.look in AMISS for f in fridges_of([site.pk], policy, now=now)
        ),
        "closed": supply_day_close.day_close(site.pk, today),
        "count": sent if isinstance(sent, CloseForm) else CloseForm(shelves, name="close"),
    }
    return render(request, "store/show.html", values | more, status=answer.status)


def _hold(shelf: Shelf, sent: Form | None) -> HoldForm:
    product, number = shelf.lot.product.code, shelf.lot.number
    if isinstance(sent, HoldForm) and sent.of_lot(product, number):
        return sent
    initial = {"product": product, "lot": number}
    return HoldForm(name=f"hold-{shelf.lot.pk}", initial=initial)


@dataclass(frozen=True, slots=True)
class OpenVial:
    """A vial that is open, and the form of its end."""

    key: UUID
    lot: str
    opened_at: datetime
    use_by: datetime | None
    left: int  # doses
    over: bool  # its time
    form: VialForm


def _vials(site_id: int, sent: Form | None, now: datetime) -> list[OpenVial]:
    found = vials.open_vials(site_id, now - OPEN_LATELY)
    drawn = visits.doses_from([v.pk for v in found])
    rows = []
    for v in found:
        left, form = v.doses - drawn.get(v.pk, 0), VialForm.of(v.pk, sent)
        form.fields["why"].required = left > 0
        over = bool(v.use_by and v.use_by < now)
        rows.append(OpenVial(v.pk, v.lot.number, v.opened_at, v.use_by, left, over, form))
    return rows


def _end(expires_on: date | None, today: date, soon: date) -> str:
    """Is the lot past its end, or near it?"""
    if expires_on is None or expires_on > soon:
        return ""
    return "over" if expires_on < today else "soon"


def _act(
    request: HttpRequest, slug: str, site: str, form: Form, act: Callable[[], object]
) -> HttpResponse:
    return run(
        act,
        form=form,
        again=lambda answer: _show(request, slug, site, answer, form),
        to=lambda: redirect("store", slug=slug, site=site),
    )


@posted("store")
@allowed(Act.MOVE_STOCK)
def hold(request: HttpRequest, slug: str, site: str) -> HttpResponse:
    """Nothing of the lot is given here from now on."""
    site_of(slug, site)
    form = HoldForm(request.POST, name="hold")

    def act() -> None:
        asked, actor = form.cleaned_data, actor_of(request)
        request_id, reason = asked["request_id"], asked["reason"]
        product, lot, now = asked["product"], asked["lot"], datetime.now(UTC)
        lot_holds.hold_lot(
            lot_holds.HoldLot(
                request_id=request_id, product=product, lot=lot, site=site, reason=reason
            ),
            actor=actor,
            now=now,
        )

    return _act(request, slug, site, form, act)


@posted("store")
@allowed(Act.MOVE_STOCK)
def release(request: HttpRequest, slug: str, site: str) -> HttpResponse:
    site_of(slug, site)
    form = ReleaseForm.sent(request.POST)

    def act() -> None:
        key, decision = form.cleaned_data["hold"], form.cleaned_data["decision"]
        lot_holds.release_lot(key, decision, actor=actor_of(request), now=datetime.now(UTC))

    return _act(request, slug, site, form, act)


@posted("store")
@allowed(Act.MOVE_STOCK)
def appeal(request: HttpRequest, slug: str, site: str) -> HttpResponse:
    """What stops the site is to be looked at again."""
    site_of(slug, site)
    form = AppealForm.sent(request.POST)

    def act() -> None:
        cmd = form.against(site)
        hold_appeals.appeal_hold(cmd, actor=actor_of(request), now=datetime.now(UTC))

    return _act(request, slug, site, form, act)


@posted("store")
@allowed(Act.MOVE_STOCK)
def answer(request: HttpRequest, slug: str, site: str) -> HttpResponse:
    """A hold that was placed here stands, because."""
    site_of(slug, site)
    form = StandsForm.sent(request.POST)

    def act() -> None:
        asked = form.cleaned_data
        cmd = hold_appeals.KeepHold(appeal_id=asked["appeal"], words=asked["words"])
        hold_appeals.keep_hold(cmd, actor=actor_of(request), now=datetime.now(UTC))

    return _act(request, slug, site, form, act)


@posted("store")
@allowed(Act.MOVE_STOCK)
def end_vial(request: HttpRequest, slug: str, site: str) -> HttpResponse:
    place, now = site_of(slug, site), datetime.now(UTC)
    form = VialForm.sent(request.POST)
    with_doses = {str(v.key) for v in _vials(place.pk, None, now) if v.left > 0}
    form.fields["why"].required = request.POST.get("vial") in with_doses

    def act() -> None:
        vial, why = form.cleaned_data["vial"], form.cleaned_data["why"]
        close_vial(vial, why, actor=actor_of(request), now=now)

    return _act(request, slug, site, form, act)


@posted("store")
@allowed(Act.MOVE_STOCK)
def close(request: HttpRequest, slug: str, site: str) -> HttpResponse:
    """What stands against closing the day, and the closing itself."""
    place, actor, now = site_of(slug, site), actor_of(request), datetime.now(UTC)
    today = local_day(now, place.time_zone)
    form = CloseForm(stock_book.shelves(place.pk), request.POST, name="close")
    told = list[str]()

    def look() -> None:
        found = day_close.look(site, today, form.counted(), actor=actor)
        told.extend(gettext(p.words).format_map(p.facts) for p in found.problems)

    answer = attempt(look, form)
    if not answer:
        return _show(request, slug, site, answer, form)
    if "look" in request.POST or told:
        seen = Answer(status=200 if "look" in request.POST else 409)
        return _show(request, slug, site, seen, form, problems=told, looked=True)
    return _act(
        request,
        slug,
        site,
        form,
        lambda: day_close.close_day(site, today, form.counted(), actor=actor, now=now),
    )


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
