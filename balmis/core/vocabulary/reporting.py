"""Words of reporting. The values are stored: never change one, add a new one."""

from enum import StrEnum


class Dimension(StrEnum):
    """Along what the doses of a day are counted."""

    ALL = "all"
    AREA = "area"
    GROUP = "group"
    SITE = "site"
    PRODUCT = "product"
    STOCK = "stock"


class RestatementReason(StrEnum):
    """Why the figures of a closed day would be others now."""

    DOSES_REPORTED_LATE = "doses_reported_late"
    DOSES_TAKEN_BACK = "doses_taken_back"
    STOCK_MOVES_REPORTED_LATE = "stock_moves_reported_late"
    EVENTS_REPORTED_LATE = "events_reported_late"
    CASES_CHANGED = "cases_changed"  # they turned out otherwise
    HELD_DOSES_REVIEWED = "held_doses_reviewed"  # they count now, or were looked at
    PLAN_REVISED = "plan_revised"  # for this day
    REGISTER_CHANGED = "register_changed"  # people moved to another area or group
