"""Names under which further request ids are made from one that came in (UUID version 5).

An act that makes several rows gives each its own id, made from the act's: a retry makes the same ones
again, and the database's unique constraints answer it. Values are kept for ever; none is used twice.
"""

from enum import Enum
from uuid import UUID, uuid5


class Made(Enum):
    """What is made under a name; each value ends its own UUID."""

    REPLACEMENT = 0x1  # a booking that a changed session moves
    SECOND_DOSE = 0x2  # the booking of the following dose
    OFFER = 0x3  # a place offered from the standby list
    GROUP_BOOKING = 0x4  # a member's booking in a unit's act
    DOSE_AGAIN = 0x5  # a dose recorded a second time
    VIAL_END = 0x6  # the moves of a vial's end
    LOT_HOLD = 0x7  # the holds of an order
    RULE_ORDER = 0x8  # an order that a rule proposes
    DIARY_DRAFT = 0x9  # the draft that an answer of the diary opens
    LINE_LIST = 0xA  # a report of a line list
    FAMILY_BOOKING = 0xB  # the booking of one who comes along
    COUNT = 0xC  # the adjustment of a counted shelf
    ORDER_ELSEWHERE = 0xD  # the proposal to hold a lot that another region holds
    HELD_DOSE = 0x10  # taking back a record that was held out of the figures
    BOOKED_AGAIN = 0x11  # a booking whose dose was not given elsewhere after all

    @property
    def namespace(self) -> UUID:
        return UUID(f"7c0e6c9e-5b0a-4b5c-9a30-{self.value:012x}")

    def of(self, name: object) -> UUID:
        """The id under this name; the same for the same name."""
        return uuid5(self.namespace, str(name))
