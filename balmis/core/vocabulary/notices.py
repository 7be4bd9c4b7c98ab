"""Words of notices: why, how, how far."""

from enum import StrEnum


class Purpose(StrEnum):
    """Why a person is written to."""

    CODE = "code"
    BOOKED = "booked"
    MOVED = "moved"  # the site had to change it
    CHANGED = "changed"  # the person did
    CANCELLED = "cancelled"
    SITE_CANCELLED = "site_cancelled"  # and there was no other place
    REMINDER = "reminder"
    INVITATION = "invitation"
    OFFER = "offer"  # a place from the standby list
    REGISTERED = "registered"  # the registration desk has decided
    DIARY = "diary"  # how are you after the dose?
    ACCOUNT = "account"  # something of a user's own account was changed

    @property
    def asked_for(self) -> bool:
        """Does it answer something that has just been done? Then it waits for no morning."""
        return self in (
            Purpose.CODE,
            Purpose.BOOKED,
            Purpose.CHANGED,
            Purpose.CANCELLED,
            Purpose.OFFER,
            Purpose.ACCOUNT,
        )


class Medium(StrEnum):
    SMS = "sms"
    EMAIL = "email"


class NoticeStatus(StrEnum):
    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"  # given up
    HELD_BACK = "held_back"  # the person wants none of this kind
