"""Keep units, their coordinators, rosters and answers; inside the caller's transaction."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from balmis.contexts.access.models import User
from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.places.models import Area
from balmis.contexts.units.models import Answer, Coordinator, Membership, Unit
from balmis.core.vocabulary import Willingness


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


def remove_members(unit: Unit, people: Sequence[int], *, on: date) -> int:
    found = Membership.objects.filter(unit=unit, person_id__in=people, left_on__isnull=True)
    return found.update(left_on=on)


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


def attest(unit: Unit, *, actor: str, now: datetime) -> None:
    """The coordinator states that the roster's people are of the unit's category."""
    Unit.objects.filter(pk=unit.pk).update(attested_by=actor, attested_at=now)


def bring_over(kept: int, merged: int) -> list[int]:
    """Places on rosters of a merged record to the one that is kept; which."""
    mine = Membership.objects.filter(person=kept, left_on__isnull=True).values("unit")
    found = Membership.objects.filter(person=merged).exclude(left_on__isnull=True, unit__in=mine)
    ids = list(found.values_list("pk", flat=True))
    Membership.objects.filter(pk__in=ids).update(person=kept)
    return ids


def give_back(memberships: list[int], *, kept: int, merged: int) -> None:
    Membership.objects.filter(pk__in=memberships, person=kept).update(person=merged)
