"""What sites say against holds, and what they are answered; in the caller's transaction."""

from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.journal.requests import check_same
from balmis.contexts.places.models import Site
from balmis.contexts.safety.models import HoldAppeal, HoldOrder
from balmis.contexts.supply.models import LotHold
from balmis.core.actor import Actor
from balmis.core.errors import Conflict, Refusal
from balmis.core.refusal_texts import gettext_noop
from balmis.core.vocabulary.reasons import Refused
from balmis.core.vocabulary.safety import AppealStatus

Held = HoldOrder | LotHold  # what an appeal is against
WHOLE = (
    *("site__area", "hold__lot__product", "hold__site__area", "hold__area"),
    *("order__campaign__area", "order__lot__product", "order__site", "order__product"),
)
OPEN = AppealStatus.OPEN.value


def _against(held: Held) -> Q:
    return Q(order=held) if isinstance(held, HoldOrder) else Q(hold=held)


def appeal_for_request(request_id: UUID, held: Held, site: Site) -> HoldAppeal | None:
    """What the request has asked before. Raises Refusal(REQUEST_REUSED) if that was something else."""
    earlier = _whole().filter(request_id=request_id).first()
    if earlier is not None:
        is_order = isinstance(held, HoldOrder)
        asked = (held.pk if is_order else None, None if is_order else held.pk, site.pk)
        check_same(request_id, (earlier.order_id, earlier.hold_id, earlier.site_id), asked)
    return earlier


def open_appeal(held: Held, site: Site) -> HoldAppeal | None:
    return _whole().filter(_against(held), site=site, status=OPEN).first()


def ask(
    request_id: UUID, held: Held, site: Site, words: str, *, actor: Actor, now: datetime
) -> HoldAppeal:
    return HoldAppeal.objects.create(
        request_id=request_id,
        order=held if isinstance(held, HoldOrder) else None,
        hold=None if isinstance(held, HoldOrder) else held,
        site=site,
        words=words,
        at=now,
        by=actor.name,
        status=OPEN,
    )


def lock_appeal(key: int) -> HoldAppeal:
    """Locked to the end of the transaction. Raises Refusal(NOT_KNOWN), Conflict when it is answered."""
    found = _whole().select_for_update(of=("self",)).filter(pk=key).first()
    if found is None:
        raise Refusal(Refused.NOT_KNOWN, what="appeal", key=key)
    if found.status != OPEN:
        raise Conflict(gettext_noop("This was answered meanwhile. Look at the answer."))
    return found


def lock_open(held: Held) -> list[HoldAppeal]:
    """Those against the hold that nobody has answered, locked to the end of the transaction."""
    found = _whole().select_for_update(of=("self",)).filter(_against(held), status=OPEN)
    return list(found.order_by("pk"))


def answer(
    appeal: HoldAppeal, to: AppealStatus, words: str, *, actor: Actor, now: datetime
) -> None:
    appeal.status, appeal.answer = to.value, words
    appeal.answered_at, appeal.answered_by = now, actor.name
    appeal.save(update_fields=["status", "answer", "answered_at", "answered_by"])


def appeals_of_site(site_id: int) -> list[HoldAppeal]:
    """All that the site has ever asked, the last first."""
    return list(_whole().filter(site=site_id).order_by("-at", "-pk"))


def appeals_against(order: HoldOrder) -> list[HoldAppeal]:
    """The open ones first, and of those the oldest."""
    found = list(_whole().filter(order=order).order_by("at", "pk"))
    return sorted(found, key=lambda a: a.status != OPEN)


def waiting(campaign: Campaign) -> list[HoldAppeal]:
    """Open against an order of the campaign, or against a hold of a lot where it is carried out; the
    oldest first."""
    return list(_waiting(campaign).order_by("at", "pk"))


def how_many_wait(campaign: Campaign) -> int:
    return _waiting(campaign).count()


def _waiting(campaign: Campaign) -> "QuerySet[HoldAppeal]":
    path = campaign.area.path
    of_lot = Q(hold__site__area__path__startswith=path) | Q(hold__area__path__startswith=path)
    return _whole().filter(Q(order__campaign=campaign) | of_lot, status=OPEN)


def lot_hold_of(key: int) -> int:
    """The hold of a lot that an appeal is against. Raises Refusal(NOT_KNOWN) for none."""
    found = HoldAppeal.objects.filter(pk=key).values_list("hold", flat=True).first()
    if found is None:
        raise Refusal(Refused.NOT_KNOWN, what="appeal", key=key)
    return found


def _whole() -> "QuerySet[HoldAppeal]":
    return HoldAppeal.objects.select_related(*WHOLE)
