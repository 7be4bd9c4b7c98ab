"""Read units and their rosters."""

from django.db.models import OuterRef, QuerySet, Subquery

from balmis.contexts.units.models import Answer, Coordinator, Membership, RosterCount, Unit
from balmis.core.errors import Refusal
from balmis.core.vocabulary.reasons import Refused


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


def kept_count(unit_id: int) -> RosterCount | None:
    """What the unit was told last of its roster as a whole."""
    return RosterCount.objects.filter(unit_id=unit_id).first()
