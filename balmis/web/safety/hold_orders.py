"""Holds: what is held, what a hold would do before anybody signs, and how it ends."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from balmis.contexts.access import queries as access_queries
from balmis.contexts.access import services as access
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.places import queries as places
from balmis.contexts.safety import hold_appeals as kept_appeals
from balmis.contexts.safety import hold_orders as kept_orders
from balmis.core.errors import NotAllowed, Refusal
from balmis.core.roles import Act
from balmis.core.spreadsheet_cells import neutral
from balmis.core.vocabulary.safety import HoldKind, HoldStatus
from balmis.flows.booking import rebook_held
from balmis.flows.holds import hold_orders
from balmis.flows.holds.hold_appeals import KeepHold, keep_hold
from balmis.flows.holds.lot_holds import release_lot
from balmis.web.labels import safety as words
from balmis.web.labels.formats import named
from balmis.web.safety.appeals import rows_against, waiting_rows
from balmis.web.safety.cases import base
from balmis.web.safety.hold_forms import (
    ENDS,
    DropForm,
    EndForm,
    LotAnswerForm,
    MoveForm,
    ProposeForm,
    SignHoldForm,
)
from balmis.web.shared.acting import DONE, Answer, run
from balmis.web.shared.appeal_rows import StandsForm
from balmis.web.shared.forms import Form, offer
from balmis.web.shared.requests import actor_of, allowed, csv_answer, posted

if TYPE_CHECKING:
    from balmis.contexts.safety.models import HoldOrder

HEAD = ("number", "name", "born", "phone", "site", "given_at", "still_in_chair")


@require_GET
@allowed(Act.SIGN_HOLD)
def show_all(request: HttpRequest, slug: str) -> HttpResponse:
    return _all(request, slug)


def _all(
    request: HttpRequest, slug: str, answer: Answer = DONE, sent: Form | None = None
) -> HttpResponse:
    """The page; `sent` is the form that could not be done, as it was sent."""
    values = base(request, slug)
    if not access.may(actor_of(request), Act.SIGN_HOLD, area=values["campaign"].area):
        raise PermissionDenied(Act.SIGN_HOLD.value)
    campaign = values["campaign"]
    open_ = kept_orders.orders(campaign.pk)
    values |= {
        "open": [_row(o) for o in open_],
        "over": [_row(o) for o in kept_orders.orders(campaign.pk, over=True)[:50]],
        "in_force": sum(1 for o in open_ if HoldStatus(o.status).in_force),
        "answer": answer,
        "propose": sent
        if isinstance(sent, ProposeForm)
        else _proposal(slug, initial=request.GET.dict()),
        "waiting": waiting_rows(campaign, sent, actor=actor_of(request)),
    }
    return render(request, "safety/holds.html", values, status=answer.status)


def _proposal(slug: str, data: QueryDict | None = None, **known: Any) -> ProposeForm:
    form, campaign = ProposeForm(data, name="propose", **known), campaigns.campaign(slug)
    plan, sites = campaigns.latest_plan(campaign.pk), places.sites_below(campaign.area.code)
    offer(form, "product", [(p.code, p.name) for p in plan.products])
    offer(form, "site", [("", "–"), *((s.code, named(s.names)) for s in sites)])
    return form


def _row(order: HoldOrder) -> dict[str, object]:
    return {
        "o": order,
        "title": words.order_title(order),
        "state": words.HOLDS[HoldStatus(order.status)],
        "kind": words.KINDS[HoldKind(order.kind)],
    }


@posted("holds")
@allowed(Act.SIGN_HOLD)
def propose(request: HttpRequest, slug: str) -> HttpResponse:
    form, made = _proposal(slug, request.POST), []

    def act() -> None:
        actor, now = actor_of(request), datetime.now(UTC)
        made.append(hold_orders.propose(slug, form.ask(), actor=actor, now=now))

    return run(
        act,
        form=form,
        again=lambda answer: _all(request, slug, answer, form),
        to=lambda: redirect("hold", slug=slug, key=made[0].pk),
    )


@require_GET
@allowed(Act.SIGN_HOLD)
def show(request: HttpRequest, slug: str, key: int) -> HttpResponse:
    return _show(request, slug, key)


def _show(
    request: HttpRequest, slug: str, key: int, answer: Answer = DONE, sent: Form | None = None
) -> HttpResponse:
    """The page; `sent` is the form that could not be done, as it was sent."""
    actor, now = actor_of(request), datetime.now(UTC)
    try:
        found = hold_orders.show(slug, key, actor=actor, now=now)
    except NotAllowed as error:
        raise PermissionDenied(str(error)) from None
    except Refusal:
        raise Http404(gettext("There is no such hold.")) from None
    order = found.order
    names = access_queries.names_of(
        [order.proposed_by, order.ended_by, *(s.actor for s in found.signatures)]
    )
    look = order.signal.look if order.signal else None
    in_force = HoldStatus(order.status).in_force
    to_move = rebook_held.to_move(order, now=now) if in_force else None
    values = (
        base(request, slug)
        | _row(order)
        | {
            "radius": found.radius,
            "signatures": [(names.get(s.actor, s.actor), s) for s in found.signatures],
            "needed": found.needed,
            "answer": answer,
            "now": now,
            "look": look,
            "event": words.event_name(look.event) if look else "",
            "signed": any(s.actor == actor.name for s in found.signatures),
            "proposed_by": names.get(order.proposed_by, order.proposed_by),
            "ended_by": names.get(order.ended_by, order.ended_by),
            "in_force": in_force,
            "may_stop": access.may(actor, Act.STOP_LOT, area=order.campaign.area),
            "to_move": to_move,
            "asked": rows_against(order, sent, actor=actor),
            "move": MoveForm(name="move", initial={"expected": to_move.placed if to_move else 0}),
            "drop": sent if type(sent) is DropForm else DropForm(name="drop"),
            "end": sent if type(sent) is EndForm else EndForm(name="end"),
        }
    )
    return render(request, "safety/hold.html", values, status=answer.status)


@posted("hold")
@allowed(Act.SIGN_HOLD)
def act(request: HttpRequest, slug: str, key: int) -> HttpResponse:
    """Sign it, stop at once, lift it, recall, look at it again, drop it; answer a site; move those who
    are booked."""
    form = _act_form(request.POST)

    def do() -> None:
        actor, now, asked = actor_of(request), datetime.now(UTC), form.cleaned_data
        if isinstance(form, SignHoldForm):
            emergency = asked["act"] == "emergency"
            hold_orders.sign(slug, key, emergency=emergency, actor=actor, now=now)
        elif isinstance(form, StandsForm):
            cmd = KeepHold(appeal_id=asked["appeal"], words=asked["words"])
            keep_hold(cmd, actor=actor, now=now)
        elif isinstance(form, MoveForm):
            rebook_held.move_booked(key, *form.agreed(), actor=actor, now=now)
        else:
            to, hours = ENDS[asked["act"]], asked.get("hours") or 0
            hold_orders.end(
                hold_orders.EndHold(
                    campaign=slug, order_id=key, to=to, decision=asked["decision"], hours=hours
                ),
                actor=actor,
                now=now,
            )

    return run(
        do,
        form=form,
        again=lambda answer: _show(request, slug, key, answer, form),
        to=lambda: redirect("hold", slug=slug, key=key),
    )


def _act_form(sent: QueryDict) -> Form:
    """Of the button that was pressed."""
    act = sent.get("act", "")
    if act == "keep":
        return StandsForm.sent(sent)
    kinds: dict[str, type[Form]] = {
        "sign": SignHoldForm,
        "emergency": SignHoldForm,
        "move": MoveForm,
        "drop": DropForm,
    }
    kind = kinds.get(act, EndForm)
    return kind(sent, name=kind.__name__.removesuffix("Form").lower())


@posted("holds")
@allowed(Act.SIGN_HOLD)
def answer_appeal(request: HttpRequest, slug: str) -> HttpResponse:
    """What a site asked about a lot that was held by hand: it stands, or the lot is released."""
    form = LotAnswerForm.sent(request.POST)

    def do() -> None:
        actor, now, asked = actor_of(request), datetime.now(UTC), form.cleaned_data
        key, words = asked["appeal"], asked["words"]
        if asked["act"] == "keep":
            keep_hold(KeepHold(appeal_id=key, words=words), actor=actor, now=now)
        else:
            release_lot(kept_appeals.lot_hold_of(key), words, actor=actor, now=now)

    return run(
        do,
        form=form,
        again=lambda answer: _all(request, slug, answer, form),
        to=lambda: redirect("holds", slug=slug),
    )


@require_GET
@allowed(Act.SIGN_HOLD)
def recipients(request: HttpRequest, slug: str, key: int) -> HttpResponse:
    """Who has had it, those still in the chairs first, as CSV."""
    try:
        found = hold_orders.recipients(slug, key, actor=actor_of(request), now=datetime.now(UTC))
    except NotAllowed as error:
        raise PermissionDenied(str(error)) from None
    except Refusal:
        raise Http404(gettext("There is no such hold.")) from None
    rows = (
        (
            neutral(r["dose"].person.external_id),
            neutral(r["dose"].person.name),
            r["dose"].person.born.isoformat(),
            r["phone"],
            r["dose"].site.code if r["dose"].site else "",
            r["dose"].given_at.isoformat(),
            "yes" if r["seated"] else "",
        )
        for r in found
    )
    answer = csv_answer(f"{slug}-hold-{key}-recipients", HEAD, rows)
    answer["Cache-Control"] = "no-store"
    return answer
