"""Walk-ins: who came to a desk without being known there, perhaps without a network."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from balmis.contexts.people.models import Registration
from balmis.contexts.places.models import Area, Site
from balmis.core.birth_date import BirthDate
from balmis.core.vocabulary.people import RegistrationStatus, Sex


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """What a walk-in said of themselves, as it is kept."""

    request_id: UUID
    name: str
    born: BirthDate
    sex: Sex
    area: Area
    address: str  # a phone; empty: none
    national_id: str
    language: str


def walk_in(request_id: UUID) -> Registration | None:
    found = Registration.objects.select_related("person__area", "person__register")
    return found.filter(request_id=request_id).first()


def keep_walk_in(came: Came, scope: str, site: Site, *, now: datetime) -> Registration:
    """A registration that a desk made; what becomes of it is decided in the same transaction."""
    return Registration.objects.create(
        scope=scope,
        name=came.name,
        born=came.born.day,
        born_precision=came.born.precision.value,
        sex=came.sex.value,
        area=came.area,
        address=came.address,
        national_id=came.national_id,
        language=came.language,
        request_id=came.request_id,
        site=site,
        made_at=now,
        digest=b"",
        status=RegistrationStatus.STATED.value,
    )


def perhaps_known_at(scope: str, site: Site, most: int) -> list[Registration]:
    """Walk-ins of the site whose provisional record may be a known person's, the last first."""
    found = Registration.objects.filter(
        scope=scope,
        site=site,
        status=RegistrationStatus.NEAR.value,
    )
    return list(found.select_related("area", "person").order_by("-made_at", "-pk")[:most])
