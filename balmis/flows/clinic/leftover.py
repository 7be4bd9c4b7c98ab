"""Doses that an open vial has left are offered to those who would come at short notice."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from balmis.contexts.access.services import check_may
from balmis.contexts.booking import free_places, places, sessions
from balmis.contexts.booking import standby as booking_standby
from balmis.contexts.booking.models import Session
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.clinic import visits
from balmis.contexts.journal import audit, locks
from balmis.contexts.places.models import Site
from balmis.contexts.supply import lot_holds, vials
from balmis.contexts.supply.models import Vial
from balmis.core.actor import Actor
from balmis.core.dates import local_day
from balmis.core.errors import BadInput
from balmis.core.refusal_texts import gettext_noop
from balmis.core.roles import Act
from balmis.flows.booking import standby
from balmis.flows.clinic.visit_steps import at_desk
from balmis.flows.retry import retried

BEFORE_END = timedelta(minutes=10)  # the last time before a vial is over


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftover:
    request_id: UUID
    vial: UUID
    doses: int


@dataclass(frozen=True, slots=True)
class Offered:
    people: int
    comes_at: datetime
    waiting: int  # who are still in the list


@retried
@transaction.atomic(durable=True)
def offer_leftover(
    slug: str, site_code: str, asked: Leftover, *, actor: Actor, now: datetime
) -> Offered:
    """Places are made for as many as the vial has doses for, and offered to the first in the list of
    the day who may have this vaccine; whoever lets an offer lapse gives way to the next, and nobody
    else can take them. A retry gives back the first answer.

    Raises NotAllowed, BadInput when the vial is over too soon, or has no so many doses, Refusal(NOT_KNOWN).
    """
    campaign, site = at_desk(slug, site_code, actor)
    check_may(actor, Act.RECORD_DOSE, site=site)
    locks.lock_request(asked.request_id)
    if told := audit.told_of(asked.request_id, "vial.offered"):
        return Offered(told["people"], datetime.fromisoformat(told["at"]), told["waiting"])
    vial = vials.vial(asked.vial)
    product, on = vial.lot.product.code, local_day(now, site.time_zone)
    session = sessions.last_session(campaign.pk, site.pk, on, product)
    if session is None:
        raise BadInput(gettext_noop("No session of today gives this vaccine."))
    sessions.lock_session(session)
    at = _time(vial, site, session, now)
    _check_enough(asked, vial, campaign, at, now)
    place = free_places.place(places.add_leftover(session, at, product, asked.doses, now=now))
    people = standby.offer_leftover(place, product, now=now)
    places.drop_free(place.pool, free_places.free_in(place.pool))
    waiting = booking_standby.waiting_for(campaign.pk, site.pk, on, product)
    audit.record(
        "vial.offered",
        f"site:{site.pk}",
        actor=actor.on_request(asked.request_id),
        now=now,
        vial=str(vial.pk),
        doses=asked.doses,
        people=people,
        at=at.isoformat(),
        waiting=waiting,
    )
    return Offered(people, at, waiting)


def _time(vial: Vial, site: Site, session: Session, now: datetime) -> datetime:
    """As late as the vial and the session allow: who lets an offer lapse gives way to the next."""
    if vial.site_id != site.pk or vial.closed_at is not None:
        raise BadInput(gettext_noop("This vial is not open here."))
    if lot_holds.is_held(vial.lot_id, site.pk):
        raise BadInput(gettext_noop("The lot of this vial is on hold."))
    last = min(vial.use_by or session.ends_at, session.ends_at) - BEFORE_END
    last = last.replace(second=0, microsecond=0) - timedelta(minutes=last.minute % 5)
    arrive = campaigns.policy_of(session.campaign_id).booking.standby_arrive
    if last < now + arrive:
        raise BadInput(gettext_noop("Nobody can come before this vial, or the session, is over."))
    return last


def _check_enough(
    asked: Leftover, vial: Vial, campaign: Campaign, at: datetime, now: datetime
) -> None:
    """It has so many, less what was offered before and is still on its way: that may come from any
    vial that is usable until then."""
    site, product = vial.site, vial.lot.product.code
    held = {h.lot_id for h in lot_holds.holds(site.pk)}
    usable = [
        v
        for v in vials.open_vials(site.pk, now - timedelta(days=1))
        if v.lot.product.code == product
        and v.lot_id not in held
        and (v.use_by is None or v.use_by > at)
    ]
    drawn = visits.doses_from([v.pk for v in usable])
    left = {v.pk: max(0, v.doses - drawn.get(v.pk, 0)) for v in usable}
    claimed = booking_standby.leftover_claims(
        campaign.pk, site.pk, local_day(now, site.time_zone), product, now=now
    )
    if not 0 < asked.doses <= min(left.get(vial.pk, 0), sum(left.values()) - claimed):
        raise BadInput(gettext_noop("So many doses are not left, less what is offered already."))
