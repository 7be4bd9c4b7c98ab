"""Discards of whole vials: asked for, then witnessed."""

from balmis.contexts.supply.models import Discard
from balmis.core.errors import Refusal
from balmis.core.vocabulary.reasons import Refused


def ask_discard(row: Discard) -> tuple[Discard, bool]:
    fields = ("lot", "site", "doses", "why", "note", "asked_at", "asked_by")
    return Discard.objects.get_or_create(
        request_id=row.request_id, defaults={f: getattr(row, f) for f in fields}
    )


def lock_discard(key: int) -> Discard:
    """One that is open. Raises Refusal(NOT_KNOWN)."""
    rows = Discard.objects.select_for_update(of=("self",)).select_related(
        "lot__product", "site__area"
    )
    found = rows.filter(pk=key, ended_at__isnull=True).first()
    if found is None:
        raise Refusal(Refused.NOT_KNOWN, what="discard", key=key)
    return found


def discards_of(site_id: int) -> list[Discard]:
    open_ = Discard.objects.filter(site=site_id, ended_at__isnull=True)
    return list(open_.select_related("lot__product").order_by("asked_at"))
