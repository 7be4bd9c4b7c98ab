"""Words of places: kinds of sites, how far they are, what they have."""

from enum import StrEnum


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


class Access(StrEnum):
    """What a site has for people with a disability."""

    STEP_FREE = "step_free"
    TOILET = "toilet"  # for wheelchairs
    PARKING = "parking"  # for disabled people, near the door
    QUIET_ROOM = "quiet_room"
    SIGN_LANGUAGE = "sign_language"
    HEARING_LOOP = "hearing_loop"
    LYING_DOWN = "lying_down"  # the dose can be given lying down
