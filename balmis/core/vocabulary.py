"""The words of the domain, once.

Model choices, check constraints, file formats, API schemas and page labels are
built from these. The values are stored: never change one, add a new one.
"""

from enum import StrEnum


class Sex(StrEnum):
    FEMALE = "F"
    MALE = "M"
    UNKNOWN = "U"


class TraitKind(StrEnum):
    """What is known of a person beside age, sex and home, as far as a plan needs it."""

    FACILITY = "facility"  # works or lives at a kind of facility
    OCCUPATION = "occupation"
    UNIT = "unit"  # belongs to an enrolling organisation
    CONDITION = "condition"
    FLAG = "flag"  # anything else a register marks


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


class Account(StrEnum):
    """Where doses can be in the stock ledger. Only `site` is a place of ours."""

    SUPPLIER = "supplier"
    SITE = "site"
    TRANSIT = "transit"
    GIVEN = "given"
    WASTED = "wasted"
    ADJUSTED = "adjusted"  # found or lost at a count
    OVERFILL = "overfill"  # extra doses drawn from a vial


class MoveKind(StrEnum):
    RECEIPT = "receipt"
    RETURN = "return"
    TRANSFER_OUT = "transfer_out"
    TRANSFER_IN = "transfer_in"
    DOSE = "dose"
    WASTAGE = "wastage"
    ADJUSTMENT = "adjustment"
    EXTRA_DRAWN = "extra_drawn"
    REVERSAL = "reversal"


class WastageReason(StrEnum):
    EXPIRED = "expired"
    OPEN_TOO_LONG = "open_too_long"
    BROKEN = "broken"
    TOO_WARM = "too_warm"
    FROZEN = "frozen"
    NOT_FULL = "not_full"  # fewer doses in the vial than labelled
    SUSPECT = "suspect"
    OTHER = "other"


class SiteKind(StrEnum):
    CENTRE = "centre"
    CLINIC = "clinic"  # commissioned hospital or clinic
    MOBILE = "mobile"
    UNIT = "unit"
    STORE = "store"


class SiteStatus(StrEnum):
    PLANNED = "planned"
    OPEN = "open"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class Progress(StrEnum):
    """The state of a phase, a wave or a group in the plan."""

    PLANNED = "planned"
    OPEN = "open"
    DONE = "done"
    DEFERRED = "deferred"


class Storage(StrEnum):
    ULTRA_COLD = "ultra_cold"  # -90 to -60 °C
    FROZEN = "frozen"  # -25 to -15 °C
    REFRIGERATED = "refrigerated"  # 2 to 8 °C


class Measure(StrEnum):
    """What a target counts."""

    COVERED = "covered"  # people with at least one dose
    COMPLETED = "completed"  # people whose primary course is complete
    BOOSTED = "boosted"  # people with at least one booster dose
    DOSES = "doses"


class Role(StrEnum):
    PLANNER = "planner"
    AREA_MANAGER = "area_manager"
    SITE_MANAGER = "site_manager"
    VACCINATOR = "vaccinator"
    DOCTOR = "doctor"  # at a site: decides at screening, and past a red check
    REGISTRAR = "registrar"
    STORE_KEEPER = "store_keeper"
    SAFETY_OFFICER = "safety_officer"
    SAFETY_ASSESSOR = "safety_assessor"  # judges causality
    CLINICAL_LEAD = "clinical_lead"  # of safety: may stop a lot alone in an emergency
    RESPONDER = "responder"  # of the rapid response team
    UNIT_COORDINATOR = "unit_coordinator"
    FINANCE_CLERK = "finance_clerk"
    AUDITOR = "auditor"
    PUBLIC = "public"


class CorrectionReason(StrEnum):
    ENTERED_IN_ERROR = "entered_in_error"
    WRONG_PERSON = "wrong_person"
    DUPLICATE = "duplicate"
    SOURCE_CORRECTED = "source_corrected"
    SUPERSEDED = (
        "superseded"  # by a desk's earlier record of the day; nobody says this but the program
    )


class Reason(StrEnum):
    """Why a rule said no, or why a recorded fact needs a second look."""

    # about a dose that was given: recorded, flagged, reviewed
    TOO_YOUNG = "too_young"
    TOO_SOON = "too_soon"
    LOT_EXPIRED = "lot_expired"
    STOCK_SHORT = "stock_short"
    BORN_AFTER_DOSE = "born_after_dose"
    NOT_CLEARED = "not_cleared"  # a red check before the needle, and no recorded decision
    OVERRIDDEN = "overridden"  # a check said no, someone decided otherwise
    LOT_HELD = "lot_held"
    TWICE_TODAY = "twice_today"
    # about an intention: refused
    SHORT_OF_STOCK = "short_of_stock"
    LOT_OF_OTHER_PRODUCT = "lot_of_other_product"
    ALREADY_CORRECTED = "already_corrected"
    DAY_NOT_OVER = "day_not_over"
    ALREADY_CLOSED = "already_closed"
    PLAN_UNKNOWN = "plan_unknown"
    REGISTER_EXISTS = "register_exists"
    REQUEST_REUSED = "request_reused"
    NOT_KNOWN = "not_known"
    DAY_OUTSIDE = "day_outside"
    # about a booking
    SOLD_OUT = "sold_out"
    ALREADY_BOOKED = "already_booked"
    HOLD_OVER = "hold_over"
    NOT_OPEN_YET = "not_open_yet"
    PASS_UNUSABLE = "pass_unusable"
    PASS_OVER = "pass_over"
    OUTSIDE_PASS = "outside_pass"
    PRODUCT_UNSUITABLE = "product_unsuitable"
    PAIR_TOO_CLOSE = "pair_too_close"
    OTHER_OF_PARTY = "other_of_party"
    NOT_YOUR_TURN = "not_your_turn"
    NOT_DUE = "not_due"
    TOO_MANY_TRIES = "too_many_tries"
    CODE_WRONG = "code_wrong"
    OVER_LIMIT = "over_limit"
    ALREADY_PUBLISHED = "already_published"
    BOOKING_OVER = "booking_over"
    QUOTA_USED = "quota_used"
    # about a visit or goods
    LOT_ON_HOLD = "lot_on_hold"
    OPEN_CASE = "open_case"
    AFTER_REACTION = "after_reaction"
    GROUP_ON_HOLD = "group_on_hold"
    TEAM_BUSY = "team_busy"
    SIGNED_ALREADY = "signed_already"
    NOT_BLIND = "not_blind"
    HOLD_NOT_STANDING = "hold_not_standing"
    DAY_UNEXPLAINED = "day_unexplained"


class DoseStatus(StrEnum):
    """Does a given dose count? (CDSi evaluation statuses)"""

    VALID = "valid"
    NOT_VALID = "not_valid"
    EXTRANEOUS = "extraneous"
    SUBSTANDARD = "substandard"


class TargetStatus(StrEnum):
    SATISFIED = "satisfied"
    NOT_SATISFIED = "not_satisfied"
    SKIPPED = "skipped"


class SeriesStatus(StrEnum):
    """How far a person is on a path to protection (CDSi patient series statuses)."""

    NOT_COMPLETE = "not_complete"
    COMPLETE = "complete"
    IMMUNE = "immune"
    CONTRAINDICATED = "contraindicated"
    AGED_OUT = "aged_out"
    NOT_RECOMMENDED = "not_recommended"


class SeriesType(StrEnum):
    STANDARD = "standard"
    RISK = "risk"
    EVALUATION_ONLY = "evaluation_only"


class Finding(StrEnum):
    """Why a schedule judges a dose, or the next one, as it does."""

    # of a dose that was given
    TOO_YOUNG = "too_young"
    AGE_GRACE = "age_grace"
    TOO_OLD = "too_old"
    TOO_SOON = "too_soon"
    INTERVAL_GRACE = "interval_grace"
    SHORT_INTERVAL_ALLOWED = "short_interval_allowed"
    CONFLICT = "conflict"
    INADVERTENT = "inadvertent"
    PRODUCT_NOT_ALLOWED = "product_not_allowed"
    PRODUCT_WRONG_AGE = "product_wrong_age"
    PRODUCT_UNKNOWN = "product_unknown"
    LOW_VOLUME = "low_volume"
    OTHER_THAN_SHOULD = "other_than_should"
    OTHER_THAN_MUST = "other_than_must"
    SERIES_DONE = "series_done"
    LOT_EXPIRED = "lot_expired"
    DOSE_SPOILT = "dose_spoilt"
    BEFORE_BIRTH = "before_birth"
    # of the next dose
    DUE = "due"
    DUE_LATER = "due_later"
    OVERDUE = "overdue"
    COMPLETE = "complete"
    IMMUNE = "immune"
    CONTRAINDICATED = "contraindicated"
    DEFERRED = "deferred"
    AGED_OUT = "aged_out"
    CANNOT_FINISH = "cannot_finish"
    SEASON_OVER = "season_over"
    PROTECTED = "protected"
    NO_SERIES = "no_series"
    # of the campaign's offer
    PHASE_LATER = "phase_later"
    PHASE_UNDATED = "phase_undated"
    PHASE_OVER = "phase_over"
    NO_PHASE = "no_phase"
    GROUP_DEFERRED = "group_deferred"
    NO_PRODUCT = "no_product"


class Eligibility(StrEnum):
    """May this person be given the next dose in this campaign?"""

    ELIGIBLE = "eligible"
    NOT_YET = "not_yet"  # from a known day on
    NO_DATE = "no_date"  # later; the day is not known
    NOT_INVITED = "not_invited"  # no phase is for this person or this dose
    DONE = "done"  # nothing more is needed
    EXCLUDED = "excluded"  # must not be given, or can no longer be


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


class StandbyStatus(StrEnum):
    WAITING = "waiting"
    OFFERED = "offered"
    TAKEN = "taken"
    DECLINED = "declined"
    LAPSED = "lapsed"  # the offer was not answered in time
    LEFT = "left"
    OVER = "over"  # the day passed


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

    @property
    def asked_for(self) -> bool:
        """Does it answer something the person has just done? Then it waits for no morning."""
        return self in (
            Purpose.CODE,
            Purpose.BOOKED,
            Purpose.CHANGED,
            Purpose.CANCELLED,
            Purpose.OFFER,
        )


class Medium(StrEnum):
    SMS = "sms"
    EMAIL = "email"


class NoticeStatus(StrEnum):
    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"  # given up
    HELD_BACK = "held_back"  # the person wants none of this kind


class Access(StrEnum):
    """What a site has for people with a disability."""

    STEP_FREE = "step_free"
    TOILET = "toilet"  # for wheelchairs
    PARKING = "parking"  # for disabled people, near the door
    QUIET_ROOM = "quiet_room"
    SIGN_LANGUAGE = "sign_language"
    HEARING_LOOP = "hearing_loop"
    LYING_DOWN = "lying_down"  # the dose can be given lying down


class Likeness(StrEnum):
    """How much two records of people are alike."""

    EXACT = "exact"  # one person
    NEAR = "near"  # perhaps: someone looks
    OTHER = "other"


class RegistrationStatus(StrEnum):
    """What became of someone who registered without a number."""

    STATED = "stated"  # the code is not back yet
    REVIEW = "review"  # near a known person: the registration desk decides
    KNOWN = "known"  # is one of the register
    NEW = "new"  # is not; has a provisional record


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
    NOT_REACHED = "not_reached"


class StudyState(StrEnum):
    """How far a study of the planning studio is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @staticmethod
    def open_ones() -> list[str]:
        return [StudyState.WAITING.value, StudyState.RUNNING.value]
