"""Hold orders: proposed, signed, in force until their end; in the caller's transaction."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q

from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.journal.requests import check_same
from balmis.contexts.people.models import Person
from balmis.contexts.places.models import Site
from balmis.contexts.places.queries import codes_around
from balmis.contexts.safety.models import HoldOrder, HoldSignature, Signal
from balmis.contexts.supply.models import Lot, Product
from balmis.core.actor import Actor
from balmis.core.dates import age_on
from balmis.core.errors import Conflict, Refusal
from balmis.core.refusal_texts import gettext_noop
from balmis.core.states import HOLD
from balmis.core.vocabulary.reasons import Refused
from balmis.core.vocabulary.safety import HoldKind, HoldScope, HoldStatus

OPEN = [HoldStatus.PROPOSED.value, HoldStatus.ACTIVE.value, HoldStatus.REVIEWED.value]
WHOLE = ("campaign__area", "lot__product", "site__area", "product")
IN_FORCE = [s.value for s in HoldStatus if s.in_force]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be held, and why."""

    request_id: UUID
    scope: HoldScope
    kind: HoldKind
    reason: str
    expires_at: datetime
    lot: Lot | None = None
    site: Site | None = None
    product: Product | None = None
    group: dict[str, Any] | None = None
    rule: str = ""
    signal: Signal | None = None


def propose(
    wanted: Wanted, campaign: Campaign, *, actor: Actor, now: datetime
) -> tuple[HoldOrder, bool]:
    """The order, and whether it is new; a retry gives back the first. Raises Conflict when one of
    the same scope stands."""
    if earlier := HoldOrder.objects.filter(request_id=wanted.request_id).first():
        lot, site, product = wanted.lot, wanted.site, wanted.product
        check_same(
            wanted.request_id,
            (earlier.campaign_id, earlier.lot_id, earlier.site_id, earlier.product_id),
            (campaign.pk, lot and lot.pk, site and site.pk, product and product.pk),
        )
        return earlier, False
    try:
        with transaction.atomic():
            return HoldOrder.objects.create(
                request_id=wanted.request_id,
                campaign=campaign,
                scope=wanted.scope.value,
                kind=wanted.kind.value,
                lot=wanted.lot,
                site=wanted.site,
                product=wanted.product,
                group=wanted.group,
                status=HoldStatus.PROPOSED.value,
                reason=wanted.reason,
                rule=wanted.rule,
                signal=wanted.signal,
                proposed_at=now,
                proposed_by=actor.name,
                expires_at=wanted.expires_at,
            ), True
    except IntegrityError as error:
        if "one_order_of_a_scope" not in str(error):
            raise
        raise Conflict(
            gettext_noop("There is an order for exactly this already. Look at it.")
        ) from None


def lock_order(key: int) -> HoldOrder:
    """Locked to the end of the transaction. Raises Refusal(NOT_KNOWN)."""
    return _one(key, locked=True)


def order(key: int) -> HoldOrder:
    """Raises Refusal(NOT_KNOWN)."""
    return _one(key, locked=False)


def _one(key: int, *, locked: bool) -> HoldOrder:
    rows = HoldOrder.objects.select_related(*WHOLE, "signal__look")
    found = (rows.select_for_update(of=("self",)) if locked else rows).filter(pk=key).first()
    if found is None:
        raise Refusal(Refused.NOT_KNOWN, what="hold order", key=key)
    return found


def sign(order: HoldOrder, *, emergency: bool, actor: Actor, now: datetime) -> int:
    """How many have signed. Raises Refusal(SIGNED_ALREADY)."""
    _, made = HoldSignature.objects.get_or_create(
        order=order, actor=actor.name, defaults={"at": now, "emergency": emergency}
    )
    if not made and not emergency:  # whoever signed as one of several may still stop it alone
        raise Refusal(Refused.SIGNED_ALREADY)
    return order.signatures.count()


def signatures(order: HoldOrder) -> list[HoldSignature]:
    return list(order.signatures.order_by("at", "pk"))


def signers(keys: Iterable[int]) -> dict[int, list[str]]:
    """Who stands for each of the orders, as the trail names them; the first to sign first."""
    found: dict[int, list[str]] = {}
    rows = HoldSignature.objects.filter(order__in=list(keys)).order_by("at", "pk")
    for order, actor in rows.values_list("order", "actor"):
        found.setdefault(order, []).append(actor)
    return found


def move(order: HoldOrder, to: HoldStatus, *, actor: Actor, now: datetime, **values: Any) -> None:
    """Raises Refusal(HOLD_NOT_STANDING) for a state that cannot follow."""
    if to not in HOLD[HoldStatus(order.status)]:
        raise Refusal(Refused.HOLD_NOT_STANDING, status=order.status)
    order.status = to.value
    for name, value in values.items():
        setattr(order, name, value)
    if to.value not in OPEN:
        order.ended_at, order.ended_by = now, actor.name
    order.save()


def orders(campaign_id: int, *, over: bool = False) -> list[HoldOrder]:
    """Those that are open; or (`over`) those that have ended, the last first."""
    found = HoldOrder.objects.filter(campaign=campaign_id)
    found = found.exclude(status__in=OPEN) if over else found.filter(status__in=OPEN)
    whole = found.select_related("lot__product", "site", "product")
    return list(whole.order_by("-ended_at" if over else "expires_at", "-pk"))


def due(now: datetime) -> list[int]:
    """Orders in force whose time is over."""
    found = HoldOrder.objects.filter(status__in=IN_FORCE, expires_at__lte=now)
    return list(found.order_by("pk").values_list("pk", flat=True))


def site_orders(site_id: int) -> list[HoldOrder]:
    """In force for everything at a site."""
    found = HoldOrder.objects.filter(scope=HoldScope.SITE.value, site=site_id, status__in=IN_FORCE)
    return list(found.order_by("pk"))


def orders_around(site: Site) -> list[HoldOrder]:
    """In force where the site lies, whatever they hold."""
    found = HoldOrder.objects.filter(
        status__in=IN_FORCE, campaign__area__code__in=codes_around(site.pk)
    )
    return list(found.select_related(*WHOLE).order_by("pk"))


def orders_by_key(keys: Iterable[int]) -> list[HoldOrder]:
    found = HoldOrder.objects.filter(pk__in=list(keys)).select_related(*WHOLE)
    return list(found.order_by("pk"))


def group_orders(campaign_id: int) -> list[HoldOrder]:
    """In force for a product and people of an age and sex."""
    found = HoldOrder.objects.filter(
        scope=HoldScope.PRODUCT_GROUP.value,
        campaign=campaign_id,
        status__in=IN_FORCE,
        kind=HoldKind.HARD.value,
    )
    return list(found.select_related("product").order_by("pk"))


def products_held_for(person: Person, on: date, orders: Iterable[HoldOrder]) -> set[str]:
    """Products that the person must not have now, by orders for a group."""
    return {
        o.product.code
        for o in orders
        if o.product is not None and o.group is not None and in_group(person, on, o.group)
    }


def in_group(person: Person, on: date, group: dict[str, Any]) -> bool:
    age = age_on(person.born, on)
    return group["from_age"] <= age <= group["to_age"] and group["sex"] in ("", person.sex)


def covering(campaign_id: int, lot_id: int, site: Site | None) -> HoldOrder | None:
    """An order that holds at least this, the lot everywhere or (with a site) there: one in force, else a
    soft one that is proposed. A hard one holds nothing before it is signed."""
    soft = Q(status=HoldStatus.PROPOSED.value, kind=HoldKind.SOFT.value)
    found = HoldOrder.objects.filter(Q(status__in=IN_FORCE) | soft, campaign=campaign_id)
    wide = Q(scope=HoldScope.LOT.value, lot=lot_id)
    if site is not None:
        wide |= Q(scope=HoldScope.SITE.value, site=site)
        wide |= Q(scope=HoldScope.LOT_AT_SITE.value, lot=lot_id, site=site)
    rows = found.filter(wide).select_related("lot__product", "site__area", "campaign__area")
    return min(rows, key=lambda o: (o.status == HoldStatus.PROPOSED, o.pk), default=None)


def prolong(order: HoldOrder, until: datetime) -> None:
    HoldOrder.objects.filter(pk=order.pk, expires_at__lt=until).update(expires_at=until)
