"""Why an intention was refused. The values are sent to clients: never change one, add a new one.

What a recorded fact carries is no refusal: `DoseFlag`, in the words of the clinic.
"""

from enum import StrEnum


class Refused(StrEnum):
    """Which rule said no to what somebody meant to do."""

    # about facts, days and plans
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
    CODE_WRONG = "code_wrong"  # said beside the field of a form
    OVER_LIMIT = "over_limit"
    ALREADY_PUBLISHED = "already_published"
    BOOKING_OVER = "booking_over"
    QUOTA_USED = "quota_used"
    # about a unit
    CAMPAIGN_OVER = "campaign_over"
    LINK_OVER = "link_over"
    UNIT_FULL = "unit_full"
    # about a visit or goods
    LOT_ON_HOLD = "lot_on_hold"
    OPEN_CASE = "open_case"
    AFTER_REACTION = "after_reaction"
    GROUP_ON_HOLD = "group_on_hold"
    TEAM_BUSY = "team_busy"
    SIGNED_ALREADY = "signed_already"
    NOT_BLIND = "not_blind"
    HOLD_NOT_STANDING = "hold_not_standing"
    NOT_STOPPED_BY = "not_stopped_by"
    APPEAL_OPEN = "appeal_open"
    DAY_UNEXPLAINED = "day_unexplained"
