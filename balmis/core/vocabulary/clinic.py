"""The words of the day at the site. The values are stored: never change one, add a new one."""

from enum import StrEnum


class StepKind(StrEnum):
    """What happened to a person in a visit; each is a fact of its own."""

    CHECK_IN = "check_in"
    CALL = "call"  # to a room
    SCREEN = "screen"  # the questions were answered
    DOCTOR = "doctor"  # the doctor decided
    CONSENT = "consent"
    WITHDRAW = "withdraw"  # the consent
    REFUSE = "refuse"  # the person does not want it
    DEFER = "defer"  # not today
    DOSE = "dose"
    SEAT = "seat"  # observation began
    REACTION = "reaction"
    LEAVE = "leave"  # before the end of the observation, or before the dose
    DISCHARGE = "discharge"
    UNDO = "undo"  # of an earlier step, with a reason


class StepState(StrEnum):
    """What became of a step that a desk sent."""

    NEW = "new"
    KNOWN = "known"  # sent before
    CONFLICT = "conflict"  # another record of the dose
    REFUSED = "refused"  # stays on the device until someone has looked at it
    WAITS = "waits"  # an earlier step of the person was refused


class VisitStatus(StrEnum):
    """Where a person stands in the visit; worked out from its steps."""

    WAITING = "waiting"  # checked in
    TO_DOCTOR = "to_doctor"
    SCREENED = "screened"  # may be vaccinated; consent is open
    CONSENTED = "consented"
    VACCINATED = "vaccinated"  # not seated yet
    OBSERVED = "observed"  # under observation
    DISCHARGED = "discharged"
    DEFERRED = "deferred"
    REFUSED = "refused"
    LEFT = "left"

    @property
    def is_inside(self) -> bool:
        """Is the person still at the site?"""
        return self not in (
            VisitStatus.DISCHARGED,
            VisitStatus.DEFERRED,
            VisitStatus.REFUSED,
            VisitStatus.LEFT,
        )


class Outcome(StrEnum):
    """What answers to the questions, or the doctor, say. The later in this order outranks."""

    PROCEED = "proceed"
    DOCTOR = "doctor"  # the doctor decides
    DEFER = "defer"  # until a day
    NEVER = "never"  # not with this product


class Light(StrEnum):
    """May the needle go in?"""

    GREEN = "green"
    AMBER = "amber"  # with a recorded reason
    RED = "red"  # stop; only a doctor's recorded decision goes past it


class Check(StrEnum):
    """What the check before the needle found."""

    DOSE_TODAY = "dose_today"
    TOO_EARLY = "too_early"
    MUST_NOT = "must_not"  # excluded by the schedule
    UNDER_AGE = "under_age"  # for this vaccine; nothing in the hand: for every one
    NOTHING_DUE = "nothing_due"
    NOT_OFFERED = "not_offered"  # no open phase is for this person
    NOT_SCREENED = "not_screened"
    WAITS_FOR_DOCTOR = "waits_for_doctor"
    DEFERRED = "deferred"
    NEVER_THIS = "never_this"
    NO_CONSENT = "no_consent"
    NO_GUARDIAN = "no_guardian"  # a minor's consent that names neither a guardian nor who assessed
    PRODUCT_UNSUITABLE = "product_unsuitable"
    LOT_UNKNOWN = "lot_unknown"
    LOT_HELD = "lot_held"
    LOT_EXPIRED = "lot_expired"
    VIAL_OVER = "vial_over"  # open for too long
    VIAL_EMPTY = "vial_empty"  # by the count of its doses
    OTHER_PRODUCT = "other_product"  # than the one booked
    OTHER_SITE = "other_site"  # booked elsewhere, or on another day
    LOT_NOT_HERE = "lot_not_here"  # by the stock book
    EARLIER_REACTION = "earlier_reaction"
    OPEN_CASE = "open_case"  # of an event after an earlier dose, not decided yet
    LOT_WATCHED = "lot_watched"  # a soft hold
    PERHAPS_KNOWN = "perhaps_known"  # registered by name, and a known person is alike
    UNREGISTERED = "unregistered"  # registered on this device, and not known to the register yet
    STALE = "stale"  # the device has not heard from the server since yesterday


class Party(StrEnum):
    """Who consents."""

    SELF = "self"
    GUARDIAN = "guardian"


class ConsentForm(StrEnum):
    SIGNATURE = "signature"
    PAPER = "paper"
    VERBAL = "verbal"  # before a witness


class BodySite(StrEnum):
    LEFT_ARM = "left_arm"
    RIGHT_ARM = "right_arm"
    LEFT_THIGH = "left_thigh"
    RIGHT_THIGH = "right_thigh"


class Route(StrEnum):
    INTRAMUSCULAR = "intramuscular"
    SUBCUTANEOUS = "subcutaneous"
    INTRADERMAL = "intradermal"
    ORAL = "oral"


class Identification(StrEnum):
    """How the desk knows that it is the person."""

    PHOTO_ID = "photo_id"
    CODE = "code"  # of the appointment
    KNOWN = "known"  # to someone of the staff


class ConflictEnd(StrEnum):
    """What two records of a dose on one day turned out to be."""

    SAME_DOSE = "same_dose"  # recorded twice
    TWO_DOSES = "two_doses"  # both were given
    WITHDRAWN = "withdrawn"  # nothing is left to decide: one of the records was taken back


class DoseKind(StrEnum):
    """Which dose of a course it was, as the one who gave or reported it says."""

    PRIMARY_1 = "primary_1"
    PRIMARY_2 = "primary_2"
    PRIMARY_3 = "primary_3"
    AFTER_INFECTION = "after_infection"  # one dose is the course, after an infection
    BOOSTER_1 = "booster_1"
    BOOSTER_2 = "booster_2"
    BOOSTER_3 = "booster_3"
    BOOSTER_4 = "booster_4"

    @property
    def is_booster(self) -> bool:
        return self.value.startswith("booster")

    @property
    def number(self) -> int:
        """1 for the first of its course; a single dose after infection is 1."""
        return 1 if self is DoseKind.AFTER_INFECTION else int(self.value.rsplit("_", 1)[1])


class DoseFlag(StrEnum):
    """What a recorded dose carries until somebody has reviewed it: it stands, and broke a rule."""

    TOO_YOUNG = "too_young"
    TOO_SOON = "too_soon"
    LOT_EXPIRED = "lot_expired"
    STOCK_SHORT = "stock_short"  # the stock book went below zero with it
    BORN_AFTER_DOSE = "born_after_dose"
    NOT_CLEARED = "not_cleared"  # a red check before the needle, and no recorded decision
    OVERRIDDEN = "overridden"  # a check said no, someone decided otherwise
    UNSIGNED = "unsigned"  # past a red check, and no doctor signed for it
    LOT_HELD = "lot_held"
    TWICE_TODAY = "twice_today"
    POSSIBLE_DUPLICATE = "possible_duplicate"  # told before, as it seems: a person decides
    NO_VISIT = "no_visit"  # recorded by somebody without questions and consent at a desk


class HeldEnd(StrEnum):
    """What was found out about a dose that was held out of the figures."""

    STANDS = "stands"  # it was given as it is recorded
    EARLIER = "earlier"  # the earlier record tells of the same dose, and is the right one
    THIS = "this"  # the same dose, and this record is the right one
    NOT_GIVEN = "not_given"
    WRONG_PERSON = "wrong_person"


class CorrectionReason(StrEnum):
    ENTERED_IN_ERROR = "entered_in_error"
    WRONG_PERSON = "wrong_person"
    DUPLICATE = "duplicate"
    SOURCE_CORRECTED = "source_corrected"
    SUPERSEDED = (
        "superseded"  # by a desk's earlier record of the day; nobody says this but the program
    )
