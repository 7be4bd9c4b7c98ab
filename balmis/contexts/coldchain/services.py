"""Write the register of equipment, its readings and what was out of range."""

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F
from django.db.models.functions import Greatest

from balmis.contexts.coldchain.models import (
    Equipment,
    Excursion,
    Quarantine,
    Reading,
    Sensor,
    Stowed,
    Withdrawn,
)
from balmis.contexts.places.models import Site
from balmis.contexts.supply.models import Lot, LotHold
from balmis.core.actor import Actor
from balmis.core.coldchain import excursions as measured
from balmis.core.vocabulary.coldchain import Ruling, Side, Source


def keep_equipment(site: Site, code: str, fields: dict[str, Any], *, new: bool) -> Equipment:
    """A new one never takes the place of one that somebody entered meanwhile."""
    if new:
        return Equipment.objects.create(site=site, code=code, **fields)
    found, _ = Equipment.objects.update_or_create(site=site, code=code, defaults=fields)
    return found


def lock_equipment(equipment_id: int) -> Equipment:
    """Locked to the end of the transaction: its excursions are worked out by one at a time."""
    return Equipment.objects.select_for_update().get(pk=equipment_id)


def add_readings(
    equipment: Equipment,
    rows: Sequence[tuple[datetime, float]],
    source: Source,
    *,
    actor: Actor,
    now: datetime,
) -> int:
    """Those that are new; what is known of the same moment and source stays. Returns how many."""
    times = [at for at, _ in rows]
    before = Reading.objects.filter(
        equipment=equipment, source=source.value, at__range=(min(times), max(times))
    )
    known = before.count()
    Reading.objects.bulk_create(
        [
            Reading(
                equipment=equipment,
                at=at,
                celsius=celsius,
                source=source.value,
                recorded_at=now,
                actor=actor.name,
            )
            for at, celsius in rows
        ],
        ignore_conflicts=True,
        batch_size=5_000,
    )
    return before.count() - known


@dataclass(frozen=True, slots=True)
class Settled:
    excursions: list[Excursion]  # as measured now
    reopened: list[tuple[int, str, str]]  # of those: key, ruling and ground that no longer stand


def set_excursions(
    equipment: Equipment,
    found: Iterable[measured.TimeOutOfRange],
    known: Iterable[Excursion],
    *,
    now: datetime,
) -> Settled:
    """Make those of a span of time what was measured.

    One that was known keeps its decision, unless it is longer or worse than what was decided on.
    Those that are one now are joined, with what was held for each; what was held for one that is two
    now is held for both. One that is no more goes, unless a person acted on it.
    """
    left, kept, reopened = list(known), [], []
    was = [(e.side, e.began_at, e.ended_at, _held_for(e)) for e in left]
    for m in found:
        near = [
            e
            for e in left
            if e.side == m.side and e.began_at <= m.ended_at and e.ended_at >= m.began_at
        ]
        near.sort(key=lambda e: (e.began_at != m.began_at, not e.ruling, e.pk))
        left = [e for e in left if e not in near]
        row = near[0] if near else Excursion(equipment=equipment, side=m.side.value, found_at=now)
        for other in near[1:]:
            if other.ruling:
                reopened.append((other.pk, other.ruling, other.ground))
            _join(other, row)
        before = _measures(row)
        row.began_at, row.ended_at, row.ended = m.began_at, m.ended_at, m.ended
        row.peak, row.degree_minutes, row.alarm = m.peak, m.degree_minutes, m.alarm
        if row.ruling and (len(near) > 1 or _is_worse(row)):
            reopened.append((row.pk, row.ruling, row.ground))
            row.ruling, row.ground, row.decided_by = "", "", ""
            row.decided_at = row.decided_on = None
        if row.pk is None or before != _measures(row) or not row.ruling:
            row.save()
        if not near:
            for side, began, ended, holds in was:
                if side == m.side and began <= m.ended_at and ended >= m.began_at:
                    _part_of(holds, row)
        kept.append(row)
    _forget([e for e in left if not e.ruling])
    return Settled(kept, reopened)


def _forget(gone: list[Excursion]) -> None:
    """They are no more, but those for which alone something is held."""
    held = Quarantine.objects.filter(excursion__in=gone)
    elsewhere = Quarantine.objects.exclude(excursion__in=gone).values("hold")
    acted = set(held.exclude(hold__in=elsewhere).values_list("excursion", flat=True))
    ids = [e.pk for e in gone if e.pk not in acted]
    Quarantine.objects.filter(excursion__in=ids).delete()
    Excursion.objects.filter(pk__in=ids).delete()


def _held_for(excursion: Excursion) -> list[int]:
    standing = Quarantine.objects.filter(excursion=excursion, hold__released_at__isnull=True)
    return list(standing.values_list("hold", flat=True))


def _part_of(holds: list[int], part: Excursion) -> None:
    """What stood for the excursion that it was in stands for it too."""
    for hold in holds:
        Quarantine.objects.get_or_create(excursion=part, hold_id=hold)


def _join(other: Excursion, into: Excursion) -> None:
    """What was two is one; whatever was held for it stays held for that one."""
    have = set(Quarantine.objects.filter(excursion=into).values_list("hold", flat=True))
    Quarantine.objects.filter(excursion=other).exclude(hold__in=have).update(excursion=into)
    Quarantine.objects.filter(excursion=other).delete()
    other.delete()


def _measures(e: Excursion) -> tuple[object, ...]:
    return e.began_at, e.ended_at, e.ended, e.peak, e.degree_minutes, e.alarm


def _minutes(e: Excursion) -> float:
    return (e.ended_at - e.began_at) / timedelta(minutes=1)


def _is_worse(e: Excursion) -> bool:
    """Than what was decided on, by more than the rounding of a reading."""
    then = e.decided_on or {}
    farther = e.peak - then.get("peak", e.peak)
    return bool(
        _minutes(e) > then.get("minutes", 0) + 1
        or e.degree_minutes > then.get("degree_minutes", 0) + 0.5
        or (farther if e.side == Side.WARM else -farther) > 0.05
    )


def decide(
    excursion: Excursion, ruling: Ruling, ground: str, *, actor: Actor, now: datetime
) -> None:
    excursion.ruling, excursion.ground = ruling.value, ground
    excursion.decided_at, excursion.decided_by = now, actor.name
    excursion.decided_on = {
        "minutes": _minutes(excursion),
        "peak": excursion.peak,
        "degree_minutes": excursion.degree_minutes,
    }
    excursion.save(update_fields=["ruling", "ground", "decided_at", "decided_by", "decided_on"])


def withdraw(reading_id: int, reason: str, *, actor: Actor, now: datetime) -> None:
    Withdrawn.objects.get_or_create(
        reading_id=reading_id, defaults={"reason": reason, "at": now, "actor": actor.name}
    )


def note_quarantine(excursion: Excursion, hold: LotHold) -> None:
    Quarantine.objects.get_or_create(excursion=excursion, hold=hold)


def stow(equipment: Equipment, lot: Lot, *, actor: Actor, now: datetime) -> Stowed:
    """The lot is in this equipment from now on, and in no other of the site."""
    standing = Stowed.objects.filter(lot=lot, equipment__site=equipment.site, until__isnull=True)
    same = standing.filter(equipment=equipment).first()
    if same is not None:
        return same
    standing.update(
        until=Greatest(F("since"), now)
    )  # whoever put it there may have had a clock ahead
    return Stowed.objects.create(equipment=equipment, lot=lot, since=now, actor=actor.name)


def make_sensor(equipment: Equipment, *, actor: Actor, now: datetime) -> tuple[Sensor, str]:
    """The sensor and its secret, which is shown this once; an earlier one is revoked. The equipment
    is held."""
    equipment.sensors.filter(revoked_at__isnull=True).update(revoked_at=now)
    secret = secrets.token_urlsafe(32)
    made = equipment.sensors.create(digest=digest_of(secret), made_at=now, made_by=actor.name)
    return made, secret


def digest_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
