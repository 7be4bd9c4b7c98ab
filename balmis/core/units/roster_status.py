"""Where does a member of a unit stand? "All who should, have" at a glance."""

from balmis.core.vocabulary.schedule import Eligibility
from balmis.core.vocabulary.units import RosterStatus, Willingness


def roster_status(
    *, doses: int, booked: bool, eligibility: str | None, answer: str | None
) -> RosterStatus:
    """The first that holds: vaccinated, booked, contraindicated, refused, willing, not reached.

    `doses` of this campaign; `eligibility` and `answer` are None where nothing is known.
    """
    if doses:
        return RosterStatus.VACCINATED
    if booked:
        return RosterStatus.BOOKED
    if eligibility == Eligibility.EXCLUDED:
        return RosterStatus.CONTRAINDICATED
    if answer == Willingness.REFUSED:
        return RosterStatus.REFUSED
    if answer == Willingness.WILLING:
        return RosterStatus.WILLING
    return RosterStatus.NOT_REACHED
