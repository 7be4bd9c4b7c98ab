"""Why a rule said no, or why a recorded fact needs a second look."""

from enum import StrEnum


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
    NO_VISIT = "no_visit"  # recorded by somebody without questions and consent at a desk
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
    NO_MORE_CODES = "no_more_codes"  # the day's text messages of the campaign are used up
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
