"""Steps that were refused, and kept to be looked at."""

from datetime import date, datetime

from django.db.models import DateTimeField, F
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Least

from balmis.contexts.clinic.models import RejectedStep
from balmis.core.actor import Actor
from balmis.core.dates import day_span
from balmis.core.errors import Refusal
from balmis.core.vocabulary.reasons import Refused


def keep(row: RejectedStep) -> tuple[RejectedStep, bool]:
    """The row, and whether it is new."""
    fields = ("campaign", "site", "sent", "problem", "device", "actor", "at")
    return RejectedStep.objects.get_or_create(
        request_id=row.request_id, defaults={f: getattr(row, f) for f in fields}
    )


def open_at(campaign_id: int, site_id: int) -> list[RejectedStep]:
    found = RejectedStep.objects.filter(
        campaign=campaign_id, site=site_id, resolved_at__isnull=True
    )
    return list(found.order_by("at", "pk"))


def open_count(site_id: int, on: date, time_zone: str) -> int:
    """Unresolved, of what was done on the day by the desk's clock, or, if that runs ahead, heard."""
    begin, end = day_span(on, time_zone)
    done = Least(Cast(KeyTextTransform("at", "sent"), DateTimeField()), F("at"))
    found = RejectedStep.objects.filter(site=site_id, resolved_at__isnull=True).annotate(done=done)
    return found.filter(done__gte=begin, done__lt=end).count()


def forget_person(person_id: int) -> int:
    """What devices and people wrote in steps of theirs; that there was one, of which kind and when, stays.
    Returns how many."""
    found = list(RejectedStep.objects.filter(sent__person=person_id))
    for row in found:
        row.sent = {key: row.sent[key] for key in ("person", "kind", "at") if key in row.sent}
        row.problem, row.note = "", "erased" if row.note else ""
    return RejectedStep.objects.bulk_update(found, ["sent", "problem", "note"])


def lock(key: int) -> RejectedStep:
    """Raises Refusal(NOT_KNOWN) when it is resolved, or none."""
    rows = RejectedStep.objects.select_for_update(of=("self",)).select_related("site__area")
    found = rows.filter(pk=key, resolved_at__isnull=True).first()
    if found is None:
        raise Refusal(Refused.NOT_KNOWN, what="step", key=key)
    return found


def resolve(row: RejectedStep, note: str, *, actor: Actor, now: datetime) -> None:
    row.note, row.resolved_at, row.resolved_by = note, now, actor.name
    row.save(update_fields=["note", "resolved_at", "resolved_by"])
