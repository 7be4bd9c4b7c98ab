"""Words of booking: sessions, pools, bookings, the standby list."""

from enum import StrEnum


class Limit(StrEnum):
    """What bounds how many people a slot can take. Ties go to the one named first."""

    STATIONS = "stations"
    STAFF = "staff"
    SEATS = "seats"
    PARKING = "parking"
    DOSES = "doses"


class PoolKind(StrEnum):
    """For whom a part of a slot's places is."""

    OPEN = "open"  # anyone with a pass
    SECOND = "second"  # held back for second doses
    UNIT = "unit"  # held for one unit's people
    WALK_IN = "walk_in"  # for those who come without a booking
    LEFTOVER = "leftover"  # doses of one vaccine left in open vials, for the standby list


class SessionStatus(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"
    CANCELLED = "cancelled"


class BookingStatus(StrEnum):
    HELD = "held"  # for some minutes, until confirmed
    CONFIRMED = "confirmed"
    EXPIRED = "expired"  # the hold ran out
    CANCELLED = "cancelled"
    MOVED = "moved"  # another booking took its place
    KEPT = "kept"  # the person came and had the dose
    MISSED = "missed"
    FULFILLED = "fulfilled"  # the dose was had at another time or place; the place is free again

    @property
    def live(self) -> bool:
        return self in (BookingStatus.HELD, BookingStatus.CONFIRMED)


class Channel(StrEnum):
    """Who made a booking."""

    RESIDENT = "resident"
    REGISTRAR = "registrar"
    UNIT = "unit"
    STANDBY = "standby"
    REPLACEMENT = "replacement"  # the site had to change


class EndReason(StrEnum):
    """Why a booking ended before the visit."""

    BY_PERSON = "by_person"
    BY_STAFF = "by_staff"
    RAN_OUT = "ran_out"
    SITE_CHANGED = "site_changed"
    FOUND_TWICE = "found_twice"  # the person was registered twice
    NOT_ELIGIBLE = "not_eligible"
    DOSE_GIVEN = "dose_given"  # at another time or place


class StandbyStatus(StrEnum):
    WAITING = "waiting"
    OFFERED = "offered"
    TAKEN = "taken"
    DECLINED = "declined"
    LAPSED = "lapsed"  # the offer was not answered in time
    LEFT = "left"
    OVER = "over"  # the day passed
