"""Goods on the move: transfers both sides confirm, discards with a second signature, a day prepared."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.places import queries as places
from balmis.contexts.supply import discards as supply_discards
from balmis.contexts.supply import stock_book
from balmis.contexts.supply import transfers as supply_transfers
from balmis.contexts.supply.stock_book import Shelf
from balmis.core.dates import local_day
from balmis.core.roles import Act
from balmis.flows.supply import discards, transfers
from balmis.flows.supply.session_pack import prepare_day
from balmis.web.labels.common import WASTAGE
from balmis.web.labels.formats import named, number
from balmis.web.shared.acting import DONE, Answer, run
from balmis.web.shared.forms import Choices, Form, Keyed, offer
from balmis.web.shared.requests import actor_of, allowed, posted, read_day
from balmis.web.store.forms import (
    AgreeForm,
    CancelForm,
    DiscardForm,
    PromiseForm,
    ReceiveForm,
    TransferForm,
)
from balmis.web.store.shelf import kept_site


@require_GET
@allowed(Act.MOVE_STOCK)
def show(request: HttpRequest, slug: str, site: str) -> HttpResponse:
    return _show(request, slug, site)


def _show(
    request: HttpRequest, slug: str, code: str, answer: Answer = DONE, sent: Form | None = None
) -> HttpResponse:
    """The page; `sent` is the form that could not be done, as it was sent."""
    site, campaign = kept_site(request, slug, code), campaigns.campaign(slug)
    found = supply_transfers.transfers_of(site.pk)
    shelves = stock_book.shelves(site.pk)
    open_ = [t for t in found if t.received_at is None and t.cancelled_at is None]
    others = _others(slug, code)
    to_send = [t for t in open_ if t.source_id == site.pk and t.sent_at is None]
    values = {
        "campaign": campaign,
        "plan": campaigns.latest_plan(campaign.pk),
        "site": site,
        "to_send": [(t, _of(TransferForm, t, sent), _of(CancelForm, t, sent)) for t in to_send],
        "on_the_way": [t for t in open_ if t.source_id == site.pk and t.sent_at],
        "to_receive": [(t, _of(ReceiveForm, t, sent)) for t in open_ if t.target_id == site.pk],
        "ended": [t for t in found if t not in open_],
        "discards": [
            (d, AgreeForm(name=f"agree-{d.pk}", initial={"discard": d.pk}))
            for d in supply_discards.discards_of(site.pk)
        ],
        "me": actor_of(request).name,
        "shelves": shelves,
        "answer": answer,
        "promise": _promise(request.GET, others, shelves, sent),
        "others": others,
        "discard": sent if isinstance(sent, DiscardForm) else _discard(shelves),
        "words": WASTAGE,
    }
    return render(request, "store/moves.html", values, status=answer.status)


def _of(kind: type[TransferForm], transfer: Keyed, sent: Form | None) -> Form:
    """The form of a transfer's row: as it was sent, or empty."""
    if type(sent) is kind and sent.data.get("transfer") == str(transfer.pk):
        return sent
    name = f"{kind.__name__.removesuffix('Form').lower()}-{transfer.pk}"
    return kind(name=name, initial={"transfer": transfer.pk})


def _lots(shelves: list[Shelf]) -> list[tuple[str, str]]:
    def named(s: Shelf) -> str:
        held = f" ({gettext('on hold')})" if s.held else ""
        return f"{s.lot.product.name} {s.lot.number}: {number(s.doses)}{held}"

    return [(f"{s.lot.product.code}|{s.lot.number}", named(s)) for s in shelves]


def _promise(asked: QueryDict, others: Choices, shelves: list[Shelf], sent: Form | None) -> Form:
    """As it was sent; else what a proposal asks for, with the lot of its vaccine to use first."""
    if isinstance(sent, PromiseForm):
        return sent
    fit = [s for s in shelves if s.lot.product.code == asked.get("product") and not s.held]
    lot = f"{fit[0].lot.product.code}|{fit[0].lot.number}" if fit else None
    initial = {"lot": lot, "target": asked.get("target"), "doses": asked.get("doses", "")[:9]}
    return _offer(PromiseForm(name="promise", initial=initial), others, shelves)


def _offer(form: Form, others: Choices, shelves: list[Shelf]) -> Form:
    offer(form, "lot", _lots(shelves))
    offer(form, "target", others)
    return form


def _others(slug: str, code: str) -> list[tuple[str, str]]:
    """The other sites of the campaign."""
    area = campaigns.campaign(slug).area.code
    return [(s.code, named(s.names)) for s in places.sites_below(area) if s.code != code]


def _discard(shelves: list[Shelf], data: QueryDict | None = None) -> Form:
    form = DiscardForm(data, name="discard")
    offer(form, "lot", _lots(shelves))
    return form


def _act(
    request: HttpRequest, slug: str, site: str, form: Form, act: Callable[[], object]
) -> HttpResponse:
    return run(
        act,
        form=form,
        again=lambda answer: _show(request, slug, site, answer, form),
        to=lambda: redirect("moves", slug=slug, site=site),
    )


@posted("moves")
@allowed(Act.MOVE_STOCK)
def promise(request: HttpRequest, slug: str, site: str) -> HttpResponse:
    """Doses set aside for another site of the campaign."""
    place = kept_site(request, slug, site)
    form = PromiseForm(request.POST, name="promise")
    _offer(form, _others(slug, site), stock_book.shelves(place.pk))

    def act() -> None:
        product, lot = form.cleaned_data["lot"]
        asked = transfers.Promise(
            request_id=form.cleaned_data["request_id"],
            source=site,
            target=form.cleaned_data["target"],
            product=product,
            lot=lot,
            doses=form.cleaned_data["doses"],
        )
        transfers.promise(asked, actor=actor_of(request), now=datetime.now(UTC))

    return _act(request, slug, site, form, act)


@posted("moves")
@allowed(Act.MOVE_STOCK)
def transfer(request: HttpRequest, slug: str, site: str) -> HttpResponse:
    """Sent, received or cancelled."""
    kept_site(request, slug, site)
    actor, now, sent = actor_of(request), datetime.now(UTC), request.POST
    kind = TransferForm if "send" in sent else CancelForm if "cancel" in sent else ReceiveForm
    name = f"{kind.__name__.removesuffix('Form').lower()}-{sent.get('transfer', '')[:20]}"
    form = kind(sent, name=name)

    def act() -> None:
        key = form.cleaned_data["transfer"]
        if isinstance(form, ReceiveForm):
            asked = form.cleaned_data
            arrival = transfers.Arrival(
                doses=asked["doses"], reason=asked["reason"], way=form.way()
            )
            transfers.receive(key, arrival, actor=actor, now=now)
        elif isinstance(form, CancelForm):
            transfers.cancel(key, form.cleaned_data["reason"], actor=actor, now=now)
        else:
            transfers.send(key, actor=actor, now=now)

    return _act(request, slug, site, form, act)


@posted("moves")
@allowed(Act.MOVE_STOCK)
def discard(request: HttpRequest, slug: str, site: str) -> HttpResponse:
    """Asked for, or answered by a second person."""
    place = kept_site(request, slug, site)
    actor, now, sent = actor_of(request), datetime.now(UTC), request.POST
    answers = "discard" in sent
    form = AgreeForm(sent) if answers else _discard(stock_book.shelves(place.pk), sent)

    def act() -> None:
        asked = form.cleaned_data
        if answers:
            discards.end_discard(asked["discard"], "agree" in sent, actor=actor, now=now)
            return
        product, lot = asked.pop("lot")
        discards.ask_discard(
            discards.Ask(site=site, product=product, lot=lot, **asked), actor=actor, now=now
        )

    return _act(request, slug, site, form, act)


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
