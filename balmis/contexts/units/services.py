"""Keep units, their coordinators, links, rosters and answers; inside the caller's transaction."""

import secrets
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

from balmis.contexts.access.models import User
from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.people import merges
from balmis.contexts.people import services as persons
from balmis.contexts.places.models import Area
from balmis.contexts.units.models import (
    Answer,
    Coordinator,
    Membership,
    RosterCount,
    Unit,
    UnitLink,
)
from balmis.core.vocabulary.people import TraitKind
from balmis.core.vocabulary.units import Willingness

TOKEN_BYTES = 24


def keep_unit(
    campaign: Campaign, code: str, *, title: str, category: str, area: Area, quota: int | None
) -> Unit:
    found, _ = Unit.objects.update_or_create(
        campaign=campaign,
        code=code,
        defaults={"title": title, "category": category, "area": area, "quota": quota},
    )
    return found


def lock_unit(unit: Unit) -> None:
    """One writer of a roster at a time."""
    Unit.objects.select_for_update(no_key=True).get(pk=unit.pk)


def keep_coordinator(unit: Unit, user_id: int) -> None:
    Coordinator.objects.get_or_create(unit=unit, user=User.objects.get(pk=user_id))


def renew_link(unit: Unit, *, request_id: UUID, now: datetime) -> UnitLink:
    """Another token; the one before is void from now on."""
    values = {
        "token": secrets.token_urlsafe(TOKEN_BYTES),
        "request_id": request_id,
        "made_at": now,
    }
    made, _ = UnitLink.objects.update_or_create(unit=unit, defaults=values)
    return made


def end_link(unit: Unit) -> bool:
    """Nobody joins by it any more; False when there was none."""
    return bool(UnitLink.objects.filter(unit=unit).delete()[0])


def add_by_link(unit: Unit, person_id: int, *, seen_since: datetime | None, on: date) -> None:
    """Somebody joins by themselves, and says whether the unit may see where they stand."""
    Membership.objects.create(
        unit=unit, person_id=person_id, by_link=True, seen_since=seen_since, joined_on=on
    )


def add_members(unit: Unit, members: Iterable[tuple[int, str]], *, on: date) -> int:
    """Put (person, position) on the roster; how many were new."""
    rows = [Membership(unit=unit, person_id=p, position=text, joined_on=on) for p, text in members]
    before = Membership.objects.filter(unit=unit).count()
    Membership.objects.bulk_create(rows, ignore_conflicts=True)
    return Membership.objects.filter(unit=unit).count() - before


def remove_members(unit: Unit, people: Sequence[int], *, on: date) -> list[int]:
    """They leave, and with them what the unit attested of them, unless another unit that attested
    the same still has them. Returns those who were on the roster."""
    found = Membership.objects.filter(unit=unit, person_id__in=people, left_on__isnull=True)
    attested = dict(found.filter(trait__isnull=False).values_list("person_id", "trait"))
    gone = list(found.values_list("person_id", flat=True))
    found.update(left_on=on, trait=None)
    others = Membership.objects.filter(
        person_id__in=attested,
        left_on__isnull=True,
        unit__category=unit.category,
        unit__attested_at__isnull=False,
    )
    handed_on = {row.person_id: row for row in others}
    for person, row in handed_on.items():
        row.trait = attested[person]
    Membership.objects.bulk_update(handed_on.values(), ["trait"], batch_size=1000)
    persons.drop_traits([t for p, t in attested.items() if t is not None and p not in handed_on])
    return gone


def let_see(person_id: int, unit_id: int, *, yes: bool, now: datetime) -> bool:
    """The member lets the unit see where they stand, or no longer; False when they are on no such
    roster."""
    own = Membership.objects.filter(unit=unit_id, person=person_id, left_on__isnull=True)
    return bool(own.update(seen_since=now if yes else None))


def note_answers(
    unit: Unit,
    people: Sequence[int],
    answer: Willingness,
    *,
    reason: str,
    actor: str,
    now: datetime,
) -> int:
    found = Membership.objects.filter(unit=unit, person_id__in=people, left_on__isnull=True)
    rows = [
        Answer(membership=m, answer=answer.value, reason=reason, at=now, actor=actor) for m in found
    ]
    return len(Answer.objects.bulk_create(rows))


def attest(
    unit: Unit, trait: tuple[TraitKind, str] | None, *, actor: str, now: datetime
) -> list[int]:
    """The coordinator states that the roster's people are of the unit's category: each of them who
    was not known to be so is from now on. Returns those people."""
    Unit.objects.filter(pk=unit.pk).update(attested_by=actor, attested_at=now)
    if trait is None:
        return []
    here = Membership.objects.filter(unit=unit, left_on__isnull=True)
    made = persons.add_trait(list(here.values_list("person_id", flat=True)), *trait)
    rows = list(here.filter(person_id__in=made))
    for row in rows:
        row.trait = made[row.person_id]
    Membership.objects.bulk_update(rows, ["trait"], batch_size=1000)
    return sorted(made)


def bring_over(kept: int, merged: int, *, on: date) -> dict[str, list[int]]:
    """Places on rosters of a merged record to the one that is kept; which went over, and which
    ended because the kept record stands there too. What is known of the person went before."""
    mine = set(
        Membership.objects.filter(person=kept, left_on__isnull=True).values_list(
            "unit_id", flat=True
        )
    )
    moved: dict[str, list[int]] = {"memberships": [], "left": []}
    for row in Membership.objects.filter(person=merged).order_by("pk"):
        if row.left_on is None and row.unit_id in mine:
            Membership.objects.filter(pk=row.pk).update(left_on=max(on, row.joined_on))
            moved["left"].append(row.pk)
            continue
        trait = merges.same_trait(kept, row.trait) if row.trait else None
        Membership.objects.filter(pk=row.pk).update(person=kept, trait=trait, seen_since=None)
        moved["memberships"].append(row.pk)
    return moved


def give_back(memberships: list[int], left: list[int], *, kept: int, merged: int) -> None:
    for row in Membership.objects.filter(pk__in=memberships, person=kept):
        trait = merges.same_trait(merged, row.trait) if row.trait else None
        Membership.objects.filter(pk=row.pk).update(person=merged, trait=trait)
    Membership.objects.filter(pk__in=left, person=merged).update(left_on=None)


def keep_count(
    unit: Unit,
    states: dict[int, str],
    *,
    total: int,
    told: tuple[int, int] | None,
    now: datetime,
) -> RosterCount:
    """What the unit is told from now on: (vaccinated, booked), or None when that is too few. `states` are
    of the people whom it does not see by name."""
    vaccinated, booked = told or (None, None)
    kept, _ = RosterCount.objects.update_or_create(
        unit=unit,
        defaults={
            "at": now,
            "total": total,
            "vaccinated": vaccinated,
            "booked": booked,
            "states": {str(person): state for person, state in states.items()},
        },
    )
    return kept


def forget_person(person_id: int) -> dict[str, int]:
    """What units wrote of them, and the reasons that they gave; that they stand on a roster stays."""
    mine = Membership.objects.filter(person=person_id)
    said = Answer.objects.filter(membership__person=person_id).exclude(reason="")
    return {
        "positions": mine.exclude(position="").update(position=""),
        "reasons": said.update(reason=""),
    }
