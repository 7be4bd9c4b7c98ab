"""Words of schedules: CDSi's statuses, and the findings behind them."""

from enum import StrEnum


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
