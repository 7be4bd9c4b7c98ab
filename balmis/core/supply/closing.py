"""Is every dose of the day accounted for? What was opened, used, wasted and is left must agree.

Nothing is rounded away: a vial that was opened has given its doses, or they were wasted with a
reason; what was counted on the shelf is what the book says, or someone said why it is not.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class LotDay:
    """A lot at the site at the end of the day, in doses."""

    lot: str
    product: str
    book: float
    counted: float | None  # None: nobody has counted it
    reason: str = ""  # for a difference


@dataclass(frozen=True, slots=True, kw_only=True)
class VialDay:
    """A vial that was opened on the day."""

    name: str  # as the site knows it
    lot: str
    label: int  # doses
    drawn: int
    wasted: int
    closed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteDay:
    lots: tuple[LotDay, ...]
    vials: tuple[VialDay, ...]
    inside: int = 0  # people whose visit is not over
    conflicts: int = 0  # two records of a dose that nobody has decided on
    set_aside: int = 0  # steps that were refused, and that nobody has looked at


def unexplained(day: SiteDay) -> list[str]:
    """What stands against closing the day, each in words; empty when all is explained."""
    found = []
    for vial in day.vials:
        rest = vial.label - vial.drawn - vial.wasted
        if not vial.closed:
            found.append(f"vial {vial.name} of lot {vial.lot} is open, {max(rest, 0)} doses in it")
        elif rest > 0:
            found.append(f"vial {vial.name} of lot {vial.lot}: {rest} of {vial.label} doses were "
                         "neither given nor wasted")  # fmt: skip
    for lot in day.lots:
        if lot.counted is None:
            if lot.book:
                found.append(f"lot {lot.lot} of {lot.product} is not counted, the book says "
                             f"{lot.book:g} doses")  # fmt: skip
        elif lot.counted != lot.book and not lot.reason.strip():
            more = lot.counted - lot.book
            found.append(f"lot {lot.lot} of {lot.product}: {abs(more):g} doses "
                         f"{'more' if more > 0 else 'fewer'} counted ({lot.counted:g}) than in the "
                         f"book ({lot.book:g})")  # fmt: skip
    if day.inside:
        found.append(f"{day.inside} visits are not over")
    if day.conflicts:
        found.append(f"{day.conflicts} conflicts between two records of a dose are not settled")
    if day.set_aside:
        found.append(f"{day.set_aside} refused steps are not looked at")
    return found


def wastage_rate(wasted: float, used: float) -> float | None:
    """The share of opened (or handled) doses that were wasted; None when there were none.

    WHO, "Monitoring vaccine wastage at country level" (2005): wasted / (given + wasted).
    """
    total = wasted + used
    return wasted / total if total else None
