"""May this person be given a dose from this vial, now?

Asked before the needle, on the desk's device, which may be without a network, and again by
the server. Everything is in the situation: the same values give the same answer everywhere. The
device's evaluator is `web/static/clinic/clearing.js`; an agreement test holds the two together.
"""

from datetime import date, datetime, timedelta

from msgspec import Struct, field, structs

from balmis.core.vocabulary.clinic import Check, Light, Outcome
from balmis.core.vocabulary.schedule import Eligibility

FRESH = timedelta(hours=24)  # how old what the device knows may be


class Vial(Struct, frozen=True, kw_only=True):
    """An open vial in someone's hand."""

    use_by: datetime | None = None  # the end of its open-vial time
    left: int | None = None  # doses, by the count of those drawn


class Lot(Struct, frozen=True, kw_only=True):
    product: str
    known: bool = True
    held: bool = False
    watched: bool = False  # softly held
    expires_on: date | None = None
    here: bool = True  # the site's stock book has some
    min_age: int = 0  # years, by the product's label


class Situation(Struct, frozen=True, kw_only=True):
    """What is known at the needle. Dates are of the site."""

    now: datetime
    today: date
    as_of: datetime  # when the device last heard from the server
    status: Eligibility
    from_on: date | None = None
    products: tuple[str, ...] = ()  # that the person may have
    age: int | None = None  # completed years
    youngest: int = 0  # the lowest age for which the campaign has a vaccine
    dose_today: bool = False
    reaction: bool = False  # after an earlier dose
    perhaps_known: bool = False  # by another record, with other doses: the desk has not decided
    unregistered: bool = False  # a walk-in of this device that the server does not know yet
    open_case: bool = False  # an event after one that is not decided yet
    screened_on: date | None = None
    outcome: Outcome | None = None  # of the screening or, after it, the doctor
    deferred_until: date | None = None  # not before that day
    never: tuple[str, ...] = ()  # products; '*' for all
    consent: bool = False
    minor: bool = False  # below the age of consent
    guardian: bool = False  # whom the consent names, or who found the minor mature enough
    booked_product: str = ""
    booked_here: bool = True
    lot: Lot | None = None  # nothing was scanned
    vial: Vial | None = None


class Clearance(Struct, frozen=True):
    light: Light
    checks: tuple[Check, ...] = field(default=())


LIGHTS: dict[Check, Light] = {
    Check.DOSE_TODAY: Light.RED,
    Check.TOO_EARLY: Light.RED,
    Check.MUST_NOT: Light.RED,
    Check.UNDER_AGE: Light.RED,
    Check.NOTHING_DUE: Light.RED,
    Check.NOT_OFFERED: Light.AMBER,
    Check.NOT_SCREENED: Light.RED,
    Check.WAITS_FOR_DOCTOR: Light.RED,
    Check.DEFERRED: Light.RED,
    Check.NEVER_THIS: Light.RED,
    Check.NO_CONSENT: Light.RED,
    Check.NO_GUARDIAN: Light.RED,
    Check.PRODUCT_UNSUITABLE: Light.RED,
    Check.LOT_UNKNOWN: Light.AMBER,
    Check.LOT_HELD: Light.RED,
    Check.LOT_EXPIRED: Light.RED,
    Check.VIAL_OVER: Light.RED,
    Check.VIAL_EMPTY: Light.AMBER,
    Check.OTHER_PRODUCT: Light.AMBER,
    Check.OTHER_SITE: Light.AMBER,
    Check.LOT_NOT_HERE: Light.AMBER,
    Check.EARLIER_REACTION: Light.AMBER,
    Check.OPEN_CASE: Light.RED,
    Check.LOT_WATCHED: Light.AMBER,
    Check.PERHAPS_KNOWN: Light.AMBER,
    Check.UNREGISTERED: Light.AMBER,
    Check.STALE: Light.AMBER,
}


def clear(s: Situation) -> Clearance:
    """Every check is made, so that the desk sees all that stands against it at once."""
    found = [check for check, holds in (*_of_person(s), *_of_vial(s)) if holds]
    found.sort(key=list(Check).index)
    return Clearance(worst(found), tuple(found))


# what is known when a person comes, before anything is asked
DOOR = frozenset(
    {
        Check.DOSE_TODAY,
        Check.TOO_EARLY,
        Check.MUST_NOT,
        Check.UNDER_AGE,
        Check.NOTHING_DUE,
        Check.NOT_OFFERED,
        Check.DEFERRED,
        Check.NEVER_THIS,
        Check.OPEN_CASE,
        Check.UNREGISTERED,
    }
)


def at_the_door(s: Situation) -> Clearance:
    """What stands against a dose whatever is answered and whichever vial is taken: said at check-in."""
    plain = structs.replace(s, outcome=None, lot=None, vial=None)
    found = [check for check, holds in _of_person(plain) if holds and check in DOOR]
    found.sort(key=list(Check).index)
    return Clearance(worst(found), tuple(found))


def worst(checks: list[Check]) -> Light:
    lights = [LIGHTS[c] for c in checks]
    order = list(Light)
    return max(lights, key=order.index, default=Light.GREEN)


def _of_person(s: Situation) -> list[tuple[Check, bool]]:
    screened = s.screened_on == s.today and s.outcome is not None
    return [
        (Check.DOSE_TODAY, s.dose_today),
        (
            Check.TOO_EARLY,
            s.status is Eligibility.NOT_YET and (s.from_on is None or s.from_on > s.today),
        ),
        (Check.MUST_NOT, s.status is Eligibility.EXCLUDED),
        (Check.UNDER_AGE, s.age is not None and s.age < max(s.youngest, _min_age(s))),
        (Check.NOTHING_DUE, s.status is Eligibility.DONE and not s.dose_today),
        (Check.NOT_OFFERED, s.status in (Eligibility.NOT_INVITED, Eligibility.NO_DATE)),
        (Check.NOT_SCREENED, not screened),
        (Check.WAITS_FOR_DOCTOR, screened and s.outcome is Outcome.DOCTOR),
        (
            Check.DEFERRED,
            (screened and s.outcome is Outcome.DEFER)
            or (s.deferred_until is not None and s.deferred_until > s.today),
        ),
        (Check.NEVER_THIS, (screened and s.outcome is Outcome.NEVER) or _never(s)),
        (Check.NO_CONSENT, not s.consent),
        (Check.NO_GUARDIAN, s.consent and s.minor and not s.guardian),
        (Check.OTHER_SITE, not s.booked_here),
        (Check.EARLIER_REACTION, s.reaction),
        (Check.OPEN_CASE, s.open_case),
        (Check.PERHAPS_KNOWN, s.perhaps_known),
        (Check.UNREGISTERED, s.unregistered),
        (Check.STALE, s.now - s.as_of > FRESH),
    ]


def _never(s: Situation) -> bool:
    return "*" in s.never or (s.lot is not None and s.lot.product in s.never)


def _min_age(s: Situation) -> int:
    return s.lot.min_age if s.lot is not None else 0


def _of_vial(s: Situation) -> list[tuple[Check, bool]]:
    lot, vial = s.lot, s.vial
    if lot is None:
        return [(Check.LOT_UNKNOWN, True)]
    return [
        (Check.PRODUCT_UNSUITABLE, bool(s.products) and lot.product not in s.products),
        (Check.LOT_UNKNOWN, not lot.known),
        (Check.LOT_HELD, lot.held),
        (Check.LOT_WATCHED, lot.watched),
        (Check.LOT_EXPIRED, lot.expires_on is not None and s.today > lot.expires_on),
        (Check.LOT_NOT_HERE, lot.known and not lot.here),
        (Check.OTHER_PRODUCT, bool(s.booked_product) and lot.product != s.booked_product),
        (Check.VIAL_OVER, vial is not None and vial.use_by is not None and s.now > vial.use_by),
        (Check.VIAL_EMPTY, vial is not None and vial.left is not None and vial.left <= 0),
    ]
