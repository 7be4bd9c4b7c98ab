"""Keep units, their coordinators, rosters and answers; inside the caller's transaction."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from balmis.contexts.access.models import User
from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.people import services as persons
from balmis.contexts.places.models import Area
from balmis.contexts.units.models import Answer, Coordinator, Membership, Unit
from balmis.core.vocabulary import TraitKind, Willingness


def keep_unit(
    campaign: Campaign, code: str, *, title: str, category: str, area: Area, quota: int | None
) -> Unit:
    found, _ = Unit.objects.update_or_create(
        campaign=campaign, code=code,
        defaults={"title": title, "category": category, "area": area, "quota": quota},
    )  # fmt: skip
    return found


def hold_unit(unit: Unit) -> None:
    """One writer of a roster at a time."""
    Unit.objects.select_for_update(no_key=True).get(pk=unit.pk)


def keep_coordinator(unit: Unit, user_id: int) -> None:
    Coordinator.objects.get_or_create(unit=unit, user=User.objects.get(pk=user_id))


def add_members(unit: Unit, members: Iterable[tuple[int, str]], *, on: date) -> int:
    """Put (person, position) on the roster; how many were new."""
    rows = [Membership(unit=unit, person_id=p, position=text, joined_on=on) for p, text in members]
    before = Membership.objects.filter(unit=unit).count()
    Membership.objects.bulk_create(rows, ignore_conflicts=True)
    return Membership.objects.filter(unit=unit).count() - before


def remove_members(unit: Unit, people: Sequence[int], *, on: date) -> list[int]:
    """They leave, and with them what the unit attested of them; those who were on the roster."""
    found = Membership.objects.filter(unit=unit, person_id__in=people, left_on__isnull=True)
    rows = list(found.values_list("person_id", "trait"))
    found.update(left_on=on, trait=None)
    persons.drop_traits(
        [t for person, t in rows if t is not None and not _handed_on(unit, person, t)]
    )
    return [person for person, _ in rows]


def _handed_on(unit: Unit, person: int, trait: int) -> bool:
    """Does another unit that attested the same category still have the person?"""
    other = Membership.objects.filter(
        person_id=person, left_on__isnull=True, unit__category=unit.category,
        unit__attested_at__isnull=False,
    ).first()  # fmt: skip
    return other is not None and bool(Membership.objects.filter(pk=other.pk).update(trait=trait))


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
    rows = [Answer(membership=m, answer=answer.value, reason=reason, at=now, actor=actor)
            for m in found]  # fmt: skip
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


def bring_over(kept: int, merged: int) -> list[int]:
    """Places on rosters of a merged record to the one that is kept; which."""
    mine = Membership.objects.filter(person=kept, left_on__isnull=True).values("unit")
    found = Membership.objects.filter(person=merged).exclude(left_on__isnull=True, unit__in=mine)
    ids = list(found.values_list("pk", flat=True))
    Membership.objects.filter(pk__in=ids).update(person=kept)
    return ids


def give_back(memberships: list[int], *, kept: int, merged: int) -> None:
    Membership.objects.filter(pk__in=memberships, person=kept).update(person=merged)
