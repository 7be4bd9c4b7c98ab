"""Looks and what they crossed; in the caller's transaction."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.safety.models import Look, Signal
from balmis.core.actor import Actor
from balmis.core.errors import Refusal
from balmis.core.states import SIGNAL, check_move
from balmis.core.vocabulary.reasons import Refused
from balmis.core.vocabulary.safety import LookMethod, SignalStatus

OPEN = [s.value for s in (SignalStatus.RAISED, SignalStatus.VALIDATED, SignalStatus.ASSESSED)]


def keep(campaign: Campaign, looks: Iterable[dict[str, Any]], *, now: datetime) -> list[Look]:
    """The looks of one moment."""
    return Look.objects.bulk_create([Look(campaign=campaign, at=now, **values) for values in looks])


def raise_signal(look: Look, *, now: datetime) -> Signal:
    return Signal.objects.create(
        campaign=look.campaign, look=look, status=SignalStatus.RAISED.value, raised_at=now
    )


def crossed(campaign_id: int) -> set[tuple[str, str, int | None, int | None]]:
    """(method, event, lot, product) that have crossed once: a crossing is never taken back."""
    rows = Look.objects.filter(campaign=campaign_id, crossed=True)
    return set(rows.values_list("method", "event", "lot", "product"))


def last_counts(
    campaign_id: int,
) -> dict[tuple[str, str, int | None, int | None], tuple[int, float]]:
    """What the last look of each test counted and expected."""
    rows = (
        Look.objects.filter(campaign=campaign_id)
        .order_by("method", "event", "lot", "product", "-at", "-pk")
        .distinct("method", "event", "lot", "product")
    )
    return {(r.method, r.event, r.lot_id, r.product_id): (r.observed, r.expected) for r in rows}


def signals(campaign_id: int, *, over: bool = False) -> list[Signal]:
    found = Signal.objects.filter(campaign=campaign_id)
    found = found.exclude(status__in=OPEN) if over else found.filter(status__in=OPEN)
    whole = found.select_related("look__lot__product", "look__product", "look__site")
    return list(whole.prefetch_related("orders").order_by("-raised_at", "-pk"))


def lock_signal(key: int) -> Signal:
    """Locked to the end of the transaction. Raises Refusal(NOT_KNOWN)."""
    found = (
        Signal.objects.select_for_update(of=("self",))
        .select_related("campaign__area", "look__lot__product", "look__site")
        .filter(pk=key)
        .first()
    )
    if found is None:
        raise Refusal(Refused.NOT_KNOWN, what="signal", key=key)
    return found


def decide(signal: Signal, to: SignalStatus, note: str, *, actor: Actor, now: datetime) -> None:
    """Raises Conflict for a state that cannot follow."""
    check_move(SIGNAL, SignalStatus(signal.status), to)
    signal.status, signal.note = to.value, note
    signal.decided_at, signal.decided_by = now, actor.name
    signal.save()


def path(campaign_id: int, method: str, event: str, **of: int | None) -> list[Look]:
    """All looks of one test, in time."""
    found = Look.objects.filter(campaign=campaign_id, method=method, event=event, **of)
    return list(found.select_related("lot__product", "product").order_by("at", "pk"))


def of_lots(campaign_id: int, over: set[tuple[str, int]]) -> list[Signal]:
    """The signal of each of these tests (event, lot) that people have not refuted; one a lot."""
    found = Signal.objects.filter(campaign=campaign_id, look__method=LookMethod.LOT.value).exclude(
        status=SignalStatus.REFUTED.value
    )
    rows = found.select_related("look__lot__product").order_by("pk")
    return list({s.look.lot_id: s for s in rows if (s.look.event, s.look.lot_id) in over}.values())
