"""Hold orders: one act freezes the store, the scanner and the bookings, and always has an end.

Soft: a rule or one person; the scanner warns, nothing new is booked. Hard: two people, or the
clinical lead alone in an emergency; the scanner is red.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from balmis.contexts.access.services import check_may
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.clinic import queries as doses
from balmis.contexts.journal import audit, locks
from balmis.contexts.places import queries as places
from balmis.contexts.places.models import Site
from balmis.contexts.safety import hold_orders
from balmis.contexts.safety.hold_orders import Wanted
from balmis.contexts.safety.models import HoldOrder, HoldSignature, Signal
from balmis.contexts.supply import lot_holds, lots, products, stock_book
from balmis.contexts.supply.models import BY_ORDER, Lot
from balmis.core.actor import Actor
from balmis.core.errors import BadInput, Conflict, Refusal
from balmis.core.refusal_texts import gettext_noop
from balmis.core.request_ids import Made
from balmis.core.roles import Act
from balmis.core.vocabulary.people import Sex
from balmis.core.vocabulary.reasons import Refused
from balmis.core.vocabulary.safety import AppealStatus, HoldKind, HoldScope, HoldStatus
from balmis.flows.holds.hold_appeals import end_appeals
from balmis.flows.holds.hold_impact import Radius, co_recipients, radius
from balmis.flows.holds.lot_holds import PlaceHold, end_hold, place_hold
from balmis.flows.retry import retried


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What somebody wants to hold, as they say it."""

    request_id: UUID
    scope: HoldScope
    kind: HoldKind
    reason: str
    product: str = ""
    lot: str = ""
    site: str = ""
    from_age: int = 0
    to_age: int = 200
    sex: str = ""
    hours: int = 0  # 0: as long as its kind lasts


ANSWER = {  # what the end of an order says to the appeals against it
    HoldStatus.LIFTED: AppealStatus.LIFTED,
    HoldStatus.EXPIRED: AppealStatus.LIFTED,
    HoldStatus.RECALLED: AppealStatus.RECALLED,
}
# what a person may decide; it becomes active by signatures, and expires by itself
DECIDED = (HoldStatus.REVIEWED, HoldStatus.LIFTED, HoldStatus.RECALLED, HoldStatus.DROPPED)


@dataclass(frozen=True, slots=True)
class Shown:
    """An order, what it does or would do, and who stands for it."""

    order: HoldOrder
    radius: Radius
    signatures: tuple[HoldSignature, ...]
    needed: int  # signatures still to come


def cause(order: HoldOrder) -> str:
    """What ties a hold of a lot to its order."""
    return f"{BY_ORDER}{order.pk}"


@retried
@transaction.atomic(durable=True)
def propose(
    slug: str, ask: Ask, *, signal: Signal | None = None, actor: Actor, now: datetime
) -> HoldOrder:
    """An order that does nothing yet; a retry gives back the first.

    Raises NotAllowed, BadInput, Conflict when one of the same scope stands, Refusal(NOT_KNOWN).
    """
    campaign = campaigns.campaign(slug)
    check_may(actor, Act.SIGN_HOLD, area=campaign.area)
    locks.lock_request(ask.request_id)
    return place_order(_wanted(slug, ask, signal, now), campaign, actor=actor, now=now)


def place_order(wanted: Wanted, campaign: Campaign, *, actor: Actor, now: datetime) -> HoldOrder:
    """The order of a person or of a rule, in the caller's transaction; a retry gives back the first.

    Raises Conflict when one of the same scope stands.
    """
    order, made = hold_orders.propose(wanted, campaign, actor=actor, now=now)
    if made:
        audit.record(
            "hold_order.proposed",
            _subject(order),
            actor=actor,
            now=now,
            scope=order.scope,
            kind=order.kind,
            rule=order.rule,
        )
    return order


def _subject(order: HoldOrder) -> str:
    return f"hold-order:{order.pk}"


def _wanted(slug: str, ask: Ask, signal: Signal | None, now: datetime) -> Wanted:
    reason = ask.reason.strip()[:1000]
    if len(reason) < 3:
        raise BadInput(gettext_noop("Say why it is to be held."), ("reason",))
    lasts = _lasts(slug, ask.hours, ask.kind)
    lot, site = _lot(ask), _site(slug, ask)
    product = products.product(ask.product) if ask.scope is HoldScope.PRODUCT_GROUP else None
    return Wanted(
        request_id=ask.request_id,
        scope=ask.scope,
        kind=ask.kind,
        reason=reason,
        expires_at=now + lasts,
        lot=lot,
        site=site,
        product=product,
        group=_group(ask) if product else None,
        signal=signal,
    )


def _lasts(slug: str, hours: int, kind: HoldKind) -> timedelta:
    """0: as long as its kind does. Raises BadInput."""
    policy = campaigns.policy_of(campaigns.campaign(slug).pk).holds
    if hours and not 1 <= hours <= policy.most_hours:
        raise BadInput(
            gettext_noop(
                "A hold lasts at least an hour, and at most as long as the campaign allows."
            ),
            ("hours",),
        )
    return timedelta(hours=hours) if hours else policy.lasts(soft=kind is HoldKind.SOFT)


def _lot(ask: Ask) -> Lot | None:
    if ask.scope not in (HoldScope.LOT, HoldScope.LOT_AT_SITE):
        return None
    if not ask.lot.strip():
        raise BadInput(gettext_noop("Enter the lot number."), ("lot",))
    found = lots.lot_by_number(products.product(ask.product), ask.lot.strip())
    if found is None:
        raise Refusal(Refused.NOT_KNOWN, what=f"lot of {ask.product}", key=ask.lot)
    return found


def _site(slug: str, ask: Ask) -> Site | None:
    if ask.scope not in (HoldScope.SITE, HoldScope.LOT_AT_SITE):
        return None
    if not ask.site:
        raise BadInput(gettext_noop("Choose the site."), ("site",))
    found = places.site(ask.site)
    campaigns.check_within(campaigns.campaign(slug), found.area, what="site", key=ask.site)
    return found


def _group(ask: Ask) -> dict[str, Any]:
    if ask.kind is HoldKind.SOFT:
        raise BadInput(gettext_noop("A hold for a group of people is a hard one."), ("kind",))
    if not 0 <= ask.from_age <= ask.to_age <= 200 or ask.sex not in ("", *[s.value for s in Sex]):
        raise BadInput(gettext_noop("The ages must go from the lower to the higher."), ("to_age",))
    return {"from_age": ask.from_age, "to_age": ask.to_age, "sex": ask.sex}


def show(slug: str, key: int, *, actor: Actor, now: datetime) -> Shown:
    """Raises NotAllowed, Refusal(NOT_KNOWN)."""
    order = _of(slug, hold_orders.order(key), actor)
    signed = tuple(hold_orders.signatures(order))
    return Shown(order, radius(order, now=now), signed, max(0, _needed(order) - len(signed)))


def _of(slug: str, order: HoldOrder, actor: Actor) -> HoldOrder:
    check_may(actor, Act.SIGN_HOLD, area=campaigns.campaign(slug).area)
    if order.campaign.slug != slug:
        raise Refusal(Refused.NOT_KNOWN, what="hold order", key=order.pk)
    return order


def _needed(order: HoldOrder) -> int:
    """Signatures until it is in force."""
    if order.status != HoldStatus.PROPOSED:
        return 0
    policy = campaigns.policy_of(order.campaign_id).holds
    return 1 if order.kind == HoldKind.SOFT else policy.signatures


@retried
@transaction.atomic(durable=True)
def sign(slug: str, key: int, *, emergency: bool = False, actor: Actor, now: datetime) -> HoldOrder:
    """Stand for it; with enough signatures it is in force.

    `emergency`: the clinical lead, alone. Raises NotAllowed, Refusal(SIGNED_ALREADY,
    HOLD_NOT_STANDING).
    """
    order = _of(slug, hold_orders.lock_order(key), actor)
    if order.status != HoldStatus.PROPOSED:
        raise Refusal(Refused.HOLD_NOT_STANDING, status=order.status)
    if emergency:
        check_may(actor, Act.STOP_LOT, area=order.campaign.area)
    signed = hold_orders.sign(order, emergency=emergency, actor=actor, now=now)
    audit.record("hold_order.signed", _subject(order), actor=actor, now=now, emergency=emergency)
    if emergency or signed >= _needed(order):
        activate(order, actor=actor, now=now)
    return order


def activate(order: HoldOrder, *, actor: Actor, now: datetime) -> None:
    """In the caller's transaction: nothing of the scope is given from now on."""
    if order.site is not None:
        _one_site_at_a_time(order.site)
    seen = radius(order, now=now)
    lasts = order.expires_at - order.proposed_at
    hold_orders.move(
        order,
        HoldStatus.ACTIVE,
        actor=actor,
        now=now,
        active_at=now,
        radius=seen.kept(),
        expires_at=now + lasts,
    )
    for lot in sorted(_to_hold(order), key=lambda lot: (lot.product_id, lot.pk)):
        _place(order, lot, actor=actor, now=now)
    audit.record(
        "hold_order.active",
        _subject(order),
        actor=actor,
        now=now,
        scope=order.scope,
        kind=order.kind,
    )
    if order.scope == HoldScope.LOT:
        _propose_elsewhere(order, actor=actor, now=now)


def _propose_elsewhere(order: HoldOrder, *, actor: Actor, now: datetime) -> None:
    """Other regions that have, or gave, something of the lot decide themselves: each has a proposal."""
    own, lot = order.campaign.area, order.lot
    assert lot is not None
    sites = {*stock_book.balances_of(lot.pk), *doses.given_by_site(lot.pk)} - {None}
    paths = [s.area.path for s in places.sites_by_id(key for key in sites if key)]
    for campaign in campaigns.campaigns():
        there = campaign.area.path
        if there.startswith(own.path) or own.path.startswith(there):
            continue
        if not any(path.startswith(there) for path in paths):
            continue
        wanted = Wanted(
            request_id=Made.ORDER_ELSEWHERE.of(f"{order.pk} {campaign.pk}"),
            scope=HoldScope.LOT,
            kind=HoldKind(order.kind),
            reason=f"{order.campaign.slug}: {order.reason}"[:1000],
            expires_at=order.expires_at,
            lot=lot,
        )
        with suppress(Conflict):  # they look at the lot already
            place_order(wanted, campaign, actor=actor, now=now)


def _to_hold(order: HoldOrder) -> Sequence[Lot]:
    if order.lot is not None:
        return [order.lot]
    return stock_book.lots_once_at(order.site.pk) if order.site is not None else []


def _one_site_at_a_time(site: Site) -> None:
    """Goods that arrive, and an order for the whole site: each sees what the other did."""
    locks.one_at_a_time(f"site-hold:{site.pk}")


def _place(order: HoldOrder, lot: Lot, *, actor: Actor, now: datetime) -> None:
    place_hold(
        PlaceHold(
            request_id=Made.LOT_HOLD.of(f"{order.pk} {lot.pk}"),
            lot=lot,
            where=order.site or order.campaign.area,
            reason=order.reason[:500],
            cause=cause(order),
            soft=order.kind == HoldKind.SOFT,
        ),
        actor=actor,
        now=now,
    )


def follow_site(site: Site, lot: Lot, *, actor: Actor, now: datetime) -> None:
    """Goods that come to a site on which everything is held are held, too; in the caller's
    transaction."""
    _one_site_at_a_time(site)
    for order in hold_orders.site_orders(site.pk):
        _place(order, lot, actor=actor, now=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class EndHold:
    """How a hold order ends or goes on, and on what ground."""

    campaign: str
    order_id: int
    to: HoldStatus
    decision: str
    hours: int = 0  # that it lasts from now on, where it goes on


@retried
@transaction.atomic(durable=True)
def end(cmd: EndHold, *, actor: Actor, now: datetime) -> HoldOrder:
    """Lift it, take the goods back for good, drop the proposal, or look at it again and go on.

    Raises NotAllowed, BadInput without a decision, Refusal(HOLD_NOT_STANDING).
    """
    order = _of(cmd.campaign, hold_orders.lock_order(cmd.order_id), actor)
    if len(cmd.decision.strip()) < 3:
        raise BadInput(gettext_noop("Say what was decided, and on what ground."), ("decision",))
    if cmd.to not in DECIDED:
        raise BadInput(gettext_noop("A hold expires by itself."))
    values: dict[str, Any] = {"decision": cmd.decision.strip()[:1000]}
    if cmd.to is HoldStatus.REVIEWED:
        values["expires_at"] = now + _lasts(cmd.campaign, cmd.hours, HoldKind(order.kind))
    hold_orders.move(order, cmd.to, actor=actor, now=now, **values)
    if cmd.to is HoldStatus.LIFTED:
        _release(order, order.decision, actor=actor, now=now)
    if cmd.to in ANSWER:
        end_appeals(order, ANSWER[cmd.to], order.decision, actor=actor, now=now)
    audit.record(
        f"hold_order.{cmd.to}", _subject(order), actor=actor, now=now, decision=order.decision
    )
    return order


def _release(order: HoldOrder, decision: str, *, actor: Actor, now: datetime) -> None:
    for hold in lot_holds.holds_for(cause(order)):
        end_hold(hold.pk, decision[:500], actor=actor, now=now)


def expire_due(*, now: datetime) -> int:
    """Holds whose time is over end by themselves; returns how many."""
    return sum(_expire(key, now=now) for key in hold_orders.due(now))


@retried
@transaction.atomic(durable=True)
def _expire(key: int, *, now: datetime) -> bool:
    order, actor = hold_orders.lock_order(key), Actor.system("holds")
    if order.status not in hold_orders.IN_FORCE or order.expires_at > now:
        return False
    hold_orders.move(
        order,
        HoldStatus.EXPIRED,
        actor=actor,
        now=now,
        decision=gettext_noop("Its time was over and nobody prolonged it."),
    )
    _release(order, order.decision, actor=actor, now=now)
    end_appeals(order, ANSWER[HoldStatus.EXPIRED], order.decision, actor=actor, now=now)
    audit.record("hold_order.expired", _subject(order), actor=actor, now=now)
    return True


@transaction.atomic
def recipients(slug: str, key: int, *, actor: Actor, now: datetime) -> list[dict[str, Any]]:
    """Who has had a dose of it, those in the chairs first. The look at them is logged."""
    order = _of(slug, hold_orders.order(key), actor)
    check_may(actor, Act.READ_PERSON, area=order.campaign.area)
    area = order.campaign.area
    found = [
        r
        for r in co_recipients(order, now=now)
        if r["dose"].site and r["dose"].site.area.path.startswith(area.path)
    ]
    audit.record(
        "hold_order.recipients_read",
        _subject(order),
        actor=actor,
        now=now,
        people=[r["dose"].person_id for r in found],
    )
    return found
