"""Who came to a desk without being known there."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Router, Schema
from ninja.security import django_auth

from balmis.api.access import actor_of
from balmis.api.clinic import said_no
from balmis.core.birth_date import known_to
from balmis.core.errors import BalmisError
from balmis.core.vocabulary.clinic import StepState
from balmis.core.vocabulary.people import BirthPrecision, Sex
from balmis.flows.clinic.day_bundle import person_here
from balmis.flows.clinic.visit_steps import Desk
from balmis.flows.people.walk_ins import WalkIn, register_walk_in

router = Router(auth=django_auth, tags=["clinic"])


class WalkInIn(Schema):
    """Somebody whom the desk did not know, as written down there, with a network or without."""

    device: str = Field(min_length=1, max_length=40)
    request_id: UUID
    at: datetime
    by: str = Field("", max_length=150)  # who wrote it down
    name: str = Field(min_length=1, max_length=200)
    born: date  # the day, or the first of the month or year that is known
    born_precision: BirthPrecision = BirthPrecision.DAY
    sex: Sex = Sex.UNKNOWN
    area: str = Field(max_length=60)
    phone: str = Field("", max_length=60)
    national_id: str = Field("", max_length=40)
    language: str = Field("", max_length=10)


class WalkInOut(Schema):
    """Who it is, as in the day; none where the server refused, and then the device keeps it."""

    state: str  # new or refused
    detail: str = ""
    person: dict[str, Any] | None = None


@router.post("/{slug}/{site}/walk-ins", response=WalkInOut)
def post_walk_in(request: HttpRequest, slug: str, site: str, came: WalkInIn) -> Any:
    """Register a walk-in: one of the register, or a provisional record. A retry gives back the first."""
    said = came.dict()
    desk = Desk(slug, site, said.pop("device"))
    born = known_to(said.pop("born"), said.pop("born_precision"))
    cmd = WalkIn(**said, born=born)
    actor, now = actor_of(request), datetime.now(UTC)
    try:
        person = register_walk_in(desk, cmd, actor=actor, now=now)
        known = person_here(slug, site, person.pk, actor=actor, now=now)
    except BalmisError as error:
        return said_no(cmd.request_id, error)
    return {"state": StepState.NEW.value, "person": known}
