"""Read units, their rosters and their links."""

from collections.abc import Collection

from django.db import connection
from django.db.models import OuterRef, QuerySet, Subquery

from balmis.contexts.units.models import (
    Answer,
    Coordinator,
    Membership,
    RosterCount,
    Unit,
    UnitLink,
)
from balmis.core.errors import Refusal
from balmis.core.vocabulary.people import TraitKind
from balmis.core.vocabulary.reasons import Refused

# what the unit has attested itself stands with members alone, who are tied anyway
TIED = """
SELECT p.id FROM people_person p JOIN places_area a ON a.id = p.area_id
WHERE p.id = ANY(%(people)s) AND (
  starts_with(a.path, %(path)s)
  OR EXISTS (SELECT 1 FROM units_membership m WHERE m.person_id = p.id AND m.unit_id = %(unit)s)
  OR EXISTS (SELECT 1 FROM people_trait t
    JOIN unnest(%(kinds)s::text[], %(codes)s::text[]) g(kind, code) ON g.kind = t.kind AND g.code = t.code
    WHERE t.person_id = p.id))
"""


def unit(campaign_id: int, code: str) -> Unit:
    """Raises Refusal(NOT_KNOWN)."""
    found = Unit.objects.select_related("campaign__area", "area").filter(
        campaign_id=campaign_id, code=code
    )
    first = found.first()
    if first is None:
        raise Refusal(Refused.NOT_KNOWN, what="unit", key=code)
    return first


def units(campaign_id: int) -> list[Unit]:
    return list(
        Unit.objects.select_related("area").filter(campaign_id=campaign_id).order_by("code")
    )


def led_by(user_name: str) -> set[int]:
    """Ids of the units that an actor ('user:7') leads."""
    _, _, key = user_name.partition("user:")
    if not key.isdigit():
        return set()
    return set(Coordinator.objects.filter(user_id=int(key)).values_list("unit_id", flat=True))


def roster(unit_id: int) -> "QuerySet[Membership]":
    """Those on the roster now, each with their last answer."""
    last = Answer.objects.filter(membership=OuterRef("pk")).order_by("-pk")
    found = Membership.objects.filter(unit_id=unit_id, left_on__isnull=True)
    return found.annotate(
        answer=Subquery(last.values("answer")[:1]), reason=Subquery(last.values("reason")[:1])
    ).select_related("person")


def tied_people(
    unit: Unit, traits: Collection[tuple[TraitKind, str]], people: Collection[int]
) -> set[int]:
    """Of these people, who has a tie to the unit: they live in its area, one of these traits is noted of
    them by somebody else than the unit, or they are or were on its roster."""
    values: dict[str, list[int] | list[str] | str | int] = {
        "people": list(people),
        "path": unit.area.path,
        "unit": unit.pk,
        "kinds": [kind.value for kind, _ in traits],
        "codes": [code for _, code in traits],
    }
    with connection.cursor() as cursor:
        cursor.execute(TIED, values)
        return {row[0] for row in cursor.fetchall()}


def units_of(person_id: int, campaign_id: int) -> list[str]:
    """Codes of the units on whose roster a person stands."""
    found = Membership.objects.filter(
        person=person_id, left_on__isnull=True, unit__campaign=campaign_id
    )
    return list(found.values_list("unit__code", flat=True).order_by("unit__code"))


def rosters_of(person_id: int, campaign_id: int) -> list[Membership]:
    """The rosters of a campaign on which a person stands."""
    found = Membership.objects.filter(
        person=person_id, left_on__isnull=True, unit__campaign=campaign_id
    )
    return list(found.select_related("unit").order_by("unit__title", "pk"))


def is_on_roster(unit_id: int, person_id: int) -> bool:
    found = Membership.objects.filter(unit=unit_id, person=person_id, left_on__isnull=True)
    return found.exists()


def link_of(unit_id: int) -> UnitLink | None:
    """The unit's link, if it has one."""
    return UnitLink.objects.filter(unit_id=unit_id).first()


def unit_of_link(campaign_id: int, token: str) -> Unit | None:
    """The unit of the campaign that this token stands for."""
    found = Unit.objects.select_related("campaign__area", "area")
    return found.filter(campaign_id=campaign_id, link__token=token).first()


def kept_count(unit_id: int) -> RosterCount | None:
    """What the unit was told last of its roster as a whole."""
    return RosterCount.objects.filter(unit_id=unit_id).first()
