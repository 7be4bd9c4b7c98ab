"""Holds: what is held, what a hold would do before anybody signs, and how it ends."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from balmis.contexts.access import queries as access_queries
from balmis.contexts.access import services as access
from balmis.contexts.places import queries as places
from balmis.contexts.safety import hold_orders as kept_orders
from balmis.core.errors import BadInput, NotAllowed, Refusal
from balmis.core.roles import Act
from balmis.core.spreadsheet_cells import neutral
from balmis.core.vocabulary.safety import HoldKind, HoldScope, HoldStatus
from balmis.flows.booking import rebook_held
from balmis.flows.holds import hold_orders
from balmis.flows.holds.hold_orders import Ask
from balmis.web.labels import safety as words
from balmis.web.safety.cases import answered, base
from balmis.web.shared.requests import actor_of, allowed, csv_answer, posted

HEAD = ("number", "name", "born", "phone", "site", "given_at", "still_in_chair")
ENDS = {
    "lift": HoldStatus.LIFTED,
    "recall": HoldStatus.RECALLED,
    "review": HoldStatus.REVIEWED,
    "drop": HoldStatus.DROPPED,
}


@require_GET
@allowed(Act.SIGN_HOLD)
def show_all(request: HttpRequest, slug: str) -> HttpResponse:
    return _all(request, slug)


def _all(request: HttpRequest, slug: str, status: int = 200, problem: str = "") -> HttpResponse:
    values = base(request, slug)
    if not access.may(actor_of(request), Act.SIGN_HOLD, area=values["campaign"].area):
        raise PermissionDenied(Act.SIGN_HOLD.value)
    campaign, asked = values["campaign"], request.POST or request.GET
    open_ = kept_orders.orders(campaign.pk)
    values |= {
        "open": [_row(o) for o in open_],
        "over": [_row(o) for o in kept_orders.orders(campaign.pk, over=True)[:50]],
        "in_force": sum(1 for o in open_ if HoldStatus(o.status).in_force),
        "problem": problem,
        "form": asked,
        "scopes": words.SCOPES.items(),
        "kinds": words.KINDS.items(),
        "products": values["plan"].products,
        "sites": places.sites_below(campaign.area.code),
        "request_id": asked.get("request_id") or values["request_id"],
    }
    return render(request, "safety/holds.html", values, status=status)


def _row(order: Any) -> dict[str, Any]:
    return {
        "o": order,
        "title": words.order_title(order),
        "state": words.HOLDS[HoldStatus(order.status)],
        "kind": words.KINDS[HoldKind(order.kind)],
    }


@posted("holds")
@allowed(Act.SIGN_HOLD)
def propose(request: HttpRequest, slug: str) -> HttpResponse:
    asked, made = request.POST, []

    def whole(name: str, other: int) -> int:
        text = asked.get(name, "").strip()
        return int(text) if text else other

    def act() -> None:
        made.append(
            hold_orders.propose(
                slug,
                Ask(
                    request_id=UUID(asked.get("request_id", "")),
                    scope=HoldScope(asked.get("scope", "")),
                    kind=HoldKind(asked.get("kind", "")),
                    reason=asked.get("reason", ""),
                    product=asked.get("product", ""),
                    lot=asked.get("lot", ""),
                    site=asked.get("site", ""),
                    from_age=whole("from_age", 0),
                    to_age=whole("to_age", 200),
                    sex=asked.get("sex", ""),
                    hours=whole("hours", 0),
                ),
                actor=actor_of(request),
                now=datetime.now(UTC),
            )
        )

    return answered(
        act,
        lambda s, p: _all(request, slug, s, p),
        lambda: redirect("hold", slug=slug, key=made[0].pk),
    )


@require_GET
@allowed(Act.SIGN_HOLD)
def show(request: HttpRequest, slug: str, key: int) -> HttpResponse:
    return _show(request, slug, key)


def _show(
    request: HttpRequest, slug: str, key: int, status: int = 200, problem: str = ""
) -> HttpResponse:
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
    values = (
        base(request, slug)
        | _row(order)
        | {
            "radius": found.radius,
            "signatures": [(names.get(s.actor, s.actor), s) for s in found.signatures],
            "needed": found.needed,
            "problem": problem,
            "now": now,
            "look": look,
            "event": words.event_name(look.event) if look else "",
            "signed": any(s.actor == actor.name for s in found.signatures),
            "proposed_by": names.get(order.proposed_by, order.proposed_by),
            "ended_by": names.get(order.ended_by, order.ended_by),
            "in_force": HoldStatus(order.status).in_force,
            "may_stop": access.may(actor, Act.STOP_LOT, area=order.campaign.area),
            "form": request.POST,
            "to_move": rebook_held.to_move(order, now=now)
            if HoldStatus(order.status).in_force
            else None,
        }
    )
    return render(request, "safety/hold.html", values, status=status)


@posted("hold")
@allowed(Act.SIGN_HOLD)
def act(request: HttpRequest, slug: str, key: int) -> HttpResponse:
    """Sign it, stop at once, lift it, recall, look at it again, drop it; move those who are booked."""
    asked, actor = request.POST, actor_of(request)

    def do() -> None:
        now, what = datetime.now(UTC), asked.get("act", "")
        if what in ("sign", "emergency"):
            hold_orders.sign(slug, key, emergency=what == "emergency", actor=actor, now=now)
        elif what == "move":
            rebook_held.move_booked(
                slug,
                key,
                UUID(asked.get("request_id", "")),
                int(asked.get("expected", "")),
                actor=actor,
                now=now,
            )
        elif what in ENDS:
            hours = asked.get("hours", "").strip()
            hold_orders.end(
                slug,
                key,
                ENDS[what],
                asked.get("decision", ""),
                hours=int(hours) if hours else 0,
                actor=actor,
                now=now,
            )
        else:
            raise BadInput(gettext("Choose one from the list."))

    return answered(
        do,
        lambda s, p: _show(request, slug, key, s, p),
        lambda: redirect("hold", slug=slug, key=key),
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
