"""Is every dose of the day accounted for? What was opened, used, wasted and is left must agree.

Nothing is rounded away: a vial that was opened has given its doses, or they were wasted with a
reason; what was counted on the shelf is what the book says, or someone said why it is not.
"""

from dataclasses import dataclass

from balmis.core.refusal_texts import gettext_noop


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


@dataclass(frozen=True, slots=True)
class Problem:
    """What stands against closing a day, in words that pages can say in each language."""

    words: str
    facts: dict[str, str]

    def __str__(self) -> str:
        return self.words.format_map(self.facts)


OPEN = gettext_noop("vial {vial} of lot {lot} is open, {rest} doses in it")
NEITHER = gettext_noop(
    "vial {vial} of lot {lot}: {rest} of {label} doses were neither given nor wasted"
)
NOT_COUNTED = gettext_noop("lot {lot} of {product} is not counted, the book says {book} doses")
FEWER = gettext_noop(
    "lot {lot} of {product}: {n} doses fewer counted ({counted}) than in the book ({book})"
)
MORE = gettext_noop(
    "lot {lot} of {product}: {n} doses more counted ({counted}) than in the book ({book})"
)
INSIDE = gettext_noop("{n} visits are not over")
CONFLICTS = gettext_noop("{n} conflicts between two records of a dose are not settled")
ASIDE = gettext_noop("{n} refused steps are not looked at")


def unexplained(day: SiteDay) -> list[Problem]:
    """What stands against closing the day; empty when all is explained."""
    found = [p for vial in day.vials for p in _of_vial(vial)]
    found += [p for lot in day.lots for p in _of_lot(lot)]
    counts = ((INSIDE, day.inside), (CONFLICTS, day.conflicts), (ASIDE, day.set_aside))
    return found + [Problem(words, {"n": str(n)}) for words, n in counts if n]


def _of_vial(vial: VialDay) -> list[Problem]:
    rest = vial.label - vial.drawn - vial.wasted
    facts = {
        "vial": vial.name,
        "lot": vial.lot,
        "rest": str(max(rest, 0)),
        "label": str(vial.label),
    }
    if not vial.closed:
        return [Problem(OPEN, facts)]
    return [Problem(NEITHER, facts)] if rest > 0 else []


def _of_lot(lot: LotDay) -> list[Problem]:
    facts = {"lot": lot.lot, "product": lot.product, "book": _plain(lot.book)}
    if lot.counted is None:
        return [Problem(NOT_COUNTED, facts)] if lot.book else []
    more = lot.counted - lot.book
    if more == 0 or lot.reason.strip():
        return []
    facts |= {"n": _plain(abs(more)), "counted": _plain(lot.counted)}
    return [Problem(MORE if more > 0 else FEWER, facts)]


def _plain(doses: float) -> str:
    return str(int(doses)) if doses == int(doses) else str(doses)


def wastage_rate(wasted: float, used: float) -> float | None:
    """The share of opened (or handled) doses that were wasted; None when there were none.

    WHO, "Monitoring vaccine wastage at country level" (2005): wasted / (given + wasted).
    """
    total = wasted + used
    return wasted / total if total else None
