"""Words of units: what a member said, where a member stands."""

from enum import StrEnum


class Willingness(StrEnum):
    """What a member of a unit said to being vaccinated; each decides for themselves."""

    WILLING = "willing"
    REFUSED = "refused"
    UNSURE = "unsure"


class RosterStatus(StrEnum):
    """Where a member of a roster stands; the first that holds, in this order."""

    VACCINATED = "vaccinated"
    BOOKED = "booked"
    CONTRAINDICATED = "contraindicated"  # must not have the dose, or can no longer
    REFUSED = "refused"
    WILLING = "willing"  # and without a booking
    NOT_REACHED = "not_reached"  # as far as the unit may know
