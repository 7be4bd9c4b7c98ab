"""Doses that an open vial has left are offered to those who would come at short notice."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from balmis.contexts.access.services import check_may
from balmis.contexts.booking import queries as bookings
from balmis.contexts.booking import services as booking
from balmis.contexts.booking.models import Session
from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.clinic import visits
from balmis.contexts.ledger import queries as ledger_queries
from balmis.contexts.ledger import services as ledger
from balmis.contexts.ledger.services import Actor
from balmis.contexts.places.models import Site
from balmis.contexts.supply import vials
from balmis.contexts.supply.models import Vial
from balmis.core.dates import local_day
from balmis.core.errors import BadInput
from balmis.core.roles import Act
from balmis.core.wording import gettext_noop
from balmis.flows.booking import standby
from balmis.flows.clinic.steps import at_desk
from balmis.flows.retrying import retried

STEP = timedelta(minutes=5)  # of the times that people are told
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
    the day who may have this vaccine; nobody else can take them. A retry offers nothing more.

    Raises NotAllowed, BadInput when the vial is over too soon, or has no so many doses, Refusal(NOT_KNOWN).
    """
    campaign, site = at_desk(slug, site_code, actor)
    check_may(actor, Act.RECORD_DOSE, site=site)
    vial = _usable(asked.vial, site, now)
    product, on = vial.lot.product.code, local_day(now, site.time_zone)
    session = bookings.last_session(campaign.pk, site.pk, on, product)
    if session is None:
        raise BadInput(gettext_noop("No session of today gives this vaccine."))
    at = _time(vial, session, now)
    ledger.hold_request(asked.request_id)
    if ledger_queries.was_done(asked.request_id, "vial.offered"):
        return Offered(0, at, bookings.waiting_for(campaign.pk, site.pk, on, product))
    booking.hold_session(session)
    _check_enough(asked, vial, campaign, site, now)
    place = bookings.place(booking.add_place(session, at, asked.doses, now=now))
    people = standby.offer_place(place, product, most=asked.doses, site_code=site.code, now=now)
    booking.drop_free(place.pool, asked.doses - people)
    ledger.audit("vial.offered", f"site:{site.pk}", actor=actor.on_request(asked.request_id), now=now,
                 vial=str(vial.pk), doses=asked.doses, people=people)  # fmt: skip
    return Offered(people, at, bookings.waiting_for(campaign.pk, site.pk, on, product))


def _usable(key: UUID, site: Site, now: datetime) -> Vial:
    vial = vials.vial(key)
    if vial.site_id != site.pk or vial.closed_at is not None:
        raise BadInput(gettext_noop("This vial is not open here."))
    if vials.is_held(vial.lot_id, site.pk):
        raise BadInput(gettext_noop("The lot of this vial is on hold."))
    if vial.use_by is not None and vial.use_by < now + standby.ARRIVE + BEFORE_END:
        raise BadInput(gettext_noop("Nobody can come before this vial is over."))
    return vial


def _time(vial: Vial, session: Session, now: datetime) -> datetime:
    """As late as the vial and the session allow: whoever lets an offer lapse gives way to the next."""
    soonest = _after(now + standby.ARRIVE)
    last = min(vial.use_by or session.ends_at, session.ends_at) - BEFORE_END
    return max(soonest, last.replace(second=0, microsecond=0) - timedelta(minutes=last.minute % 5))


def _after(at: datetime) -> datetime:
    whole = at.replace(second=0, microsecond=0) - timedelta(minutes=at.minute % 5)
    return whole if whole == at else whole + STEP


def _check_enough(
    asked: Leftover, vial: Vial, campaign: Campaign, site: Site, now: datetime
) -> None:
    """What was offered before and is still on its way is nobody else's."""
    product = vial.lot.product.code
    open_ = [v for v in vials.open_vials(site.pk, now - timedelta(days=1))
             if v.lot.product.code == product and (v.use_by is None or v.use_by > now)]  # fmt: skip
    drawn = visits.doses_from([v.pk for v in open_])
    left = sum(max(0, v.doses - drawn.get(v.pk, 0)) for v in open_)
    claimed = bookings.standby_claims(campaign.pk, site.pk, local_day(now, site.time_zone), product)
    if not 0 < asked.doses <= left - claimed:
        raise BadInput(gettext_noop("So many doses are not left, less what is offered already."))
