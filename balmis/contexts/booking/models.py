"""Sessions, their slots and places, and who has one.

Every scarce thing is a counter with a check: `Pool.taken` may never pass `Pool.capacity`, and
the pools of a slot may never pass the slot. The functions in `migrations/0002_taking` are the
only writers of `taken`; every caller, page or gate, goes through them.
"""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.journal.state_moves import moves
from balmis.contexts.people.models import Person
from balmis.contexts.places.models import Site
from balmis.core.states import BOOKING, SESSION, STANDBY
from balmis.core.vocabulary.booking import (
    BookingStatus,
    Channel,
    EndReason,
    Limit,
    PoolKind,
    SessionStatus,
    StandbyStatus,
)

LIVE = [s.value for s in BookingStatus if s.live]


def _known(field: str, values: list[str], name: str) -> models.CheckConstraint:
    return models.CheckConstraint(condition=Q(**{f"{field}__in": values}), name=name)


class Session(models.Model):
    """A planned clinic at a site on a day: what it has, and from when it may be booked."""

    campaign = models.ForeignKey(Campaign, models.PROTECT)
    site = models.ForeignKey(Site, models.PROTECT, db_index=False)
    on = models.DateField()  # the day at the site
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    slot_minutes = models.PositiveSmallIntegerField()
    status = models.CharField(max_length=10, choices=[(s.value, s.value) for s in SessionStatus])
    products = ArrayField(models.CharField(max_length=60))  # empty: any the person may have
    stations = models.PositiveSmallIntegerField()
    minutes_per_dose = models.DecimalField(max_digits=5, decimal_places=2)
    staff = models.PositiveSmallIntegerField(null=True)
    seats = models.PositiveIntegerField(null=True)
    observation_minutes = models.PositiveSmallIntegerField()
    parking = models.PositiveIntegerField(null=True)
    stay_minutes = models.PositiveSmallIntegerField()
    people_per_place = models.DecimalField(max_digits=4, decimal_places=2)
    doses = models.PositiveIntegerField(null=True)
    second_share = models.DecimalField(max_digits=4, decimal_places=3)
    walk_in_share = models.DecimalField(max_digits=4, decimal_places=3)
    opens_at = models.DateTimeField(null=True)  # when booking opens; null while a draft
    frozen = models.BooleanField(default=False, db_default=False)  # no new bookings: a lot is held
    release_at = models.DateTimeField(null=True)  # when places held back become open to all
    binding = models.CharField(max_length=10, choices=[(v.value, v.value) for v in Limit])

    class Meta:
        triggers = [moves("session_moves", SESSION)]
        constraints = [
            _known("status", [s.value for s in SessionStatus], "session_status_known"),
            _known("binding", [v.value for v in Limit], "session_limit_known"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="session_lasts"),
            models.CheckConstraint(
                condition=Q(slot_minutes__gte=5, minutes_per_dose__gt=0, people_per_place__gt=0),
                name="session_sizes_sane",
            ),
            models.CheckConstraint(
                condition=Q(second_share__gte=0, walk_in_share__gte=0)
                & Q(second_share__lte=1 - F("walk_in_share")),
                name="session_shares_sane",
            ),
            models.CheckConstraint(
                condition=~Q(status=SessionStatus.PUBLISHED.value) | Q(opens_at__isnull=False),
                name="published_has_its_opening",
            ),
        ]
        indexes = [models.Index(fields=["site", "on"])]


class Slot(models.Model):
    """A quarter of an hour or so of a session, and how many people it can take."""

    session = models.ForeignKey(Session, models.PROTECT, related_name="slots", db_index=False)
    starts_at = models.DateTimeField()
    capacity = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "starts_at"], name="slot_once"),
        ]
        indexes = [models.Index(fields=["starts_at"])]


POOLS_FIT = """
IF (SELECT sum(p.capacity) FROM booking_pool p WHERE p.slot_id = {slot})
   > (SELECT s.capacity FROM booking_slot s WHERE s.id = {slot}) THEN
  RAISE EXCEPTION 'pools_fit: the places of slot % are more than it can take', {slot}
    USING ERRCODE = 'check_violation';
END IF;
RETURN NULL;
"""


class Pool(models.Model):
    """Places of a slot for one purpose: counted here, never oversold."""

    slot = models.ForeignKey(Slot, models.PROTECT, related_name="pools", db_index=False)
    kind = models.CharField(max_length=8, choices=[(k.value, k.value) for k in PoolKind])
    unit = models.CharField(
        max_length=60, blank=True, default="", db_default=""
    )  # its code; a vaccine's
    capacity = models.PositiveIntegerField()
    taken = models.PositiveIntegerField(default=0, db_default=0)  # held and confirmed
    opens_at = models.DateTimeField()  # not taken before

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["slot", "kind", "unit"], name="pool_once"),
            models.CheckConstraint(condition=Q(taken__lte=F("capacity")), name="never_oversold"),
            _known("kind", [k.value for k in PoolKind], "pool_kind_known"),
            models.CheckConstraint(
                condition=Q(kind__in=[PoolKind.UNIT.value, PoolKind.LEFTOVER.value]) ^ Q(unit=""),
                name="unit_pool_has_unit",
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="pools_fit",
                when=pgtrigger.After,
                timing=pgtrigger.Deferred,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("capacity"),  # type: ignore[no-untyped-call]
                func=POOLS_FIT.format(slot="NEW.slot_id"),
            ),
        ]


class Booking(models.Model):
    """A person's place in a slot for one dose; at most one of a dose is live."""

    request_id = models.UUIDField(unique=True)
    pool = models.ForeignKey(Pool, models.PROTECT, db_index=False)
    campaign = models.ForeignKey(Campaign, models.PROTECT, db_index=False)
    person = models.ForeignKey(Person, models.PROTECT, db_index=False)
    number = models.PositiveSmallIntegerField()  # which dose
    status = models.CharField(max_length=10, choices=[(s.value, s.value) for s in BookingStatus])
    product = models.CharField(max_length=60, blank=True, default="", db_default="")
    party = models.UUIDField(null=True)  # made together: a pair of doses, a family
    channel = models.CharField(max_length=12, choices=[(c.value, c.value) for c in Channel])
    made_at = models.DateTimeField()
    hold_until = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    why_ended = models.CharField(max_length=16, blank=True, default="", db_default="")
    news = models.BooleanField(default=True, db_default=True)  # the person is still to be told

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "campaign", "number"],
                condition=Q(status__in=LIVE),
                name="one_live_booking",
            ),
            _known("status", [s.value for s in BookingStatus], "booking_status_known"),
            _known("channel", [c.value for c in Channel], "booking_channel_known"),
            _known("why_ended", ["", *(r.value for r in EndReason)], "booking_end_known"),
            models.CheckConstraint(
                condition=~Q(status=BookingStatus.HELD.value) | Q(hold_until__isnull=False),
                name="hold_has_its_end",
            ),
            models.CheckConstraint(
                condition=~Q(status=BookingStatus.CONFIRMED.value) | Q(confirmed_at__isnull=False),
                name="confirmed_has_its_time",
            ),
            models.CheckConstraint(
                condition=Q(status__in=LIVE, ended_at__isnull=True)
                | (~Q(status__in=LIVE) & Q(ended_at__isnull=False)),
                name="ended_has_its_time",
            ),
        ]
        indexes = [
            models.Index(fields=["pool"], name="live_of_pool", condition=Q(status__in=LIVE)),
            models.Index(
                fields=["pool", "hold_until"],
                name="holds_of_pool",
                condition=Q(status=BookingStatus.HELD.value),
            ),
            models.Index(
                fields=["hold_until"],
                name="holds_by_end",
                condition=Q(status=BookingStatus.HELD.value),
            ),
            models.Index(fields=["id"], name="bookings_to_tell", condition=Q(news=True)),
            models.Index(fields=["person", "campaign"], name="bookings_of_person"),
        ]
        triggers = [
            moves("booking_moves", BOOKING),
            pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete),
        ]


class Standby(models.Model):
    """A person who would come at short notice to a site on a day."""

    campaign = models.ForeignKey(Campaign, models.PROTECT, db_index=False)
    person = models.ForeignKey(Person, models.PROTECT)
    number = models.PositiveSmallIntegerField()
    site = models.ForeignKey(Site, models.PROTECT, db_index=False)
    on = models.DateField()
    rank = models.PositiveSmallIntegerField()  # of the person's priority group
    joined_at = models.DateTimeField()
    products = ArrayField(models.CharField(max_length=60))
    status = models.CharField(max_length=10, choices=[(s.value, s.value) for s in StandbyStatus])
    offer = models.ForeignKey(Booking, models.PROTECT, null=True, related_name="standbys")
    offered_at = models.DateTimeField(null=True)

    class Meta:
        triggers = [moves("standby_moves", STANDBY)]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "campaign", "site", "on"],
                condition=Q(status__in=[StandbyStatus.WAITING.value, StandbyStatus.OFFERED.value]),
                name="one_standby_a_day",
            ),
            _known("status", [s.value for s in StandbyStatus], "standby_status_known"),
            models.CheckConstraint(
                condition=~Q(status=StandbyStatus.OFFERED.value) | Q(offer__isnull=False),
                name="offered_has_its_place",
            ),
        ]
        indexes = [
            models.Index(
                fields=["site", "on", "rank", "joined_at"],
                name="standby_order",
                condition=Q(status=StandbyStatus.WAITING.value),
            ),
        ]


class Rush(models.Model):
    """An opening with a waiting room: residents book when their turn has come."""

    campaign = models.ForeignKey(Campaign, models.PROTECT)
    doors_at = models.DateTimeField()  # from here on people may join
    opens_at = models.DateTimeField()
    closes_at = models.DateTimeField()  # the waiting room is gone; whoever comes may book
    per_minute = models.PositiveIntegerField()
    wave_minutes = models.PositiveSmallIntegerField(default=0)  # 0: no waves by birthday digit
    first_digit = models.PositiveSmallIntegerField(default=0)
    seed = models.BinaryField()
    early = models.PositiveIntegerField(default=0)  # tickets taken before the opening
    next_at = models.DateTimeField(null=True)  # the next moment for one who comes late

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(per_minute__gte=1, first_digit__lte=9, wave_minutes__lte=240)
                & Q(opens_at__gte=F("doors_at"), closes_at__gte=F("opens_at")),
                name="rush_sane",
            ),
        ]


class Ticket(models.Model):
    """A person in the waiting room; joined once, whatever they reload."""

    rush = models.ForeignKey(Rush, models.PROTECT, db_index=False)
    person = models.ForeignKey(Person, models.PROTECT, db_index=False)
    joined_at = models.DateTimeField()
    turn_at = models.DateTimeField(null=True)  # of one who came late; the others are drawn

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rush", "person"], name="one_ticket"),
        ]
